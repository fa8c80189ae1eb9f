package main

import (
	"strings"
	"testing"
)

// fable returns n messages, one in twenty of which is about a fox.
func fable(n int) []string {
	bodies := numbered("tale", n)
	for i := range bodies {
		if (i+1)%20 == 0 {
			bodies[i] += " of a fox"
		}
	}
	return bodies
}

// toTheEnd goes to the newest message, from wherever the screen begins.
func toTheEnd(c *client, last string) {
	c.t.Helper()
	c.shows("tale")
	c.press(keyEnd)
	c.shows(last)
}

// endSelecting presses Esc and waits until the screen knows that no other key
// follows.
func endSelecting(c *client) {
	c.t.Helper()
	c.press(keyEscape)
	c.hides("Up/Down: select")
	c.hides("Selecting: Esc ends")
}

// rowsAround checks that messages are on the screen one below the other.
func rowsAround(t *testing.T, screen string, texts ...string) {
	t.Helper()
	if got := inOrder(screen, texts); len(got) != len(texts) {
		t.Errorf("of %q the screen shows %q:\n%s", texts, got, screen)
	}
}

func TestSearchAndGoThere(t *testing.T) {
	t.Parallel()
	s, annKey, bobKey := history(t, fable(2000)...)
	ann, bob := s.connect(annKey), s.connect(bobKey)
	toTheEnd(bob, "tale 2000")
	bob.say("/search FOX")
	bob.shows("tale 2000 of a fox")
	bob.shows("1 of more than 40")
	// Older hits load as the user goes down.
	for _, step := range []struct {
		by    int
		shows string
	}{{30, "31 of more than 80."}, {40, "71 of 100."}, {20, "91 of 100."}} {
		bob.press(strings.Repeat(keyDown, step.by))
		bob.shows(step.shows)
	}
	bob.shows("tale 200 of a fox")
	if !strings.Contains(bob.received(), "\x1b[1;4m") {
		t.Error("what was looked for is not highlighted")
	}
	bob.press(keyEnter)
	bob.hides("Search:")
	bob.shows("tale 201")
	rowsAround(t, bob.text(), "tale 198", "tale 199", "tale 200 of a fox", "tale 201", "tale 202")
	// New messages do not move the selection, and the user goes on from there.
	ann.say("a wolf has come")
	bob.shows("↓ 1 new")
	rowsAround(t, bob.text(), "tale 199", "tale 200 of a fox", "tale 201")
	endSelecting(bob)
	bob.press(keyPageUp)
	bob.shows("tale 170")
	bob.press(keyEnd)
	bob.shows("a wolf has come")
	// The newest messages are found too, also with the other key.
	bob.press(keyCtrlF, keyCtrlU, "wol*")
	bob.shows("1 of 1.")
	bob.press(keyEscape)
	bob.hides("Search:")
	bob.shows("a wolf has come")
}

func TestEscapeFromTheSearchGoesBackToWhereOneWas(t *testing.T) {
	t.Parallel()
	s, _, bobKey := history(t, fable(200)...)
	bob := s.connect(bobKey)
	toTheEnd(bob, "tale 200")
	bob.press(keyPageUp)
	bob.hides("tale 200")
	bob.hides("day, ") // what is above is there, so the day does not begin on the screen
	bob.settled()
	before := trimmed(bob.text())
	bob.press(keyCtrlF, "fox")
	bob.shows("1 of 10.")
	bob.press(keyDown, keyDown, keyEscape)
	bob.until("the screen of before:\n"+before, func(screen string) bool { return trimmed(screen) == before })
}

// Viewing hits marks nothing as read: no tick tells the author about it.
func TestHitsAreNotRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	annKey, bobKey := enrol(t, dir, "ann"), enrol(t, dir, "bob")
	s := startServer(t, dir)
	ann, bob := s.connect(annKey), s.connect(bobKey)
	bob.say("/dm ann")
	bob.shows(" @ann ")
	bob.press(keyCtrlF, "fox")
	bob.shows("Nothing found.")
	ann.say("/dm bob")
	ann.shows(" @bob ")
	ann.say("a fox for bob")
	ann.until("the message to be delivered", func(screen string) bool {
		row, _ := rowWith(screen, "a fox for bob")
		return strings.Contains(row, "✓✓")
	})
	bob.press(keyEnter) // asks once more
	bob.shows("1 of 1.")
	// Reading takes a second, and searching again takes a good part of one.
	for i := range 8 {
		bob.press("x")
		bob.shows("Nothing found.")
		bob.press(keyBackspace)
		bob.shows("1 of 1.")
		if row, _ := rowWith(ann.text(), "a fox for bob"); !strings.Contains(row, "✓✓") {
			t.Fatalf("after %d searches ann sees %q", i+1, row)
		}
	}
	bob.press(keyEscape)
	ann.until("the message to be read", func(screen string) bool {
		row, _ := rowWith(screen, "a fox for bob")
		return strings.Contains(row, "✔✔")
	})
}

func TestSearchFindsOnlyWhatOneMaySee(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	annKey, bobKey, eveKey := enrol(t, dir, "ann"), enrol(t, dir, "bob"), enrol(t, dir, "eve")
	s := startServer(t, dir)
	ann, bob, eve := s.connect(annKey), s.connect(bobKey), s.connect(eveKey)
	ann.say("/new ops @bob")
	bob.joins("#ops")
	ann.shows("bob joined")
	ann.say("the fox is in the house")
	ann.showsSent("the fox is in the house")
	eve.say("/search fox")
	eve.shows("Nothing found.")
	eve.press(keyCtrlU, "in:#ops fox")
	eve.shows("There is no such conversation, or you are not a member of it.")
	eve.press(keyEscape)
	eve.hides("Search:")
	bob.say("/search fox")
	bob.shows("#ops  ann")
	bob.press(keyEnter)
	bob.shows("bob joined") // the conversation is open
	endSelecting(bob)
	ann.say("/remove @bob")
	bob.shows("You are no longer a member of #ops.")
	bob.press(keyCtrlF) // the last search again
	bob.shows("Nothing found.")
	bob.press(keyCtrlU, "house")
	bob.shows("Search: house")
	bob.shows("Nothing found.")
	ann.say("/add @eve")
	eve.joins("#ops")
	ann.shows("eve joined")
	ann.say("the fox has gone")
	ann.showsSent("the fox has gone")
	eve.say("/search fox")
	eve.shows("the fox has gone")
	eve.shows("1 of 1.")
}
