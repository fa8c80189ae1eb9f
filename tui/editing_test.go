package tui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
)

var (
	esc = tea.Key{Code: tea.KeyEscape}
	up  = tea.Key{Code: tea.KeyUp}
)

// change replaces a message of the chat, and returns the event.
func (c *fakeChat) change(seq chat.Seq, do func(*chat.Message)) chat.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := *c.messages[seq-1]
	do(&m)
	c.messages[seq-1] = &m
	return chat.MessageChanged{Message: &m}
}

func (c *fakeChat) edited(seq chat.Seq, body string, at time.Time) chat.Event {
	return c.change(seq, func(m *chat.Message) { m.Body, m.EditedAt = body, at })
}

func (c *fakeChat) gone(seq chat.Seq) chat.Event {
	return c.change(seq, func(m *chat.Message) { m.Body, m.File, m.ReplyTo, m.DeletedAt = "", nil, nil, start.Add(time.Hour) })
}

func (s *testScreen) happen(events ...chat.Event) { s.update(&eventsMsg{Events: events}) }

func TestGoldenEdits(t *testing.T) {
	for _, size := range []struct{ w, h int }{{120, 16}, {80, 22}, {40, 26}} {
		c := talk(5)
		c.at(6, 5, 5, 4)
		answer := c.post(2, "bob", "Which one?", start.Add(11*time.Minute))
		answer.ReplyTo = &chat.Quote{Seq: 2, AuthorName: "ann", Text: "Nearly: the last build runs."}
		s := newScreen(t, c, size.w, size.h)
		s.happen(c.edited(4, c.messages[3].Body+" Really.", start.Add(time.Hour)), c.edited(6, "Out now.", start.Add(time.Hour)),
			c.gone(2), c.gone(5))
		golden(t, fmt.Sprint("edits-", size.w), s.model.Frame().String())
		s.typeText("a draft")
		s.press(esc, up)
		s.typeText("e")
		golden(t, fmt.Sprint("editing-", size.w), s.model.Frame().String())
		s.press(esc, esc, up)
		s.typeText("d")
		golden(t, fmt.Sprint("deleting-", size.w), s.model.Frame().String())
	}
}

func TestEditingGoesThroughTheComposer(t *testing.T) {
	s := newScreen(t, talk(5), 80, 24)
	written := func(want string) {
		t.Helper()
		if got := s.model.composer.Text(); got != want {
			t.Errorf("the composer has %q, want %q", got, want)
		}
	}
	s.typeText("a draft")
	s.press(esc)
	s.typeText("e")
	written("Out.")
	if !strings.Contains(s.text(), "Editing: Enter saves, Esc gives up") {
		t.Errorf("the screen does not say so:\n%s", s.text())
	}
	s.pass(time.Minute)
	if got := s.chat.drafts[fakeConversation]; got != "a draft" {
		t.Errorf("the draft is kept as %q", got)
	}
	s.press(esc)
	written("a draft")
	// A change is not lost when the user gives it up.
	s.press(esc)
	s.typeText("e!")
	written("Out.!")
	s.press(esc)
	written("a draft")
	if s.model.composer.Killed() != "Out.!" {
		t.Errorf("Ctrl+Y brings back %q", s.model.composer.Killed())
	}
	s.press(esc)
	s.typeText("e")
	s.enter() // unchanged
	written("a draft")
	s.press(esc)
	s.typeText("e?")
	s.enter()
	written("a draft")
	if want := []string{"edit 7 6 Out.?"}; !slices.Equal(s.chat.asked, want) {
		t.Errorf("the chat was asked for %q, want %q", s.chat.asked, want)
	}
	// A refused edit comes back. An empty text is not an edit.
	s.chat.refusal = chat.Refuse(chat.ErrNotAllowed, "No.")
	s.press(esc)
	s.typeText("e again")
	s.enter()
	written("Out. again")
	if !strings.Contains(s.text(), "No.") {
		t.Errorf("the screen does not say why:\n%s", s.text())
	}
	s.press(tea.Key{Code: 'u', Mod: tea.ModCtrl})
	s.enter()
	if !strings.Contains(s.text(), "The message would be empty") {
		t.Errorf("it is empty:\n%s", s.text())
	}
	s.typeText("?/not a command")
	s.chat.refusal = nil
	s.enter()
	if got := s.chat.asked[len(s.chat.asked)-1]; got != "edit 7 6 ?/not a command" {
		t.Errorf("the chat was asked for %q", got)
	}
	written("a draft")
}

