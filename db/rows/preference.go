package rows

import (
	"context"
	"errors"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// preferenceReader is chat.PreferenceReader on the connection of q.
type preferenceReader struct{ q *query.Queries }

func (r preferenceReader) Preferences(ctx context.Context, user chat.UserID) (map[string]string, error) {
	rows, err := r.q.Preferences(ctx, int64(user))
	found := make(map[string]string, len(rows))
	for _, row := range rows {
		found[row.Name] = row.Value
	}
	return found, Failed("reading preferences", err)
}

// preferenceTx is chat.PreferenceTx in a transaction.
type preferenceTx struct{ preferenceReader }

func (t preferenceTx) SetPreference(ctx context.Context, user chat.UserID, name, value string) error {
	if value == "" {
		return Failed("dropping a preference", t.q.DeletePreference(ctx, query.DeletePreferenceParams{UserID: int64(user), Name: name}))
	}
	return Failed("keeping a preference", t.q.SetPreference(ctx, query.SetPreferenceParams{UserID: int64(user), Name: name, Value: value}))
}

// settingReader is chat.SettingReader on the connection of q.
type settingReader struct{ q *query.Queries }

func (r settingReader) Setting(ctx context.Context, name string) (string, error) {
	value, err := r.q.Setting(ctx, name)
	if err = Failed("reading a setting", err); errors.Is(err, chat.ErrNotFound) {
		return "", nil
	}
	return value, err
}

// settingTx is chat.SettingTx in a transaction.
type settingTx struct{ settingReader }

func (t settingTx) SetSetting(ctx context.Context, name, value string) error {
	return Failed("setting something", t.q.SetSetting(ctx, query.SetSettingParams{Name: name, Value: value}))
}
