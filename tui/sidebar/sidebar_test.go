package sidebar

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"confab/app/chat"
	"confab/tui/theme"
)

var start = time.Date(2026, time.November, 24, 14, 2, 0, 0, time.UTC)

// fakeChat has a list of conversations, and the state of the screen.
type fakeChat struct {
	list     []chat.ConversationSummary
	unread   int
	mentions int
	blocked  []chat.UserID
	open     chat.ConversationID
	watching bool
	messages []*chat.Message
}

func (f *fakeChat) Before(_ context.Context, id chat.ConversationID, _, before chat.Seq, limit int) ([]*chat.Message, error) {
	var page []*chat.Message
	for _, m := range f.messages {
		if m.Conversation == id && m.Seq < before && len(page) < limit {
			page = append(page, m)
		}
	}
	return page, nil
}

func (f *fakeChat) Conversations(context.Context) ([]chat.ConversationSummary, error) {
	return slices.Clone(f.list), nil
}
func (f *fakeChat) UnreadMentions(context.Context, chat.ConversationID) (unread, mentions int, err error) {
	return f.unread, f.mentions, nil
}
func (f *fakeChat) HasBlocked(user chat.UserID) bool                 { return slices.Contains(f.blocked, user) }
func (f *fakeChat) Conversation() chat.ConversationID                { return f.open }
func (f *fakeChat) CountUnread(chat.ConversationID) (n int, ok bool) { return 0, false }
func (f *fakeChat) Watching() bool                                   { return f.watching }
func (f *fakeChat) There() bool                                      { return f.watching }

// newSidebar makes a sidebar for ann with #one, which is open, and #two.
func newSidebar(t *testing.T) (*Sidebar, *fakeChat) {
	f := &fakeChat{open: 1, watching: true}
	for i, name := range []string{"one", "two"} {
		f.list = append(f.list, chat.ConversationSummary{
			Conversation: chat.Conversation{ID: chat.ConversationID(i + 1), Kind: chat.KindGroup, Name: name, LastSeq: 10, LastAt: start.Add(-time.Duration(i) * time.Hour)},
			Mine:         chat.Membership{Markers: chat.Markers{Seen: 10}},
		})
	}
	s := New(Options{
		Lister: f, Counter: f, Blocker: f, Self: chat.User{ID: 1, Name: "ann"},
		Theme: theme.New(theme.TerminalOf([]string{"TERM=xterm-256color", "LANG=C.UTF-8"})),
		Now:   func() time.Time { return start },
		Tick: func(_ time.Duration, fire func(time.Time) tea.Msg) tea.Cmd {
			return func() tea.Msg { return fire(start) }
		},
		OnError: func(doing string, err error) { t.Errorf("%s: %v", doing, err) },
	})
	s.Open(f)
	load(t, s, Start(s))
	return s, f
}

func load(t *testing.T, s *Sidebar, cmd tea.Cmd) {
	t.Helper()
	if _, ok := s.Loaded(cmd().(ListMsg)); !ok {
		t.Fatal("the list could not be read")
	}
	s.Sort()
}

func posted(id chat.ConversationID, seq chat.Seq, body string) chat.Event {
	return chat.MessagePosted{Message: &chat.Message{Conversation: id, Seq: seq, Author: 2, AuthorName: "bob", Body: body, SentAt: start}}
}

func rows(s *Sidebar) string { return ansi.Strip(strings.Join(s.Rows(24, 4), "\n")) }

func TestUnreadConversationsComeUp(t *testing.T) {
	s, _ := newSidebar(t)
	if got := s.Visible()[0].Name; got != "one" || s.Elsewhere() != 0 {
		t.Errorf("at first #%s is on top, and %d messages are unread", got, s.Elsewhere())
	}
	s.Event(posted(2, 11, "hello"))
	s.Event(posted(2, 12, "hello @ann"))
	s.Sort()
	if got := rows(s); !strings.HasPrefix(got, "2  #two") || !strings.Contains(got, "@1 2 ") || s.Elsewhere() != 2 {
		t.Errorf("%d messages are unread:\n%s", s.Elsewhere(), got)
	}
	if s.Alert() == nil || s.Alert() != nil {
		t.Error("a mention should ring once")
	}
	if got := s.NextUnread(1); got != 2 {
		t.Errorf("the next unread one is %d", got)
	}
	s.Seen(2, 12)
	if got := rows(s); strings.Contains(got, "@") || s.Elsewhere() != 0 {
		t.Errorf("seen, %d messages are unread:\n%s", s.Elsewhere(), got)
	}
}

