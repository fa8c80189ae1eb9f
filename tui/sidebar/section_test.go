package sidebar

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"confab/app/chat"
)

// manySidebar has conversations for all sections: #alpha is pinned, @bob has a draft, #mute is
// muted, and #general is open.
func manySidebar(t *testing.T) (*Sidebar, *fakeChat) {
	s, f := newSidebar(t)
	f.list = nil
	for i, l := range []chat.ConversationSummary{
		{Conversation: chat.Conversation{Kind: chat.KindGroup, Name: chat.GeneralName}},
		{Conversation: chat.Conversation{Kind: chat.KindGroup, Name: "mute"}, Mine: chat.Membership{MutedUntil: start.Add(time.Hour)}},
		{Conversation: chat.Conversation{Kind: chat.KindDirect}, Other: chat.User{ID: 2, Name: "bob"}, Presence: chat.Online},
		{Conversation: chat.Conversation{Kind: chat.KindGroup, Name: "alpha"}, Mine: chat.Membership{Pinned: true}},
	} {
		l.ID, l.LastSeq, l.Mine.Seen, l.Mine.User = chat.ConversationID(i+1), 10, 10, 1
		f.list = append(f.list, l)
	}
	s = New(s.o)
	s.Open(f)
	s.o.Drafted = func(id chat.ConversationID) bool { return id == 3 }
	load(t, s, Start(s))
	return s, f
}

// shows compares the rows of the list, without the border and the blanks before it.
func shows(t *testing.T, s *Sidebar, want ...string) {
	t.Helper()
	var got []string
	for _, row := range s.Rows(24, 12) {
		row = strings.TrimRight(strings.TrimSuffix(ansi.Strip(row), "│"), " ")
		if row != "" {
			got = append(got, row)
		}
	}
	if a, b := strings.Join(got, "\n"), strings.Join(want, "\n"); a != b {
		t.Errorf("the list is\n%s\nwant\n%s", a, b)
	}
}

// A long name in a narrow list has the columns of the signs, if there are none.
func TestALongNameInANarrowList(t *testing.T) {
	s, f := newSidebar(t)
	f.list[1].Name = "releases-and-dates"
	load(t, s, s.Read())
	narrow := func() string { return ansi.Strip(strings.Join(s.Rows(18, 4), "\n")) }
	if got, want := narrow(), "2 #releases-and… │"; !strings.Contains(got, want) {
		t.Errorf("the list is\n%s\nwant %q", got, want)
	}
	f.list[1].Mine.MutedUntil = start.Add(time.Hour)
	load(t, s, s.Read())
	if got, want := narrow(), "2 #releases-a…  ×│"; !strings.Contains(got, want) {
		t.Errorf("the list is\n%s\nwant %q", got, want)
	}
}

// Messages change the section of a conversation, and neither the order within a section nor
// a number. Reading changes nothing until the user leaves.
func TestSections(t *testing.T) {
	s, f := manySidebar(t)
	shows(t, s, "▾ Pinned", "1▴ #alpha", "▾ Groups", "▌  #general", "3  #mute              ×", "▾ People", "4 ●@bob              ✎")
	s.Event(posted(3, 11, "hello"))
	s.Event(posted(4, 11, "hello"))
	s.Event(posted(2, 11, "hello")) // which is muted
	shows(t, s,
		"▾ Unread", "1▴ #alpha          1", "4 ●@bob            1 ✎",
		"▾ Groups", "▌  #general", "3  #mute           1  ×")
	if s.Number(4) != 3 || s.Number(1) != 4 || s.Number(5) != 0 || s.Step(1) != 2 || s.Step(-1) != 3 {
		t.Errorf("the numbers are %v, and the neighbours %d and %d", s.sections.numbers, s.Step(-1), s.Step(1))
	}
	f.open = 3
	s.Opened()
	shows(t, s, "▾ Unread", "1▴ #alpha          1", "▌ ●@bob            1", "▾ Groups", "2  #general", "3  #mute           1  ×")
	s.Entered(3, chat.Visit{Seen: 11})
	shows(t, s, "▾ Unread", "1▴ #alpha          1", "▌ ●@bob", "▾ Groups", "2  #general", "3  #mute           1  ×")
	f.open = 1
	shows(t, s, "▾ Unread", "1▴ #alpha          1", "▾ Groups", "▌  #general", "3  #mute           1  ×", "▾ People", "4 ●@bob              ✎")
	// A conversation that is new gets the next number.
	f.list = append(f.list, chat.ConversationSummary{Conversation: chat.Conversation{ID: 9, Kind: chat.KindGroup, Name: "beta", LastSeq: 1}, Mine: chat.Membership{Markers: chat.Markers{Seen: 1}}})
	load(t, s, s.Read())
	if s.Number(5) != 9 || s.Number(3) != 2 {
		t.Errorf("the numbers are %v", s.sections.numbers)
	}
	// After pinning, they are in the order of the list again.
	f.list[2].Mine.Pinned = true
	load(t, s, s.Read())
	if s.Number(2) != 3 || s.Number(3) != 1 || s.Number(4) != 9 {
		t.Errorf("the numbers are %v", s.sections.numbers)
	}
}

// A folded section shows how many conversations it has, and the open one. A conversation
// that calls for the user is elsewhere.
func TestFolding(t *testing.T) {
	s, _ := manySidebar(t)
	if id, section, ok := s.At(0); ok {
		t.Errorf("before the first frame there is %d %s", id, section)
	}
	if got := s.Fold(Groups); got != "groups" {
		t.Errorf("it is to be kept as %q", got)
	}
	if got := s.Fold(People); got != "groups people" {
		t.Errorf("it is to be kept as %q", got)
	}
	shows(t, s, "▾ Pinned", "1▴ #alpha", "▸ Groups 2", "▌  #general", "▸ People 1")
	if s.Step(1) != 4 || s.OpenSection() != Groups {
		t.Errorf("after the open one comes %d; it is in %s", s.Step(1), s.OpenSection())
	}
	for row, want := range []struct {
		id      chat.ConversationID
		section Section
	}{{0, Pinned}, {4, Pinned}, {0, Groups}, {1, Groups}, {0, People}} {
		if id, section, ok := s.At(row); !ok || id != want.id || section != want.section {
			t.Errorf("in row %d there is %d %s %t", row, id, section, ok)
		}
	}
	if _, _, ok := s.At(5); ok {
		t.Error("there is something in a blank row")
	}
	s.Event(posted(3, 11, "hello"))
	shows(t, s, "▾ Unread", "4 ●@bob            1 ✎", "▾ Pinned", "1▴ #alpha", "▸ Groups 2", "▌  #general")
	s.SetFolded("unread nonsense")
	shows(t, s, "▸ Unread 1", "▾ Pinned", "1▴ #alpha", "▾ Groups", "▌  #general", "3  #mute              ×")
	if len(s.Visible()) != 4 || s.NextUnread(1) != 3 {
		t.Errorf("%d can be found, and %d is the next unread one", len(s.Visible()), s.NextUnread(1))
	}
}

// A low list has no titles, and a narrow one no column for the sign of pinned conversations.
func TestALittleList(t *testing.T) {
	s, _ := manySidebar(t)
	if got := ansi.Strip(strings.Join(s.Rows(18, 5), "\n")); got != strings.Join([]string{
		"1 #alpha         │", "▌ #general       │", "3 #mute         ×│", "4●@bob         ✎ │", "                 │",
	}, "\n") {
		t.Errorf("it is\n%s", got)
	}
}
