package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// said is a message of chaos: who wrote it, in which connection of its author's,
// and the how many-th of it.
type said struct {
	author  string
	life, n int
}

func (s said) String() string { return fmt.Sprintf("%s %d-%d", s.author, s.life, s.n) }

// saying is what such a message looks like.
var saying = regexp.MustCompile(`(load\d{4}) (\d+)-(\d+)\b`)

// readSaid finds one in a text, and returns what comes after it.
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

// isSent reports whether a row's message has the sign that it is on the server's
// disk, or a sign that says more.
func isSent(rest string) bool { return strings.ContainsAny(rest, "✓✔") }
