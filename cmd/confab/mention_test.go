package main

import (
	"regexp"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// Mentions are marked, counted apart from unread messages, and listed over all
// conversations.
func TestMentions(t *testing.T) {
	t.Parallel()
	_, _, c := people(t, "ann", "bob")
	ann, bob := c[0], c[1]
	bob.press(focusOut)
	ann.say("this is @bob's, and `@bob` is code")
	ann.say("nobody's")
	ann.say("and @all of you")
	bob.lists("#general", "@2 3")
	row := func(screen, text string) string { row, _ := rowWith(screen, text); return row }
	bob.until("the mentions to be marked", func(screen string) bool {
		return strings.Contains(row(screen, "this is"), "▌ this is") && strings.Contains(row(screen, "and @all"), "▌ and @all") &&
			strings.Contains(row(screen, "nobody's"), "  nobody's")
	})
	marked := regexp.MustCompile(`\x1b\[1;38;5;\d+;48;5;\d+m@bob\x1b\[m's`)
	code := regexp.MustCompile(`\x1b\[38;5;\d+;48;5;\d+m@bob\x1b\[m is code`)
	if got := bob.received(); !marked.MatchString(got) || !code.MatchString(got) {
		t.Error("the mention is not marked in the text, or the code is")
	}
	ann.until("bob's mention to be marked", func(screen string) bool { return strings.Contains(row(screen, "this is"), "╎ this is") })
	if !strings.Contains(ann.received(), "\x1b[1;4m@bob\x1b[m's") {
		t.Error("on ann's screen the mention of bob is not marked in the text")
	}
	// The inbox marks one read, which leaves the rest unread.
	bob.say("/mentions")
	bob.shows("Mentions: 2 unread")
	bob.press("\x1b[B", "r")
	bob.shows("Mentions: 1 unread")
	bob.press("q", focusOut)
	bob.lists("#general", "@1 3")
	// An edit changes whom a message mentions.
	ann.say("/edit")
	ann.shows("Editing")
	ann.press(keyCtrlU, "and all of you", keyEnter)
	bob.lists("#general", "3")
	// Members who may not use @all are told.
	bob.say("hello @here")
	bob.shows("nobody was notified")
	ann.shows("hello @here")
	if got := row(ann.text(), "hello @here"); strings.Contains(got, "▌") {
		t.Errorf("ann is mentioned: %q", got)
	}
	// The inbox opens a mention in its conversation.
	bob.say("/new ops")
	bob.isIn("#ops")
	bob.say("/mentions")
	bob.shows("Mentions: 0 unread")
	bob.press(keyEnter)
	bob.shows("Selecting")
	bob.shows("this is @bob's")
}

// A mention that means nobody, but looks like a member's name, is pointed out to its author.
// So is who has to accept an invitation to a new group first.
func TestNamesThatDoNotReachAnybody(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob", "carla")
	ann, carla := c[0], c[2]
	ann.say("ask @bobb about it")
	ann.shows("Nobody is called @bobb. If you mean @bob, edit the message")
	ann.say("thanks @bob, and mail ann@bobb.example.com")
	ann.showsSent("ann@bobb.example.com")
	ann.hides("Nobody is called")
	ann.say("/new ops @bob")
	ann.shows("Invited, not yet a member: @bob.")
	ann.isIn("#ops")
	ann.say("thanks @carl and @carla")
	ann.showsSent("@carla")
	ann.hides("Nobody is called") // she is not a member here
	carla.say("hello @annn")
	carla.shows("Nobody is called @annn. If you mean @ann")
	plain := s.plain(options{keys: []gossh.Signer{keys[1]}, exec: "plain"})
	plain.say("ask @carl or @carla")
	plain.hears("Nobody is called @carl. If you mean @carla, edit the message")
}
