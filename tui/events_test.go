package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/dialog"
)

// several is a chat with #general open and others beside it.
func several() *fakeChat {
	c := &fakeChat{}
	c.post(2, "bob", "hello", start)
	group := func(id chat.ConversationID, name string, age time.Duration) chat.ConversationSummary {
		return chat.ConversationSummary{
			Conversation: chat.Conversation{ID: id, Kind: chat.KindGroup, Name: name, LastSeq: 10, LastAt: start.Add(-age)},
			Mine:         chat.Membership{Role: chat.RoleMember, Markers: chat.Markers{Seen: 10}},
		}
	}
	bob := group(20, "", time.Hour)
	bob.Kind, bob.Other, bob.Presence = chat.KindDirect, chat.User{ID: 2, Name: "bob"}, chat.Online
	c.others = []chat.ConversationSummary{group(11, "old", 3*time.Hour), group(12, "older", 4*time.Hour), bob}
	return c
}

// elsewhere is a message in a conversation that is not open.
func elsewhere(id chat.ConversationID, seq chat.Seq, body string) *chat.Message {
	return &chat.Message{
		ID: [16]byte{0xcc, byte(id), byte(seq >> 8), byte(seq)}, Conversation: id, Seq: seq, Author: 2, AuthorName: "bob",
		Body: body, SentAt: start.Add(time.Duration(seq) * time.Minute),
	}
}

// order returns the titles in the sidebar.
func order(s *testScreen) string {
	var titles []string
	for _, l := range s.model.sidebar.Visible() {
		titles = append(titles, l.Title())
	}
	return strings.Join(titles, " ")
}

func TestCountsAndOrder(t *testing.T) {
	s := newScreen(t, several(), 120, 24)
	if got, want := order(s), "#general #old #older @bob"; got != want {
		t.Errorf("at first: %s, want %s", got, want)
	}
	s.arrive(elsewhere(12, 11, "one"), elsewhere(12, 12, "two"))
	if got, want := order(s), "#older #general #old @bob"; got != want {
		t.Errorf("unread comes first: %s, want %s", got, want)
	}
	if got := s.text(); !strings.Contains(got, "3  #older          2   │") || strings.Contains(got, "@2") {
		t.Errorf("want 2 and no mark of a mention:\n%s", got)
	}
	s.arrive(elsewhere(12, 12, "two")) // once more
	s.arrive(elsewhere(12, 13, "@ann?"))
	if got := s.text(); !strings.Contains(got, "@1 3 ") || !strings.Contains(s.model.Frame().Title, "(3)") {
		t.Errorf("want 3 and a mark of a mention, and the title %q with the count:\n%s", s.model.Frame().Title, got)
	}
	for i := range chat.Seq(200) {
		s.arrive(elsewhere(12, 14+i, "more"))
	}
	if got := s.text(); !strings.Contains(got, "@1 99+ ") {
		t.Errorf("want 99+:\n%s", got)
	}
	// Read in another session.
	s.update(&eventsMsg{Events: []chat.Event{chat.SeenMoved{Conversation: 12, Seen: 213}}})
	if l := s.model.sidebar.Entry(12); l.Unread != 0 || l.Mentioned() || strings.Contains(s.text(), "99+") {
		t.Errorf("read elsewhere, %d are unread:\n%s", l.Unread, s.text())
	}
	// A message of the user's own from another session is not unread.
	own := elsewhere(11, 11, "mine")
	own.Author = 1
	s.arrive(own)
	if l := s.model.sidebar.Entry(11); l.Unread != 0 || l.LastSeq != 11 {
		t.Errorf("your own message left %d unread of %d", l.Unread, l.LastSeq)
	}
	system := elsewhere(11, 12, "")
	system.Notice = chat.NoticeJoined
	s.arrive(system)
	if l := s.model.sidebar.Entry(11); l.Unread != 0 || s.bells != 1 {
		t.Errorf("a line about the conversation left %d unread; %d bells", l.Unread, s.bells)
	}
}

func TestPinnedAndMuted(t *testing.T) {
	chat := several()
	chat.others[1].Mine.Pinned = true
	chat.others[0].Mine.MutedUntil = start.Add(1000 * time.Hour)
	chat.others[2].Mine.MutedUntil = start.Add(1000 * time.Hour)
	s := newScreen(t, chat, 120, 24)
	s.arrive(elsewhere(11, 11, "psst"), elsewhere(20, 13, "psst"))
	// No conversation with unread messages calls for attention.
	if got, want := order(s), "#older #general #old @bob"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if s.bells != 0 || strings.Contains(s.model.Frame().Title, "(") {
		t.Errorf("a muted conversation rang %d times; the title is %q", s.bells, s.model.Frame().Title)
	}
	s.arrive(s.chat.post(2, "bob", "later", start.Add(time.Hour)), elsewhere(11, 12, "@ann, psst"))
	if got, want := order(s), "#old #older #general @bob"; got != want || s.bells != 0 {
		t.Errorf("a mention in a muted conversation should appear without a bell: %d bells, %s", s.bells, got)
	}
	if got := s.text(); !strings.Contains(got, "1▴ #older              │") || !strings.Contains(got, "3  #old         @1 2  ×│") {
		t.Errorf("want the signs of pinned and muted:\n%s", got)
	}
}

