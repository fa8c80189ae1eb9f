package sqlite

import (
	"fmt"
	"slices"
	"strings"

	"confab/app/chat"
	"confab/app/text"
)

// Each word is indexed together with its conversation, and the index is only asked
// for words in the asker's conversations. So it reads nothing of what is said
// elsewhere, and how long a search takes does not tell whether a word is used there.
// A message is also indexed under its conversation alone, and under its author
// there.

// placeTerm is a conversation in two characters that no word of a text has. The
// words of the conversation come after them.
func placeTerm(conversation int64) string {
	const first, all = 0xF0000, 0xFFFE // the private use of plane 15
	return string([]rune{first + rune(conversation/all%all), first + rune(conversation%all)})
}

// authorTerm comes after a conversation as well, and no word begins like it.
func authorTerm(user int64) string { return fmt.Sprintf("¶%d", user) }

// indexTerms is what the index gets of a message.
func indexTerms(conversation, author int64, body string) string {
	var b strings.Builder
	place := placeTerm(conversation)
	for _, t := range text.Terms(body) {
		b.WriteString(place)
		b.WriteString(t.Text)
		b.WriteByte(' ')
	}
	b.WriteString(place)
	b.WriteByte(' ')
	b.WriteString(place)
	b.WriteString(authorTerm(author))
	return b.String()
}

const (
	// maxIndexTerms bounds for how many terms the index is asked at once: to open
	// one costs about as much as to read a message. A member of 100 conversations
	// has four words looked up in each.
	maxIndexTerms = 400
	// maxLatePrefix is the longest beginning of words that has a list in the index,
	// in letters (see the migrations). For a longer one FTS5 puts the lists of
	// all words together, also those of messages from before somebody joined.
	maxLatePrefix = 3
)

// narrow leaves out of phrases what would be too much to ask the index for, and
// reports whether it did. All that has the phrases has what is left of them.
func narrow(phrases []chat.Phrase, words int, late bool) ([]chat.Phrase, bool) {
	left, narrowed := slices.Clone(phrases), false
	total := 0
	for i, p := range left {
		total += len(p.Terms)
		last := len(p.Terms) - 1
		if begin := []rune(p.Terms[last]); late && p.Prefix && len(begin) > maxLatePrefix {
			left[i].Terms = append(slices.Clone(p.Terms[:last]), string(begin[:maxLatePrefix]))
			narrowed = true
		}
	}
	for ; total > max(words, 1); total-- {
		narrowed = true
		// Of the longest phrase an end goes, and of single words the shortest: the
		// long words are the rare ones.
		from := 0
		for i, p := range left {
			most := left[from].Terms
			if len(p.Terms) > len(most) || len(most) == 1 && len(p.Terms[0]) < len(most[0]) {
				from = i
			}
		}
		terms := left[from].Terms
		switch last := len(terms) - 1; {
		case last == 0:
			left = slices.Delete(left, from, from+1)
		case len(terms[0]) < len(terms[last]):
			left[from].Terms = terms[1:]
		default:
			left[from] = chat.Phrase{Terms: terms[:last]}
		}
	}
	return left, narrowed
}

// match is what the index is asked for, in the language of FTS5: in one of the
// conversations, all of the phrases and the author. Every term is in quotes, and has
// none in it.
func match(phrases []chat.Phrase, author int64, conversations []int64) string {
	places := make([]string, 0, len(conversations))
	for _, id := range conversations {
		place := placeTerm(id)
		var all []string
		for _, p := range phrases {
			phrase := `"` + place + strings.Join(p.Terms, " "+place) + `"`
			if p.Prefix {
				phrase += " *"
			}
			all = append(all, phrase)
		}
		switch {
		case author != 0:
			all = append(all, `"`+place+authorTerm(author)+`"`)
		case len(all) == 0:
			all = append(all, `"`+place+`"`)
		}
		places = append(places, "("+strings.Join(all, " AND ")+")")
	}
	return strings.Join(places, " OR ")
}
