package live

import (
	"sync"

	"confab/app/chat"
)

// mailboxLimit is how many events wait for one session before they are dropped
// for a resync. A screen shows some tens of lines, so a session that is this
// far behind reads the gap from the store more cheaply than from memory.
const mailboxLimit = 256

// keptEvents is how many events a mailbox keeps room for, so that delivering
// one allocates nothing.
const keptEvents = 16

// mailbox holds the events for one session until the session drains it. It never makes
// the sender wait, and its size is bounded.
type mailbox struct {
	wake chan struct{} // holds one token while something waits
	over chan struct{} // closed when the session must end

	counts *counters

	mu       sync.Mutex
	events   []chat.Event
	taken    []chat.Event // by the last Drain
	receipts *chat.Receipts
	resync   bool
	ended    string
	onEnd    func()
}

var _ chat.Mailbox = (*mailbox)(nil)

// newMailbox makes a mailbox that counts there what it does.
func newMailbox(counts *counters) *mailbox {
	return &mailbox{counts: counts, wake: make(chan struct{}, 1), over: make(chan struct{})}
}

// Wake returns the channel that receives when something waits.
func (m *mailbox) Wake() <-chan struct{} { return m.wake }

// Ended returns the channel that is closed when the session must end.
func (m *mailbox) Ended() <-chan struct{} { return m.over }

// OnEnd has f called, once and in a goroutine of its own, when the session must
// end, or at once if it must already.
func (m *mailbox) OnEnd(f func()) {
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
func (m *mailbox) put(ev chat.Event) {
	m.mu.Lock()
	if len(m.events) >= mailboxLimit {
		m.events = nil
		m.resync = true
		m.counts.resyncs.Add(1)
	}
	// While a resync is due the store has all that matters. Events are collected
	// again only once the session has taken notice.
	if !m.resync {
		m.events = append(m.events, ev)
	}
	m.counts.deliveries.Add(1)
	m.mu.Unlock()
	m.signal()
}

// lose drops all that is in the mailbox, so that the session reads everything from the
// store.
func (m *mailbox) lose() {
	m.mu.Lock()
	m.events, m.resync = nil, true
	m.counts.resyncs.Add(1)
	m.mu.Unlock()
	m.signal()
}

// putReceipts replaces the receipts that wait, of which only the latest matter.
func (m *mailbox) putReceipts(r *chat.Receipts) {
	m.mu.Lock()
	m.receipts = r
	m.mu.Unlock()
	m.signal()
}

// end tells the session to end. The first reason given is the one that counts.
func (m *mailbox) end(reason string) {
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

func (m *mailbox) signal() {
	select {
	case m.wake <- struct{}{}:
	default: // a token is there already
	}
}

// depth is how many events wait.
func (m *mailbox) depth() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.events)
}

// Drain removes and returns everything that waits. The events in it are good until
// the next call, which gives their room back to the mailbox.
func (m *mailbox) Drain() chat.Batch {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := chat.Batch{Events: m.events, Receipts: m.receipts, Resync: m.resync, Ended: m.ended}
	room := m.taken
	clear(room) // the events that were taken are not held any longer
	if m.taken = b.Events; cap(m.taken) > keptEvents {
		m.taken = nil
	}
	m.events, m.receipts, m.resync = room[:0], nil, false
	return b
}
