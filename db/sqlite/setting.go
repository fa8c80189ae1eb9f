package sqlite

import (
	"context"
	"errors"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// settingReader is chat.SettingReader on the connection of q.
type settingReader struct{ q *query.Queries }

func (r settingReader) Setting(ctx context.Context, name string) (string, error) {
	value, err := r.q.Setting(ctx, name)
	if err = failed("reading a setting", err); errors.Is(err, chat.ErrNotFound) {
		return "", nil
	}
	return value, err
}

// settingTx is chat.SettingTx in a transaction.
type settingTx struct{ settingReader }

func (t settingTx) SetSetting(ctx context.Context, name, value string) error {
	return failed("setting something", t.q.SetSetting(ctx, query.SetSettingParams{Name: name, Value: value}))
}
