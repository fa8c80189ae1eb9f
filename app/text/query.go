package text

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Query is a parsed search.
type Query struct {
	Phrases []Phrase  // all of them, in any order
	From    string    // the author's handle as it was written, or "" for anyone
	In      string    // the title of a conversation as it was written, or "" for any
	After   time.Time // sent then or later; the zero time for any
	Before  time.Time // sent earlier; the zero time for any
	HasFile bool      // only files
	HasLink bool      // only messages with a link, see [Links]
}

// Mark is a part of a text, in bytes.
type Mark struct{ Start, End int }

// Phrase is a row of words.
type Phrase struct {
	Terms  []string // folded, see [Terms]
	Prefix bool     // the last word is a prefix
}

const (
	// maxQuery is the longest search, in bytes, and maxPhrases the most words and
	// phrases.
	maxQuery   = 500
	maxPhrases = 20
	// minPrefix is the least number of characters before a *. Shorter prefixes
	// match too many words.
	minPrefix = 2
)

// ParseQuery reads a search as a user types it: words, "words in a row", wor* for
// words that start so, from:NAME, in:#name or in:@name, before:DATE and after:DATE,
// has:file and has:link.
// A DATE is of RFC 3339, with or without a time of day. A day begins at midnight in
// zone; after: includes the day itself, before: does not. Everything else is text,
// whatever signs it contains. Errors are [ErrInvalid], and each is a sentence for
// the user.
func ParseQuery(words string, zone *time.Location) (Query, error) {
	var q Query
	if len(words) > maxQuery {
		return q, refuse(ErrInvalid, "That search is too long: use at most %d characters.", maxQuery)
	}
	wrote := false
	for rest := strings.TrimSpace(words); rest != ""; rest = strings.TrimSpace(rest) {
		var word string
		var err error
		if quoted, after, ok := cutQuote(rest); ok {
			word, rest = quoted, after
		} else {
			word, rest = cutWord(rest)
			if name, value, ok := cutOperator(word); ok {
				if err := q.operator(name, value, zone); err != nil {
					return Query{}, err
				}
				continue
			}
		}
		wrote = true
		if err = q.phrase(word); err != nil {
			return Query{}, err
		}
	}
	switch {
	case len(q.Phrases) > 0 || !wrote && (q.From != "" || q.In != "" || !q.After.IsZero() || !q.Before.IsZero() || q.HasFile || q.HasLink):
		return q, nil
	case wrote:
		return Query{}, refuse(ErrInvalid, "That contains no word: search finds letters, digits and emoji.")
	default:
		return Query{}, refuse(ErrInvalid, "Write what to look for: words, \"words in a row\", or from:NAME.")
	}
}

// quotes are the quotes of phrases. Some systems replace straight quotes with curly
// ones.
const quotes = "\"“”„"

// cutQuote cuts a quoted phrase off the front, with the * that may follow. An open
// quote goes to the end, because the user is still typing it.
func cutQuote(s string) (phrase, rest string, ok bool) {
	first, size := utf8.DecodeRuneInString(s)
	if !strings.ContainsRune(quotes, first) {
		return "", s, false
	}
	s = s[size:]
	end := strings.IndexAny(s, quotes)
	if end < 0 {
		return strings.TrimSuffix(s, "*"), "", true
	}
	_, size = utf8.DecodeRuneInString(s[end:])
	phrase, rest = strings.TrimSuffix(s[:end], "*"), s[end+size:]
	if after, found := strings.CutPrefix(rest, "*"); found {
		return phrase + "*", after, true
	}
	return phrase, rest, true
}

// cutWord cuts off the text before the next space or quote.
func cutWord(s string) (word, rest string) {
	end := strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(quotes, r) })
	if end < 0 {
		return s, ""
	}
	return s[:end], s[end:]
}

// operators are the names that may come before a colon.
func operators() []string { return []string{"from", "in", "before", "after", "has"} }

// cutOperator distinguishes from:ann from a word with a colon in it.
func cutOperator(word string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(word, ":")
	name = Lower(name)
	return name, value, ok && slices.Contains(operators(), name)
}

