package main

import (
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// These are the things that tests look for on a screen wide enough for the list of
// conversations, and the keys that they press there.

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

// peopleAfter is people, after a change of the data folder.
func peopleAfter(t *testing.T, prepare func(dir string), names ...string) (s *server, keys []gossh.Signer, clients []*client) {
	t.Helper()
	s, keys = accounts(t, prepare, names...)
	for _, key := range keys {
		clients = append(clients, s.connect(key))
	}
	return s, keys, clients
}

// accounts is peopleAfter without connections.
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
	mark   string // before the title and after the count: presence, pinned, draft and muted
	title  string
	unread string // the count, after that of mentions, with an @ before it
}

// sidebar returns the list of conversations, without the titles of its sections.
func sidebar(screen string) []entry {
	var list []entry
	for row := range strings.SplitSeq(screen, "\n") {
		row, _, ok := strings.Cut(row, "│")
		at := strings.IndexAny(row, "#@")
		if !ok || at < 0 {
			continue
		}
		mark := strings.Trim(row[:at], " 123456789▌")
		title, unread, _ := strings.Cut(row[at:], " ")
		for unread = strings.TrimSpace(unread); strings.HasSuffix(unread, "×") || strings.HasSuffix(unread, "✎"); unread = strings.TrimSpace(unread) {
			sign := unread[strings.LastIndexAny(unread, "×✎"):]
			mark, unread = mark+sign, strings.TrimSuffix(unread, sign)
		}
		list = append(list, entry{mark, title, unread})
	}
	return list
}

// titles returns the titles in the list of conversations, in order.
func titles(screen string) []string {
	var titles []string
	for _, e := range sidebar(screen) {
		titles = append(titles, e.title)
	}
	return titles
}

// entryOf returns the row of a conversation in the list.
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

// lists waits until the list shows this for a conversation.
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

// openIn returns the title of the open conversation, from the header, or from the status row
// of a screen that is too low for one.
func openIn(screen string) string {
	rows := strings.Split(screen, "\n")
	if f := strings.Fields(right(rows[0])); len(f) > 0 && strings.ContainsAny(f[0][:1], "#@") {
		return f[0]
	}
	if f := strings.Fields(rows[len(rows)-1]); len(f) > 0 {
		return f[0]
	}
	return ""
}

// right returns the part of a row beside the list of conversations.
func right(row string) string {
	if _, beside, ok := strings.Cut(row, "│"); ok {
		return beside
	}
	return row
}

// edgeOf returns the text at the right edge of a message, or "" for none.
func edgeOf(screen, text string) string {
	row, _ := rowWith(screen, text)
	_, edge, _ := strings.Cut(row, text)
	return strings.TrimSpace(edge)
}

// edge waits until this text is at the right edge of a message.
func (c *client) edge(text, want string) {
	c.t.Helper()
	c.until(text+" with "+want+" at the edge", func(screen string) bool {
		_, ok := rowWith(screen, text)
		return ok && edgeOf(screen, text) == want
	})
}

// goes opens a conversation by its title, with the switcher.
func (c *client) goes(title string) {
	c.t.Helper()
	c.say("/go " + title)
	c.until("the switcher to find "+title, func(screen string) bool {
		return strings.Contains(screen, "Enter goes there") && found(screen) == title
	})
	c.press(keyEnter)
	c.isIn(title)
}

// found returns the first result of the switcher.
func found(screen string) string {
	if f := strings.Fields(right(strings.Split(screen, "\n")[1])); len(f) > 0 {
		return strings.TrimPrefix(f[0], "▌")
	}
	return ""
}

// refuses runs a command that is not allowed. The screen says why and keeps the
// typed text, which refuses then deletes.
func (c *client) refuses(typed, why string) {
	c.t.Helper()
	c.say(typed)
	c.shows(why)
	c.shows("› " + typed)
	c.press(keyCtrlU)
	c.hides("› " + typed)
}
