package text

import (
	"encoding/base32"
	"regexp"
	"strings"
)

// CodeLength is how many letters a code has: 80 bits at 5 a letter, which nobody
// can guess and people can still read out. CodeBytes is the same in random bytes.
const (
	CodeLength = 16
	CodeBytes  = CodeLength * 5 / 8
)

const (
	// codeLetters are Crockford's base 32 (https://www.crockford.com/base32.html),
	// in which no letter looks like another.
	codeLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	codeGroup   = 4
)

// FormatCode makes a code from random bytes, in groups of four letters.
func FormatCode(random [CodeBytes]byte) string {
	letters := base32.NewEncoding(codeLetters).EncodeToString(random[:])
	var groups []string
	for len(letters) > 0 {
		groups, letters = append(groups, letters[:codeGroup]), letters[codeGroup:]
	}
	return strings.Join(groups, "-")
}

// ParseCode reads a code as people write it and returns its 16 letters. It accepts
// lower case, and O, I and L for 0 and 1, as Crockford says. It removes blanks and
// dashes.
func ParseCode(s string) (letters string, ok bool) {
	if len(s) > 4*CodeLength {
		return "", false
	}
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		switch c {
		case ' ', '-':
			continue
		case 'O':
			c = '0'
		case 'I', 'L':
			c = '1'
		}
		if strings.IndexByte(codeLetters, c) < 0 {
			return "", false
		}
		b.WriteByte(c)
	}
	return b.String(), b.Len() == CodeLength
}

// MayBeCode reports whether a login name could be a code, with or without its
// dashes. A code is secret and must not be logged.
func MayBeCode(login string) bool {
	_, ok := ParseCode(login)
	return ok
}

// People paste codes into the wrong fields. A code in its four groups is never
// anything else. One without dashes could be a long name, so it also needs capitals
// or a digit before a letter, as nearly all codes have.
var (
	codeGrouped = regexp.MustCompile(`(?i)(?:^|[^0-9a-z])((?:[0-9a-z]{4}[- ]){3}[0-9a-z]{4})(?:[^0-9a-z]|$)`)
	codeRun     = regexp.MustCompile(`(?i)(?:^|[^0-9a-z])([0-9a-z]{16})(?:[^0-9a-z]|$)`)
	// codeNearly matches a code in which a letter is missing, extra or wrong.
	codeNearly = regexp.MustCompile(`(?i)(?:^|[^0-9a-z])(?:[0-9a-z]{3,5}-){3}[0-9a-z]{1,6}(?:[^0-9a-z]|$)`)
	// runNearly is the same without dashes. In names of this length a digit comes
	// before a letter at most once, and in nearly all codes more often.
	runNearly  = regexp.MustCompile(`(?i)(?:^|[^0-9a-z])([0-9a-z]{14,18})(?:[^0-9a-z]|$)`)
	digitFirst = regexp.MustCompile(`[0-9][-_.]*[A-Za-z]`)
)

// FindCode returns the first code in a text that someone typed or pasted.
func FindCode(text string) (code string, ok bool) {
	if m := codeGrouped.FindStringSubmatch(text); m != nil && codeWritten(m[1]) {
		return m[1], true
	}
	if m := codeRun.FindStringSubmatch(text); m != nil && codeWritten(m[1]) {
		return m[1], true
	}
	return "", false
}

// codeWritten reports whether 16 letters are written in the way in which codes are shown.
func codeWritten(s string) bool {
	_, ok := ParseCode(s)
	return ok && (strings.Contains(s, "-") || digitFirst.MatchString(s) || s == strings.ToUpper(s))
}

// HasCode reports whether a text contains a code, or a mistyped one. The text is
// then secret, and must not become a name or a note or go to the log.
func HasCode(text string) bool {
	if _, ok := FindCode(text); ok {
		return true
	}
	return digitFirst.MatchString(codeNearly.FindString(text)) || len(digitFirst.FindAllString(runNearly.FindString(text), 2)) == 2
}

// CodeRefused returns the error for a code in the wrong field. what says what to do instead.
func CodeRefused(what string) error {
	return refuse(ErrName, "This looks like a code, which is a secret: %s.", what)
}
