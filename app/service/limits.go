package service

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"confab/app/chat"
	"confab/app/refusal"
)

// Limits bound what an account may do. 0 stands for no limit.
type Limits struct {
	// Messages and Bytes are how much an account may send in a minute, from all its
	// sessions together. Half of that may come at once, so that a paste or a few quick
	// lines are not slowed. Accounts that send more wait for up to five seconds. After that
	// their messages are refused, and nobody is banned. Every other change that members see
	// counts as a message, and so does every change of an account's keys, because it adds
	// to the audit log.
	Messages, Bytes int
	// BotMessages is used in place of Messages for the accounts of bots.
	BotMessages int
	// Requests is how much an account may ask for in a second, from all its sessions
	// together, in units of about a tenth of a millisecond of one core.
	Requests int
	// Conversations is how many conversations an account may join or start, and as many
	// again to which others may add it.
	Conversations int
	// Members is how many members a group may have, apart from #general.
	Members int
}

// longestWait is how long a message is held back before it is refused. A screen sends one
// message at a time, and itself waits longer than this.
const longestWait = 5 * time.Second

// SetLimits sets the limits on accounts and on files, and how long messages are kept (0 keeps
// them). Every account gets its full allowance. Files that are over a limit already stay. The
// service heeds the time when it next looks for expired messages.
func (s Accounts) SetLimits(limits Limits, files FileOptions, keep time.Duration) {
	s.files.setLimits(files)
	s.keep.Store(int64(keep))
	s.pace.limits.Store(&limits)
	s.pace.mu.Lock()
	defer s.pace.mu.Unlock()
	clear(s.pace.senders)
}

// pace slows accounts that send too quickly. Several goroutines may call its methods.
type pace struct {
	limits atomic.Pointer[Limits] // see [Accounts.SetLimits]
	now    func() time.Time
	closed chan struct{}
	once   sync.Once // closes it

	mu      sync.Mutex
	senders map[chat.UserID]*allowance
}

// allowance is how much one account may send and ask for. Each request must pass two
// limiters: requests bounds what the account asks for over several seconds, and spaced
// spreads requests that come at once.
type allowance struct {
	messages, bytes, requests, spaced *rate.Limiter

	// mu is held while an amount is reserved and, if that has to wait for too long, given
	// back. Of reservations that overlap, a limiter takes back only the latest in full, and
	// refusals would use up the allowance.
	mu sync.Mutex
}

func newPace(limits Limits, now func() time.Time) *pace {
	p := &pace{now: now, closed: make(chan struct{}), senders: make(map[chat.UserID]*allowance)}
	p.limits.Store(&limits)
	return p
}

// limiter lets the events of half a minute through at once, and never fewer than least.
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
		limits := p.limits.Load()
		messages := limits.Messages
		if bot {
			messages = limits.BotMessages
		}
		a = &allowance{
			messages: limiter(messages, 1), bytes: limiter(limits.Bytes, chat.MaxBody),
			requests: rate.NewLimiter(rate.Inf, 0), spaced: rate.NewLimiter(rate.Inf, 0),
		}
		if n := limits.Requests; n > 0 {
			a.requests = rate.NewLimiter(rate.Limit(n), max(askingBurst*n, costSearch))
			a.spaced = rate.NewLimiter(rate.Limit(askingSpeed*n), max(n, costSearch))
		}
		p.senders[user] = a
	}
	return a
}

// reserve takes amounts from two limiters of the allowance, and returns after what time the
// caller may go on. The caller can give the amounts back until then. Reserve itself gives
// them back if that time is longer than [longestWait].
func (a *allowance) reserve(now func() time.Time, one *rate.Limiter, n int, other *rate.Limiter, m int) (wait time.Duration, giveBack func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := now()
	first, second := one.ReserveN(at, n), other.ReserveN(at, m)
	giveBack = func() {
		at := now()
		first.CancelAt(at)
		second.CancelAt(at)
	}
	if wait = max(first.DelayFrom(at), second.DelayFrom(at)); wait > longestWait {
		giveBack()
	}
	return wait, giveBack
}

