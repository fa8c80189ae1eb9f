// Package hook has the use cases of incoming webhooks. [Hooks] makes, lists and revokes
// them, for the owners and admins of a group and for the host. [Inbox] posts what other
// programs send to them. The server sends nothing to other programs.
package hook

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/text"
)

// Path is the path of webhooks under the address of the server's web page. The token follows.
const Path = "/hooks/"

// tokenBytes are the random bytes of a token.
const tokenBytes = 32

// Hooks makes, lists and revokes webhooks. [chat.Decide] decides on [chat.ActionHook]. Each
// change is in the audit log and takes effect at once, also in a server that is another
// process. Several goroutines may call the methods.
type Hooks struct{ by service.Moderation }

// Of returns the use cases for the user of a session.
func Of(s *service.Session) Hooks { return Hooks{s.Moderation()} }

// OfHost returns the use cases for the host, who may do everything in all groups.
func OfHost(s *service.Service) Hooks { return Hooks{s.Host()} }

// Make makes a webhook that posts to a group as a bot, and returns it with its address,
// which nothing shows again. Without a known address of the server, it is only a path. If
// there is no account with the handle, Make makes one without keys. It refuses the account
// of a person with [chat.ErrConflict], and more webhooks than [chat.MaxHooks] and
// [chat.MaxHooksMade] with [chat.ErrTooLarge].
func (h Hooks) Make(ctx context.Context, in chat.ConversationID, bot string) (made chat.Hook, address string, err error) {
	name, err := text.ParseHandle(bot)
	if err != nil {
		return made, "", chat.Refuse(text.ErrInvalid, "%s", err)
	}
	s := h.by.Programs()
	actor, _ := h.by.Actor()
	if actor != 0 && s.WebAddress() == "" {
		return made, "", chat.Refuse(chat.ErrNotAllowed, "This server takes no webhooks: ask its host to turn them on.")
	}
	secret := make([]byte, tokenBytes)
	if _, err := io.ReadFull(s.Random(), secret); err != nil {
		return made, "", fmt.Errorf("making a token: %w", err)
	}
	id, err := uuid.NewRandomFromReader(s.Random())
	if err != nil {
		return made, "", fmt.Errorf("making an id: %w", err)
	}
	token := base64.RawURLEncoding.EncodeToString(secret)
	err = h.by.ChangeGroup(ctx, in, chat.ActionHook, func(ctx context.Context, tx chat.Tx, c chat.Conversation) (service.GroupChange, error) {
		if err := mayMake(ctx, tx, c, actor, s.Now()); err != nil {
			return service.GroupChange{}, err
		}
		bot, changes, err := h.by.Bot(ctx, tx, c, name)
		if err != nil {
			return service.GroupChange{}, err
		}
		made = chat.Hook{ID: id, Conversation: c.ID, Bot: bot.ID, Hash: chat.HashHook(token), MadeBy: actor, MadeAt: s.Now()}
		number, err := tx.InsertHook(ctx, made)
		if err != nil {
			return service.GroupChange{}, err
		}
		made, err = tx.Hook(ctx, number)
		return change(chat.AuditHookMake, made, changes), err
	})
	return made, s.WebAddress() + Path + token, err
}

// mayMake refuses one webhook too many.
func mayMake(ctx context.Context, r chat.Reader, c chat.Conversation, by chat.UserID, now time.Time) error {
	have, err := r.Hooks(ctx, c.ID)
	if err != nil {
		return err
	}
	if len(have) >= chat.MaxHooks {
		return chat.Refuse(chat.ErrTooLarge, "#%s has %d webhooks, which is the limit: revoke one first.", c.Name, len(have))
	}
	if by == 0 {
		return nil
	}
	made, err := r.CountHooksMade(ctx, by, now.Add(-chat.HooksMadeSpan))
	if err == nil && made >= chat.MaxHooksMade {
		err = chat.Refuse(chat.ErrTooLarge, "You have made %d webhooks since yesterday, which is the limit: make the next one tomorrow.", made)
	}
	return err
}

func change(action string, h chat.Hook, changes []chat.Change) service.GroupChange {
	return service.GroupChange{Action: action, Target: h.BotName, Detail: fmt.Sprintf("webhook %d in #%s", h.Number, h.Group), Changes: changes}
}

// List returns the webhooks of a group, by number, or those of all groups for 0, which only
// the host may ask for.
func (h Hooks) List(ctx context.Context, in chat.ConversationID) ([]chat.Hook, error) {
	if actor, _ := h.by.Actor(); in != 0 || actor != 0 {
		if _, err := h.by.Group(ctx, in, chat.ActionHook); err != nil {
			return nil, err
		}
	}
	return h.by.Reader().Hooks(ctx, in)
}

// Revoke makes a webhook unusable at once. Its bot and its messages stay. The error is
// [chat.ErrNotFound] for an unknown number, for a webhook that the actor may not revoke, and
// for one that was revoked before.
func (h Hooks) Revoke(ctx context.Context, number int64) (chat.Hook, error) {
	found, err := h.Find(ctx, number)
	if err != nil {
		return found, err
	}
	err = h.by.ChangeGroup(ctx, found.Conversation, chat.ActionHook, func(ctx context.Context, tx chat.Tx, _ chat.Conversation) (service.GroupChange, error) {
		if found, err = tx.Hook(ctx, number); err == nil && found.Revoked {
			err = noHook(number)
		}
		if err != nil {
			return service.GroupChange{}, err
		}
		return change(chat.AuditHookRevoke, found, nil), tx.RevokeHook(ctx, number)
	})
	return found, err
}

// Find returns a webhook that the actor may revoke, with the errors of [Hooks.Revoke].
func (h Hooks) Find(ctx context.Context, number int64) (chat.Hook, error) {
	found, err := h.by.Reader().Hook(ctx, number)
	if errors.Is(err, chat.ErrNotFound) || err == nil && found.Revoked {
		return found, noHook(number)
	}
	if err != nil {
		return found, err
	}
	// Other people must not learn which numbers there are.
	if _, err := h.by.Group(ctx, found.Conversation, chat.ActionHook); chat.IsRefusal(err) {
		return found, noHook(number)
	} else if err != nil {
		return found, err
	}
	return found, nil
}

func noHook(number int64) error {
	return chat.Refuse(chat.ErrNotFound, "There is no webhook %d, or you may not revoke it.", number)
}
