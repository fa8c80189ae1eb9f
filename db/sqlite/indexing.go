package sqlite

import (
	"context"
	"database/sql"

	"confab/app/chat"
)

// indexing collects the changes of a transaction to the full-text index until
// shortly before the commit. FTS5 writes the gathered words as a segment of its own
// whenever a statement begins that may have to be undone alone, such as the one
// that adds a message. Indexing each message at once would write a segment for
// each, and most of the time would go into merging them.
type indexing struct {
	insert, replace, remove *sql.Stmt
	waiting                 []indexed
}

// indexed is a message to add to the index or to remove from it.
type indexed struct {
	do                        *sql.Stmt // the statement that does it
	row, conversation, author int64
	body                      string
}

// maxWaiting bounds the memory for the index in a large transaction.
const maxWaiting = 1000

// add queues a change of the index, after those that were added before.
func (x *indexing) add(ctx context.Context, m indexed) error {
	x.waiting = append(x.waiting, m)
	if len(x.waiting) < maxWaiting {
		return nil
	}
	return x.flush(ctx)
}

// flush applies the queued changes. Nothing else in the transaction reads the
// index.
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
	clear(x.waiting) // frees the bodies
	x.waiting = x.waiting[:0]
	return nil
}

// index adds a message that is not in the index yet. Checking for an existing entry
// would cost another third.
func (x *indexing) index(ctx context.Context, m *chat.Message) error {
	return x.add(ctx, indexed{x.insert, m.Position, int64(m.Conversation), int64(m.Author), m.Body})
}

// reindex replaces the words of a message in the index.
func (x *indexing) reindex(ctx context.Context, m *chat.Message) error {
	return x.add(ctx, indexed{x.replace, m.Position, int64(m.Conversation), int64(m.Author), m.Body})
}

// unindex removes the message of a row from the index.
func (x *indexing) unindex(ctx context.Context, row int64) error {
	return x.add(ctx, indexed{do: x.remove, row: row})
}
