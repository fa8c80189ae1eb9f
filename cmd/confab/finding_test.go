package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
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
			bob.joins("#ops") // and then they share a group
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
	find(keyCtrlK, "bb", "@bob") // with whom there is nothing yet
	ann.isIn("@bob")
	find(keyCtrlG, "/mem", "/members")
	ann.shows("Members of @bob")
	ann.press(keyEscape)
	ann.hides("Members of @bob")
	find(keyCtrlK, "/topi", "/topic") // which needs more
	ann.shows("› /topic")
	ann.press(keyCtrlU)
	// What is unread comes first, then the latest; and Esc goes nowhere.
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
			bob.joins("#one") // and then they share a group
			ann.shows("bob joined")
		} else {
			ann.shows("ann added bob")
		}
	}
	ann.until("the latest to be first", func(screen string) bool {
		return slices.Equal(titles(screen), []string{"#three", "#two", "#one", "#general"})
	})
	for _, step := range []struct{ press, leads string }{
		{keyAltDown, "#two"}, {keyCtrlN, "#one"}, {keyAltUp, "#two"}, {keyCtrlP, "#three"}, {keyCtrlP, "#general"},
		{keyAltSlash, "#three"}, {keyAltSlash, "#general"}, {"\x1b2", "#two"}, {"\x1b4", "#general"},
		{"/next\r", "#three"}, {"/previous\r", "#general"}, {"/last\r", "#three"}, {"\x1b1", "#three"},
	} {
		ann.press(step.press)
		ann.isIn(step.leads)
	}
	ann.press("\x1b9")
	ann.shows("There are not so many conversations.")
	ann.press(keyAltA)
	ann.shows("Nothing is unread.")

	// What is unread comes up, and what names one is gone to first.
	bob.goes("#one")
	texts := numbered("line", 101)
	for _, text := range texts {
		bob.say(text)
		if text == "line 050" { // a screen lets only so many wait to be sent
			bob.showsSent(text)
		}
	}
	bob.showsSent("line 101")
	bob.goes("#two")
	bob.say("hello @ann, are you there?")
	ann.lists("#one", "99+")
	ann.lists("#two", "@1")
	ann.until("what is unread to be first", func(screen string) bool {
		return slices.Equal(titles(screen), []string{"#two", "#one", "#three", "#general"})
	})
	ann.press(keyAltA)
	ann.isIn("#two")
	ann.lists("#two", "")
	ann.say("/next-unread")
	ann.isIn("#one")
	// It opens at the first of them.
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
	ann.press("\x1b3") // the line goes as one leaves
	ann.press(keyAltSlash)
	ann.isIn("#one")
	ann.shows(texts[100])
	ann.press(keyAltU)
	ann.shows("There was nothing unread here.")
}

// What the list says, live, and what one does to it for oneself.
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
	order("@bob", "#crew", "#general")
	ann.marks("@bob", "●")
	// Who writes is seen to, until it is sent.
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
	order("#crew", "@bob", "#general")
	// Pinned stays at the top.
	ann.say("/pin")
	ann.shows("#general is pinned: it stays at the top.")
	order("#general", "#crew", "@bob")
	ann.marks("#general", "▴")
	bob = s.connect(keys[1])
	ann.marks("@bob", "●")
	bob.goes("@ann")
	bob.say("news")
	ann.lists("@bob", "1")
	order("#general", "@bob", "#crew")
	// Muted stays where it is, unless one is named.
	ann.goes("#crew")
	ann.say("/mute 8h")
	ann.shows("#crew is muted until ")
	ann.marks("#crew", "×")
	ann.goes("#general")
	bob.goes("#crew")
	bob.say("noise")
	ann.lists("#crew", "1")
	order("#general", "@bob", "#crew")
	bob.say("not noise, @ann")
	ann.lists("#crew", "@2")
	order("#general", "#crew", "@bob")
	// All of that is kept.
	ann.hangUp()
	ann = s.connect(keys[0])
	order("#general", "#crew", "@bob")
	ann.marks("#general", "▴")
	ann.marks("#crew", "×")
	ann.lists("#crew", "@2")
	ann.say("/pin")
	ann.shows("#general is no longer pinned.")
	order("#crew", "@bob", "#general")
	// Out of the way, with what waits in the status.
	ann.press(keyCtrlB)
	ann.hides("│")
	ann.shows("(3) ann  ? help")
	ann.press(keyCtrlB)
	ann.shows("│")
	ann.say("/sidebar")
	ann.hides("│")
	ann.say("/sidebar")
	ann.shows("│")
	ann.resize(59, lines)
	ann.shows("(3) ann  ? help")
	ann.resize(columns, lines)
	ann.goes("#crew")
	ann.lists("#crew", "")
	ann.say("/mute off")
	ann.shows("#crew is no longer muted.")
	ann.marks("#crew", "")
	ann.refuses("/mute a while", "Write /mute 1h, /mute 8h, /mute forever or /mute off.")
}

// typesUntil goes on typing, since that one types is told every few seconds
// only.
func (c *client) typesUntil(what string, ok func() bool) {
	c.t.Helper()
	for late := time.After(patience); !ok(); {
		select {
		case <-late:
			c.t.Fatalf("typed in vain for %s", what)
		default:
			c.settled()
		}
	}
}

// unreadOf is what the list says after the title of a conversation.
func unreadOf(screen, title string) string {
	e, _ := entryOf(screen, title)
	return e.unread
}

// What was being written is there again, in each conversation, also on another
// day.
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
	ann = s.connect(keys[0])
	ann.shows("› another")
	ann.press(keyAltDown)
	ann.isIn("#crew")
	ann.shows("› half a thought and a half")
	ann.press(keyEnter)
	ann.showsSent("half a thought and a half")
	ann.hangUp()
	draftsOnDisk(t, s.dir, "another")
	ann = s.connect(keys[0])
	ann.shows("› another")
	ann.press(keyAltDown)
	ann.isIn("#crew")
	ann.showsSent("half a thought and a half")
	if strings.Contains(ann.text(), "› half") {
		t.Error("what was sent is a draft again")
	}
}

// draftsOnDisk waits until these are kept: what a connection that has ended
// leaves is kept a moment later.
func draftsOnDisk(t *testing.T, dir string, want ...string) {
	t.Helper()
	database := openSQL(t, dir)
	for late := time.After(patience); ; {
		var got string
		if err := database.QueryRow("SELECT coalesce(group_concat(body, '|' ORDER BY body), '') FROM drafts WHERE body != ''").Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got == strings.Join(want, "|") {
			return
		}
		select {
		case <-late:
			t.Fatalf("the drafts on disk are %q, want %q", got, want)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// A key does what one wants it to, from then on and for good.
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
	ann.settled()
	opens(ann)
	ann.say("/bind")
	ann.shows("/bind KEY ACTION")
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
	// For oneself alone.
	c[1].press(keyF5)
	c[1].settled()
}