// operator reads name:value.
func (q *Query) operator(name, value string, zone *time.Location) error {
	if value == "" {
		example := map[string]string{"from": "ann", "in": "#general", "before": "2026-01-31", "after": "2026-01-31", "has": "file"}[name]
		return refuse(ErrInvalid, "Write a value right after %s:, such as %s:%s.", name, name, example)
	}
	twice := refuse(ErrInvalid, "Use %s: only once.", name)
	switch name {
	case "from":
		if q.From != "" {
			return twice
		}
		q.From = value
	case "in":
		if q.In != "" {
			return twice
		}
		q.In = value
	case "has":
		switch Lower(value) {
		case "file":
			q.HasFile = true
		case "link":
			q.HasLink = true
		default:
			return refuse(ErrInvalid, "has: needs file or link, not %s.", CleanLine(value, 30))
		}
	default:
		at, err := parseDate(value, zone)
		if err != nil {
			return refuse(ErrInvalid, "%s: needs a date such as 2026-01-31 or 2026-01-31T15:04:05Z, not %s.", name, CleanLine(value, 30))
		}
		field := &q.Before
		if name == "after" {
			field = &q.After
		}
		if !field.IsZero() {
			return twice
		}
		*field = at
	}
	return nil
}

// parseDate reads a day, or a time of RFC 3339 in which the seconds and the zone
// may be missing.
func parseDate(s string, zone *time.Location) (at time.Time, err error) {
	s = strings.ToUpper(s)
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if at, err = time.ParseInLocation(layout, s, zone); err == nil {
			return at, nil
		}
	}
	return at, err
}

// phrase reads a word, which may be several terms, or a phrase.
func (q *Query) phrase(word string) error {
	word, prefix := strings.CutSuffix(word, "*")
	found := Terms(word)
	if len(found) == 0 {
		return nil
	}
	if len(q.Phrases) == maxPhrases {
		return refuse(ErrInvalid, "That search is too long: use at most %d words.", maxPhrases)
	}
	p := Phrase{Prefix: prefix}
	for _, t := range found {
		p.Terms = append(p.Terms, t.Text)
	}
	last := []rune(p.Terms[len(p.Terms)-1])
	switch {
	case !prefix:
	case IsTermAlone(last[0]) || found[len(found)-1].End < len(word):
		p.Prefix = false // the rest is another term in any case
	case len(found) > 1 && found[len(found)-2].End == found[len(found)-1].Start: // v1*
	case len(last) < minPrefix:
		return refuse(ErrInvalid, "Write %d letters or more before a *: too many words begin with %s.", minPrefix, string(last))
	}
	q.Phrases = append(q.Phrases, p)
	return nil
}

// Marks returns the places in a text that match the search.
func (q *Query) Marks(body string) []Mark {
	if len(q.Phrases) == 0 {
		return nil
	}
	terms := Terms(body)
	var found []Mark
	for i := range terms {
		for _, p := range q.Phrases {
			n := len(p.Terms)
			if i+n > len(terms) || !p.at(terms[i:i+n]) {
				continue
			}
			m := Mark{terms[i].Start, terms[i+n-1].End}
			if last := len(found) - 1; last >= 0 && m.Start <= found[last].End {
				found[last].End = max(found[last].End, m.End)
			} else {
				found = append(found, m)
			}
		}
	}
	return found
}

// In reports whether a text with these terms contains the phrase.
func (p Phrase) In(text []Term) bool {
	for i := range len(text) - len(p.Terms) + 1 {
		if p.at(text[i : i+len(p.Terms)]) {
			return true
		}
	}
	return false
}

// at reports whether these terms begin with the phrase.
func (p Phrase) at(terms []Term) bool {
	for i, want := range p.Terms {
		last := i == len(p.Terms)-1
		if terms[i].Text != want && (!last || !p.Prefix || !strings.HasPrefix(terms[i].Text, want)) {
			return false
		}
	}
	return true
}
