package chat

import (
	"context"
	"errors"
	"time"
)

// watchInterval is how often it is looked for changes of other processes: often enough
// for "at once", and four lookups of one row a second cost next to nothing.
const watchInterval = 250 * time.Millisecond

const (
	// sweepInterval is how often the service looks for users who have gone away.
	sweepInterval = 10 * time.Second
	// pruneInterval is how often [markerTimesKept] is enforced.
	pruneInterval = time.Hour
)

// Watch applies what other processes change in the database: the command line bans an
// account, and its sessions end here. It also does what is to be done now and then. It
// returns when ctx ends. A fault of the store is logged and the work goes on.
func (s *Service) Watch(ctx context.Context) error {
	defer s.files.sweeps.Wait()
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	swept, pruned := s.now(), time.Time{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.purged:
			s.sweepFiles(ctx)
			continue
		case <-ticker.C:
		}
		if now := s.now(); now.Sub(swept) >= sweepInterval {
			s.live.NoteAway()
			s.pace.sweep()
			swept = now
		}
		if now := s.now(); now.Sub(pruned) >= pruneInterval {
			s.prune(ctx, now)
			pruned = now
		}
		s.noted(ctx, "looking for changes", s.catchUp(ctx))
	}
}

// catchUp applies what other processes have changed, if they have.
func (s *Service) catchUp(ctx context.Context) error {
	last, err := s.store.LastChange(ctx)
	if err != nil || last == s.writer.seen.Load() {
		return err
	}
	return s.writer.follow(ctx)
}

// sweepFiles deletes the contents that no file has any more, and not to the trash: the
// host wants them gone. What else is to be done does not wait for that.
func (s *Service) sweepFiles(ctx context.Context) {
	if s.files.blobs == nil {
		return
	}
	s.files.sweeps.Go(func() {
		// What is left after a fault goes at the next start.
		s.noted(ctx, "deleting what was in files", s.sweep(ctx, s.files.blobs.Remove))
	})
}

// prune forgets what is too old to be needed.
func (s *Service) prune(ctx context.Context, now time.Time) {
	s.noted(ctx, "pruning the times of markers", s.writer.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		return nil, tx.PruneMarkerTimes(ctx, now.Add(-markerTimesKept))
	}))
	s.noted(ctx, "pruning requests and codes", s.pruneJoining(ctx, now))
	s.noted(ctx, "emptying the trash of files", s.emptyTrash(ctx, now))
	s.noted(ctx, "pruning changes", s.writer.pruneChanges(ctx, now))
}

// noted logs what has failed, unless that is because the work ends.
func (s *Service) noted(ctx context.Context, doing string, err error) {
	if err != nil && ctx.Err() == nil && !errors.Is(err, ErrClosed) {
		s.log.Error(doing, "err", err)
	}
}
