package main

import (
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
	return peopleAfter(t, func(string) {}, names...)
}

// peopleAfter is people with something to be done to the data folder before the
// server starts.
func peopleAfter(t *testing.T, prepare func(dir string), names ...string) (s *server, keys []gossh.Signer, clients []*client) {
	t.Helper()
	s, keys = accounts(t, prepare, names...)
	for _, key := range keys {
		clients = append(clients, s.connect(key))
	}
	return s, keys, clients
}

// accounts is peopleAfter with nobody connected.
func accounts(t *testing.T, prepare func(dir string), names ...string) (s *server, keys []gossh.Signer) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		keys = append(keys, enrol(t, dir, name))
	}
	prepare(dir)
	return startServer(t, dir), keys
}

// entry is a row of the list of conversations.
type entry struct {
	mark   string // before the title: presence, pinned or muted
	title  string
	unread string // the count, with an @ before it if one is named
}

// sidebar is the list of conversations.
func sidebar(screen string) []entry {
	var list []entry
	for row := range strings.SplitSeq(screen, "\n") {
		row, _, ok := strings.Cut(row, "│")
		if row = strings.TrimRight(row, " "); !ok || row == "" {
			continue
		}
		at := strings.IndexAny(row, "#@")
		title, unread, _ := strings.Cut(row[at:], " ")
		list = append(list, entry{strings.TrimSpace(row[:at]), title, strings.TrimSpace(unread)})
	}
	return list
}

// titles are those in the list of conversations, in their order.
func titles(screen string) []string {
	var titles []string
	for _, e := range sidebar(screen) {
		titles = append(titles, e.title)
	}
	return titles
}

// entryOf is the row of a conversation in the list.
func entryOf(screen, title string) (entry, bool) {
	for _, e := range sidebar(screen) {
		if e.title == title {
			return e, true
		}
	}
	return entry{}, false
}

// marks waits until a sign is before the title of a conversation in the list.
func (c *client) marks(title, mark string) {
	c.t.Helper()
	c.until(title+" to be marked "+mark, func(screen string) bool {
		e, ok := entryOf(screen, title)
		return ok && e.mark == mark
	})
}

// lists waits until the list says this of a conversation.
func (c *client) lists(title, unread string) {
	c.t.Helper()
	c.until(title+" to have "+unread+" unread", func(screen string) bool {
		e, ok := entryOf(screen, title)
		return ok && e.unread == unread
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
	c.until("the switcher to find "+title, func(screen string) bool {
		return strings.Contains(screen, "Enter goes there") && found(screen) == title
	})
	c.press(keyEnter)
	c.isIn(title)
}

// found is what the switcher has first.
func found(screen string) string {
	if f := strings.Fields(strings.Split(screen, "\n")[1]); len(f) > 0 {
		return f[0]
	}
	return ""
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
