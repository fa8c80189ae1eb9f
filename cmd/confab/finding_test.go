package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"confab/app/testkit"
)

// The switcher finds conversations, people and commands by a few letters.
func TestSwitcher(t *testing.T) {
	t.Parallel()
	_, _, c := people(t, "ann", "bob")
	ann, bob := c[0], c[1]
	for _, name := range []string{"ops", "design-review"} {
		ann.say("/new " + name + " @bob")
		ann.isIn("#" + name)
		if name == "ops" {
			bob.joins("#ops") // so that they share a group
		}
	}
	find := func(key, letters, first string) {
		t.Helper()
		ann.press(key)
		ann.shows("Enter goes there")
		ann.press(letters)
		ann.until(letters+" to find "+first, func(screen string) bool {
			return strings.Contains(screen, "Go to: "+letters) && found(screen) == first
		})
		ann.press(keyEnter)
	}
	find(keyCtrlK, "op", "#ops")
	ann.isIn("#ops")
	find(keyCtrlG, "dsrv", "#design-review")
	ann.isIn("#design-review")
	find(keyCtrlK, "bb", "@bob") // a person without direct messages so far
	ann.isIn("@bob")
	find(keyCtrlG, "/mem", "/members")
	ann.shows("Members of @bob")
	ann.press(keyEscape)
	ann.hides("Members of @bob")
	find(keyCtrlK, "/topi", "/topic") // this command needs an argument
	ann.shows("› /topic")
	ann.press(keyCtrlU)
	// Unread conversations come first, then the latest ones. Esc changes nothing.
	bob.goes("#ops")
	bob.say("look at this")
	ann.lists("#ops", "1")
	ann.press(keyCtrlK)
	ann.until("what is unread to be first", func(screen string) bool {
		return found(screen) == "#ops" && strings.Contains(screen, "1 unread")
	})
	ann.press(keyDown)
	ann.press(keyEscape)
	ann.isIn("@bob")
	ann.press(keyCtrlK)
	ann.shows("Enter goes there")
	ann.press(keyEnter)
	ann.isIn("#ops")
	ann.shows("look at this")
}

// Every way from one conversation to another, by keys and by commands.
func TestMovingBetweenConversations(t *testing.T) {
	t.Parallel()
	_, _, c := people(t, "ann", "bob")
	ann, bob := c[0], c[1]
	for _, name := range []string{"one", "two", "three"} {
		ann.say("/new " + name + " @bob")
		ann.isIn("#" + name)
		if name == "one" {
			bob.joins("#one") // so that they share a group
			ann.shows("bob joined")
		} else {
			ann.shows("ann added bob")
		}
	}
	ann.until("the groups in the order of their names", func(screen string) bool {
		return slices.Equal(titles(screen), []string{"#general", "#one", "#three", "#two"})
	})
	for _, step := range []struct{ press, leads string }{
		{keyAltDown, "#two"}, {keyCtrlN, "#general"}, {keyAltUp, "#two"}, {keyCtrlP, "#three"}, {keyCtrlP, "#one"},
		{keyAltSlash, "#three"}, {keyAltSlash, "#one"}, {"\x1b3", "#two"}, {"\x1b1", "#general"},
		{"/next\r", "#one"}, {"/previous\r", "#general"}, {"/last\r", "#one"}, {"\x1b4", "#three"}, // which was the fourth to come
	} {
		ann.press(step.press)
		ann.isIn(step.leads)
	}
	ann.press("\x1b9")
	ann.shows("You don't have that many conversations.")
	ann.press(keyAltA)
	ann.shows("Nothing is unread.")

	// The list begins with the unread conversations. The next of them is the one with mentions.
	bob.goes("#one")
	texts := numbered("line", 101)
	for _, text := range texts {
		bob.say(text)
		if text == "line 050" { // a screen lets only this many messages wait
			bob.showsSent(text)
		}
	}
	bob.showsSent("line 101")
	bob.goes("#two")
	bob.say("hello @ann, are you there?")
	ann.lists("#one", "99+")
	ann.lists("#two", "@1 1")
	ann.until("what is unread to be first", func(screen string) bool {
		return slices.Equal(titles(screen), []string{"#one", "#two", "#general", "#three"})
	})
	ann.press(keyAltA)
	ann.isIn("#two")
	ann.lists("#two", "")
	ann.say("/next-unread")
	ann.isIn("#one")
	// The conversation opens at the first unread message.
	first := func(what string) {
		t.Helper()
		ann.until(what, func(screen string) bool {
			return strings.Contains(screen, "─ new ─") && strings.Contains(screen, texts[0]) && !strings.Contains(screen, texts[100])
		})
	}
	first("the unread line on entering")
	for _, back := range []string{keyAltU, "/unread-line\r"} {
		ann.press(keyEnd)
		ann.shows(texts[100])
		ann.hides(texts[0])
		ann.press(back)
		first(fmt.Sprintf("the unread line by %q", back))
	}
	ann.press(keyEnd)
	ann.shows(texts[100])
	ann.lists("#one", "")
	ann.press("\x1b3") // the line goes when the user leaves
	ann.press(keyAltSlash)
	ann.isIn("#one")
	ann.shows(texts[100])
	ann.press(keyAltU)
	ann.shows("There was nothing unread here.")
}

