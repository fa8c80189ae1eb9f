package dialog

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"confab/app/chat"
	"confab/tui/keymap"
)

// directory is one of three accounts, the first of them the user's.
type directory struct{}

func (directory) Users(context.Context) ([]chat.User, error) {
	return []chat.User{{ID: 1, Name: "ann"}, {ID: 2, Name: "bob"}, {ID: 3, Name: "christopher-robin"}}, nil
}

func group(id chat.ConversationID, name string, age time.Duration) *chat.ConversationSummary {
	return &chat.ConversationSummary{Conversation: chat.Conversation{ID: id, Kind: chat.KindGroup, Name: name, LastSeq: 10, LastAt: start.Add(-age)}}
}

// several conversations, one of them with bob.
func several() []*chat.ConversationSummary {
	bob := group(20, "", time.Hour)
	bob.Kind, bob.Other = chat.KindDirect, chat.User{ID: 2, Name: "bob"}
	return []*chat.ConversationSummary{group(7, "general", 0), group(11, "old", 3*time.Hour), group(12, "older", 4*time.Hour), bob}
}

// openSwitcher shows a switcher of some conversations.
func openSwitcher(t *testing.T, conversations []*chat.ConversationSummary, query string) (*screen, *Switcher) {
	s := newScreen(t, 120, 24)
	d := NewSwitcher(directory{}, 1, conversations, []Command{
		{Name: "accept", Takes: "#NAME", Does: "join a group that you are invited to"},
		{Name: "members", Does: "show who is here"},
		{Name: "rename", Takes: "NAME", Does: "rename this group"},
	}, query, s.report)
	s.show(d)
	return s, d
}

// listed is what a switcher lists, the first n.
func (s *Switcher) listed(n int) string {
	var texts []string
	for _, i := range s.shown[:min(n, len(s.shown))] {
		texts = append(texts, s.all[i].text)
	}
	return strings.Join(texts, " ")
}

func TestSwitcherOrder(t *testing.T) {
	empty := &chat.ConversationSummary{Conversation: chat.Conversation{ID: 30, Kind: chat.KindGroup, Name: "empty"}}
	_, d := openSwitcher(t, append(several(), empty), "")
	// An empty conversation still comes before people, and people before commands.
	if got, want := d.listed(8), "#general @bob #old #older #empty @ann @christopher-robin /accept"; got != want {
		t.Errorf("at first %s, want %s", got, want)
	}
	list := several()
	list[2].Unread = 1
	s, d := openSwitcher(t, list, "")
	if got, want := d.listed(3), "#older #general @bob"; got != want {
		t.Errorf("unread first: %s, want %s", got, want)
	}
	s.typeText("old")
	if got, want := d.listed(2), "#old #older"; got != want {
		t.Errorf("the best match first: %s, want %s", got, want)
	}
	s.press(keymap.Send)
	s.asksFor(Result{Close: true, Open: 11})
	s, d = openSwitcher(t, several(), "cr")
	if got := d.listed(1); got != "@christopher-robin" {
		t.Errorf("cr finds %s", got)
	}
	s.press(keymap.Send)
	s.asksFor(Result{Close: true, Run: Call{"dm", "christopher-robin"}})
}

// Unread and latest decide only among equals.
func TestSwitcherAmongEquals(t *testing.T) {
	list := several()
	list[1].Name, list[2].Name = "team-a", "team-b"
	if _, d := openSwitcher(t, list, "team"); d.listed(2) != "#team-a #team-b" {
		t.Errorf("the latest first: %s", d.listed(2))
	}
	list[2].Unread = 1
	if _, d := openSwitcher(t, list, "team"); d.listed(2) != "#team-b #team-a" {
		t.Errorf("unread first: %s", d.listed(2))
	}
}

func TestSwitcherKeys(t *testing.T) {
	s, d := openSwitcher(t, several(), "")
	s.update(Text("\x1b[31mol\nd"))
	if got := d.input.Text(); got != "ol d" && got != "[31mol d" {
		t.Errorf("the paste became %q", got)
	}
	s.press(keymap.KillLineStart)
	s.press(keymap.Down, keymap.Down, keymap.Up, keymap.None)
	if d.at != 1 {
		t.Errorf("after down, down, up and a key that does nothing it is at %d, want 1", d.at)
	}
	for range 100 {
		s.press(keymap.PageDown)
	}
	if d.at != len(d.shown)-1 {
		t.Errorf("at the end it is at %d of %d", d.at, len(d.shown))
	}
	s.typeText("zzzz")
	s.press(keymap.Send) // nothing is found: nothing happens
	s.asksFor()
	s.shows("0 found")
	s.press(keymap.Escape)
	s.asksFor(Result{Close: true})
	// A command with arguments is completed by the user. Others run at once.
	s, _ = openSwitcher(t, several(), "/rename")
	s.press(keymap.Send)
	s.asksFor(Result{Close: true, Compose: "/rename "})
	s, _ = openSwitcher(t, several(), "/members")
	s.press(keymap.Send)
	s.asksFor(Result{Close: true, Run: Call{Name: "members"}})
}

// People arrive later: the choice stays.
func TestPeopleArriveInTheSwitcher(t *testing.T) {
	s := newScreen(t, 120, 24)
	s.hold = true
	d := NewSwitcher(directory{}, 1, several(), nil, "", s.report)
	s.show(d)
	s.press(keymap.Down, keymap.Down)
	at := d.all[d.shown[d.at]].text
	s.release()
	if got := d.all[d.shown[d.at]].text; got != at || !slices.Contains(strings.Fields(d.listed(9)), "@christopher-robin") {
		t.Errorf("it was at %s and is at %s of %s", at, got, d.listed(9))
	}
}

// A user who is quicker than the list of people gets there all the same.
func TestEnterBeforePeopleAreThere(t *testing.T) {
	s := newScreen(t, 80, 24)
	s.hold = true
	s.show(NewSwitcher(directory{}, 1, nil, nil, "", s.report))
	s.typeText("bob")
	s.press(keymap.Send)
	s.release()
	s.asksFor(Result{Close: true, Run: Call{"dm", "bob"}})
}
