package chat

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

// Stats looks at all mailboxes, so it is for every few seconds.
func (s *Service) Stats() Stats {
	st := s.live.Stats()
	st.Writing = len(s.writer.jobs)
	return st
}
