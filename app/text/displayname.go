package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
)

// maxDisplayName is the longest display name, in characters.
const maxDisplayName = 40

// ParseDisplayName reads a display name as a user types it and returns the form to store,
// by the Nickname profile of RFC 8266: blanks are joined, and compatible forms of a letter
// become one. It refuses controls, and characters that are invisible or change the
// direction of writing. For an empty text it returns "", which stands for no display name.
// Errors are [ErrName].
func ParseDisplayName(s string) (string, error) {
	if strings.TrimSpace(s) == "" {
		return "", nil
	}
	if len(s) > 16*maxDisplayName {
		return "", refuse(ErrName, "The name is too long: shorten it to %d characters.", maxDisplayName)
	}
	if CleanLine(s, len(s)) != strings.Join(strings.Fields(s), " ") || strings.ContainsFunc(s, displayIsHidden) {
		return "", refuse(ErrName, "The name has invisible characters: type it again, without them.")
	}
	name, err := precis.Nickname.String(s)
	if err != nil || name != CleanLine(name, len(name)) || strings.ContainsFunc(name, displayIsHidden) {
		return "", refuse(ErrName, "The name has characters that are not allowed in names: use letters, digits, spaces and symbols.")
	}
	if n := utf8.RuneCountInString(name); n > maxDisplayName {
		return "", refuse(ErrName, "The name has %d characters: shorten it to %d.", n, maxDisplayName)
	}
	return name, nil
}

// displayIsHidden reports whether r is a control or a formatting character. The
// zero-width and bidirectional characters are formatting characters.
func displayIsHidden(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
