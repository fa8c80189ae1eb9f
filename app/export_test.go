package app

// Sweep finds out who has gone away, as Watch does now and then.
func (s *Service) Sweep() { s.hub.sweep() }
