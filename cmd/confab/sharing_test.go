package main

import (
	"strings"
	"testing"
)

// People who don't share receipts don't see those of others either, on open screens
// at once. Their own unread counts still work. Nothing of it is reported later.
func TestReceiptsOffBetweenTwo(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob")
	ann, bob := c[0], c[1]
	phone := s.connect(keys[1]) // bob's other session stays elsewhere
	ann.say("/dm bob")
	ann.isIn("@bob")
	ann.say("one")
	bob.goes("@ann")
	ann.edge("one", "✔✔ B")
	bob.say("mine")
	bob.edge("mine", "✔✔ A")

	bob.say("/receipts off")
	bob.shows("Receipts are off: nobody is told what you read, and you don't see what others have read.")
	ann.edge("one", "✓✓")
	ann.edge("mine", "")
	bob.edge("mine", "✓✓")
	bob.press(focusOut)
	ann.say("two")
	phone.lists("@ann", "1")
	bob.press(focusIn)
	phone.lists("@ann", "") // read here, and not reported
	ann.edge("two", "✓✓")
	bob.say("answer to two") // nor by this
	ann.shows("answer to two")
	bob.edge("answer to two", "✓✓") // although she looks at it
	ann.lists("@bob", "")
	bob.settled()
	bob.edge("answer to two", "✓✓")
	ann.edge("two", "✓✓")
	ann.edge("answer to two", "")

	bob.say("/receipts on")
	bob.shows("Receipts are on: others see what you read from now on, and you see what they have read.")
	bob.edge("answer to two", "✔✔ A")
	ann.say("three")
	ann.edge("three", "✔✔ B")
	ann.edge("two", "✓✓") // it was read while receipts were off
	ann.edge("one", "✓✓")

	// The other way round it is the same.
	ann.say("/receipts off")
	ann.shows("Receipts are off: ")
	ann.edge("three", "✓✓")
	bob.say("four")
	ann.shows("four")
	ann.lists("@bob", "")
	bob.settled()
	bob.edge("four", "✓✓")
	bob.say("/info")
	bob.shows("Delivered, receipts not shared")
	bob.press(keyEscape)
	ann.press(keyAltI)
	ann.shows("you don't share what you read, so you don't see what others")
	ann.press(keyEscape)
	ann.hides("Esc closes")
	// The setting also survives a restart of the screen.
	ann.hangUp()
	ann = s.connect(keys[0])
	ann.goes("@bob")
	ann.edge("three", "✓✓")
	bob.edge("four", "✓✓")
}

// People who don't share do not count as readers, neither for nor against.
func TestReceiptsOffInAGroup(t *testing.T) {
	t.Parallel()
	_, _, c := people(t, "ann", "bob", "eve")
	ann, bob, eve := c[0], c[1], c[2]
	eve.say("/receipts off here")
	eve.shows("Receipts are off here: ")
	ann.say("to all")
	ann.edge("to all", "read 1/1 ✔✔ B")
	eve.lists("#general", "")
	bob.edge("to all", "")
	eve.edge("to all", "")
	// The setting is for this conversation only.
	ann.say("/dm eve")
	ann.isIn("@eve")
	ann.say("to eve")
	eve.goes("@ann")
	ann.edge("to eve", "✔✔ E")
	eve.press(keyAltSlash)
	eve.isIn("#general")
	eve.say("/receipts on here")
	eve.shows("Receipts are on here: ")
	ann.press(keyAltSlash)
	ann.isIn("#general")
	ann.say("to all again")
	ann.until("both to have read it", func(screen string) bool {
		return strings.HasPrefix(edgeOf(screen, "to all again"), "read by all ✔✔ ")
	})
	ann.edge("to all", "✔✔")
}

// An account has one position on all its screens, and it is stored.
func TestSessionsOfOneAccount(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob")
	ann, bob := c[0], c[1]
	ann.say("/new crew @bob")
	ann.isIn("#crew")
	bob.joins("#crew")
	phone := s.connect(keys[1])
	for _, text := range numbered("crew", 3) {
		ann.say(text)
	}
	bob.lists("#crew", "3")
	phone.lists("#crew", "3")
	ann.edge("crew 003", "delivered 1/1 ✓✓")
	bob.goes("#crew")
	ann.edge("crew 003", "read 1/1 ✔✔ B")
	bob.lists("#crew", "")
	phone.lists("#crew", "")
	// Messages from the second on are unread again, for him alone, on all his
	// screens.
	bob.press(keyEscape)
	bob.shows("Up/Down: select")
	bob.press(keyUp, "u")
	bob.shows("Marked unread from there on, for you only")
	bob.lists("#crew", "2")
	phone.lists("#crew", "2")
	ann.settled()
	ann.edge("crew 003", "read 1/1 ✔✔ B")
	// New messages are not read here, and neither are the unread ones.
	ann.say("crew 004")
	phone.lists("#crew", "3")
	again := s.connect(keys[1])
	again.lists("#crew", "3")
	ann.edge("crew 004", "delivered 1/1 ✓✓")
	ann.edge("crew 003", "✔✔ B")
	// The other person reads it. The markers never go back.
	phone.goes("#crew")
	ann.edge("crew 004", "read 1/1 ✔✔ B")
	for _, screen := range []*client{bob, phone, again} {
		screen.lists("#crew", "")
	}
	// A message from one screen is the user's own on the other.
	phone.say("from the phone")
	phone.edge("from the phone", "read 1/1 ✔✔ A")
	bob.edge("from the phone", "read 1/1 ✔✔ A")
	again.settled()
	again.lists("#crew", "")
	// All conversations are marked at once, without being opened.
	ann.say("/dm bob")
	ann.isIn("@bob")
	ann.say("one of two")
	ann.goes("#general")
	ann.say("hello @bob")
	ann.press(keyAltSlash)
	ann.isIn("@bob")
	bob.press(focusOut)
	phone.press(focusOut)
	for _, screen := range []*client{bob, phone} {
		screen.lists("@ann", "1")
		screen.until("a mention in #general", func(text string) bool {
			e, ok := entryOf(text, "#general")
			return ok && (e.unread == "@1 1" || e.unread == "")
		})
	}
	ann.edge("one of two", "✓✓")
	bob.say("/read all")
	bob.shows("Everything is read.")
	ann.edge("one of two", "✔✔ B")
	for _, screen := range []*client{bob, phone, again} {
		screen.lists("@ann", "")
		screen.lists("#general", "")
		screen.lists("#crew", "")
	}
}
