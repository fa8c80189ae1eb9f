package sqlite

import (
	"context"

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
	return found, failed("reading preferences", err)
}

// preferenceTx is chat.PreferenceTx in a transaction.
type preferenceTx struct{ preferenceReader }

func (t preferenceTx) SetPreference(ctx context.Context, user chat.UserID, name, value string) error {
	if value == "" {
		return failed("dropping a preference", t.q.DeletePreference(ctx, query.DeletePreferenceParams{UserID: int64(user), Name: name}))
	}
	return failed("keeping a preference", t.q.SetPreference(ctx, query.SetPreferenceParams{UserID: int64(user), Name: name, Value: value}))
}