func TestTheBell(t *testing.T) {
	s := newScreen(t, several(), 120, 24)
	rings := func(want int, why string) {
		t.Helper()
		if s.bells != want {
			t.Errorf("%s: %d bells, want %d", why, s.bells, want)
		}
		s.bells = 0
		s.now = s.now.Add(10 * time.Second) // it rings once in a few seconds
	}
	s.arrive(elsewhere(11, 11, "in a group"))
	rings(0, "a group")
	s.arrive(elsewhere(11, 12, "hello @ann"))
	rings(1, "a mention")
	s.arrive(elsewhere(20, 11, "one"), elsewhere(20, 12, "two"), elsewhere(11, 13, "@ann"))
	rings(1, "several at once")
	s.arrive(s.chat.post(2, "bob", "@ann", start.Add(time.Hour)))
	rings(0, "what one is looking at")
	s.update(tea.BlurMsg{})
	s.arrive(s.chat.post(2, "bob", "@ann", start.Add(time.Hour)))
	rings(1, "the open one, while away")
}

func TestPresenceAndTyping(t *testing.T) {
	s := newScreen(t, several(), 120, 24)
	if got := s.text(); !strings.Contains(got, "●@bob") {
		t.Errorf("bob is there:\n%s", got)
	}
	s.update(&eventsMsg{Events: []chat.Event{chat.PresenceChanged{User: 2, Presence: chat.Away}}})
	if got := s.text(); !strings.Contains(got, "◐@bob") {
		t.Errorf("bob is away:\n%s", got)
	}
	typing := func(id chat.ConversationID) {
		s.update(&eventsMsg{Events: []chat.Event{chat.Typing{Conversation: id, User: 2, Name: "bob"}}})
	}
	is := func(want bool) {
		t.Helper()
		if got := s.text(); strings.Contains(got, "bob is typing") != want {
			t.Errorf("typing: want %v:\n%s", want, got)
		}
	}
	typing(fakeConversation)
	is(true)
	s.pass(4 * time.Second)
	typing(fakeConversation)
	s.pass(4 * time.Second)
	is(true)
	s.pass(2 * time.Second)
	is(false)
	typing(fakeConversation)
	s.arrive(s.chat.post(3, "eve", "not bob", start.Add(time.Hour)))
	is(true)
	s.arrive(s.chat.post(2, "bob", "there", start.Add(time.Hour)))
	is(false)
	typing(20)
	if got := s.text(); !strings.Contains(got, "… ") {
		t.Errorf("bob types in the direct one:\n%s", got)
	}
	s.pass(time.Minute)
	if strings.Contains(s.text(), "… ") || s.model.sidebar.Typing(20) != "" || len(s.timers) != 0 {
		t.Errorf("after a minute %q types and %d timers run", s.model.sidebar.Typing(20), len(s.timers))
	}
}

func TestRemovedWhileOpen(t *testing.T) {
	backend := several()
	s := newScreen(t, backend, 120, 24)
	s.press(tea.Key{Code: '4', Mod: tea.ModAlt}) // @bob
	s.press(tea.Key{Code: '2', Mod: tea.ModAlt}) // #old
	s.hold = true
	s.typeText("precious")
	s.enter()
	s.typeText("and a draft")
	s.hold = false
	s.update(&eventsMsg{Events: []chat.Event{chat.Removed{Conversation: 11}}})
	if got := s.text(); !strings.Contains(got, "no longer a member of #old") || !strings.Contains(s.model.nav.current().Title(), "general") {
		t.Errorf("removed:\n%s", got)
	}
	if s.model.composer.Text() != "" {
		t.Errorf("the text for #old is in the composer of #general: %q", s.model.composer.Text())
	}
	s.press(tea.Key{Code: 'y', Mod: tea.ModCtrl})
	if got := s.model.composer.Text(); got != "precious\nand a draft" {
		t.Errorf("Ctrl+Y brought %q", got)
	}
	// The answer to the concurrent send says what happened to the message.
	backend.refuse = chat.Refuse(chat.ErrNotAllowed, "You are not a member.")
	s.release()
	if got := s.text(); !strings.Contains(got, "Not sent: You are not a member.") {
		t.Errorf("the refusal is not shown:\n%s", got)
	}
	s.press(tea.Key{Code: '/', Mod: tea.ModAlt})
	if s.model.nav.current().Title() != "#general" && s.model.nav.current().Title() != "@bob" {
		t.Errorf("Alt+/ went to %s", s.model.nav.current().Title())
	}
	s.update(&eventsMsg{Events: []chat.Event{chat.Removed{Conversation: 12}, chat.Removed{Conversation: 20}, chat.Removed{Conversation: 7}}})
	if got := s.text(); s.model.timeline.Conversation() != 0 || !strings.Contains(got, "no longer a member") {
		t.Errorf("without any conversation:\n%s", got)
	}
	for _, k := range []tea.Key{{Code: 'a', Mod: tea.ModAlt}, {Code: 'n', Mod: tea.ModCtrl}, {Code: 'u', Mod: tea.ModAlt}, {Code: 'i', Mod: tea.ModAlt}, {Code: tea.KeyEscape}, {Code: tea.KeyPgUp}} {
		s.press(k)
		s.text()
	}
	s.typeText("to nobody")
	s.enter()
	if s.model.composer.Text() == "" {
		t.Error("without a conversation the typed text is gone")
	}
}

