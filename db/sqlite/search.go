package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"confab/app/chat"
	"confab/app/text"
	"confab/db/rows"
	"confab/db/search"
	"confab/db/sqlite/query"
)

// The queries of the full-text index are written by hand, because sqlc does not
// know the rowid of such a table.

const (
	indexMessage   = `INSERT INTO message_search (rowid, terms) VALUES (?, ?)`
	reindexMessage = `INSERT OR REPLACE INTO message_search (rowid, terms) VALUES (?, ?)`
	unindexMessage = `DELETE FROM message_search WHERE rowid = ?`
)

// For each message, the tables themselves decide whether the asker may see it,
// whatever the index was asked for.
const maySee = `messages.seq > CASE conversations.open_history WHEN 0 THEN memberships.joined ELSE 0 END
    AND messages.sent_at >= ?5 AND messages.sent_at < ?6`

// searchMessages starts from the index and walks it from the newest message until
// it has enough.
const searchMessages = `
SELECT messages.row_id, messages.body FROM message_search
CROSS JOIN messages ON messages.row_id = message_search.rowid
CROSS JOIN memberships ON memberships.conversation_id = messages.conversation_id AND memberships.user_id = ?1
CROSS JOIN conversations ON conversations.id = messages.conversation_id
WHERE message_search MATCH ?2 AND message_search.rowid > ?3 AND message_search.rowid < ?4
    AND ` + maySee + `
ORDER BY message_search.rowid DESC
LIMIT ?7`

// index adds a message to the full-text index, or replaces its entry, as insert
// says. Go does this and not a trigger, because Go splits the terms: SQLite's own
// tokenizers treat a whole run of Japanese as one word. The transaction is that of
// the message.
func index(ctx context.Context, m indexed) error {
	_, err := m.do.ExecContext(ctx, m.row, search.Terms(m.conversation, m.author, m.body, m.file))
	return rows.Failed("indexing a message", err)
}

// indexChunk is how many messages are indexed in a transaction when a database is
// opened that has unindexed ones. Larger transactions make merging the index
// cheaper. Smaller ones let other writers in between.
const indexChunk = 20_000

// indexAll indexes the messages that are not in the index: those from before the
// index existed. After an interruption it continues where it was. In the end it
// merges the index into one part, because a search looks each word up in all parts.
func (s *Store) indexAll(ctx context.Context) error {
	for more, chunks := true, 0; more; chunks++ {
		t, err := s.writeDB.BeginTx(ctx, nil)
		if err != nil {
			return fmt.Errorf("indexing messages: %w", err)
		}
		more, err = s.indexSome(ctx, t)
		if err == nil && !more && chunks > 0 {
			_, err = t.ExecContext(ctx, MergeAll)
		}
		if err == nil {
			err = t.Commit()
		}
		if err != nil {
			return fmt.Errorf("indexing messages: %w", errors.Join(err, t.Rollback()))
		}
	}
	return nil
}

// indexSome indexes the next of these messages, and reports whether there may be
// more.
func (s *Store) indexSome(ctx context.Context, t *sql.Tx) (bool, error) {
	var last int64
	err := t.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) FROM message_search_docsize").Scan(&last)
	if err != nil {
		return false, err
	}
	rows, err := s.write.WithTx(t).MessagesToIndex(ctx, query.MessagesToIndexParams{RowID: last, Limit: indexChunk})
	if err != nil {
		return false, err
	}
	insert := t.StmtContext(ctx, s.index)
	for _, m := range rows {
		if err := index(ctx, indexed{insert, m.RowID, m.ConversationID, m.AuthorID, m.Body, m.HasFile}); err != nil {
			return false, err
		}
	}
	return len(rows) == indexChunk, nil
}

// Search implements chat.Store.
func (s *Store) Search(ctx context.Context, l chat.Lookup) ([]*chat.Message, error) {
	return (&search.Searcher{Queries: s.searches, Find: s.find}).Search(ctx, l)
}

// find is search.Find on the full-text index.
func (s *Store) find(ctx context.Context, a search.Asked, take func(int64, []byte) bool) error {
	found, err := s.search.QueryContext(ctx, a.User, match(a.Phrases, a.Filters, a.Conversations), a.Above, a.Below, a.From, a.Before, a.Limit)
	if err != nil {
		return err
	}
	defer found.Close()
	for more := true; more && found.Next(); {
		var row int64
		var body sql.RawBytes
		if err := found.Scan(&row, &body); err != nil {
			return err
		}
		more = take(row, body)
	}
	return found.Err()
}

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
	file                      bool // it has one
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
				return rows.Failed("taking a message out of the index", err)
			}
		} else if err := index(ctx, m); err != nil {
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
	return x.add(ctx, indexed{x.insert, m.Position, int64(m.Conversation), int64(m.Author), m.Body, m.File != nil})
}

// Reindex implements rows.Index. It replaces the words of a message in the index.
func (x *indexing) Reindex(ctx context.Context, m *chat.Message) error {
	return x.add(ctx, indexed{x.replace, m.Position, int64(m.Conversation), int64(m.Author), m.Body, m.File != nil})
}

// Unindex implements rows.Index. It removes the message of a row from the index.
func (x *indexing) Unindex(ctx context.Context, row int64) error {
	return x.add(ctx, indexed{do: x.remove, row: row})
}

// match builds the query for FTS5: in one of the conversations, all of the phrases
// and the filters. Every term is in quotes and contains none.
func match(phrases []text.Phrase, filters []string, conversations []int64) string {
	places := make([]string, 0, len(conversations))
	for _, id := range conversations {
		place := search.Place(id)
		var all []string
		for _, p := range phrases {
			phrase := `"` + place + strings.Join(p.Terms, " "+place) + `"`
			if p.Prefix {
				phrase += " *"
			}
			all = append(all, phrase)
		}
		for _, f := range filters {
			all = append(all, `"`+place+f+`"`)
		}
		if len(all) == 0 {
			all = append(all, `"`+place+`"`)
		}
		places = append(places, "("+strings.Join(all, " AND ")+")")
	}
	return strings.Join(places, " OR ")
}