// Messages that the user sees arrive are not counted.
func TestWhatTheUserSeesArriveIsNotShownAsUnread(t *testing.T) {
	s, f := newSidebar(t)
	s.Opened()
	s.Entered(1, chat.Visit{Seen: 10})
	s.Event(posted(1, 11, "hello"))
	if got := rows(s); strings.Contains(got, "1 ") {
		t.Errorf("it is counted:\n%s", got)
	}
	f.watching = false
	s.Event(posted(1, 12, "hello"))
	f.watching = true
	if got := rows(s); !strings.Contains(got, "2 ") {
		t.Errorf("messages that arrived meanwhile are not counted:\n%s", got)
	}
}

// A count that is out of date when it comes is asked for again.
func TestACountThatIsOld(t *testing.T) {
	s, f := newSidebar(t)
	s.Event(posted(2, 11, "one"))
	s.Event(posted(2, 12, "two"))
	f.unread = 1
	count := s.Seen(2, 11)
	old := count()
	f.unread = 2
	s.Event(posted(2, 13, "three"))
	again := s.Update(old)
	if again == nil {
		t.Fatal("it is not asked for again")
	}
	if s.Update(again()); s.Entry(2).Unread != 2 {
		t.Errorf("%d are unread, want 2", s.Entry(2).Unread)
	}
}

// Events that come while the list is being read count, and a conversation that was lost
// meanwhile does not come back.
func TestEventsWhileTheListIsRead(t *testing.T) {
	s, _ := newSidebar(t)
	answer := s.Read()()
	s.Event(posted(1, 11, "hello"))
	s.Event(chat.Removed{Conversation: 2})
	if s.Read() != nil || !s.Stale() {
		t.Error("a change during a read should cause another read afterwards")
	}
	load(t, s, func() tea.Msg { return answer })
	if s.Entry(1).LastSeq != 11 || s.Entry(2) != nil {
		t.Errorf("the list is %v", s.list)
	}
}

func TestTypingEnds(t *testing.T) {
	s, _ := newSidebar(t)
	now := start
	s.o.Now = func() time.Time { return now }
	timer := s.Event(chat.Typing{Conversation: 1, User: 2, Name: "bob"})
	if s.Typing(1) != "bob is typing" || timer == nil {
		t.Fatalf("it says %q", s.Typing(1))
	}
	if s.Event(chat.Typing{Conversation: 2, User: 3, Name: "eve"}) != nil {
		t.Error("a second timer runs")
	}
	s.Event(chat.UserRenamed{User: 2, Name: "robert"})
	if s.Typing(1) != "robert is typing" {
		t.Errorf("it says %q", s.Typing(1))
	}
	s.Event(posted(2, 11, "not from eve"))
	if s.Typing(2) != "eve is typing" {
		t.Error("a message of another user has ended it")
	}
	now = now.Add(chat.TypingLasts)
	if again := s.Update(timer()); again != nil || s.Typing(1) != "" || s.Typing(2) != "" {
		t.Error("somebody is typing for ever")
	}
}

