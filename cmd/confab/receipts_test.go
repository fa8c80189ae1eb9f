package main

import (
	"fmt"
	"strings"
	"testing"
)

// One author sees the receipts of two people, from the first tick to the last.
func TestReceiptsOfTwo(t *testing.T) {
	t.Parallel()
	_, _, c := people(t, "ann", "bob")
	ann, bob := c[0], c[1]
	ann.say("/dm bob")
	ann.isIn("@bob")
	ann.say("are you there?")
	ann.edge("are you there?", "✓✓") // it has reached him
	bob.lists("@ann", "1")
	// He is in another conversation. What he reads there does not count here.
	ann.goes("#general")
	ann.say("in general")
	ann.edge("in general", "read 1/1 ✔✔ B")
	ann.press(keyAltSlash)
	ann.edge("are you there?", "✓✓")
	bob.goes("@ann")
	bob.shows("─ new ─")
	ann.edge("are you there?", "✔✔ B")
	bob.lists("@ann", "")
	bob.edge("are you there?", "") // authors are not among the readers of their own
	// A reply marks as read, even if looking does not.
	ann.say("a question")
	bob.shows("a question")
	bob.say("/unread")
	bob.shows("Marked unread from there on")
	bob.say("an answer")
	ann.shows("an answer")
	ann.edge("a question", "✔✔")
}

// All of these people have the message, and only one attends to it. Then the others
// come back to it one after the other.
func TestOnlyWhatOneAttendsToIsRead(t *testing.T) {
	t.Parallel()
	_, _, c := peopleAfter(t, func(dir string) {
		post(t, dir, "ann", numbered("old", 100)...)
		readByAll(t, dir)
	}, "ann", "bob", "eve", "dan", "fay", "gil", "hal")
	ann, bob, eve, dan, fay, gil, hal := c[0], c[1], c[2], c[3], c[4], c[5], c[6]
	bob.press(focusIn, focusOut)
	eve.shows("old 100")
	eve.press(keyPageUp)
	eve.hides("old 100")
	dan.resize(19, 5)
	dan.shows("confab needs 20x6")
	fay.say("/new aside")
	fay.isIn("#aside")
	gil.press(keyF1)
	gil.shows("Esc closes")
	ann.say("look here")
	ann.edge("look here", "read 1/6 ✓✓ H")
	for i, back := range []struct {
		come  func()
		shows string
	}{
		{func() { bob.press(focusIn) }, "read 2/6 ✓✓ BH"},
		{func() { eve.press(keyEnd) }, "read 3/6 ✓✓ EBH"},
		{func() { dan.resize(columns, lines) }, "read 4/6 ✓✓ DEBH"},
		{func() { fay.press(keyAltSlash) }, "read 5/6 ✓✓ FDE+2"},
		{func() { gil.press(keyEscape) }, "read by all ✔✔ GFD+3"},
	} {
		back.come()
		ann.until(fmt.Sprintf("%d to be back", i+1), func(screen string) bool { return edgeOf(screen, "look here") == back.shows })
	}
	hal.edge("look here", "read by all")
}

func TestReceiptsOfThree(t *testing.T) {
	t.Parallel()
	_, _, c := people(t, "ann", "bob", "eve")
	ann, bob, eve := c[0], c[1], c[2]
	bob.press(focusOut)
	eve.press(focusOut)
	ann.say("hello both")
	bob.shows("hello both")
	eve.shows("hello both")
	ann.edge("hello both", "delivered 2/2 ✓✓")
	bob.press(focusIn)
	ann.edge("hello both", "read 1/2 ✓✓ B") // one reader must not look like all
	eve.edge("hello both", "read by all")   // the newest reader first, at once on every screen
	eve.press(focusIn)
	ann.edge("hello both", "read by all ✔✔ EB")
	bob.edge("hello both", "read by all")
	// On a narrow screen a number replaces the names.
	ann.resize(59, lines)
	ann.until("the number of readers", func(screen string) bool {
		row, _ := rowWith(screen, "  hello both")
		return strings.HasSuffix(row, "(2)")
	})
	ann.resize(columns, lines)
	ann.edge("hello both", "read by all ✔✔ EB")
	// The words appear only at the newest own message.
	ann.say("and another")
	ann.until("both to have read it", func(screen string) bool {
		return strings.HasPrefix(edgeOf(screen, "and another"), "read by all ✔✔ ")
	})
	ann.edge("hello both", "✔✔")
	// A marker never moves the text.
	before, _ := rowWith(eve.text(), "and another")
	bob.say("an answer")
	eve.until("his marker to have moved", func(screen string) bool { return edgeOf(screen, "an answer") == "read by all" })
	after, _ := rowWith(eve.text(), "and another")
	if strings.Index(before, "and another") != strings.Index(after, "and another") {
		t.Errorf("a marker moved the text: %q, then %q", before, after)
	}
}

// New members do not count for older messages. A member who leaves no longer counts
// anywhere, and their marker disappears.
func TestReceiptsOfThoseWhoComeAndGo(t *testing.T) {
	t.Parallel()
	_, _, c := people(t, "ann", "bob", "fay")
	ann, bob, fay := c[0], c[1], c[2]
	ann.say("/new crew @bob")
	ann.isIn("#crew")
	bob.joins("#crew")
	bob.lists("#crew", "")
	ann.say("before fay")
	bob.lists("#crew", "1")
	ann.edge("before fay", "delivered 1/1 ✓✓")
	ann.say("/add @fay")
	fay.joins("#crew")
	ann.shows("fay joined")
	fay.lists("#crew", "")
	fay.goes("#crew")
	fay.shows("fay joined")
	ann.say("after fay")
	ann.edge("after fay", "read 1/2 ✓✓ F")
	ann.edge("before fay", "✓✓")
	bob.goes("#crew")
	ann.edge("after fay", "read by all ✔✔ BF")
	ann.edge("before fay", "✔✔")
	if strings.Contains(fay.text(), "before fay") {
		t.Error("one who joins later sees what was said before")
	}
	ann.say("/remove @fay")
	ann.shows("ann removed fay")
	ann.edge("after fay", "read 1/1 ✔✔ B")
	bob.edge("after fay", "")
	// Rejoining is a new membership.
	ann.say("/add @fay")
	fay.joins("#crew")
	fay.lists("#crew", "")
	fay.goes("#crew")
	fay.shows("fay joined")
	ann.say("once more")
	ann.until("both to have read it", func(screen string) bool {
		return strings.HasPrefix(edgeOf(screen, "once more"), "read by all ✔✔ ")
	})
	if strings.Contains(fay.text(), "after fay") {
		t.Error("one who comes back sees what was said before")
	}
}
