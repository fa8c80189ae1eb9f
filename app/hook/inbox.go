package hook

import (
	"context"
	"crypto/subtle"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"confab/app/chat"
	"confab/app/service"
)

// A webhook may post a message a second in the long run, and burst of them at once.
const (
	perSecond = 1
	burst     = 30
)

// Inbox posts what other programs send to webhooks. Several goroutines may use it.
type Inbox struct {
	service *service.Service
	now     func() time.Time

	mu    sync.Mutex
	paces map[int64]*rate.Limiter // of the webhooks that have been used lately, by number
}

// NewInbox returns an inbox of a server.
func NewInbox(s *service.Service) *Inbox {
	return &Inbox{service: s, now: s.Now, paces: make(map[int64]*rate.Limiter)}
}

// Find returns the webhook with this token. It asks the store each time, so a webhook that
// another process has revoked is found as such at once. The error is [chat.ErrNotFound] for
// an unknown token. An attacker cannot learn from the time that Find takes how close a guess is.
func (i *Inbox) Find(ctx context.Context, token string) (chat.Hook, error) {
	hash := chat.HashHook(token)
	found, err := i.service.Host().Reader().HooksBySelector(ctx, chat.HookSelector(hash))
	if err != nil {
		return chat.Hook{}, err
	}
	match, ok := chat.Hook{}, 0
	for _, h := range append(found, chat.Hook{Hash: make([]byte, len(hash))}) {
		same := subtle.ConstantTimeCompare(h.Hash, hash)
		if same == 1 {
			match = h
		}
		ok |= same
	}
	if ok == 0 {
		return chat.Hook{}, chat.Refuse(chat.ErrNotFound, "There is no webhook at this address: check it, or ask for a new one.")
	}
	return match, nil
}

// Pace counts a request to a webhook, and returns how long its sender has to wait, or 0 if
// the request may go on.
func (i *Inbox) Pace(h chat.Hook) time.Duration {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.now()
	p := i.paces[h.Number]
	if p == nil {
		for number, other := range i.paces { // those that have rested are like new ones
			if other.TokensAt(now) >= burst {
				delete(i.paces, number)
			}
		}
		p = rate.NewLimiter(perSecond, burst)
		i.paces[h.Number] = p
	}
	r := p.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// Post posts a clean text to the group of a webhook. Deliveries with the same key, unless it
// is "", post one message. The errors are those of [service.Messages.Send]. If the webhook
// was revoked meanwhile, the error is [chat.ErrNotFound].
func (i *Inbox) Post(ctx context.Context, h chat.Hook, key, body string) error {
	id := uuid.Nil // for a new one
	if key != "" {
		id = h.MessageID(key)
	}
	now := i.now()
	_, err := service.ProgramsOf(i.service).PostAs(ctx, h.Bot, chat.NewMessage{ID: id, Conversation: h.Conversation, Body: body}, func(ctx context.Context, tx chat.Tx) error {
		current, err := tx.Hook(ctx, h.Number)
		if err != nil {
			return err
		}
		if current.Revoked {
			return chat.Refuse(chat.ErrNotFound, "This webhook was revoked.")
		}
		if now.Sub(current.UsedAt) < time.Minute {
			return nil
		}
		return tx.UseHook(ctx, h.Number, now)
	})
	return err
}