// The list changes live, and users can change their own.
func TestSidebar(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob")
	ann, bob := c[0], c[1]
	order := func(want ...string) {
		t.Helper()
		ann.until(fmt.Sprint("the order ", want), func(screen string) bool { return slices.Equal(titles(screen), want) })
	}
	ann.say("/new crew @bob")
	ann.isIn("#crew")
	bob.joins("#crew")
	ann.say("/dm bob")
	ann.isIn("@bob")
	ann.say("hello bob")
	bob.goes("@ann")
	order("#general", "#crew", "@bob")
	ann.marks("@bob", "●")
	// Typing is shown until the message is sent.
	writes := func(text string) {
		t.Helper()
		bob.typesUntil("ann to see it", func() bool { return strings.Contains(ann.text(), "bob is typing…") })
		bob.say(text)
		ann.shows(text)
		ann.settled()
		if strings.Contains(ann.text(), "bob is typing…") {
			t.Error("one who has sent what he wrote is seen to write still")
		}
	}
	writes("a long story")
	bob.edge("a long story", "✔✔ A")
	ann.press("\x1b2")
	ann.isIn("#crew")
	bob.typesUntil("ann to see it from elsewhere", func() bool { return unreadOf(ann.text(), "@bob") == "…" })
	bob.say("another story")
	ann.lists("@bob", "1")
	ann.goes("@bob")
	ann.lists("@bob", "")
	bob.goes("#crew")
	ann.goes("#crew")
	writes("something for all")
	bob.edge("something for all", "read 1/1 ✔✔ A")
	ann.goes("#general")
	bob.hangUp()
	ann.marks("@bob", "○")
	order("#general", "#crew", "@bob")
	// A conversation is pinned.
	ann.say("/top")
	ann.shows("#general stays at the top.")
	order("#general", "#crew", "@bob")
	ann.marks("#general", "▴")
	bob = s.connect(keys[1])
	ann.marks("@bob", "●")
	bob.goes("@ann")
	bob.say("news")
	ann.lists("@bob", "1")
	order("@bob", "#general", "#crew")
	// A muted conversation stays in its place, unless someone mentions the user.
	ann.goes("#crew")
	ann.say("/mute 8h")
	ann.shows("#crew is muted until ")
	ann.marks("#crew", "×")
	ann.goes("#general")
	bob.goes("#crew")
	bob.say("noise")
	ann.lists("#crew", "1")
	order("@bob", "#general", "#crew")
	bob.say("not noise, @ann")
	ann.lists("#crew", "@1 2")
	order("#crew", "@bob", "#general")
	// All of these are stored.
	ann.hangUp()
	ann = s.connect(keys[0])
	order("#crew", "@bob", "#general")
	ann.marks("#general", "▴")
	ann.marks("#crew", "×")
	ann.lists("#crew", "@1 2")
	ann.say("/top")
	ann.shows("#general is no longer kept at the top.")
	order("#crew", "@bob", "#general")
	// The list is hidden, and the status shows the waiting messages.
	ann.press(keyCtrlB)
	ann.hides("│")
	ann.shows("3 unread")
	ann.press(keyCtrlB)
	ann.shows("│")
	ann.say("/sidebar")
	ann.hides("│")
	ann.say("/sidebar")
	ann.shows("│")
	ann.resize(59, lines)
	ann.shows("3 unread")
	ann.resize(columns, lines)
	ann.goes("#crew")
	ann.lists("#crew", "")
	ann.say("/mute off")
	ann.shows("#crew is no longer muted.")
	ann.marks("#crew", "")
	ann.refuses("/mute a while", "Write /mute 1h, /mute 8h, /mute forever or /mute off.")
}

// typesUntil keeps typing, because typing is reported only every few seconds.
func (c *client) typesUntil(what string, ok func() bool) {
	c.t.Helper()
	for late := time.After(testkit.Patience); !ok(); {
		select {
		case <-late:
			c.t.Fatalf("typed in vain for %s", what)
		default:
			c.settled()
		}
	}
}