// A group to which somebody has added the user is unread until it is opened, and rings
// once. Groups from before the session began do not ring.
func TestBeingAddedToAGroup(t *testing.T) {
	s, f := newSidebar(t)
	added := chat.ConversationSummary{
		Conversation: chat.Conversation{ID: 3, Kind: chat.KindGroup, Name: "ops", LastSeq: 1, LastAt: start}, AddedBy: "bob",
		Mine: chat.Membership{AddedBy: 2},
	}
	f.list = append(f.list, added)
	load(t, s, s.Event(chat.ListChanged{}))
	if a := s.Alert(); a == nil || a.AddedText() != "bob added you to #ops" || a.Quiet {
		t.Errorf("the alert is %+v", a)
	}
	if got := rows(s); !strings.Contains(got, "#ops") || !strings.Contains(got, " new ") || s.Elsewhere() != 1 || s.NextUnread(1) != 3 {
		t.Errorf("%d are unread:\n%s", s.Elsewhere(), got)
	}
	load(t, s, s.Read())
	if a := s.Alert(); a != nil {
		t.Errorf("it rings again: %+v", a)
	}
	if s.Event(chat.UserRenamed{User: 2, Name: "robert"}); s.Entry(3).AddedBy != "robert" {
		t.Errorf("added by %s", s.Entry(3).AddedBy)
	}
	s.Event(posted(3, 2, "hello"))
	if got := rows(s); !strings.Contains(got, " new 1 ") || s.Elsewhere() != 1 {
		t.Errorf("%d are unread:\n%s", s.Elsewhere(), got)
	}
	f.open = 3
	if got := rows(s); strings.Contains(got, "new") {
		t.Errorf("open, it is new:\n%s", got)
	}
	s.Entered(3, chat.Visit{Seen: 2})
	f.open = 1
	if got := rows(s); strings.Contains(got, "new") || s.Elsewhere() != 0 {
		t.Errorf("%d are unread:\n%s", s.Elsewhere(), got)
	}
	again, g := newSidebar(t)
	*again = *New(again.o)
	again.Open(g)
	g.list = append(g.list, added, added)
	g.list[3].ID = 4
	load(t, again, Start(again))
	if a := again.Alert(); a == nil || !a.Quiet || a.AddedText() != "You were added to 2 groups" {
		t.Errorf("at first the alert is %+v", a)
	}
}

// A message with a keyword that came while events were dropped rings, once, unless it is seen,
// muted, or by somebody whom the user has blocked.
func TestAKeywordRingsAfterAResync(t *testing.T) {
	for name, c := range map[string]struct {
		change func(s *Sidebar, f *fakeChat)
		rings  bool
	}{
		"a keyword":                 {func(*Sidebar, *fakeChat) {}, true},
		"while the list is read":    {func(s *Sidebar, _ *fakeChat) { s.listing = true }, true},
		"no keywords":               {func(s *Sidebar, _ *fakeChat) { s.o.Keywords = func() bool { return false } }, false},
		"muted":                     {func(_ *Sidebar, f *fakeChat) { f.list[1].Mine.MutedUntil = start.Add(time.Hour) }, false},
		"seen":                      {func(_ *Sidebar, f *fakeChat) { f.list[1].Mine.Seen = 12 }, false},
		"blocked":                   {func(_ *Sidebar, f *fakeChat) { f.blocked = []chat.UserID{2} }, false},
		"known before":              {func(s *Sidebar, _ *fakeChat) { s.Event(posted(2, 12, "x")); s.Alert() }, false},
		"the user is looking at it": {func(_ *Sidebar, f *fakeChat) { f.open = 2 }, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, f := newSidebar(t)
			s.o.Messages, s.o.Keywords = f, func() bool { return true }
			s.o.Keyword = func(body string) bool { return strings.Contains(body, "deploy") }
			f.messages = []*chat.Message{
				posted(2, 11, "hello").(chat.MessagePosted).Message,
				posted(2, 12, "we deploy now").(chat.MessagePosted).Message,
			}
			f.list[1].LastSeq, f.list[1].Unread = 12, 2
			c.change(s, f)
			cmd := Resync(s)
			if cmd == nil { // it is read once the first reading is done
				if s.Loaded(ListMsg{list: slices.Clone(f.list)}); !s.Stale() {
					t.Fatal("the list is not read again")
				}
				cmd = s.Read()
			}
			load(t, s, cmd)
			switch a := s.Alert(); {
			case (a != nil) != c.rings:
				t.Errorf("the alert is %+v", a)
			case a != nil && (a.From != "bob" || a.Group != "#two" || a.Message.Seq != 12):
				t.Errorf("the alert is %+v", a)
			}
			if load(t, s, s.Read()); s.Alert() != nil {
				t.Error("it rings again")
			}
		})
	}
}

