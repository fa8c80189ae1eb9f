package app

// Sweep finds out who has gone away, as Watch does now and then.
func (s *Service) Sweep() { s.hub.sweep() }

// End ends a session's mailbox, as the hub does.
func End(s *Session) { s.box.end("over") }
