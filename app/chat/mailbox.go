package chat

// Mailbox holds the events for one session until the session drains it. It never makes
// the sender wait, and its size is bounded. All methods may be called from several
// goroutines.
type Mailbox interface {
	// Wake returns the channel that receives when something waits. One receive stands
	// for everything that Drain then returns.
	Wake() <-chan struct{}
	// Drain removes and returns everything that waits. The events in it are good until
	// the next call, which gives their room back to the mailbox.
	Drain() Batch
	// Ended returns the channel that is closed when the session must end, for callers
	// that may be busy with something else. [Batch.Ended] says why it must.
	Ended() <-chan struct{}
	// OnEnd has f called, once and in a goroutine of its own, when the session must
	// end, or at once if it must already.
	OnEnd(f func())
}

// Batch is what waited in a mailbox, in order.
type Batch struct {
	Events []Event
	// Receipts is the latest that there is to tell of the conversation that the
	// session has open; nil if nothing moved.
	Receipts *Receipts
	// Resync says that events were dropped before those in Events: the session
	// must read what it missed from the store.
	Resync bool
	// Ended is the reason why the session must end now, "" if it goes on. It is
	// a sentence for the user.
	Ended string
}
