package service

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"confab/app/chat"
)

// Limits bound what an account may do. 0 stands for no limit.
type Limits struct {
	// Messages and Bytes are what an account may send in a minute, from all its
	// sessions together; half of it may come at once, so that a paste or a
	// few quick lines are not slowed. Accounts that send more wait for up to
	// [longestWait]. Beyond that, messages are refused, and nobody is banned. Every
	// other change that members see counts as a message, and so does every change of
	// an account's keys, which are in the audit log.
	Messages, Bytes int
	// BotMessages stands for Messages where the account is a bot's.
	BotMessages int
	// Requests are what an account may ask for in a second, from all its sessions
	// together, in units of about a tenth of a millisecond of one core.
	Requests int
	// Conversations are those that an account may be in.
	Conversations int
	// Members are those that a group may have, apart from #general.
	Members int
}

// longestWait is how long a message is held back before it is refused. A screen
// sends one at a time and waits longer than this.
const longestWait = 5 * time.Second

// pace slows accounts that send too quickly. Several goroutines may call its methods.
type pace struct {
	limits Limits
	now    func() time.Time
	closed chan struct{}
	once   sync.Once // closes it

	mu      sync.Mutex
	senders map[chat.UserID]*allowance
}

// allowance is what one account may send and ask for. What it asks for must pass both
// limiters of requests: one counts over several seconds, the other spaces what comes at
// once.
type allowance struct{ messages, bytes, requests, spaced *rate.Limiter }

func newPace(limits Limits, now func() time.Time) *pace {
	return &pace{limits: limits, now: now, closed: make(chan struct{}), senders: make(map[chat.UserID]*allowance)}
}

// limiter lets half a minute's worth through at once, and least at the least.
func limiter(perMinute, least int) *rate.Limiter {
	if perMinute <= 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(float64(perMinute)/60), max(perMinute/2, least))
}

func (p *pace) allowance(user chat.UserID, bot bool) *allowance {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.senders[user]
	if a == nil {
		messages := p.limits.Messages
		if bot {
			messages = p.limits.BotMessages
		}
		a = &allowance{limiter(messages, 1), limiter(p.limits.Bytes, chat.MaxBody), rate.NewLimiter(rate.Inf, 0), rate.NewLimiter(rate.Inf, 0)}
		if n := p.limits.Requests; n > 0 {
			a.requests = rate.NewLimiter(rate.Limit(n), max(askingBurst*n, costSearch))
			a.spaced = rate.NewLimiter(rate.Limit(askingSpeed*n), max(n, costSearch))
		}
		p.senders[user] = a
	}
	return a
}

// slow returns when the session's user may send a message of so many bytes. If
// that is too far off it refuses at once.
func (s *session) slow(ctx context.Context, bytes int) error {
	return s.service.pace.wait(ctx, s.user.ID, s.user.Bot, bytes)
}

// wait is [Session.slow].
func (p *pace) wait(ctx context.Context, user chat.UserID, bot bool, bytes int) error {
	return p.waitFor(ctx, user, bot, 1, bytes)
}

// waitFor is wait for so many messages together.
func (p *pace) waitFor(ctx context.Context, user chat.UserID, bot bool, messages, bytes int) error {
	a, now := p.allowance(user, bot), p.now()
	message, text := a.messages.ReserveN(now, min(messages, max(1, a.messages.Burst()))), a.bytes.ReserveN(now, min(bytes, chat.MaxBody))
	wait := max(message.DelayFrom(now), text.DelayFrom(now))
	if wait <= 0 {
		return nil
	}
	giveBack := func() {
		now := p.now()
		message.CancelAt(now)
		text.CancelAt(now)
	}
	if wait > longestWait {
		giveBack()
		p.rest(ctx)
		return chat.Refuse(chat.ErrTooFast, "Slow down: you are sending faster than this server allows. Try again in %d seconds.", int(wait.Seconds())+1)
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-p.closed:
		return chat.ErrClosed
	case <-ctx.Done():
		giveBack()
		return fmt.Errorf("waiting to send: %w", ctx.Err())
	}
}

// refusalTime is how long a refusal takes. A client that asks again at once would
// otherwise keep the server busy with refusing.
const refusalTime = 100 * time.Millisecond

// rest waits before a refusal.
func (p *pace) rest(ctx context.Context) {
	t := time.NewTimer(refusalTime)
	defer t.Stop()
	select {
	case <-t.C:
	case <-p.closed:
	case <-ctx.Done():
	}
}

