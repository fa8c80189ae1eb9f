package chat

import "sync/atomic"

// Stats is what a service is doing and has done since it was started.
type Stats struct {
	Sessions   int   // that get what happens: screens, and scripts that follow
	Scripts    int   // that only ask and do
	Accounts   int   // that are connected
	Posted     int64 // messages and system lines
	Deliveries int64 // events that were put into mailboxes
	Resyncs    int64 // mailboxes that were full and were emptied
	Waiting    int   // events in all mailboxes
	Deepest    int   // events in the fullest of them
	Writing    int   // changes that wait for the database
}

// counters are counted where things happen, without a lock.
type counters struct {
	posted, deliveries, resyncs atomic.Int64
}

// Stats looks at all mailboxes, so it is for every few seconds.
func (s *Service) Stats() Stats {
	h := s.hub
	st := Stats{Writing: len(s.writer.jobs), Posted: h.counts.posted.Load(), Deliveries: h.counts.deliveries.Load(), Resyncs: h.counts.resyncs.Load()}
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

// depth is how many events wait.
func (m *Mailbox) depth() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.events)
}