// unreadOf returns the count after the title of a conversation in the list.
func unreadOf(screen, title string) string {
	e, _ := entryOf(screen, title)
	return e.unread
}

// Each conversation keeps its draft, even in a later session.
func TestDrafts(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann")
	ann := c[0]
	ann.say("/new crew")
	ann.isIn("#crew")
	ann.press("half a thought")
	ann.shows("› half a thought")
	ann.press(keyAltSlash)
	ann.isIn("#general")
	ann.hides("half a thought")
	ann.press("another")
	ann.shows("› another")
	ann.press(keyAltSlash)
	ann.isIn("#crew")
	ann.shows("› half a thought")
	ann.press(" and a half")
	ann.shows("› half a thought and a half")
	ann.hangUp()
	draftsOnDisk(t, s.dir, "another", "half a thought and a half")
	placeOnDisk(t, s.dir, "ann", "crew")
	ann = s.connect(keys[0]) // begins where the session before ended
	ann.isIn("#crew")
	ann.shows("› half a thought and a half")
	ann.press(keyEnter)
	ann.showsSent("half a thought and a half")
	ann.hangUp()
	draftsOnDisk(t, s.dir, "another")
	ann = s.connect(keys[0])
	ann.isIn("#crew")
	ann.showsSent("half a thought and a half")
	if strings.Contains(ann.text(), "› half") {
		t.Error("what was sent is a draft again")
	}
	ann.press(keyAltDown)
	ann.isIn("#general")
	ann.shows("› another")
}

// draftsOnDisk waits until the drafts are stored. An ended connection's draft is
// stored a moment later.
func draftsOnDisk(t *testing.T, dir string, want ...string) {
	t.Helper()
	database := openSQL(t, dir)
	var got string
	stored := testkit.Soon(func() bool {
		if err := database.QueryRow("SELECT coalesce(group_concat(body, '|' ORDER BY body), '') FROM drafts WHERE body != ''").Scan(&got); err != nil {
			t.Fatal(err)
		}
		return got == strings.Join(want, "|")
	})
	if !stored {
		t.Fatalf("the drafts on disk are %q, want %q", got, want)
	}
}

// A user can change what a key does, at once and permanently.
func TestBind(t *testing.T) {
	t.Parallel()
	const keyF5 = "\x1b[15~"
	s, keys, c := people(t, "ann", "bob")
	ann := c[0]
	ann.refuses("/bind enter help", "Ctrl+C, Esc and Enter cannot be bound: they always do the same, so that you can get out.")
	ann.refuses("/bind f5 dance", "There is no action dance: /bind shows all.")
	ann.press(keyF5)
	ann.settled()
	ann.say("/bind f5 switcher")
	ann.shows("F5 is bound to switcher.")
	opens := func(c *client) {
		t.Helper()
		c.press(keyF5)
		c.shows("Enter goes there")
		c.press(keyF5)
		c.hides("Enter goes there")
	}
	opens(ann)
	ann.hangUp()
	ann = s.connect(keys[0])
	ann.shows("Write the first.") // a conversation is opened once the settings are known
	opens(ann)
	ann.say("/bind")
	ann.shows("Enter: add a key")
	ann.press("q")
	ann.say("/bind ctrl+k none")
	ann.shows("Ctrl+K is bound to nothing.")
	ann.press(keyCtrlK)
	ann.settled()
	if strings.Contains(ann.text(), "Enter goes there") {
		t.Error("a key that is bound to none does something")
	}
	ann.say("/bind ctrl+k default")
	ann.shows("Ctrl+K is bound to ")
	ann.press(keyCtrlK)
	ann.shows("Enter goes there")
	// The change applies only to that user.
	c[1].press(keyF5)
	c[1].settled()
}

// /goto goes to the first message of a day, or from a time on.
func TestGoingToADay(t *testing.T) {
	t.Parallel()
	s, _, bobKey := history(t, numbered("old", 100)...)
	bob := s.connect(bobKey)
	bob.shows("old 100")
	bob.say("/goto yesterday")
	bob.shows("old 001")
	bob.hides("old 100")
	endSelecting(bob)
	bob.press(keyEnd)
	bob.shows("old 100")
	bob.say("/goto 2999-01-31")
	bob.shows("No message here was sent then or later.")
	bob.press(keyCtrlU)
	bob.say("/goto someday")
	bob.shows(`"someday" is not a day: write one such as 2026-01-31`)
	bob.press(keyCtrlU)
	bob.say("/goto monday 08:00")
	bob.shows("old 001")
	endSelecting(bob)
	bob.say("/files")
	bob.shows("There are no files in #general.")
}
