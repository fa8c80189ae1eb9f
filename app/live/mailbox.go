package live

import (
	"sync"

	"confab/app/chat"
)

// mailboxLimit is how many events wait for one session before they are dropped for
// a resync. A screen shows a few tens of lines, so for a session that is this far
// behind, reading the gap from the store is cheaper than keeping it in memory.
const mailboxLimit = 256

// keptEvents is the number of events for which a mailbox keeps memory, so that
// delivering one allocates nothing.
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

// newMailbox makes a mailbox that counts its events in counts.
func newMailbox(counts *counters) *mailbox {
	return &mailbox{counts: counts, wake: make(chan struct{}, 1), over: make(chan struct{})}
}

// Wake returns the channel that receives when something waits.
func (m *mailbox) Wake() <-chan struct{} { return m.wake }

// Ended returns the channel that is closed when the session must end.
func (m *mailbox) Ended() <-chan struct{} { return m.over }

// OnEnd has f called once, in a goroutine of its own, when the session must end. If
// it must already end, f is called at once.
func (m *mailbox) OnEnd(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended != "" {
		go f()
		return
	}
	m.onEnd = f
}

// put adds an event. If the mailbox is full, it drops all events and tells the
// session to resync.
func (m *mailbox) put(ev chat.Event) {
	m.mu.Lock()
	if len(m.events) >= mailboxLimit {
		m.events = nil
		m.resync = true
		m.counts.resyncs.Add(1)
	}
	// While a resync is due, the store has all missing events. The mailbox collects
	// events again once the session knows about the resync.
	if !m.resync {
		m.events = append(m.events, ev)
	}
	m.counts.deliveries.Add(1)
	m.mu.Unlock()
	m.signal()
}

// lose drops all events, so that the session reads everything from the store.
func (m *mailbox) lose() {
	m.mu.Lock()
	m.events, m.resync = nil, true
	m.counts.resyncs.Add(1)
	m.mu.Unlock()
	m.signal()
}

// putReceipts replaces the waiting receipts, because only the latest ones matter.
func (m *mailbox) putReceipts(r *chat.Receipts) {
	m.mu.Lock()
	m.receipts = r
	m.mu.Unlock()
	m.signal()
}

// end tells the session to end. The first reason counts.
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

// depth returns how many events wait.
func (m *mailbox) depth() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.events)
}

// Drain removes and returns the waiting events. They are valid until the next call,
// which reuses their memory.
func (m *mailbox) Drain() chat.Batch {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := chat.Batch{Events: m.events, Receipts: m.receipts, Resync: m.resync, Ended: m.ended}
	room := m.taken
	clear(room) // the mailbox no longer refers to the events that were taken
	if m.taken = b.Events; cap(m.taken) > keptEvents {
		m.taken = nil
	}
	m.events, m.receipts, m.resync = room[:0], nil, false
	return b
}
