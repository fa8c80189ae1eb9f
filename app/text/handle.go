package text

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	nameMin             = 2
	nameMax             = 32 // Linux's limit for login names, useradd(8)
	nameMaxConversation = 40
)

// nameReserved are handles that would pass for the server itself, for a role, or
// for everyone. "host" is the audit log's name for the user of the command line.
// "root" is not reserved, because many hosts use it.
var nameReserved = []string{
	"admin", "administrator", "all", "anonymous", "bot", "channel", "confab",
	"deleted", "everyone", "guest", "help", "here", "host", "me", "mod", "moderator",
	"nobody", "owner", "server", "support", "system", "unknown", "you",
}

// ParseHandle reads the handle of an account as a user types it, with or without an
// @ before it, and returns the form to store: 2 to 32 of a-z, 0-9, '-', '_' and
// '.', beginning with a letter. Capitals become lower case. Handles are ASCII only,
// because letters of other scripts can look the same. Reserved words are refused,
// also with '-', '_' or '.' at their ends. Errors are [ErrName], and each is a
// sentence for the user.
func ParseHandle(s string) (string, error) {
	name := Lower(strings.TrimPrefix(strings.TrimSpace(s), "@"))
	switch {
	case name == "":
		return "", refuse(ErrName, "The name is empty: give one of %d to %d characters.", nameMin, nameMax)
	case !nameIsLetter(rune(name[0])) && nameIsAllowed(name):
		return "", refuse(ErrName, "A name begins with a letter: put one before %q.", name[:1])
	case !nameIsAllowed(name):
		return "", refuse(ErrName, "A name has letters a-z, digits, '-', '_' and '.' only: leave out %s.", nameFirstBad(name))
	case len(name) < nameMin:
		return "", refuse(ErrName, "The name is too short: make it %d characters or more.", nameMin)
	case len(name) > nameMax:
		return "", refuse(ErrName, "The name has %d characters: shorten it to %d.", len(name), nameMax)
	case nameIsReserved(name):
		return "", refuse(ErrName, "The name %s is reserved: choose another.", name)
	}
	return name, nil
}

// ParseConversationName reads the name of a conversation as a user types it, with
// or without a # before it, and returns the form to store: 1 to 40 of a-z, 0-9,
// '-', '_' and '.', beginning with a letter or a digit. Capitals become lower case.
// Errors are [ErrName], and each is a sentence for the user.
func ParseConversationName(s string) (string, error) {
	name := Lower(strings.TrimPrefix(strings.TrimSpace(s), "#"))
	switch {
	case name == "":
		return "", refuse(ErrName, "The name is empty: give one of 1 to %d characters.", nameMaxConversation)
	case !nameIsAllowed(name):
		return "", refuse(ErrName, "The name of a conversation has letters a-z, digits, '-', '_' and '.' only: leave out %s.", nameFirstBad(name))
	case strings.IndexByte("-_.", name[0]) >= 0:
		return "", refuse(ErrName, "The name of a conversation begins with a letter or a digit: put one before %q.", name[:1])
	case len(name) > nameMaxConversation:
		return "", refuse(ErrName, "The name has %d characters: shorten it to %d.", len(name), nameMaxConversation)
	}
	return name, nil
}

// SuggestHandle makes a handle from a login name of an operating system, such as
// "DOMAIN\John.Doe" or "jürgen@home". It always returns one that [CheckHandle]
// accepts: if nothing of the login is usable, it returns "new-user". It does not
// know which names are taken.
func SuggestHandle(login string) string {
	login = login[strings.LastIndexByte(login, '\\')+1:]
	if user, _, ok := strings.Cut(login, "@"); ok && user != "" {
		login = user
	}
	if len(login) > 8*nameMax { // strangers choose it: don't normalise a book
		login = login[:8*nameMax]
	}
	var b strings.Builder
	for _, r := range norm.NFKD.String(login) {
		switch plain := namePlain(r); {
		case plain != "":
			b.WriteString(plain)
		case unicode.IsMark(r): // the dots of the ü before
		default:
			b.WriteByte('-')
		}
	}
	name := strings.TrimLeftFunc(nameSqueeze(b.String()), func(r rune) bool { return !nameIsLetter(r) })
	name = strings.TrimRight(name[:min(len(name), nameMax)], "-_.")
	for _, s := range []string{name, name + "-user"} {
		if valid, err := CheckHandle(s); err == nil {
			return valid
		}
	}
	return "new-user"
}

// namePlain returns r as characters of a handle, or "" if there are none. Letters
// without a decomposition are spelled as people spell them in ASCII.
func namePlain(r rune) string {
	switch r = unicode.ToLower(r); r {
	case 'ß':
		return "ss"
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	case 'ø':
		return "o"
	case 'ł':
		return "l"
	case 'đ', 'ð':
		return "d"
	case 'þ':
		return "th"
	case 'ı':
		return "i"
	}
	if IsHandleCharacter(r) {
		return string(r)
	}
	return ""
}

// nameSqueeze makes one of several separators in a row.
func nameSqueeze(s string) string {
	var last rune
	return strings.Map(func(r rune) rune {
		separates := r == '-' || r == '_' || r == '.'
		if separates && (last == '-' || last == '_' || last == '.') {
			return -1
		}
		last = r
		return r
	}, s)
}

// Lower is ToLower for ASCII only. Other letters, such as the Kelvin sign, must not
// become ASCII letters.
func Lower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}

func nameIsLetter(r rune) bool { return r >= 'a' && r <= 'z' }

// IsHandleCharacter reports whether a handle may contain r.
func IsHandleCharacter(r rune) bool {
	return nameIsLetter(r) || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.'
}

func nameIsAllowed(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !IsHandleCharacter(r) })
}

// nameFirstBad names the first character of s that a handle cannot have, for an
// error. It may be a character that must not be shown.
func nameFirstBad(s string) string {
	i := strings.IndexFunc(s, func(r rune) bool { return !IsHandleCharacter(r) })
	for _, r := range s[i:] {
		switch {
		case r == ' ':
			return "the spaces"
		case unicode.IsGraphic(r) && !unicode.IsSpace(r) && IsClean(string(r)):
			return "the " + string(r)
		default:
			return fmt.Sprintf("the character %U", r)
		}
	}
	return "it"
}

func nameIsReserved(name string) bool {
	return slices.Contains(nameReserved, strings.TrimRight(name, "-_."))
}
