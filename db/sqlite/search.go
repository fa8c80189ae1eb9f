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
	"confab/db/sqlite/query"
)

// The queries of the full-text index are written by hand, for sqlc does not know
// the rowid of such a table.

const (
	indexMessage   = `INSERT INTO message_search (rowid, terms) VALUES (?, ?)`
	reindexMessage = `INSERT OR REPLACE INTO message_search (rowid, terms) VALUES (?, ?)`
	unindexMessage = `DELETE FROM message_search WHERE rowid = ?`
)

// What the asker may see is asked of the tables themselves, for each message,
// whatever the index was asked for.
const maySee = `messages.seq > CASE conversations.open_history WHEN 0 THEN memberships.joined ELSE 0 END
    AND messages.sent_at >= ?5 AND messages.sent_at < ?6`

// searchMessages is carried out from the index on, the newest first, until there
// are enough.
const searchMessages = `
SELECT messages.row_id, messages.body FROM message_search
CROSS JOIN messages ON messages.row_id = message_search.rowid
CROSS JOIN memberships ON memberships.conversation_id = messages.conversation_id AND memberships.user_id = ?1
CROSS JOIN conversations ON conversations.id = messages.conversation_id
WHERE message_search MATCH ?2 AND message_search.rowid > ?3 AND message_search.rowid < ?4
    AND ` + maySee + `
ORDER BY message_search.rowid DESC
LIMIT ?7`

// index adds a message to the full-text index, or replaces what is there of it,
// as insert does. It is done here and not by a trigger, because terms are split
// by Go: SQLite's own tokenizers take a whole run of Japanese for one word. The
// transaction is that of the message.
func index(ctx context.Context, insert *sql.Stmt, row, conversation, author int64, body string) error {
	_, err := insert.ExecContext(ctx, row, indexTerms(conversation, author, body))
	return failed("indexing a message", err)
}

// indexChunk is how many messages are indexed in a transaction when a database is
// opened that has some which are not: so many that merging the index costs
// little, and so few that others who wait for the database get in between.
const indexChunk = 20_000

// indexAll indexes the messages that are not: those from before there was an
// index. It goes on where it was when it was interrupted. In the end the index is
// one part, since each word is looked up in all parts.
func (s *Store) indexAll(ctx context.Context) error {
	for more, chunks := true, 0; more; chunks++ {
		t, err := s.writeDB.BeginTx(ctx, nil)
		if err != nil {
			return fmt.Errorf("indexing messages: %w", err)
		}
		more, err = s.indexSome(ctx, t)
		if err == nil && !more && chunks > 0 {
			_, err = t.ExecContext(ctx, mergeAll)
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

// indexSome indexes the next of them, and reports whether there may be more.
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
		if err := index(ctx, insert, m.RowID, m.ConversationID, m.AuthorID, m.Body); err != nil {
			return false, err
		}
	}
	return len(rows) == indexChunk, nil
}

// Search implements chat.Store.
func (s *Store) Search(ctx context.Context, l chat.Lookup) ([]*chat.Message, error) {
	rows, err := s.searchRows(ctx, l)
	if err != nil {
		return nil, failed("searching", err)
	}
	found := make([]*chat.Message, 0, len(rows))
	for _, row := range rows {
		m, err := s.searches.MessageAt(ctx, row)
		if errors.Is(err, sql.ErrNoRows) {
			continue // it has expired meanwhile
		}
		if err != nil {
			return nil, failed("reading what was found", err)
		}
		one, err := message(m)
		if err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	return found, nil
}

// searchRows are the rows of the messages that are found, the newest first.
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

// between are the rows between which what is looked for is.
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

// rowAt is the row of the first message that was sent at a time or later, by
// halving: messages are in the order in which they were committed, which is that
// of time, unless the clock was set back.
func (s *Store) rowAt(ctx context.Context, at time.Time) (int64, error) {
	last, err := s.searches.LastPosition(ctx)
	if err != nil {
		return 0, err
	}
	low, high := int64(1), last+1 // below low all are earlier, from high on none is
	for low < high {
		middle := low + (high-low)/2
		sent, err := s.searches.SentFrom(ctx, middle)
		if err != nil {
			return 0, err
		}
		if sent < millis(at) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, nil
}

// band is conversations that are looked through together.
type band struct {
	conversations []int64
	above         int64 // nothing up to this row may be seen
}

// bandWaste is how many messages of a band may be looked at that may not be
// seen, since they are from before their conversation was joined: so few that the
// time does not tell how many have a word.
const bandWaste = 100

// bands puts conversations together that were joined at about the same time,
// most of them in the first. Otherwise somebody who has just joined a large group
// would have all that it may not see there looked through.
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

// searchBand looks through a band, the newest first. What the index was not
// asked for is looked for in the messages that it gives, all of which the asker
// may see, but for those that bandWaste allows.
func (s *Store) searchBand(ctx context.Context, l chat.Lookup, b band, above, below int64) ([]int64, error) {
	asked, narrowed := narrow(l.Phrases, maxIndexTerms/len(b.conversations), b.above > 0)
	limit := l.Limit
	if narrowed {
		limit = -1 // of those that the index gives, some are none
	}
	after, before := times(l)
	rows, err := s.search.QueryContext(ctx, int64(l.User), match(asked, int64(l.Author), b.conversations), above, below, after, before, limit)
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
func holdsAll(body string, phrases []chat.Phrase) bool {
	terms := text.Terms(body)
	return !slices.ContainsFunc(phrases, func(p chat.Phrase) bool { return !p.In(terms) })
}

// times are the times between which what is looked for was sent, in milliseconds.
func times(l chat.Lookup) (from, to int64) {
	from, to = math.MinInt64, math.MaxInt64
	if !l.After.IsZero() {
		from = millis(l.After)
	}
	if !l.Before.IsZero() {
		to = millis(l.Before)
	}
	return from, to
}
