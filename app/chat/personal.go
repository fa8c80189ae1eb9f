package chat

import (
	"context"
	"time"
)

// What an account keeps for itself: nobody else sees any of it.

// Pin keeps a conversation at the top of the list, or not any more.
func (s Groups) Pin(ctx context.Context, id ConversationID, pinned bool) error {
	return s.personal(ctx, id, func(ctx context.Context, tx Tx) error { return tx.SetPinned(ctx, id, s.user.ID, pinned) })
}

// Mute keeps a conversation quiet until a time; the zero time ends it.
func (s Groups) Mute(ctx context.Context, id ConversationID, until time.Time) error {
	return s.personal(ctx, id, func(ctx context.Context, tx Tx) error { return tx.SetMutedUntil(ctx, id, s.user.ID, until) })
}

func (s Groups) personal(ctx context.Context, id ConversationID, change func(context.Context, Tx) error) error {
	return s.write(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		if _, _, err := s.access(ctx, tx, id, ActionRead); err != nil {
			return nil, err
		}
		return []Change{PersonalChanged{s.user.ID}}, change(ctx, tx)
	})
}

// SaveDraft keeps what the session's user was writing in a conversation, for
// when it comes back; "" drops it. What is longer than a composer holds is not
// kept.
func (s Messages) SaveDraft(ctx context.Context, id ConversationID, body string) error {
	if len(body) > 4*MaxBody {
		return Refuse(ErrTooLarge, "The draft is too long to be kept.")
	}
	return s.write(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		if _, _, err := s.access(ctx, tx, id, ActionRead); err != nil {
			return nil, err
		}
		return nil, tx.SetDraft(ctx, id, s.user.ID, body)
	})
}

// maxPreference bounds the name and the value of a preference, in bytes, and
// maxPreferences how many there are.
const (
	maxPreference  = 100
	maxPreferences = 200
)

// Preferences returns what the session's user has set for its screens, by name.
func (s Account) Preferences(ctx context.Context) (map[string]string, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return nil, err
	}
	return s.service.store.Preferences(ctx, s.user.ID)
}

// SetPreference keeps something that a screen should remember; "" drops it.
func (s Account) SetPreference(ctx context.Context, name, value string) error {
	if len(name) > maxPreference || len(value) > maxPreference {
		return Refuse(ErrTooLarge, "That is too long to be kept.")
	}
	return s.write(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		if _, err := s.self(ctx, tx); err != nil {
			return nil, err
		}
		have, err := tx.Preferences(ctx, s.user.ID)
		if err != nil {
			return nil, err
		}
		if _, known := have[name]; !known && len(have) >= maxPreferences {
			return nil, Refuse(ErrTooLarge, "There are %d preferences already: drop one first.", maxPreferences)
		}
		return nil, tx.SetPreference(ctx, s.user.ID, name, value)
	})
}
