package search

import (
	"fmt"
	"slices"
	"strings"

	"confab/app/chat"
	"confab/app/text"
)

// Each word is indexed together with its conversation, and the index is asked only
// for words in the asker's conversations. So a search reads nothing of other
// conversations, and its time does not tell whether a word is used there. A message
// is also indexed under its conversation alone, and under its author and what it has
// (a file, a link) in the conversation.

// Place encodes a conversation in two characters that no word contains. The
// words of the conversation follow them in the index.
func Place(conversation int64) string {
	const first, all = 0xF0000, 0xFFFE // private use area in plane 15
	return string([]rune{first + rune(conversation/all%all), first + rune(conversation%all)})
}

// authorTerm follows a conversation. No word begins like it.
func authorTerm(user int64) string { return fmt.Sprintf("¶%d", user) }

// These terms say that a message has a file or a link. They follow a conversation, as the
// term of the author does.
const (
	fileTerm = "¶file"
	linkTerm = "¶link"
)

// Terms returns the terms of a message for the index.
func Terms(conversation, author int64, body string, file bool) string {
	var b strings.Builder
	place := Place(conversation)
	for _, t := range text.Terms(body) {
		b.WriteString(place)
		b.WriteString(t.Text)
		b.WriteByte(' ')
	}
	b.WriteString(place)
	b.WriteByte(' ')
	b.WriteString(place)
	b.WriteString(authorTerm(author))
	if file {
		b.WriteString(" " + place + fileTerm)
	}
	if text.HasLink(body) {
		b.WriteString(" " + place + linkTerm)
	}
	return b.String()
}

const (
	// maxIndexTerms bounds how many terms one query of the index has. Opening one
	// costs about as much as reading a message. For a member of 100 conversations,
	// four words can be looked up in each.
	maxIndexTerms = 400
	// maxLatePrefix is the longest prefix that has a list of its own in the index,
	// in letters (see the migrations). For a longer prefix, FTS5 merges the lists
	// of all its words, including those of messages from before someone joined.
	maxLatePrefix = 3
	// minListed is the shortest prefix that has a list of its own.
	minListed = 2
)

// narrow removes words from phrases until the index can be asked for the rest, and
// reports whether it removed any. Every message that has the phrases also has the
// rest of them.
func narrow(phrases []text.Phrase, words int, late bool) ([]text.Phrase, bool) {
	left, narrowed := slices.Clone(phrases), false
	total := 0
	for i, p := range left {
		last := len(p.Terms) - 1
		begin := []rune(p.Terms[last])
		switch {
		case !p.Prefix:
		case last > 0 && len(begin) < minListed: // the 1 of v1*
			left[i] = text.Phrase{Terms: p.Terms[:last]}
			narrowed = true
		case late && len(begin) > maxLatePrefix:
			left[i].Terms = append(slices.Clone(p.Terms[:last]), string(begin[:maxLatePrefix]))
			narrowed = true
		}
		total += len(left[i].Terms)
	}
	for ; total > max(words, 1); total-- {
		narrowed = true
		// This shortens the longest phrase at one end. Of single words it removes
		// the shortest, because long words are rarer.
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
			left[from] = text.Phrase{Terms: terms[:last]}
		}
	}
	return left, narrowed
}

// filters returns the terms that the messages of a search have besides words.
func filters(l chat.Lookup) []string {
	var all []string
	if l.Author != 0 {
		all = append(all, authorTerm(int64(l.Author)))
	}
	if l.HasFile {
		all = append(all, fileTerm)
	}
	if l.HasLink {
		all = append(all, linkTerm)
	}
	return all
}