func TestEditingEnds(t *testing.T) {
	for name, end := range map[string]func(*testScreen){
		"in another conversation": func(s *testScreen) {
			s.press(tea.Key{Code: 'n', Mod: tea.ModCtrl}, tea.Key{Code: 'p', Mod: tea.ModCtrl})
		},
		"when it is deleted": func(s *testScreen) { s.happen(s.chat.gone(chat.Seq(len(s.chat.messages)))) },
	} {
		c := several()
		c.post(1, "ann", "mine", start.Add(time.Hour))
		s := newScreen(t, c, 80, 24)
		s.typeText("a draft")
		s.press(esc)
		s.typeText("e!")
		if !s.model.composer.Editing() {
			t.Fatalf("%s: it has not begun", name)
		}
		end(s)
		if s.model.composer.Editing() || s.model.composer.Text() != "a draft" || s.model.composer.Killed() != "mine!" {
			t.Errorf("%s: the composer has %q, and brings back %q", name, s.model.composer.Text(), s.model.composer.Killed())
		}
	}
}

func TestDeletingAsksOnce(t *testing.T) {
	s := newScreen(t, talk(5), 80, 24)
	s.press(esc)
	s.typeText("d")
	if !strings.Contains(s.text(), "Delete for everyone? y/n") || len(s.chat.asked) > 0 {
		t.Errorf("the chat was asked for %q:\n%s", s.chat.asked, s.text())
	}
	for _, other := range []tea.Key{up, {Code: 'n', Text: "n"}, {Code: 'x', Text: "x"}, {Code: 'c', Mod: tea.ModCtrl}} {
		s.press(other)
		s.typeText("d")
		if s.press(up); len(s.chat.asked) > 0 {
			t.Errorf("after %v the chat was asked for %q", other, s.chat.asked)
		}
	}
	s.model.timeline.Select(6)
	s.typeText("dy")
	if want := []string{"delete 7 6"}; !slices.Equal(s.chat.asked, want) {
		t.Errorf("the chat was asked for %q, want %q", s.chat.asked, want)
	}
	// Owners and admins delete messages of others, and nobody edits them.
	for seq, keys := range map[chat.Seq]string{5: "e", 3: "edy"} {
		s.model.timeline.Select(seq)
		if s.typeText(keys); len(s.chat.asked) > 1 || s.model.composer.Editing() {
			t.Errorf("at %d %s asked for %q", seq, keys, s.chat.asked)
		}
	}
	s.model.timeline.Select(5)
	if s.typeText("dy"); len(s.chat.asked) > 1 {
		t.Errorf("a member asked for %q", s.chat.asked)
	}
	s.model.sidebar.Entry(fakeConversation).Mine.Role = chat.RoleAdmin
	s.model.timeline.Select(5)
	if s.typeText("dy"); len(s.chat.asked) != 2 {
		t.Errorf("an admin asked for %q", s.chat.asked)
	}
}

// An edit or a deletion replaces the message wherever it is in memory.
func TestWhatChangedIsDrawn(t *testing.T) {
	c := talk(5)
	s := newScreen(t, c, 120, 24)
	draws := func(want, not string) {
		t.Helper()
		if got := s.text(); !strings.Contains(got, want) || strings.Contains(got, not) {
			t.Errorf("want %q and not %q:\n%s", want, not, got)
		}
	}
	before := c.edited(5, "Fine.", start.Add(time.Hour))
	s.happen(before)
	draws("Fine. (edited)", "Good.")
	after := c.edited(5, "Great.", start.Add(2*time.Hour))
	s.happen(after, before) // never back
	draws("Great. (edited)", "Fine.")
	// Missed messages are read after a resync.
	c.edited(5, "Bad.", start.Add(3*time.Hour))
	s.update(&eventsMsg{Resync: true})
	draws("Bad. (edited)", "Great.")
	// A page that was read before the change and arrives after it does not undo it.
	s.hold = true
	s.update(&eventsMsg{Resync: true})
	var late []tea.Msg
	for _, cmd := range s.held {
		for _, one := range batch(cmd) {
			if msg := one(); fmt.Sprintf("%T", msg) == "timeline.pageMsg" {
				late = append(late, msg)
			}
		}
	}
	s.hold, s.held = false, nil
	s.happen(c.gone(5))
	for _, msg := range late {
		s.update(msg)
	}
	if len(late) != 1 {
		t.Errorf("%d pages were read", len(late))
	}
	draws("deleted", "Bad.")
}