// Thread-only replies ring in direct messages, and if they mention the user. They are not
// unread in the conversation.
func TestRepliesInThreadsRing(t *testing.T) {
	s, _ := newSidebar(t)
	reply := func(seq chat.Seq, author chat.UserID, body string) chat.Event {
		ev := posted(2, seq, body).(chat.MessagePosted)
		ev.Message.Author, ev.Message.Thread, ev.Message.ThreadOnly = author, 5, true
		return ev
	}
	for _, c := range []struct {
		ev    chat.Event
		rings bool
	}{
		{reply(11, 2, "hello"), false},
		{reply(12, 2, "hello @ann"), true},
		{reply(12, 2, "hello @ann"), false}, // it is known
		{reply(13, 1, "I am @ann"), false},
	} {
		if s.Event(c.ev); (s.Alert() != nil) != c.rings {
			t.Errorf("%+v should ring: %t", c.ev.(chat.MessagePosted).Message, c.rings)
		}
	}
	s.Entry(2).Kind = chat.KindDirect
	if s.Event(reply(14, 2, "hello")); s.Alert() == nil {
		t.Error("a reply in a direct message should ring")
	}
	if s.Event(reply(15, 1, "hello")); s.Alert() != nil {
		t.Error("the user's own reply should not ring")
	}
	s.Entry(2).Mine.MutedUntil = start.Add(time.Hour)
	if s.Event(reply(16, 2, "hello @ann")); s.Alert() != nil {
		t.Error("it is muted and rings")
	}
	if s.Elsewhere() != 0 {
		t.Errorf("%d are unread", s.Elsewhere())
	}
}

// Several users who write at once are named, or counted, or many; each for as long as it
// writes.
func TestSeveralAreTyping(t *testing.T) {
	s, _ := newSidebar(t)
	now := start
	s.o.Now = func() time.Time { return now }
	says := func(want string) {
		t.Helper()
		if got := s.Typing(1); got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
	type_ := func(user chat.UserID, name string) { s.Event(chat.Typing{Conversation: 1, User: user, Name: name}) }
	type_(2, "bob")
	now = now.Add(time.Second)
	type_(3, "eve")
	type_(2, "bob") // again
	says("bob and eve are typing")
	now = now.Add(time.Second)
	type_(4, "cyd")
	says("3 people are typing")
	for i := range chat.UserID(100) {
		type_(5+i, "one of many")
	}
	says("many people are typing")
	if n := len(s.typing[1].users); n > maxTypists+1 {
		t.Errorf("it remembers %d", n)
	}
	now = now.Add(chat.TypingLasts)
	type_(3, "eve")
	s.Update(typingMsg{})
	says("eve is typing")
	s.Event(chat.MessagePosted{Message: &chat.Message{Conversation: 1, Seq: 11, Author: 3, AuthorName: "eve", Body: "so"}})
	says("")
	sends := func(user chat.UserID, name, sent string) {
		s.Event(chat.Typing{Conversation: 1, User: user, Name: name, Sent: sent})
	}
	sends(2, "bob", "10 %")
	says("bob is sending a file (10 %)")
	sends(2, "bob", "45 %")
	type_(3, "eve")
	says("bob is sending a file (45 %), eve is typing")
	s.Event(chat.MessagePosted{Message: &chat.Message{Conversation: 1, Seq: 12, Author: 2, AuthorName: "bob", Body: "a.txt"}})
	s.Event(chat.MessagePosted{Message: &chat.Message{Conversation: 1, Seq: 13, Author: 3, AuthorName: "eve", Body: "so"}})
	sends(s.o.Self.ID, "ann", "1.0 MiB")
	says("your file is arriving (1.0 MiB)")
}

// Status and presence are those of the latest event, also of one that comes while the list is
// read. Both together say whether somebody is away.
func TestStatusInTheList(t *testing.T) {
	s, f := newSidebar(t)
	now := start
	s.o.Now = func() time.Time { return now }
	f.list = append(f.list, chat.ConversationSummary{
		Conversation: chat.Conversation{ID: 9, Kind: chat.KindDirect, LastSeq: 1}, Other: chat.User{ID: 5, Name: "dan"}, Presence: chat.Online,
	})
	load(t, s, s.Read())
	shows := func(want string) {
		t.Helper()
		if got := strings.Join(s.Rows(30, 10), "\n"); !strings.Contains(got, want) {
			t.Errorf("want %q:\n%s", want, got)
		}
	}
	shows(s.o.Theme.Here)
	answer := s.Read()() // from before
	s.Event(chat.StatusSet{User: 5, Status: chat.Status{Text: "at lunch", Until: now.Add(time.Hour)}})
	load(t, s, func() tea.Msg { return answer })
	if got := s.Entry(9).Other.Status.Text; got != "at lunch" {
		t.Errorf("the status is %q", got)
	}
	shows(s.o.Theme.Away)
	now = now.Add(time.Hour) // it ends by itself
	shows(s.o.Theme.Here)
	s.Event(chat.PresenceChanged{User: 5, Presence: chat.Offline})
	shows(s.o.Theme.Gone)
}
