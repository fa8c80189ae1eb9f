package sqlite

import (
	"context"
	"database/sql"

	"confab/app/chat"
)

// indexing is what a transaction does to the full-text index. It waits until
// shortly before the commit: whenever a statement begins that may have to be
// undone alone, as the one that adds a message, FTS5 writes what it has
// gathered as a segment of its own. With index and messages in turn that was
// one a message, most of whose time then went into merging them.
type indexing struct {
	insert, replace, remove *sql.Stmt
	waiting                 []indexed
}

// indexed is a message whose words go into the index, or that is taken out.
type indexed struct {
	do                        *sql.Stmt // how
	row, conversation, author int64
	body                      string
}

// maxWaiting bounds what waits in the memory of a transaction that is large.
const maxWaiting = 1000

// add has something done, after what was added before.
func (x *indexing) add(ctx context.Context, m indexed) error {
	x.waiting = append(x.waiting, m)
	if len(x.waiting) < maxWaiting {
		return nil
	}
	return x.flush(ctx)
}

// flush does what waits. Nothing else of the transaction reads the index.
func (x *indexing) flush(ctx context.Context) error {
	for _, m := range x.waiting {
		if m.do == x.remove {
			if _, err := m.do.ExecContext(ctx, m.row); err != nil {
				return failed("taking a message out of the index", err)
			}
		} else if err := index(ctx, m.do, m.row, m.conversation, m.author, m.body); err != nil {
			return err
		}
	}
	clear(x.waiting) // the bodies may go
	x.waiting = x.waiting[:0]
	return nil
}

// index has a message in the index that has not been there. To look for what is
// there of it costs a third of indexing it.
func (t tx) index(ctx context.Context, m *chat.Message) error {
	return t.indexing.add(ctx, indexed{t.indexing.insert, m.Position, int64(m.Conversation), int64(m.Author), m.Body})
}

// reindex has a message in the index with the words that it has now.
func (t tx) reindex(ctx context.Context, m *chat.Message) error {
	return t.indexing.add(ctx, indexed{t.indexing.replace, m.Position, int64(m.Conversation), int64(m.Author), m.Body})
}

// unindex has the message of a row no longer in the index.
func (t tx) unindex(ctx context.Context, row int64) error {
	return t.indexing.add(ctx, indexed{do: t.indexing.remove, row: row})
}