// batch returns the commands of a batch.
func batch(cmd tea.Cmd) []tea.Cmd {
	if cmd == nil {
		return nil
	}
	msg := cmd()
	if b, ok := msg.(tea.BatchMsg); ok {
		var all []tea.Cmd
		for _, c := range b {
			all = append(all, batch(c)...)
		}
		return all
	}
	return []tea.Cmd{func() tea.Msg { return msg }}
}

func TestADeletedMessageIsNotCounted(t *testing.T) {
	c := talk(5)
	c.unseen, c.seen = true, 1
	s := newScreen(t, c, 80, 24)
	s.update(tea.BlurMsg{})
	s.arrive(c.post(2, "bob", "look, @ann", start.Add(time.Hour)), c.post(2, "bob", "more", start.Add(time.Hour)))
	l := s.model.sidebar.Entry(fakeConversation)
	if l.Unread != 3 || !l.Mentioned() {
		t.Fatalf("%d are unread, mentioned %v", l.Unread, l.Mentioned())
	}
	s.happen(c.gone(8))
	if l = s.model.sidebar.Entry(fakeConversation); l.Unread != 2 {
		t.Errorf("%d are unread, want 2", l.Unread)
	}
	s.happen(c.gone(7)) // the list is read again, for another one may name ann
	if l = s.model.sidebar.Entry(fakeConversation); l.Unread != 1 || l.Mentioned() {
		t.Errorf("%d are unread, mentioned %v; want 1", l.Unread, l.Mentioned())
	}
	s.happen(c.edited(5, "Good, @ann.", start.Add(time.Hour)))
	if l = s.model.sidebar.Entry(fakeConversation); l.Unread != 1 || !l.Mentioned() {
		t.Errorf("%d are unread, mentioned %v; want 1 that names ann", l.Unread, l.Mentioned())
	}
}

func TestAMarkerOnADeletedMessageIsDrawnAbove(t *testing.T) {
	c := talk(5)
	c.at(5, 6, 6, 6)
	s := newScreen(t, c, 120, 24)
	// edge returns the text after a given one, in the last row that has it.
	edge := func(text string) string {
		t.Helper()
		edge, found := "", false
		for _, row := range strings.Split(s.text(), "\n") {
			if i := strings.LastIndex(row, text); i >= 0 {
				edge, found = strings.TrimSpace(row[i+len(text):]), true
			}
		}
		if !found {
			t.Fatalf("%q is not on the screen:\n%s", text, s.text())
		}
		return edge
	}
	const good, long = "Good.", " end."
	if got := edge(good) + edge(long); got != "✔✔" { // it is his own
		t.Errorf("bob is at %q", got)
	}
	s.happen(c.gone(5))
	if got := edge("deleted") + "|" + edge(long); got != "|✔✔ B" {
		t.Errorf("bob is at %q", got)
	}
	s.happen(c.gone(6)) // ann's newest, that the others have read
	if got := edge("deleted"); got != "" || !strings.Contains(edge(long), "read by all") {
		t.Errorf("the edges are %q and %q", got, edge(long))
	}
}

// A hit that was deleted is gone when the search is opened again.
func TestAHitThatWasDeletedIsForgotten(t *testing.T) {
	s := newScreen(t, talk(5), 120, 24)
	s.find("out")
	if got := s.text(); !strings.Contains(got, "Out.") {
		t.Fatalf("it is not found:\n%s", got)
	}
	s.press(tea.Key{Code: tea.KeyEscape})
	s.happen(s.chat.gone(6))
	asked := len(s.chat.searches)
	s.press(ctrlF)
	if got := s.text(); strings.Contains(got, "Out.") || len(s.chat.searches) != asked+1 {
		t.Errorf("asked %d times; the search has:\n%s", len(s.chat.searches)-asked, got)
	}
	if errors.Join(s.faults...) != nil {
		t.Error(s.faults)
	}
}
