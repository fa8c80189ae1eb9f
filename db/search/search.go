// Package search is the part of searching that does not depend on the database: which terms a
// message has in the index, and how a search asks the index for the messages that somebody may
// see.
package search

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"math"
	"slices"
	"time"

	"confab/app/chat"
	"confab/app/text"
	"confab/db/rows"
	"confab/db/sqlite/query"
)

// Asked is what a search asks of the index: messages in any of the conversations that have all
// phrases and filters, were sent in a range of times, and have a position in a range.
type Asked struct {
	User          int64 // may see them
	Conversations []int64
	Phrases       []text.Phrase
	Filters       []string // further terms
	Above, Below  int64    // positions
	From, Before  int64    // times in milliseconds
	Limit         int      // as many are enough, -1 for all
}

// Find looks the messages up in an index and gives take the position and the text of each, the
// newest first, until take reports false. It may give take messages without the phrases if it
// is said to be approximate.
type Find func(ctx context.Context, a Asked, take func(position int64, body []byte) bool) error

// Searcher carries out the searches of a store.
type Searcher struct {
	Queries     *query.Queries
	Find        Find
	Approximate bool
}

// Search returns the messages that a lookup describes, the newest first.
func (s *Searcher) Search(ctx context.Context, l chat.Lookup) ([]*chat.Message, error) {
	positions, err := s.searchRows(ctx, l)
	if err != nil {
		return nil, rows.Failed("searching", err)
	}
	found := make([]*chat.Message, 0, len(positions))
	for _, row := range positions {
		m, err := s.Queries.MessageAt(ctx, row)
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
func (s *Searcher) searchRows(ctx context.Context, l chat.Lookup) ([]int64, error) {
	places, err := s.Queries.SearchPlaces(ctx, query.SearchPlacesParams{UserID: int64(l.User), ConversationID: int64(l.Conversation)})
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
func (s *Searcher) between(ctx context.Context, l chat.Lookup) (above, below int64, err error) {
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
func (s *Searcher) rowAt(ctx context.Context, at time.Time) (int64, error) {
	last, err := s.Queries.LastPosition(ctx)
	if err != nil {
		return 0, err
	}
	low, high := int64(1), last+1 // rows below low are earlier, and rows from high on are not
	for low < high {
		middle := low + (high-low)/2
		sent, err := s.Queries.SentFrom(ctx, middle)
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
func (s *Searcher) searchBand(ctx context.Context, l chat.Lookup, b band, above, below int64) ([]int64, error) {
	phrases, narrowed := narrow(l.Phrases, maxIndexTerms/len(b.conversations), b.above > 0)
	check := narrowed || s.Approximate
	limit := l.Limit
	if check {
		limit = -1 // some messages from the index do not match
	}
	from, before := times(l)
	var found []int64
	err := s.Find(ctx, Asked{int64(l.User), b.conversations, phrases, filters(l), above, below, from, before, limit}, func(position int64, body []byte) bool {
		if !check || holdsAll(string(body), l.Phrases) {
			found = append(found, position)
		}
		return len(found) < l.Limit
	})
	return found, err
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
