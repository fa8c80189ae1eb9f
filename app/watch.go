package app

import (
	"context"
	"time"
)

// watchInterval is how often the audit log is asked for what other processes
// did: often enough for "at once", and four lookups of one indexed row a
// second cost next to nothing.
const watchInterval = 250 * time.Millisecond

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
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		entries, err := s.store.Audit(ctx, last, 100)
		if err != nil {
			if ctx.Err() == nil {
				s.log.Error("reading the audit log", "err", err)
			}
			continue
		}
		for _, e := range entries {
			s.apply(e)
			last = e.ID
		}
	}
}

func (s *Service) apply(e AuditEntry) {
	if e.Action == AuditKeyRevoke {
		s.hub.end(revokedReason, func(session *Session) bool { return session.key == e.Target })
	}
}
