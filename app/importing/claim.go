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
	user, err := named(ctx, r, name)
	if err != nil {
		return user, err
	}
	set, err := r.Preferences(ctx, user.ID)
	if err != nil {
		return user, err
	}
	keys, err := r.Keys(ctx, user.Name)
	if err != nil {
		return user, err
	}
	if set[chat.ImportedPreference] == "" || !user.Disabled || len(keys) > 0 {
		return user, chat.Refuse(chat.ErrConflict, "@%s was not imported, or somebody has claimed it already.", user.Name)
	}
	return user, nil
}

// NotBegun refuses an account of which [Give] has given only a part to another one so far.
func NotBegun(ctx context.Context, r chat.Reader, user chat.User) error {
	begun, err := r.Setting(ctx, ClaimedSetting(user.UID))
	if err == nil && begun != "" {
		err = chat.Refuse(chat.ErrConflict, "A part of @%s belongs to another account already: name that one again, so that it gets the rest.", user.Name)
	}
	return err
}

// named returns an account by its handle.
func named(ctx context.Context, r chat.Reader, name string) (chat.User, error) {
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
	return user, nil
}
