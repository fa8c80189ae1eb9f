package postgres

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"confab/app/chat"
	"confab/db/rows"
	"confab/db/search"
)

// The index has a row for each message that somebody wrote: its terms, each with its
// conversation before it (package search) and with its places in the text.

const (
	indexMessages  = `INSERT INTO message_search (row_id, terms) SELECT row_id, CAST(terms AS tsvector) FROM unnest($1::bigint[], $2::text[]) AS new (row_id, terms)`
	reindexMessage = `INSERT INTO message_search (row_id, terms) VALUES ($1, CAST($2::text AS tsvector)) ON CONFLICT (row_id) DO UPDATE SET terms = excluded.terms`
	unindexMessage = `DELETE FROM message_search WHERE row_id = $1`
)

// searchMessages returns matching messages of a block of positions, the newest first. For each
// message, the tables themselves decide whether the asker may see it, whatever the index was
// asked for.
const searchMessages = `
SELECT messages.row_id, messages.body FROM message_search
JOIN messages ON messages.row_id = message_search.row_id
JOIN memberships ON memberships.conversation_id = messages.conversation_id AND memberships.user_id = $1
JOIN conversations ON conversations.id = messages.conversation_id
WHERE message_search.terms @@ CAST($2::text AS tsquery) AND message_search.row_id > $3 AND message_search.row_id < $4
    AND messages.seq > CASE conversations.open_history WHEN 0 THEN memberships.joined ELSE 0 END
    AND messages.sent_at >= $5 AND messages.sent_at < $6
ORDER BY message_search.row_id DESC`

// The limits of a tsvector (https://www.postgresql.org/docs/current/textsearch-limitations.html).
const (
	maxPlace  = 16383
	maxPlaces = 256 // of one term
)

// longTerm says that a message has more places than a tsvector has room for. So phrases are
// not looked up in it, only their words. No word begins like this term.
const longTerm = "¶long"

// index is rows.Index in a transaction.
type index struct{ t *sql.Tx }

// add indexes new messages.
func (x index) add(ctx context.Context, all []posted) error {
	var positions []int64
	var terms []string
	for _, m := range all {
		if !m.System() {
			positions, terms = append(positions, m.Position), append(terms, vector(m.Message))
		}
	}
	if len(positions) == 0 {
		return nil
	}
	_, err := x.t.ExecContext(ctx, indexMessages, positions, terms)
	return rows.Failed("indexing messages", err)
}

// indexPage is how many messages [IndexAll] indexes at a time.
const indexPage = 5_000

// messagesToIndex returns a page of the messages that belong into the index.
const messagesToIndex = `
SELECT row_id, conversation_id, author_id, body,
    EXISTS (SELECT 1 FROM files WHERE files.conversation_id = messages.conversation_id AND files.seq = messages.seq)
FROM messages WHERE row_id > $1 AND change = '' AND deleted_at = 0 ORDER BY row_id LIMIT $2`

// IndexAll indexes all messages in a transaction that has filled the tables without the index.
func IndexAll(ctx context.Context, t *sql.Tx) error {
	for last := int64(0); ; {
		page, err := messagesAfter(ctx, t, last)
		if err != nil {
			return rows.Failed("reading messages to index", err)
		}
		if len(page) == 0 {
			return nil
		}
		if err := (index{t}).add(ctx, page); err != nil {
			return err
		}
		last = page[len(page)-1].Position
	}
}

// messagesAfter returns the next messages that belong into the index.
func messagesAfter(ctx context.Context, t *sql.Tx, position int64) ([]posted, error) {
	found, err := t.QueryContext(ctx, messagesToIndex, position, indexPage)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var page []posted
	for found.Next() {
		m := &chat.Message{}
		var file bool
		if err := found.Scan(&m.Position, &m.Conversation, &m.Author, &m.Body, &file); err != nil {
			return nil, err
		}
		if file {
			m.File = &chat.Attachment{}
		}
		page = append(page, posted{Message: m})
	}
	return page, found.Err()
}

