package app

import (
	"context"
	"errors"
	"net/netip"
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
const revokedReason = "The key that opened this session was revoked."

// Watch carries out on the open sessions what was done to the database,
// whichever process did it: the sessions of a revoked key or a banned account
// end, and bans of networks hold. It returns when ctx
// ends. A fault of the store is logged and the work goes on.
func (s *Service) Watch(ctx context.Context) error {
	last, err := s.store.LastAudit(ctx)
	if err != nil {
		return err
	}
	// What was banned since the service began and before the log is followed.
	if err := s.readBans(ctx); err != nil {
		return err
	}
	defer s.files.sweeps.Wait()
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
			s.pace.sweep()
			swept = now
		}
		if now := s.now(); now.Sub(pruned) >= pruneInterval {
			s.prune(ctx, now)
			if err := s.pruneJoining(ctx, now); err != nil && ctx.Err() == nil && !errors.Is(err, ErrClosed) {
				s.log.Error("pruning requests and codes", "err", err)
			}
			if err := s.emptyTrash(ctx, now); err != nil && ctx.Err() == nil {
				s.log.Error("emptying the trash of files", "err", err)
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
		answered := false
		for _, e := range entries {
			s.apply(ctx, e)
			last = e.ID
			if e.answers() {
				s.lobby.wake(e.Target)
				answered = true
			}
		}
		if answered {
			s.tellWaiting(ctx)
		}
	}
}

// answers reports whether a request to join may have been answered by it.
func (e AuditEntry) answers() bool {
	return e.Action == AuditKeyAdd || e.Action == AuditRequestApprove || e.Action == AuditRequestRefuse
}

func (s *Service) apply(ctx context.Context, e AuditEntry) {
	switch e.Action {
	case AuditKeyRevoke:
		s.endRevoked(ctx, e.Target)
	case AuditUserKick:
		s.endSessions(ctx, e, e.Actor+" has ended your session"+because(e.Detail)+". You may connect again.")
	case AuditUserDisable:
		s.endSessions(ctx, e, disabledReason)
		s.setAside(ctx, e.Target)
	case AuditUserEnable:
		s.setAside(ctx, e.Target)
	case AuditBanAdd, AuditBanRemove:
		s.applyBans(ctx, e)
	case AuditUserDelete:
		if err := s.deleted(ctx, e); err != nil && ctx.Err() == nil && !errors.Is(err, ErrClosed) {
			s.log.Error("ending what a deleted account had open", "err", err)
		}
	case AuditJoinMode:
		s.lobby.wake("")
	case AuditUserAdd, AuditUserRole:
		general, err := s.store.ConversationByName(ctx, GeneralName)
		if err == nil {
			err = s.reload(ctx, general.ID)
		}
		if err != nil && ctx.Err() == nil {
			s.log.Error("reading the members of #general", "err", err)
		}
	}
}

// endRevoked ends the sessions that a key opened, and if its certificates are not
// taken any more those that they opened.
func (s *Service) endRevoked(ctx context.Context, fingerprint string) {
	revoked, err := s.store.CertificatesRevoked(ctx, fingerprint)
	if err != nil {
		if ctx.Err() == nil {
			s.log.Error("looking for a revocation", "err", err)
		}
		revoked = true // rather a session too many
	}
	s.hub.end(revokedReason, func(o *Session) bool {
		if o.login.Authority == "" {
			return o.login.Key == fingerprint
		}
		return revoked && (o.login.Key == fingerprint || o.login.Authority == fingerprint)
	})
}

// because is a reason in a sentence.
func because(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

// userCalled is the account that the log calls something, which it may not be
// called any more: a handle that is given up is kept back for it.
func (s *Service) userCalled(ctx context.Context, name string) (User, error) {
	user, err := s.store.UserByName(ctx, name)
	if !notFound(err) {
		return user, err
	}
	kept, failed := s.store.NamesKeptBack(ctx, Skeleton(name), s.now().Add(-nameKeptBack))
	for _, k := range kept {
		if k.Name == name {
			return s.store.UserByID(ctx, k.User)
		}
	}
	return user, errors.Join(err, failed)
}

// endSessions ends those of the account that an entry is about, as far as they
// are older than it: who was kicked may have come back. Of an account that is
// disabled all end.
func (s *Service) endSessions(ctx context.Context, e AuditEntry, reason string) {
	user, err := s.userCalled(ctx, e.Target)
	if err != nil {
		if ctx.Err() == nil {
			s.log.Error("ending the sessions of an account", "err", err)
		}
		return
	}
	s.hub.end(reason, func(o *Session) bool { return o.user.ID == user.ID && (user.Disabled || !o.opened.After(e.At)) })
}

// setAside makes the receipts of all its conversations wait for an account, or
// not, as it is enabled or disabled now.
func (s *Service) setAside(ctx context.Context, name string) {
	user, err := s.userCalled(ctx, name)
	if err == nil {
		var ids []ConversationID
		ids, _, err = s.store.ConversationIDs(ctx, user.ID)
		for _, id := range ids {
			s.hub.room(id).change(user.ID, func(m *standing) { m.Disabled = user.Disabled })
		}
	}
	if err != nil && ctx.Err() == nil {
		s.log.Error("taking an account out of receipts", "err", err)
	}
}

// applyBans makes the bans hold that there are now.
func (s *Service) applyBans(ctx context.Context, e AuditEntry) {
	bans, err := s.store.Bans(ctx)
	if err = errors.Join(err, s.readBans(ctx)); err != nil {
		if ctx.Err() == nil {
			s.log.Error("reading the bans", "err", err)
		}
		return
	}
	s.lobby.wake("")
	now := s.now()
	for _, b := range bans {
		// An account may be called something else by now than in the log.
		if !b.active(now) || b.Kind != BanAccount && b.Target != e.Target {
			continue
		}
		network, _ := netip.ParsePrefix(b.Target)
		s.hub.end(b.Text(), func(o *Session) bool {
			switch b.Kind {
			case BanAccount:
				return o.user.ID == b.User
			case BanKey:
				return o.login.Key == b.Target && !s.spared(ctx, b, o.user.ID)
			default:
				return network.Contains(o.login.From)
			}
		})
	}
}

// spared reports whether a ban of a key does not hold for an account that has it. If
// that cannot be read it holds.
func (s *Service) spared(ctx context.Context, b Ban, id UserID) bool {
	user, err := s.store.UserByID(ctx, id)
	over := false
	if err == nil {
		over, err = outranked(ctx, s.store, b, user)
	}
	if err != nil && ctx.Err() == nil {
		s.log.Error("looking up whose key is banned", "err", err)
	}
	return over
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
