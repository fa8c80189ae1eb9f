package clients

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Said identifies a message of a survivor by its author, the connection of the author,
// and its number in that connection.
type Said struct {
	Author  string
	Life, N int
}

func (s Said) String() string { return fmt.Sprintf("%s %d-%d", s.Author, s.Life, s.N) }

// saying matches the text of such a message.
var saying = regexp.MustCompile(`(load\d{4}) (\d+)-(\d+)\b`)

// ReadSaid finds such a message in a text, and returns the rest of the text after
// it.
func ReadSaid(text string) (s Said, rest string, ok bool) {
	m := saying.FindStringSubmatchIndex(text)
	if m == nil {
		return Said{}, "", false
	}
	life, err := strconv.Atoi(text[m[4]:m[5]])
	if err != nil {
		return Said{}, "", false
	}
	n, err := strconv.Atoi(text[m[6]:m[7]])
	return Said{text[m[2]:m[3]], life, n}, text[m[1]:], err == nil
}

// IsSent reports whether a row's message has the sign for "on the server's disk",
// or a stronger sign.
func IsSent(rest string) bool { return strings.ContainsAny(rest, "✓✔") }
