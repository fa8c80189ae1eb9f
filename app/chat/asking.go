package chat

import (
	"context"
	"fmt"
	"time"
)

// The cost of requests, in units of about a tenth of a millisecond of one core. The rows
// that a request returns are charged afterwards, by [Session.owe].
const (
	costLookup  = 1 // of one thing
	costPage    = 2 // of messages or files
	costList    = 5 // of conversations or people
	costSearch  = 20
	rowsPerUnit = 10
	// askingBurst is how many seconds' worth an account may ask for at once, so that
	// many sessions can open, and a screen scroll, without being slowed.
	askingBurst = 10
)

// ask returns when the session's user may ask for something. All sessions of an account
// share what it may ask for. Too much is slowed, and refused when it would have to
// wait for more than [longestWait]; a request that waits ends with its session.
func (s *session) ask(ctx context.Context, cost int) error {
	p := s.service.pace
	limiter, now := p.allowance(s.user.ID, s.user.Bot).requests, p.now()
	r := limiter.ReserveN(now, cost)
	wait := r.DelayFrom(now)
	if wait <= 0 {
		return nil
	}
	if wait > longestWait {
		r.CancelAt(now)
		return Refuse(ErrTooFast, "Slow down: you are asking for more than this server allows. Try again in %d seconds.", int(min(wait, time.Minute).Seconds())+1)
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-p.closed:
	case <-s.live.Mailbox().Ended():
	case <-s.closed:
	case <-ctx.Done():
		r.CancelAt(p.now())
		return fmt.Errorf("waiting to ask: %w", ctx.Err())
	}
	r.CancelAt(p.now())
	return ErrClosed
}

// owe charges what a request has brought, for which the next one waits.
func (s *session) owe(rows int) {
	p := s.service.pace
	limiter := p.allowance(s.user.ID, s.user.Bot).requests
	if n := min(rows/rowsPerUnit, limiter.Burst()); n > 0 {
		limiter.ReserveN(p.now(), n)
	}
}

// Ask returns when the session's user may ask for something small that no other method
// counts, such as a few pieces of files. It is refused like anything else that is asked for
// too often.
func (s *Session) Ask(ctx context.Context) error { return s.ask(ctx, costLookup) }
