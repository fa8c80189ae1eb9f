package chat

import "context"

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

// PreferenceReader is the part of [Reader] about what accounts have set.
type PreferenceReader interface {
	// Preferences returns what an account has set, by name.
	Preferences(ctx context.Context, user UserID) (map[string]string, error)
}

// PreferenceTx is the part of [Tx] about the same.
type PreferenceTx interface {
	// SetPreference keeps what an account has set; "" drops it.
	SetPreference(ctx context.Context, user UserID, name, value string) error
}