// Events that come while the list is being read are not lost, whether the list is older or
// newer than they are.
func TestEventsWhileTheListIsRead(t *testing.T) {
	for _, after := range []bool{false, true} {
		backend := several()
		s := newScreen(t, backend, 120, 24)
		s.hold = true
		s.update(&eventsMsg{Events: []chat.Event{chat.ListChanged{}}})
		reads := s.held // by hand
		s.held = nil
		read := func() tea.Msg {
			var answer tea.Msg
			for _, cmd := range reads {
				for _, one := range batch(cmd) {
					answer = one()
				}
			}
			return answer
		}
		before := read()
		s.arrive(elsewhere(11, 11, "one"), elsewhere(11, 12, "@ann"), elsewhere(12, 11, "read at once"))
		s.update(&eventsMsg{Events: []chat.Event{chat.SeenMoved{Conversation: 12, Seen: 11}, chat.Removed{Conversation: 20}}})
		backend.others[0].LastSeq, backend.others[0].Unread, backend.others[0].Mentions = 12, 2, 1
		backend.others[1].LastSeq, backend.others[1].Mine.Seen = 11, 11
		backend.others = backend.others[:2]
		if after {
			before = read()
		}
		s.hold, s.held = false, nil
		s.update(before)
		if l := s.model.sidebar.Entry(11); l.Unread != 2 || !l.Mentioned() || l.LastSeq != 12 {
			t.Errorf("read after: %v: %d unread of %d", after, l.Unread, l.LastSeq)
		}
		if l := s.model.sidebar.Entry(12); l.Unread != 0 {
			t.Errorf("read after: %v: %d unread", after, l.Unread)
		}
		if s.model.sidebar.Entry(20) != nil {
			t.Errorf("read after: %v: the lost one is back", after)
		}
	}
}

func TestResync(t *testing.T) {
	chat := several()
	s := newScreen(t, chat, 120, 24)
	chat.post(2, "bob", "missed", start.Add(time.Hour))
	chat.others[0].LastSeq, chat.others[0].Unread = 15, 5
	s.update(&eventsMsg{Resync: true})
	if got := s.text(); !strings.Contains(got, "missed") || s.model.sidebar.Entry(11).Unread != 5 {
		t.Errorf("after a resync:\n%s", got)
	}
	// A conversation whose removal was missed is gone too.
	s.press(tea.Key{Code: 'n', Mod: tea.ModCtrl})
	gone := s.model.timeline.Conversation()
	chat.others = nil
	s.update(&eventsMsg{Resync: true})
	if got := s.text(); s.model.timeline.Conversation() == gone || !strings.Contains(got, "no longer a member of") {
		t.Errorf("after a resync without it:\n%s", got)
	}
}

