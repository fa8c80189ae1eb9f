package importing

import (
	"context"

	"confab/app/chat"
	"confab/app/text"
)

// Claimable returns an account that was imported and that nobody has claimed. The error is
// [chat.ErrNotFound] if there is no account with this handle, and [chat.ErrConflict] if it
// is another one.
func Claimable(ctx context.Context, r chat.Reader, name string) (chat.User, error) {
	handle, err := text.ParseHandle(name)
	if err != nil {
		return chat.User{}, chat.Refuse(text.ErrInvalid, "%s", err)
	}
	user, err := r.UserByName(ctx, handle)
	if gone, err := missing(err); err != nil {
		return user, err
	} else if gone {
		return user, chat.Refuse(chat.ErrNotFound, "There is no account @%s.", handle).With(chat.HintPeople)
	}
	set, err := r.Preferences(ctx, user.ID)
	if err != nil {
		return user, err
	}
	keys, err := r.Keys(ctx, handle)
	if err != nil {
		return user, err
	}
	if set[chat.ImportedPreference] == "" || !user.Disabled || len(keys) > 0 {
		return user, chat.Refuse(chat.ErrConflict, "@%s was not imported, or somebody has claimed it already.", handle)
	}
	return user, nil
}