// slow waits until the session's user may send a message of so many bytes. It refuses with
// [chat.ErrTooFast] if that is later than [longestWait].
func (s *session) slow(ctx context.Context, bytes int) error {
	return s.tooFast(s.service.pace.wait(ctx, s.user.ID, s.user.Bot, bytes))
}

// wait is [session.slow] for any account.
func (p *pace) wait(ctx context.Context, user chat.UserID, bot bool, bytes int) error {
	return p.waitFor(ctx, user, bot, 1, bytes)
}

// waitFor is [pace.wait] for several messages together.
func (p *pace) waitFor(ctx context.Context, user chat.UserID, bot bool, messages, bytes int) error {
	a := p.allowance(user, bot)
	wait, giveBack := a.reserve(p.now, a.messages, min(messages, max(1, a.messages.Burst())), a.bytes, min(bytes, chat.MaxBody))
	if wait <= 0 {
		return nil
	}
	if wait > longestWait {
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

// elsewhereFor is for how long a message counts that was posted on another server. Older ones are
// imports, which are no reason to slow anybody.
const elsewhereFor = time.Hour

// note counts what an account has done on another server, so that the limits hold over all
// servers: its messages, edits, deletions and reactions. Other changes are too rare to matter. The
// account can owe as much as it may send at once.
func (p *pace) note(c chat.Change) {
	var by chat.UserID // 0 for the host
	var bot bool
	messages, bytes := 1, 0
	switch c := c.(type) {
	case chat.PostedElsewhere:
		m := c.Message
		if p.now().Sub(m.SentAt) > elsewhereFor {
			return
		}
		if by, bot, bytes = m.Author, m.AuthorBot, len(m.Body); m.GroupMention != chat.MentionsNobody {
			messages = groupMentionCost
		}
	case chat.MessageAltered:
		if by, bot = c.By, c.Bot; c.Message != nil { // else it has expired meanwhile
			bytes = len(c.Message.Body)
		}
	case chat.MessageReacted:
		by, bot = c.User, c.Bot
	}
	if by == 0 {
		return
	}
	a := p.allowance(by, bot)
	a.mu.Lock()
	defer a.mu.Unlock()
	at := p.now()
	owe := func(l *rate.Limiter, n int) {
		if l.TokensAt(at) > -float64(l.Burst()) {
			l.ReserveN(at, min(n, l.Burst()))
		}
	}
	owe(a.messages, messages)
	owe(a.bytes, bytes)
}

// EndsConnections makes the service end connections after a ban, after a key was revoked,
// and after an account was disabled or deleted. open returns the open connections. A
// connection must report what its client has proved before the caller asks
// [Service.Barred] about it. Then either the answer includes a ban, or the ban ends the
// connection. elsewhere returns how many connections an account has to other servers that
// share the database, as they have said within the last seconds.
func (s *Service) EndsConnections(open func() []chat.Connection) (elsewhere func(chat.UserID) int) {
	s.connections.Store(&open)
	return func(user chat.UserID) int {
		if n := s.elsewhere.Load(); n != nil {
			return (*n)[user]
		}
		return 0
	}
}

// connectionsHere returns how many connections accounts have to this server.
func connectionsHere(s *service) map[chat.UserID]int {
	here := make(map[chat.UserID]int)
	if open := s.connections.Load(); open != nil {
		for _, c := range (*open)() {
			if _, user := c.Proved(); user != 0 {
				here[user]++
			}
		}
	}
	return here
}

// overLimit tells the host that the session's user has reached a limit.
func (s *session) overLimit(limit refusal.Reason, why, do string) {
	s.service.refusals.Note(refusal.Refusal{Reason: limit, Who: s.user.Name, Why: why, Do: do, About: []any{"user", s.user.Name}})
}

// tooFast tells the host if an error refuses what the session's user sends.
func (s *session) tooFast(err error) error {
	if errors.Is(err, chat.ErrTooFast) {
		s.overLimit(refusal.MaxMessages, "the account sends faster than --max-messages or --max-bytes allows", "raise the limits if it needs more, or ban the account")
	}
	return err
}

// refusalTime is how long a refusal takes, so that a client that asks again at once does
// not keep the server busy.
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

// forgetIdle forgets accounts whose allowance is full, as it is for a new account.
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

// conversationLimit refuses another conversation for a user who has joined or started as
// many as the server allows. Conversations to which others have added the user don't count,
// so that nobody can keep an account from starting its own.
func (s *session) conversationLimit(ctx context.Context, tx chat.Tx) error {
	limit := s.service.pace.limits.Load().Conversations
	if limit <= 0 {
		return nil
	}
	all, added, err := tx.CountConversations(ctx, s.user.ID)
	if err == nil && all-added >= limit {
		s.overLimit(refusal.MaxConversations, "the account is in as many conversations as --max-conversations allows", "raise the limit if it needs more")
		return chat.Refuse(chat.ErrTooLarge, "You are in %d conversations, which is the limit of this server: leave a group first.", all-added)
	}
	return err
}

// memberLimit refuses new members for whom a group has no room.
func (s *session) memberLimit(ctx context.Context, tx chat.Tx, c chat.Conversation, come int) error {
	members, _, err := tx.CountMembers(ctx, c.ID)
	if err != nil {
		return err
	}
	if limit := s.service.pace.limits.Load().Members; limit > 0 && members+come > limit && !c.General() {
		s.overLimit(refusal.MaxMembers, "a group would have more members than --max-members allows", "raise the limit if groups need more")
		return chat.Refuse(chat.ErrTooLarge, "A group can have %d members on this server, and #%s would have %d.", limit, c.Name, members+come)
	}
	return nil
}

// The costs of requests, in units of about a tenth of a millisecond of one core. The rows
// that a request returns are charged afterwards, by [session.owe].
const (
	costLookup = 1 // of one thing
	costPage   = 2 // of messages or files
	costList   = 5 // of conversations or people
	costSearch = 20
	// costName is the cost of each person that a change names. The work is a tenth of that,
	// but all other changes wait meanwhile.
	costName    = 10
	rowsPerUnit = 10
	// draftUnit is how many bytes of a draft cost one unit, because drafts are written to the disk.
	draftUnit = 512
	// askingBurst is how many seconds' worth of requests an account may make in a short
	// time, so that opening many sessions, or scrolling, is not slowed.
	askingBurst = 10
	// askingSpeed is how many seconds' worth of such a burst the server handles in a
	// second, after the first second's worth. Without it, a flood of requests would run all
	// at once and delay everybody else.
	askingSpeed = 2
)

// ask waits until the session's user may make a request of this cost. All sessions of an
// account share one allowance. ask refuses with [chat.ErrTooFast] if the wait would be
// longer than [longestWait]. The wait ends with the session.
func (s *session) ask(ctx context.Context, cost int) error {
	p := s.service.pace
	a := p.allowance(s.user.ID, s.user.Bot)
	wait, giveBack := a.reserve(p.now, a.requests, min(cost, a.requests.Burst()), a.spaced, min(cost, a.spaced.Burst()))
	if wait <= 0 {
		return nil
	}
	if wait > longestWait {
		s.overLimit(refusal.MaxRequests, "the account asks for more than --max-requests allows", "raise the limit if it needs more, or ban the account")
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

// Ask waits until the session's user may make a small request that no other method counts,
// such as reading a few pieces of a file. It refuses too many requests with
// [chat.ErrTooFast].
func (s *Session) Ask(ctx context.Context) error { return s.ask(ctx, costLookup) }