// forgetIdle forgets those whose allowance is full again, which is how it begins.
func (p *pace) forgetIdle() {
	now := p.now()
	full := func(l *rate.Limiter) bool { return l.Limit() == rate.Inf || l.TokensAt(now) >= float64(l.Burst()) }
	p.mu.Lock()
	defer p.mu.Unlock()
	for user, a := range p.senders {
		if full(a.messages) && full(a.bytes) && full(a.requests) && full(a.spaced) {
			delete(p.senders, user)
		}
	}
}

// stop ends all waiting.
func (p *pace) stop() { p.once.Do(func() { close(p.closed) }) }

// hasRoom refuses if the session's user has joined or started as many conversations as
// the server allows. Conversations to which others have added the user don't count, so
// that nobody can keep an account from starting its own.
func (s *session) hasRoom(ctx context.Context, tx chat.Tx) error {
	limit := s.service.limits.Conversations
	if limit <= 0 {
		return nil
	}
	all, added, err := tx.CountConversations(ctx, s.user.ID)
	if err == nil && all-added >= limit {
		return chat.Refuse(chat.ErrTooLarge, "You are in %d conversations, which is the most that this server allows: leave a group first.", all-added)
	}
	return err
}

// takes refuses if a group would have more members than it may when so many come.
func (s *session) takes(ctx context.Context, tx chat.Tx, c chat.Conversation, come int) error {
	members, _, err := tx.CountMembers(ctx, c.ID)
	if err != nil {
		return err
	}
	if limit := s.service.limits.Members; limit > 0 && members+come > limit && !c.General() {
		return chat.Refuse(chat.ErrTooLarge, "A group may have %d members on this server; #%s would have %d.", limit, c.Name, members+come)
	}
	return nil
}

// The cost of requests, in units of about a tenth of a millisecond of one core. The rows
// that a request returns are charged afterwards, by [Session.owe].
const (
	costLookup = 1 // of one thing
	costPage   = 2 // of messages or files
	costList   = 5 // of conversations or people
	costSearch = 20
	// costName is the cost of each person that a change names. It takes a tenth of that,
	// and others wait meanwhile.
	costName    = 10
	rowsPerUnit = 10
	// draftUnit is how many bytes of a draft cost one unit: all are written to the disk.
	draftUnit = 512
	// askingBurst is how many seconds' worth an account may ask for in a short time, so
	// that many sessions can open, and a screen scroll, without being slowed.
	askingBurst = 10
	// askingSpeed is how many seconds' worth of these the server does in a second, after
	// a first second's worth at once. So a flood of requests does not run all at once,
	// which would delay everybody else.
	askingSpeed = 4
)

// ask returns when the session's user may ask for something. All sessions of an account
// share what it may ask for. Too much is slowed, and refused when it would have to
// wait for more than [longestWait]; a request that waits ends with its session.
func (s *session) ask(ctx context.Context, cost int) error {
	p := s.service.pace
	a, now := p.allowance(s.user.ID, s.user.Bot), p.now()
	r, spaced := a.requests.ReserveN(now, min(cost, a.requests.Burst())), a.spaced.ReserveN(now, min(cost, a.spaced.Burst()))
	wait := max(r.DelayFrom(now), spaced.DelayFrom(now))
	if wait <= 0 {
		return nil
	}
	giveBack := func() {
		now := p.now()
		r.CancelAt(now)
		spaced.CancelAt(now)
	}
	if wait > longestWait {
		giveBack()
		p.rest(ctx)
		return chat.Refuse(chat.ErrTooFast, "Slow down: you are asking for more than this server allows. Try again in %d seconds.", int(min(wait, time.Minute).Seconds())+1)
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
		giveBack()
		return fmt.Errorf("waiting to ask: %w", ctx.Err())
	}
	giveBack()
	return chat.ErrClosed
}

// owe charges the rows that a request has returned. The next request waits for them.
func (s *session) owe(rows int) {
	p := s.service.pace
	a, n := p.allowance(s.user.ID, s.user.Bot), rows/rowsPerUnit
	for _, limiter := range []*rate.Limiter{a.requests, a.spaced} {
		if n := min(n, limiter.Burst()); n > 0 {
			limiter.ReserveN(p.now(), n)
		}
	}
}

// Ask returns when the session's user may ask for something small that no other method
// counts, such as a few pieces of files. It is refused like anything else that is asked for
// too often.
func (s *Session) Ask(ctx context.Context) error { return s.ask(ctx, costLookup) }
