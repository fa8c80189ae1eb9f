package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// said identifies a message of chaos by its author, the connection of the author,
// and its number in that connection.
type said struct {
	author  string
	life, n int
}

func (s said) String() string { return fmt.Sprintf("%s %d-%d", s.author, s.life, s.n) }

// saying matches the text of such a message.
var saying = regexp.MustCompile(`(load\d{4}) (\d+)-(\d+)\b`)

// readSaid finds such a message in a text, and returns the rest of the text after
// it.
func readSaid(text string) (s said, rest string, ok bool) {
	m := saying.FindStringSubmatchIndex(text)
	if m == nil {
		return said{}, "", false
	}
	life, err := strconv.Atoi(text[m[4]:m[5]])
	if err != nil {
		return said{}, "", false
	}
	n, err := strconv.Atoi(text[m[6]:m[7]])
	return said{text[m[2]:m[3]], life, n}, text[m[1]:], err == nil
}

// isSent reports whether a row's message has the sign for "on the server's disk",
// or a stronger sign.
func isSent(rest string) bool { return strings.ContainsAny(rest, "✓✔") }