func TestNavigating(t *testing.T) {
	s := newScreen(t, several(), 120, 24)
	at := func(want string, keys ...tea.Key) {
		t.Helper()
		s.press(keys...)
		if got := s.model.nav.current().Title(); got != want {
			t.Errorf("at %s, want %s", got, want)
		}
	}
	at("#old", tea.Key{Code: tea.KeyDown, Mod: tea.ModAlt})
	at("#older", tea.Key{Code: 'n', Mod: tea.ModCtrl})
	at("#old", tea.Key{Code: tea.KeyUp, Mod: tea.ModAlt})
	at("#older", tea.Key{Code: '/', Mod: tea.ModAlt})
	at("#general", tea.Key{Code: '1', Mod: tea.ModAlt})
	at("@bob", tea.Key{Code: 'p', Mod: tea.ModCtrl})
	at("@bob", tea.Key{Code: '9', Mod: tea.ModAlt})
	at("@bob", tea.Key{Code: 'a', Mod: tea.ModAlt})
	at("#older", tea.Key{Code: '3', Mod: tea.ModAlt})
	s.arrive(elsewhere(11, 11, "one"), elsewhere(20, 11, "two"), elsewhere(11, 12, "@ann"))
	at("#old", tea.Key{Code: 'a', Mod: tea.ModAlt})
	s.update(&eventsMsg{Events: []chat.Event{chat.SeenMoved{Conversation: 11, Seen: 12}}})
	at("@bob", tea.Key{Code: tea.KeyDown, Mod: tea.ModAlt | tea.ModShift})
	for _, c := range []struct{ typed, want string }{
		{"/previous", ""}, {"/next", "@bob"}, {"/last", ""}, {"/next-unread", ""}, {"/unread-line", ""}, {"/sidebar", ""}, {"/mouse", ""},
	} {
		s.typeText(c.typed)
		s.enter()
		if strings.Contains(s.text(), "no command") || c.want != "" && s.model.nav.current().Title() != c.want {
			t.Errorf("%s: at %s:\n%s", c.typed, s.model.nav.current().Title(), s.text())
		}
	}
	if fmt.Sprint(s.model.mouse, s.model.hideSidebar) != "true true" {
		t.Error("the mouse and the sidebar are as before")
	}
}

// From the moment when the user reads that they can write again, they can. The list, which
// also says so, may take longer to be read.
func TestTheEndOfASilenceTakesEffectAtOnce(t *testing.T) {
	s := newScreen(t, several(), 120, 24)
	silence := chat.Ban{Kind: chat.BanSilence, User: 1, MadeAt: start}
	s.update(&eventsMsg{Events: []chat.Event{chat.Silenced{Silence: silence}}})
	s.typeText("I object")
	s.press(tea.Key{Code: tea.KeyEnter})
	if got := s.text(); !strings.Contains(got, "You can read but not write on this server") || s.model.composer.Text() != "I object" {
		t.Fatalf("a silenced user has written:\n%s", got)
	}
	s.update(&eventsMsg{Events: []chat.Event{chat.Silenced{Silence: silence, Lifted: true}}})
	s.press(tea.Key{Code: tea.KeyEnter})
	if got := s.model.composer.Text(); got != "" {
		t.Errorf("the composer still has %q:\n%s", got, s.text())
	}
}

// An announcement is seen by those who are reading something else: another conversation, older
// messages, or a thread.
func TestAnnouncementsAreSeenEverywhere(t *testing.T) {
	for name, goes := range map[string]func(*testScreen){
		"at the end":     func(*testScreen) {},
		"higher up":      func(s *testScreen) { s.press(tea.Key{Code: tea.KeyPgUp}, tea.Key{Code: tea.KeyPgUp}) },
		"in a thread":    func(s *testScreen) { s.press(tea.Key{Code: tea.KeyEscape}, tea.Key{Code: 't', Text: "t"}) },
		"somewhere else": func(s *testScreen) { s.press(tea.Key{Code: tea.KeyDown, Mod: tea.ModAlt}) },
	} {
		backend := several()
		for i := range 60 {
			backend.post(2, "bob", fmt.Sprint("word ", i), start.Add(time.Duration(i)*time.Minute))
		}
		s := newScreen(t, backend, 80, 24)
		goes(s)
		m := *backend.post(2, "bob", "The server moves at noon.", start.Add(2*time.Hour))
		m.Notice = chat.NoticeServer
		s.arrive(&m)
		if got := s.text(); !strings.Contains(got, "The server moves") {
			t.Errorf("%s it is not seen:\n%s", name, got)
		}
	}
}

// The keys that go somewhere else close what covers the chat. What is typed next is for where
// they go, and must not be posted.
func TestKeysThatLeadAwayCloseDialogs(t *testing.T) {
	for name, open := range map[string]func(*testScreen){
		"the help": func(s *testScreen) { s.press(tea.Key{Code: tea.KeyF1}) },
		"texts of the host": func(s *testScreen) {
			s.model.overlay.Show(dialog.NewWords(chat.Words{Rules: chat.Word{Text: "Be kind."}}))
		},
		"the search": func(s *testScreen) { s.press(tea.Key{Code: 'f', Mod: tea.ModCtrl}) },
	} {
		s := newScreen(t, several(), 120, 24)
		open(s)
		s.press(ctrlK)
		s.typeText("dev")
		if got := s.text(); !strings.Contains(got, "Go to") || s.model.composer.Text() != "" {
			t.Errorf("from %s, the composer has %q:\n%s", name, s.model.composer.Text(), got)
		}
	}
	s := newScreen(t, several(), 120, 24)
	s.press(ctrlK, ctrlK)
	if s.model.overlay.Covers() {
		t.Errorf("the key that opens the switcher does not close it:\n%s", s.text())
	}
}
