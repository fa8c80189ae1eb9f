package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"confab/app/chat"
)

// twoPeople starts a server with ann and bob in the chat.
func twoPeople(t *testing.T) (s *server, ann, bob *client) {
	t.Helper()
	dir := t.TempDir()
	annKey, bobKey := enrol(t, dir, "ann"), enrol(t, dir, "bob")
	s = startServer(t, dir)
	return s, s.connect(annKey), s.connect(bobKey)
}

func TestTwoPeopleChat(t *testing.T) {
	t.Parallel()
	_, ann, bob := twoPeople(t)
	ann.shows("#general")
	ann.shows("No messages yet")
	ann.say("hello bob")
	bob.shows("hello bob")
	bob.say("hello ann, 漢字 and 👩‍👩‍👧")
	ann.shows("hello ann, 漢字 and 👩‍👩‍👧")
	ann.showsSent("hello bob")
	if row, _ := rowWith(bob.text(), "hello bob"); !strings.Contains(row, " ann ") || strings.Contains(row, "✓") {
		t.Errorf("bob sees ann's message as %q", row)
	}
	if row, _ := rowWith(ann.text(), "hello ann"); !strings.Contains(row, " bob ") {
		t.Errorf("ann sees bob's message as %q", row)
	}
}

// While another program holds the database, nothing can be committed. No screen may
// then show a message as sent.
func TestSentMeansCommitted(t *testing.T) {
	t.Parallel()
	s, ann, bob := twoPeople(t)
	lock, err := openSQL(t, s.dir).Begin()
	if err != nil {
		t.Fatal(err)
	}
	ann.say("are you there?")
	ann.until("the message to be on its way", func(screen string) bool {
		row, _ := rowWith(screen, "are you there?")
		return strings.HasSuffix(row, "…")
	})
	bob.settled()
	if strings.Contains(bob.text(), "are you there?") {
		t.Error("bob sees a message that is not committed")
	}
	if strings.Contains(ann.received(), "✓") {
		t.Error("ann has seen a tick before the commit")
	}
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	ann.until("the message to be sent", func(screen string) bool {
		if strings.Contains(screen, "Not sent: ") { // on a slow machine, the server has given up
			ann.press(keyEnter)
		}
		row, _ := rowWith(screen, "are you there?")
		return hasTick(row)
	})
	if got := stored(t, s.dir); !slices.Equal(got, []string{"are you there?"}) {
		t.Errorf("stored when the tick is seen: %q", got)
	}
	bob.shows("are you there?")
}

// A message that cannot be committed stays with the reason, and Enter sends it
// once.
func TestAMessageThatFailedIsSentAgain(t *testing.T) {
	t.Parallel()
	s, ann, bob := twoPeople(t)
	lock, err := openSQL(t, s.dir).Begin()
	if err != nil {
		t.Fatal(err)
	}
	ann.say("try this")
	ann.shows("Not sent: ")
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	ann.press(keyEnter)
	ann.showsSent("try this")
	ann.hides("Not sent: ")
	bob.shows("try this")
	if got := stored(t, s.dir); !slices.Equal(got, []string{"try this"}) {
		t.Errorf("stored: %q", got)
	}
}

func TestEveryScreenShowsTheSameOrder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	annKey, bobKey, eveKey := enrol(t, dir, "ann"), enrol(t, dir, "bob"), enrol(t, dir, "eve")
	s := startServer(t, dir)
	// ann is connected twice.
	screens := []*client{s.connect(annKey), s.connect(bobKey), s.connect(eveKey), s.connect(annKey)}
	var texts []string
	for i, name := range []string{"ann", "bob", "eve"} {
		mine := numbered(name+" says", 10)
		texts = append(texts, mine...)
		for _, text := range mine {
			screens[i].say(text)
		}
	}
	for _, c := range screens {
		c.until("all messages", func(screen string) bool { return len(inOrder(screen, texts)) == len(texts) })
	}
	want := stored(t, dir)
	if len(want) != len(texts) {
		t.Fatalf("%d messages are stored, want %d", len(want), len(texts))
	}
	for i, c := range screens { // messages that are still on their way are below the others
		c.until(fmt.Sprintf("screen %d to show %q", i, want), func(screen string) bool { return slices.Equal(inOrder(screen, texts), want) })
	}
	// The messages of ann's second session have ticks there too.
	for _, own := range texts[:10] {
		for _, c := range []*client{screens[0], screens[3]} {
			c.showsSent(own)
		}
	}
}

func TestOthersGoOnWhenAConnectionBreaks(t *testing.T) {
	t.Parallel()
	_, ann, bob := twoPeople(t)
	ann.say("see you")
	bob.shows("see you")
	ann.hangUp()
	bob.say("she has gone")
	bob.showsSent("she has gone")
}

func TestAPasteIsOneMessage(t *testing.T) {
	t.Parallel()
	s, ann, bob := twoPeople(t)
	text := strings.Join(numbered("pasted line", 30), "\n")
	ann.paste(strings.ReplaceAll(text, "\n", "\r")) // as terminals do
	ann.shows("pasted line 030")
	bob.settled()
	if strings.Contains(bob.text(), "pasted") {
		t.Error("a paste was sent without Enter")
	}
	ann.press(keyEnter)
	ann.showsSent("pasted line 030")
	bob.shows("pasted line 030")
	if got := stored(t, s.dir); !slices.Equal(got, []string{text}) {
		t.Errorf("stored: %q", got)
	}
}

func TestKeysForNewLines(t *testing.T) {
	t.Parallel()
	s, ann, _ := twoPeople(t)
	ann.press("one", keyAltEnter, "two", keyCtrlJ, "three", "\x1b[13;2u", "four", keyEnter)
	ann.showsSent("four")
	if got := stored(t, s.dir); !slices.Equal(got, []string{"one\ntwo\nthree\nfour"}) {
		t.Errorf("stored: %q", got)
	}
}

func TestTheLongestMessage(t *testing.T) {
	t.Parallel()
	s, ann, _ := twoPeople(t)
	ann.paste(strings.Repeat("x", chat.MaxBody) + "END")
	ann.press(keyEnter)
	ann.shows("The message has 16387 bytes and the limit is 16384")
	ann.shows("xEND") // the typed text stays
	ann.press(keyBackspace, keyBackspace, keyBackspace, keyEnter)
	ann.hides("END")
	ann.shows("✓")
	got := stored(t, s.dir)
	if len(got) != 1 || got[0] != strings.Repeat("x", chat.MaxBody) {
		t.Errorf("%d messages are stored, want the one of %d bytes", len(got), chat.MaxBody)
	}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	s, ann, _ := twoPeople(t)
	ann.say("/nonsense at all")
	ann.shows("There is no command /nonsense: /help shows all, and // sends a slash.")
	ann.shows("› /nonsense at all") // the typed text stays
	ann.press(keyCtrlU)
	ann.say("/help")
	ann.shows("Esc closes")
	ann.press(keyEscape)
	ann.hides("Esc closes")
	ann.press(keyF1)
	ann.shows("Esc closes")
	ann.press(keyEscape)
	ann.hides("Esc closes")
	ann.press("?")
	ann.shows("Esc closes")
	ann.press("q")
	ann.hides("Esc closes")
	ann.say("what?") // inside a text it is a question mark
	ann.showsSent("what?")
	ann.say("//etc/passwd")
	ann.showsSent("/etc/passwd")
	if got := stored(t, s.dir); !slices.Equal(got, []string{"what?", "/etc/passwd"}) {
		t.Errorf("stored: %q", got)
	}
}
