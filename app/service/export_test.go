package service

import "context"

// NoteAway finds out who has gone away, as TailChanges does now and then.
func (s *Service) NoteAway() { s.live.NoteAway() }

// End ends a session's mailbox, as the hub does.
func End(s *Session) { s.live.End("over") }

// Prune forgets when markers moved long ago, as TailChanges does now and then.
func (s *Service) Prune(ctx context.Context) { s.prune(ctx, s.now()) }

// PruneJoining forgets requests and codes that have ended, as TailChanges does.
func (s *Service) PruneJoining(ctx context.Context) error { return s.pruneJoining(ctx, s.now()) }

// CatchUp applies what other processes have changed, as TailChanges does.
func (s *Service) CatchUp(ctx context.Context) error { return s.catchUp(ctx) }
