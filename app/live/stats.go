package live

import (
	"sync/atomic"

	"confab/app/chat"
)

// counters are counted at the places of the events, without a lock.
type counters struct {
	posted, deliveries, resyncs atomic.Int64
}

// Stats counts connections and deliveries. It looks at all mailboxes.
func (h *Hub) Stats() chat.Stats {
	st := chat.Stats{Posted: h.counts.posted.Load(), Deliveries: h.counts.deliveries.Load(), Resyncs: h.counts.resyncs.Load()}
	st.Requests, st.MarkerLag = int(h.queue.told.Load()), h.flusher.lag()
	h.mu.Lock()
	defer h.mu.Unlock()
	st.Accounts, st.Scripts = len(h.accounts), len(h.scripts)
	for _, a := range h.accounts {
		st.Sessions += len(a.sessions)
		for _, o := range a.sessions {
			waits := o.box.depth()
			st.Waiting += waits
			st.Deepest = max(st.Deepest, waits)
		}
	}
	return st
}
