package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The words after an @ that mean members of a group together. No account can have
// these names.
const (
	MentionAll  = "all"  // all members
	MentionHere = "here" // the members who are connected
)

// Mention is a place in a text where an @ stands before a name.
type Mention struct {
	Start, End int    // its place in the text, in bytes, from the @ on
	Name       string // as handles are stored: lower case; or [MentionAll] or [MentionHere]
	tail       string // the separators after the name, which are punctuation or a part of the handle
}

// Is reports whether the mention means this handle. Handles may end with a
// separator: "@ann_." means the account ann_ if it is asked about ann_, and ann
// if it is asked about ann. Only one of these accounts can exist, because they look
// alike.
func (m Mention) Is(handle string) bool {
	tail, ok := strings.CutPrefix(handle, m.Name)
	return ok && strings.HasPrefix(m.tail, tail)
}

// Mentions returns the places of a text where people are mentioned, in order. They
// are found by their form, so an account with the name need not exist. An @ inside a
// word begins no mention, so e-mail addresses have none. Punctuation and a possessive
// after the name are not part of it. Code and links mention nobody (see [Markup]).
func Mentions(body string) []Mention {
	if strings.IndexByte(body, '@') < 0 {
		return nil
	}
	var found []Mention
	var verbatim, signs []MarkupSpan
	for _, m := range Markup(body) {
		switch m.Kind {
		case MarkupCode, MarkupFence, MarkupLink:
			verbatim = append(verbatim, m)
		case MarkupSign:
			signs = append(signs, m)
		}
	}
	for i := 0; i < len(body); {
		at := strings.IndexByte(body[i:], '@')
		if at < 0 {
			break
		}
		at += i
		i = at + 1
		for len(verbatim) > 0 && verbatim[0].End <= at {
			verbatim = verbatim[1:]
		}
		for len(signs) > 0 && signs[0].End < at {
			signs = signs[1:]
		}
		shown := len(verbatim) > 0 && verbatim[0].Start <= at
		signed := len(signs) > 0 && signs[0].End == at
		if shown || !signed && mentionInWord(body[:at]) {
			continue
		}
		end := i
		for end < len(body) && IsHandleCharacter(rune(Lower(body[end : end+1])[0])) {
			end++
		}
		word := Lower(body[i:end])
		i = end
		if r, _ := utf8.DecodeRuneInString(body[end:]); r == '@' || mentionLetter(r) {
			continue // an address such as @ann@example.com, or a longer word
		}
		name := strings.TrimRight(word, "-_.")
		if _, err := ParseHandle(name); err != nil && name != MentionAll && name != MentionHere {
			continue
		}
		found = append(found, Mention{Start: at, End: at + 1 + len(name), Name: name, tail: word[len(name):]})
	}
	return found
}

// mentionInWord reports whether an @ after this text is in the middle of a word or of
// an address.
func mentionInWord(before string) bool {
	r, _ := utf8.DecodeLastRuneInString(before)
	if before == "" {
		return false
	}
	if r == '-' { // in an address, a letter comes before it
		r, _ = utf8.DecodeLastRuneInString(strings.TrimRight(before, "-"))
	}
	// Letters that are not ASCII are rare in addresses, and in many scripts no space
	// comes before a name.
	return r < utf8.RuneSelf && (termBegins(r) || strings.ContainsRune("_+@%=&#", r))
}

// mentionLetter reports whether a rune is part of a word, in a script that separates
// words by spaces.
func mentionLetter(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsNumber(r)) && !IsTermAlone(r)
}
