package main

import (
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

const keyF3 = "\x1bOR"

// header waits until the first row of the screen has these parts, in this order.
func (c *client) header(parts ...string) {
	c.t.Helper()
	c.until("the header to have "+strings.Join(parts, ", "), func(screen string) bool {
		rest := right(strings.Split(screen, "\n")[0])
		for _, part := range parts {
			_, after, ok := strings.Cut(rest, part)
			if !ok {
				return false
			}
			rest = after
		}
		return true
	})
}

// beside waits until the right pane has a text in each of some rows, in this order.
func (c *client) beside(rows ...string) {
	c.t.Helper()
	c.until("the right pane to have "+strings.Join(rows, ", "), func(screen string) bool {
		left := rows
		for row := range strings.SplitSeq(screen, "\n") {
			if panes := strings.Split(row, "│"); len(left) > 0 && len(panes) == 3 && strings.Contains(panes[2], left[0]) {
				left = left[1:]
			}
		}
		return len(left) == 0
	})
}

// The header says where the user is and who is there, and follows what others do.
func TestHeader(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob")
	ann, bob := c[0], c[1]
	ann.header("#general", "2 members, here: you, bob")
	bob.header("#general", "2 members, here: you, ann")
	ann.say("/new ops @bob")
	ann.header("#ops", "1 member, 1 here")
	bob.joins("#ops")
	ann.header("#ops", "2 members, here: you, bob")
	ann.say("/topic Launch on Thursday")
	ann.header("#ops", "Launch on Thursday", "2 members")
	bob.goes("#ops")
	bob.header("#ops", "Launch on Thursday", "here: you, ann")
	bob.hangUp()
	ann.header("#ops", "Launch on Thursday", "2 members, 1 here")
	ann.say("/dm bob hello")
	ann.header("@bob", "○ offline")
	bob = s.connect(keys[1])
	ann.header("@bob", "● online")
	bob.say("/away at lunch")
	ann.header("@bob", "◐ away: at lunch")
	ann.say("/nick annika")
	bob.shows("@annika") // in the list
	bob.goes("@annika")
	bob.header("@annika", "● online")
}

// The right pane shows the members, a thread, the pinned messages, or the details of a message,
// and follows what others do.
func TestRightPane(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob")
	bob := c[1]
	ann := s.ssh(options{keys: []gossh.Signer{keys[0]}, columns: 150})
	ann.opened()
	bob.say("Shall we move the launch?")
	ann.shows("Shall we move the launch?")
	ann.press(keyF3)
	ann.beside("2 members", "● ann (you)", "● bob")
	bob.hangUp()
	ann.beside("2 members", "○ bob")
	bob = s.connect(keys[1])
	ann.beside("2 members", "● bob")
	bob.shows("Shall we move the launch?")

	ann.say("/pane pinned")
	ann.beside("Pinned in #general", "No messages are pinned here.")
	ann.say("/pin")
	ann.beside("Pinned in #general", "bob ", "Shall we move the launch?")

	ann.say("to Friday")
	ann.showsSent("to Friday")
	ann.say("/pane details")
	bob.shows("to Friday")
	ann.beside("Message of ann", "Read by", "bob")

	bob.press(keyEscape)
	bob.shows("Selecting: Esc ends")
	bob.press("t")
	bob.shows("Thread in #general")
	bob.say("or to Monday")
	bob.showsSent("or to Monday")
	ann.say("/pane thread")
	ann.beside("Thread of", "or to Monday")

	ann.resize(139, lines)
	ann.until("a screen without the right pane", func(screen string) bool {
		return !strings.Contains(screen, "Thread of") && strings.Contains(screen, "to Friday")
	})
	ann.resize(150, lines)
	ann.beside("Thread of", "or to Monday")
	ann.press(keyF3)
	ann.hides("Thread of")
}
