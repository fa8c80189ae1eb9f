package keys

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxComment is the longest comment kept, in characters (code points).
const maxComment = 100

// cleanComment makes a key's comment safe to show and to write into one line:
// white space becomes a space; control characters, invalid UTF-8, and what is
// invisible or turns the direction of writing are dropped; the rest is trimmed
// and cut to maxComment. Cleaning twice is cleaning once.
func cleanComment(s string) string {
	var b strings.Builder
	count := 0
	for i, r := range s {
		if unicode.IsSpace(r) {
			r = ' '
		}
		if !isShown(s[i:], r) || r == ' ' && count == 0 {
			continue
		}
		b.WriteRune(r)
		if count++; count == maxComment {
			break
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// isShown reports whether r, the first of rest, is something to see. IsPrint
// leaves out controls and format characters; a few that it takes for letters
// and marks are as invisible (Default_Ignorable_Code_Point, UAX #44).
func isShown(rest string, r rune) bool {
	if r == utf8.RuneError {
		_, size := utf8.DecodeRuneInString(rest)
		return size > 1
	}
	return unicode.IsPrint(r) &&
		!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