// Reindex implements rows.Index.
func (x index) Reindex(ctx context.Context, m *chat.Message) error {
	_, err := x.t.ExecContext(ctx, reindexMessage, m.Position, vector(m))
	return rows.Failed("indexing a message", err)
}

// Unindex implements rows.Index.
func (x index) Unindex(ctx context.Context, position int64) error {
	_, err := x.t.ExecContext(ctx, unindexMessage, position)
	return rows.Failed("taking a message out of the index", err)
}

// vector returns the terms of a message as the text of a tsvector: 'a':1,3 'b':2.
func vector(m *chat.Message) string {
	places := map[string][]int{}
	var order []string
	long := false
	for i, term := range strings.Split(search.Terms(int64(m.Conversation), int64(m.Author), m.Body, m.File != nil), " ") {
		if _, known := places[term]; !known {
			order = append(order, term)
			places[term] = nil
		}
		if i+1 > maxPlace || len(places[term]) == maxPlaces {
			long = true
		} else {
			places[term] = append(places[term], i+1)
		}
	}
	if long {
		order = append(order, search.Place(int64(m.Conversation))+longTerm)
	}
	var b strings.Builder
	for _, term := range order {
		b.WriteString(quoted(term))
		for i, place := range places[term] {
			b.WriteByte(":,"[min(i, 1)])
			b.WriteString(strconv.Itoa(place))
		}
		b.WriteByte(' ')
	}
	return b.String()
}

// quoted returns a term for a tsvector or a tsquery.
func quoted(term string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(term) + "'"
}

// asks builds the tsquery: in one of the conversations, all of the phrases and the filters.
func asks(a search.Asked) string {
	in := make([]string, 0, len(a.Conversations))
	for _, id := range a.Conversations {
		place := search.Place(id)
		var all []string
		for _, p := range a.Phrases {
			words := make([]string, len(p.Terms))
			for i, term := range p.Terms {
				words[i] = quoted(place + term)
			}
			if p.Prefix {
				words[len(words)-1] += ":*"
			}
			phrase := strings.Join(words, " <-> ")
			if len(words) > 1 {
				phrase = "((" + phrase + ") | (" + quoted(place+longTerm) + " & " + strings.Join(words, " & ") + "))"
			}
			all = append(all, phrase)
		}
		for _, f := range a.Filters {
			all = append(all, quoted(place+f))
		}
		if len(all) == 0 {
			all = append(all, quoted(place))
		}
		in = append(in, "("+strings.Join(all, " & ")+")")
	}
	return strings.Join(in, " | ")
}

// A search walks the positions from the newest down in blocks, the first of firstBlock and
// each blockGrowth times as large as the one before. So common words are found in the first
// blocks, without sorting all messages that have them, and rare words cost few blocks.
const (
	firstBlock  = 5_000
	blockGrowth = 8
)

// find is search.Find on the index.
func (s *Store) find(ctx context.Context, a search.Asked, take func(int64, []byte) bool) error {
	last, err := s.searches.LastPosition(ctx)
	if err != nil {
		return err
	}
	asked := asks(a)
	below := min(a.Below, last+1)
	for size := int64(firstBlock); below > a.Above+1; size *= blockGrowth {
		above := max(a.Above, below-1-size)
		more, err := s.findBetween(ctx, a, asked, above, below, take)
		if err != nil || !more {
			return err
		}
		below = above + 1
	}
	return nil
}

// findBetween looks in one block, and reports whether take wants more.
func (s *Store) findBetween(ctx context.Context, a search.Asked, asked string, above, below int64, take func(int64, []byte) bool) (bool, error) {
	found, err := s.searchDB.QueryContext(ctx, searchMessages, a.User, asked, above, below, a.From, a.Before)
	if err != nil {
		return false, err
	}
	defer found.Close()
	more := true
	for more && found.Next() {
		var position int64
		var body sql.RawBytes
		if err := found.Scan(&position, &body); err != nil {
			return false, err
		}
		more = take(position, body)
	}
	return more, found.Err()
}
