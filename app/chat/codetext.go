package chat

import (
	"regexp"
	"strings"
)

// Codes get pasted where they do not belong. A code in its four groups is never
// anything else; one without dashes could be a long name, so it also needs a digit
// before a letter, or capitals, as nearly all codes have.
var (
	codeGrouped = regexp.MustCompile(`(?i)(?:^|[^0-9a-z])((?:[0-9a-z]{4}[- ]){3}[0-9a-z]{4})(?:[^0-9a-z]|$)`)
	codeRun     = regexp.MustCompile(`(?i)(?:^|[^0-9a-z])([0-9a-z]{16})(?:[^0-9a-z]|$)`)
	// codeNearly is a code with a letter too few, too many or wrong.
	codeNearly = regexp.MustCompile(`(?i)(?:^|[^0-9a-z])(?:[0-9a-z]{3,5}-){3}[0-9a-z]{1,6}(?:[^0-9a-z]|$)`)
	// runNearly is the same without dashes. Names as long have a digit before a letter
	// once at the most, and nearly all codes more often.
	runNearly  = regexp.MustCompile(`(?i)(?:^|[^0-9a-z])([0-9a-z]{14,18})(?:[^0-9a-z]|$)`)
	digitFirst = regexp.MustCompile(`[0-9][-_.]*[A-Za-z]`)
)

// FindCode returns the first code in a text that somebody typed or pasted.
func FindCode(text string) (code string, ok bool) {
	if m := codeGrouped.FindStringSubmatch(text); m != nil && codeWritten(m[1]) {
		return m[1], true
	}
	if m := codeRun.FindStringSubmatch(text); m != nil && codeWritten(m[1]) {
		return m[1], true
	}
	return "", false
}

// codeWritten reports whether 16 letters are written as codes are.
func codeWritten(s string) bool {
	_, ok := parseCode(s)
	return ok && (strings.Contains(s, "-") || digitFirst.MatchString(s) || s == strings.ToUpper(s))
}

// HasCode reports whether there is a code in a text, or what was meant to be one. It
// is a secret then, for no name, no note and no log.
func HasCode(text string) bool {
	if _, ok := FindCode(text); ok {
		return true
	}
	return digitFirst.MatchString(codeNearly.FindString(text)) || len(digitFirst.FindAllString(runNearly.FindString(text), 2)) == 2
}

// errHasCode is the answer to a code where something else belongs.
func errHasCode(what string) error {
	return Refuse(ErrName, "This looks like a code, which is a secret: %s.", what)
}
