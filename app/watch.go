package app

import (
	"context"
	"errors"
	"time"
)

// watchInterval is how often the audit log is asked for what other processes
// did: often enough for "at once", and four lookups of one indexed row a
// second cost next to nothing.
const watchInterval = 250 * time.Millisecond

const (
	// sweepInterval is how exact [awayAfter] is.
	sweepInterval = 10 * time.Second
	// pruneInterval is how often [markerTimesKept] is enforced.
	pruneInterval = time.Hour
)

// revokedReason is what the user of a session sees whose key was taken away.
const revokedReason = "The host has revoked the key that opened this session."

// Watch carries out on the open sessions what was done to the database,
// whichever process did it: a revoked key's sessions end. It returns when ctx
// ends. A fault of the store is logged and the work goes on.
func (s *Service) Watch(ctx context.Context) error {
	last, err := s.store.LastAudit(ctx)
	if err != nil {
		return err
	}
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	swept, pruned := s.now(), time.Time{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if now := s.now(); now.Sub(swept) >= sweepInterval {
			s.hub.sweep()
			swept = now
		}
		if now := s.now(); now.Sub(pruned) >= pruneInterval {
			s.prune(ctx, now)
			if err := s.pruneJoining(ctx, now); err != nil && ctx.Err() == nil && !errors.Is(err, ErrClosed) {
				s.log.Error("pruning requests and codes", "err", err)
			}
			pruned = now
		}
		entries, err := s.store.Audit(ctx, last, 100)
		if err != nil {
			if ctx.Err() == nil {
				s.log.Error("reading the audit log", "err", err)
			}
			continue
		}
		for _, e := range entries {
			s.apply(ctx, e)
			last = e.ID
		}
	}
}

func (s *Service) apply(ctx context.Context, e AuditEntry) {
	switch e.Action {
	case AuditKeyRevoke:
		s.hub.end(revokedReason, func(session *Session) bool { return session.key == e.Target || session.ca == e.Target })
	case AuditKeyAdd, AuditRequestApprove, AuditRequestRefuse:
		s.lobby.wake(e.Target)
		s.tellWaiting(ctx)
	case AuditUserDelete:
		if err := s.deleted(ctx, e); err != nil && ctx.Err() == nil && !errors.Is(err, ErrClosed) {
			s.log.Error("ending what a deleted account had open", "err", err)
		}
	case AuditJoinMode:
		s.lobby.wake("")
	case AuditUserAdd:
		general, err := s.store.ConversationByName(ctx, GeneralName)
		if err == nil {
			err = s.reload(ctx, general.ID)
		}
		if err != nil && ctx.Err() == nil {
			s.log.Error("reading the members of #general", "err", err)
		}
	}
}

// tellWaiting tells the staff how many wait to be let in.
func (s *Service) tellWaiting(ctx context.Context) {
	err := s.writer.do(ctx, func(ctx context.Context, tx Tx) ([]effect, error) {
		told, err := s.requestsChanged(ctx, tx)
		return []effect{told}, err
	})
	if err != nil && ctx.Err() == nil && !errors.Is(err, ErrClosed) {
		s.log.Error("counting those who wait", "err", err)
	}
}

// prune forgets when markers moved long ago.
func (s *Service) prune(ctx context.Context, now time.Time) {
	err := s.writer.do(ctx, func(ctx context.Context, tx Tx) ([]effect, error) {
		return nil, tx.PruneMarkerTimes(ctx, now.Add(-markerTimesKept))
	})
	if err != nil && ctx.Err() == nil && !errors.Is(err, ErrClosed) {
		s.log.Error("pruning the times of markers", "err", err)
	}
}
