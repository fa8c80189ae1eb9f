package main

import (
	"slices"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// What one looks for on a screen that is wide enough for the list of
// conversations, and what one presses there.

const (
	keyCtrlB    = "\x02"
	keyCtrlG    = "\x07"
	keyCtrlK    = "\x0b"
	keyCtrlN    = "\x0e"
	keyCtrlP    = "\x10"
	keyAltUp    = "\x1b[1;3A"
	keyAltDown  = "\x1b[1;3B"
	keyAltA     = "\x1ba"
	keyAltI     = "\x1bi"
	keyAltU     = "\x1bu"
	keyAltSlash = "\x1b/"
	focusIn     = "\x1b[I"
	focusOut    = "\x1b[O"
)

// people starts a server with accounts and connects each of them once.
func people(t *testing.T, names ...string) (s *server, keys []gossh.Signer, clients []*client) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		keys = append(keys, enrol(t, dir, name))
	}
	s = startServer(t, dir)
	for _, key := range keys {
		clients = append(clients, s.connect(key))
	}
	return s, keys, clients
}

// sidebar are the rows of the list of conversations, without blanks at the
// right.
func sidebar(screen string) []string {
	var rows []string
	for row := range strings.SplitSeq(screen, "\n") {
		side, _, ok := strings.Cut(row, "│")
		if side = strings.TrimRight(side, " "); ok && side != "" {
			rows = append(rows, side)
		}
	}
	return rows
}

// listed are the titles in the list of conversations, in their order.
func listed(screen string) []string {
	var titles []string
	for _, row := range sidebar(screen) {
		for _, word := range strings.Fields(row) {
			if len(word) > 1 && (word[0] == '#' || word[0] == '@') {
				titles = append(titles, word)
				break
			}
		}
	}
	return titles
}

// sidebarOf is the row of a conversation in the list, "" if it is not there.
func sidebarOf(screen, title string) string {
	for _, row := range sidebar(screen) {
		if slices.Contains(strings.Fields(row), title) {
			return row
		}
	}
	return ""
}

// unreadOf is what the list says after a conversation's title: a count, with
// an @ before it if one is named.
func unreadOf(screen, title string) string {
	_, count, _ := strings.Cut(sidebarOf(screen, title), title)
	return strings.TrimSpace(count)
}

// lists waits until the list says this of a conversation.
func (c *client) lists(title, unread string) {
	c.t.Helper()
	c.until(title+" to have "+unread+" unread", func(screen string) bool {
		return sidebarOf(screen, title) != "" && unreadOf(screen, title) == unread
	})
}

// isIn waits until a conversation is the open one.
func (c *client) isIn(title string) {
	c.t.Helper()
	c.until(title+" to be open", func(screen string) bool { return openIn(screen) == title })
}

// openIn is the title of the open conversation, from the status row.
func openIn(screen string) string {
	rows := strings.Split(screen, "\n")
	if f := strings.Fields(rows[len(rows)-1]); len(f) > 0 {
		return f[0]
	}
	return ""
}

// edgeOf is what stands at the right edge of a message, "" for nothing.
func edgeOf(screen, text string) string {
	row, _ := rowWith(screen, text)
	_, edge, _ := strings.Cut(row, text)
	return strings.TrimSpace(edge)
}

// edge waits until this stands at the right edge of a message.
func (c *client) edge(text, want string) {
	c.t.Helper()
	c.until(text+" with "+want+" at the edge", func(screen string) bool {
		_, ok := rowWith(screen, text)
		return ok && edgeOf(screen, text) == want
	})
}

// goes goes to a conversation by its title, as one does with few of them.
func (c *client) goes(title string) {
	c.t.Helper()
	c.say("/go " + title)
	c.shows("Enter goes there")
	c.press(keyEnter)
	c.isIn(title)
}

// refuses says something that is not allowed: it says why, and what was typed
// stays; then it is taken away.
func (c *client) refuses(typed, why string) {
	c.t.Helper()
	c.say(typed)
	c.shows(why)
	c.shows("› " + typed)
	c.press(keyCtrlU)
	c.hides("› " + typed)
}
