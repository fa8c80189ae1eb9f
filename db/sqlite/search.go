package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"confab/app/chat"
	"confab/app/text"
	"confab/db/rows"
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
	_, err := m.do.ExecContext(ctx, m.row, indexTerms(m.conversation, m.author, m.body, m.file))
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
	positions, err := s.searchRows(ctx, l)
	if err != nil {
		return nil, rows.Failed("searching", err)
	}
	found := make([]*chat.Message, 0, len(positions))
	for _, row := range positions {
		m, err := s.searches.MessageAt(ctx, row)
		if errors.Is(err, sql.ErrNoRows) {
			continue // it has expired in the meantime
		}
		if err != nil {
			return nil, rows.Failed("reading what was found", err)
		}
		one, err := rows.Message(m)
		if err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	return found, nil
}

// searchRows returns the rows of matching messages, newest first.
func (s *Store) searchRows(ctx context.Context, l chat.Lookup) ([]int64, error) {
	places, err := s.searches.SearchPlaces(ctx, query.SearchPlacesParams{UserID: int64(l.User), ConversationID: int64(l.Conversation)})
	if err != nil {
		return nil, err
	}
	above, below, err := s.between(ctx, l)
	if err != nil {
		return nil, err
	}
	var found []int64
	for _, b := range bands(places) {
		some, err := s.searchBand(ctx, l, b, max(above, b.above), below)
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	slices.SortFunc(found, func(a, b int64) int { return cmp.Compare(b, a) })
	return found[:min(len(found), l.Limit)], nil
}

// between returns the range of rows to search.
func (s *Store) between(ctx context.Context, l chat.Lookup) (above, below int64, err error) {
	below = math.MaxInt64
	if l.Below > 0 {
		below = l.Below
	}
	if !l.After.IsZero() {
		if above, err = s.rowAt(ctx, l.After); err != nil {
			return 0, 0, err
		}
		above--
	}
	if !l.Before.IsZero() {
		at, err := s.rowAt(ctx, l.Before)
		if err != nil {
			return 0, 0, err
		}
		below = min(below, at)
	}
	return above, below, nil
}

// rowAt returns the row of the first message that was sent at a time or later. It
// uses a binary search: messages are in the order of their commits, which is the
// order of time unless the clock was set back.
func (s *Store) rowAt(ctx context.Context, at time.Time) (int64, error) {
	last, err := s.searches.LastPosition(ctx)
	if err != nil {
		return 0, err
	}
	low, high := int64(1), last+1 // rows below low are earlier, and rows from high on are not
	for low < high {
		middle := low + (high-low)/2
		sent, err := s.searches.SentFrom(ctx, middle)
		if err != nil {
			return 0, err
		}
		if sent < rows.Millis(at) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, nil
}

// band is a set of conversations that are searched together.
type band struct {
	conversations []int64
	above         int64 // the asker may not see rows up to this one
}

// bandWaste is how many messages of a band a search may look at that the asker may
// not see, because they are from before they joined the conversation. It is so
// small that the time does not show how many messages have a word.
const bandWaste = 100

// bands groups conversations that were joined at about the same time, most of them
// in the first band. Without bands, a search by someone who has just joined a large
// group would go through all the messages there that they may not see.
func bands(places []query.SearchPlacesRow) []band {
	var all []band
	waste := int64(0)
	for _, p := range places { // in the order of FloorRow
		if len(all) > 0 {
			b := &all[len(all)-1]
			if waste += min(p.Floor, p.FloorRow-b.above); waste <= bandWaste {
				b.conversations = append(b.conversations, p.ID)
				continue
			}
		}
		waste = 0
		all = append(all, band{[]int64{p.ID}, p.FloorRow})
	}
	return all
}

// searchBand searches a band, newest first. It looks for the rest of the query in
// the messages that the index returns. The asker may see all of these, apart from
// those that bandWaste allows.
func (s *Store) searchBand(ctx context.Context, l chat.Lookup, b band, above, below int64) ([]int64, error) {
	asked, narrowed := narrow(l.Phrases, maxIndexTerms/len(b.conversations), b.above > 0)
	limit := l.Limit
	if narrowed {
		limit = -1 // some messages from the index do not match
	}
	after, before := times(l)
	rows, err := s.search.QueryContext(ctx, int64(l.User), match(asked, filters(l), b.conversations), above, below, after, before, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []int64
	for len(found) < l.Limit && rows.Next() {
		var row int64
		var body sql.RawBytes
		if err := rows.Scan(&row, &body); err != nil {
			return nil, err
		}
		if !narrowed || holdsAll(string(body), l.Phrases) {
			found = append(found, row)
		}
	}
	return found, rows.Err()
}

// holdsAll reports whether a text has all phrases.
func holdsAll(body string, phrases []text.Phrase) bool {
	terms := text.Terms(body)
	return !slices.ContainsFunc(phrases, func(p text.Phrase) bool { return !p.In(terms) })
}

// times returns the range of times of a search, in milliseconds.
func times(l chat.Lookup) (from, to int64) {
	from, to = math.MinInt64, math.MaxInt64
	if !l.After.IsZero() {
		from = rows.Millis(l.After)
	}
	if !l.Before.IsZero() {
		to = rows.Millis(l.Before)
	}
	return from, to
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
