package main

import (
	"strings"
	"testing"
)

const (
	keyUndo  = "\x1f" // Ctrl+_, and in many terminals Ctrl+/
	keyCtrlR = "\x12"
)

// Pasted lines are cleared by one key, and come back by another.
func TestClearingAndUndo(t *testing.T) {
	t.Parallel()
	_, _, c := people(t, "ann")
	ann := c[0]
	pasted := "\x1b[200~" + strings.Repeat("a pasted line\r", 60) + "the last one\x1b[201~"
	ann.press(pasted)
	ann.shows("the last one")
	ann.press(keyCtrlU)
	ann.hides("a pasted line")
	ann.press(keyUndo)
	ann.shows("the last one")
	ann.press(keyCtrlC)
	ann.shows("Cleared: Ctrl+_ brings it back. Press Ctrl+C again to leave.")
	ann.hides("a pasted line")
	ann.press(keyUndo)
	ann.shows("the last one")
	ann.press(keyEnter)
	ann.showsSent("the last one")
}

// ↑ edits the last message, for everybody, or recalls lines if its user has set that, also
// after the next connection.
func TestUpWhileNothingIsTyped(t *testing.T) {
	t.Parallel()
	s, k, c := people(t, "ann", "bob")
	ann, bob := c[0], c[1]
	ann.say("helo")
	ann.showsSent("helo")
	bob.say("good morning")
	ann.shows("good morning")
	ann.press(keyUp)
	ann.shows("› helo")
	ann.shows("Editing: Enter saves, Esc gives up")
	ann.press(" there", keyEnter)
	bob.shows("helo there (edited)")

	ann.say("/settings up recall")
	ann.shows("up is recall.")
	ann = s.connect(k[0])
	ann.say("first line")
	ann.showsSent("first line")
	ann.say("second line")
	ann.showsSent("second line")
	ann.press(keyUp)
	ann.shows("› second line")
	ann.press(keyUp)
	ann.shows("› first line")
	ann.press(keyDown)
	ann.shows("› second line")
}

// Tab completes names, groups, emoji and commands, and lists them if there are several.
func TestCompletingWhatIsTyped(t *testing.T) {
	t.Parallel()
	_, _, c := people(t, "ann", "bob", "bert")
	ann, bob := c[0], c[1]
	ann.press("hello @b", keyTab)
	ann.shows("▌ @bert")
	ann.shows("Enter takes it, Esc closes")
	ann.press(keyDown)
	ann.shows("▌ @bob")
	ann.press(keyEnter)
	ann.shows("› hello @bob")
	ann.press(":tad", keyTab)
	ann.press("in #gen", keyTab)
	ann.shows("in #general")
	ann.press(keyEnter)
	bob.shows("hello @bob 🎉 in #general")
	// Typing narrows the list, and Shift+Tab goes back around its beginning.
	ann.press("/", keyTab)
	ann.shows("▌ /dm")
	ann.press("\x1b[Z")
	ann.shows("▌ /q  as /quit")
	ann.press("mem")
	ann.shows("▌ /members")
	ann.press(keyTab, keyEnter)
	ann.shows("Members of #general")
	ann.press(keyEscape)
	ann.hides("Members of #general")
	ann.press("/mute f", keyTab, keyEnter)
	ann.shows("#general is muted: /mute off unmutes it.")
	// Esc closes the list, and the text stays.
	ann.press("@", keyTab)
	ann.shows("▌ @bert")
	ann.press(keyEscape)
	ann.hides("▌ @bert")
	ann.shows("› @")
}

// Ctrl+R finds lines that were sent in this session.
func TestFindingSentLines(t *testing.T) {
	t.Parallel()
	_, _, c := people(t, "ann")
	ann := c[0]
	ann.press(keyCtrlR)
	ann.shows("You have sent nothing yet since you connected.")
	for _, line := range []string{"make test", "make build", "lunch?"} {
		ann.say(line)
		ann.showsSent(line)
	}
	ann.press(keyCtrlR)
	ann.shows("▌ lunch?")
	ann.press("make")
	ann.shows("▌ make build")
	ann.press(keyCtrlR)
	ann.shows("▌ make test")
	ann.press(keyEnter, " -v", keyEnter)
	ann.showsSent("make test -v")
}
