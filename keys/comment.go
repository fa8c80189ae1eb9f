package keys

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxComment is the longest comment that is kept, in characters (code points).
const maxComment = 100

// cleanComment makes a key's comment safe to show and to write into one line. It
// replaces white space with spaces, and removes control characters, invalid UTF-8,
// and characters that are invisible or change the direction of writing. Then it
// trims the comment and cuts it to maxComment. Cleaning twice gives the same result
// as cleaning once.
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

// isShown reports whether r, the first of rest, is visible. IsPrint excludes
// control and format characters. But it counts a few invisible characters as
// letters and marks (Default_Ignorable_Code_Point, UAX #44).
func isShown(rest string, r rune) bool {
	if r == utf8.RuneError {
		_, size := utf8.DecodeRuneInString(rest)
		return size > 1
	}
	return unicode.IsPrint(r) &&
		!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
