package chat

import "sync"

// mailboxLimit is how many events wait for one session before they are dropped
// for a resync. A screen shows some tens of lines, so a session that is this
// far behind reads the gap from the store more cheaply than from memory.
const mailboxLimit = 256

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

// Mailbox holds the events for one session until it takes them. It never makes
// the sender wait and its size is bounded. All methods may be called from
// several goroutines.
type Mailbox struct {
	wake chan struct{} // holds one token while something waits
	over chan struct{} // closed when the session must end

	counts *counters

	mu       sync.Mutex
	events   []Event
	taken    []Event // by the last Take
	receipts *Receipts
	resync   bool
	ended    string
	onEnd    func()
}

// newMailbox makes a mailbox, which counts there what it does.
func newMailbox(counts *counters) *Mailbox {
	return &Mailbox{counts: counts, wake: make(chan struct{}, 1), over: make(chan struct{})}
}

// Wake returns the channel that receives when something waits. One receive
// stands for everything that [Mailbox.Take] then returns.
func (m *Mailbox) Wake() <-chan struct{} { return m.wake }

// Ended returns the channel that is closed when the session must end, for those
// who may be busy with something else: [Batch.Ended] says why.
func (m *Mailbox) Ended() <-chan struct{} { return m.over }

// OnEnd has f called, once and in a goroutine of its own, when the session must
// end, or at once if it must already. It is for what makes sure that it does.
func (m *Mailbox) OnEnd(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended != "" {
		go f()
		return
	}
	m.onEnd = f
}

// put adds an event. If the mailbox is full everything in it is dropped and
// the session is told to resync.
func (m *Mailbox) put(ev Event) {
	m.mu.Lock()
	if len(m.events) >= mailboxLimit {
		m.events = nil
		m.resync = true
		m.counts.resyncs.Add(1)
	}
	// While a resync is due the store has all that matters: events are
	// collected again only once the session has taken notice.
	if !m.resync {
		m.events = append(m.events, ev)
	}
	m.counts.deliveries.Add(1)
	m.mu.Unlock()
	m.signal()
}

// lose drops all that is in the mailbox, so that the session reads everything from the
// store.
func (m *Mailbox) lose() {
	m.mu.Lock()
	m.events, m.resync = nil, true
	m.counts.resyncs.Add(1)
	m.mu.Unlock()
	m.signal()
}

// putReceipts replaces the receipts that wait: only the latest count.
func (m *Mailbox) putReceipts(r *Receipts) {
	m.mu.Lock()
	m.receipts = r
	m.mu.Unlock()
	m.signal()
}

// end tells the session to end. The first reason given is the one that counts.
func (m *Mailbox) end(reason string) {
	m.mu.Lock()
	if m.ended == "" {
		m.ended = reason
		select {
		case <-m.over:
		default:
			close(m.over)
		}
		if m.onEnd != nil {
			go m.onEnd()
		}
	}
	m.mu.Unlock()
	m.signal()
}

func (m *Mailbox) signal() {
	select {
	case m.wake <- struct{}{}:
	default: // a token is there already
	}
}

// keptEvents is how many events a mailbox keeps room for, so that delivering
// one allocates nothing.
const keptEvents = 16

// Take removes and returns everything that waits. The events in it are good until
// the next call, which gives their room back to the mailbox.
func (m *Mailbox) Take() Batch {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := Batch{Events: m.events, Receipts: m.receipts, Resync: m.resync, Ended: m.ended}
	room := m.taken
	clear(room) // what was taken is not held for the next event's sake
	if m.taken = b.Events; cap(m.taken) > keptEvents {
		m.taken = nil
	}
	m.events, m.receipts, m.resync = room[:0], nil, false
	return b
}
