package service

import "context"

// NoteAway looks for users who have gone away, as TailChanges does regularly.
func (s *Service) NoteAway() { s.live.NoteAway() }

// End ends a session's mailbox, as the hub does.
func End(s *Session) { s.live.End("over") }

// Prune deletes old data, as TailChanges does regularly.
func (s *Service) Prune(ctx context.Context) { s.prune(ctx, s.now()) }

// PruneJoining deletes old requests and codes, as TailChanges does regularly.
func (s *Service) PruneJoining(ctx context.Context) error { return s.pruneJoining(ctx, s.now()) }

// CatchUp applies the changes of other processes, as TailChanges does.
func (s *Service) CatchUp(ctx context.Context) error { return s.catchUp(ctx) }
