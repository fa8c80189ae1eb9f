package sqlite

import (
	"context"
	"errors"
	"time"

	"confab/app/chat"
	"confab/app/text"
	"confab/db/sqlite/query"
)

func (r reader) UserBySkeleton(ctx context.Context, skeleton string) (chat.User, error) {
	row, err := r.q.UserBySkeleton(ctx, skeleton)
	if err != nil {
		return chat.User{}, failed("finding an account by what it looks like", err)
	}
	return user(row)
}

func (r reader) FormerNames(ctx context.Context, of chat.UserID) ([]chat.FormerName, error) {
	rows, err := r.q.FormerNames(ctx, int64(of))
	return formerNames(rows), failed("listing former names", err)
}

func (r reader) NamesKeptBack(ctx context.Context, skeleton string, since time.Time) ([]chat.FormerName, error) {
	rows, err := r.q.NamesKeptBack(ctx, query.NamesKeptBackParams{Skeleton: skeleton, EndedAt: millis(since)})
	return formerNames(rows), failed("finding a former name", err)
}

func formerNames(rows []query.FormerName) []chat.FormerName {
	found := make([]chat.FormerName, len(rows))
	for i, row := range rows {
		found[i] = chat.FormerName{User: chat.UserID(row.UserID), Name: row.Name, EndedAt: fromMillis(row.EndedAt)}
	}
	return found
}

func (t tx) SetUserName(ctx context.Context, id chat.UserID, name string) error {
	// Codes name the account that made them, and the old name finds them. So they
	// change before the account does.
	err := t.q.RenameCodes(ctx, query.RenameCodesParams{Name: name, ID: int64(id)})
	return failed("changing a name", errors.Join(err, t.q.SetUserName(ctx, query.SetUserNameParams{Name: name, Skeleton: text.Skeleton(name), ID: int64(id)})))
}

func (t tx) SetDisplayName(ctx context.Context, id chat.UserID, name string) error {
	return failed("changing a display name", t.q.SetDisplayName(ctx, query.SetDisplayNameParams{DisplayName: name, ID: int64(id)}))
}

func (t tx) InsertFormerName(ctx context.Context, n chat.FormerName) error {
	return failed("keeping a former name", t.q.InsertFormerName(ctx, query.InsertFormerNameParams{
		UserID: int64(n.User), Name: n.Name, Skeleton: text.Skeleton(n.Name), EndedAt: millis(n.EndedAt),
	}))
}
