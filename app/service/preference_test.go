package service_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
)

// summaryOf returns a conversation as a session lists it.
func summaryOf(t *testing.T, s *service.Session, in chat.ConversationID) chat.ConversationSummary {
	t.Helper()
	list, err := s.Groups().Conversations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range list {
		if l.ID == in {
			return l
		}
	}
	t.Fatalf("%s does not list it", s.User().Name)
	return chat.ConversationSummary{}
}

func TestMentionsAreListedUntilRead(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 3, "ann", "bob", "cyd")
	in := group(t, x[0], "ops", "bob")
	for body, named := range map[string]bool{
		"hello @bob": true, "(@Bob, come!)": true, "@bob.": true, "mail ann@bob.example": false, "é@bob": true,
		"@bobby": false, "bob": false, "@cyd is no member": false, "@": false,
	} {
		m := testkit.Send(t, x[0], in, body)
		if got := summaryOf(t, x[1], in); got.Mentioned() != named || got.Unread != 1 {
			t.Errorf("%q: mentioned %v, %d unread; want %v and 1", body, got.Mentioned(), got.Unread, named)
		}
		visit(t, x[1], in)
		x[1].Receipts().MarkRead(in, m.Seq)
		if got := summaryOf(t, x[1], in); got.Mentioned() || got.Unread != 0 {
			t.Errorf("%q, read: mentioned %v, %d unread", body, got.Mentioned(), got.Unread)
		}
	}
	// A message from before somebody became a member does not mention them afterwards.
	meet(t, x[0], "cyd")
	if err := x[0].Groups().AddMembers(t.Context(), in, []string{"cyd"}); err != nil {
		t.Fatal(err)
	}
	if summaryOf(t, x[2], in).Mentioned() {
		t.Error("cyd is mentioned in what was said before")
	}
	testkit.Send(t, x[0], in, strings.Repeat("@bob @nobody @x1 ", 900))
	if !summaryOf(t, x[1], in).Mentioned() {
		t.Error("bob is not mentioned among many")
	}
}

func TestWhatAnAccountKeepsForItself(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 2, "ann", "bob", "cyd")
	ann, other, ctx := x[0], again(t, s, 0), t.Context()
	in := group(t, ann, "ops", "bob")
	until := time.UnixMilli(1_900_000_000_000)
	for _, err := range []error{ann.Groups().KeepAtTop(ctx, in, true), ann.Groups().Mute(ctx, in, until), ann.Messages().SaveDraft(ctx, in, "half a sent")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	untilEvent(t, other, func(chat.ListChanged) bool { return true })
	if l := summaryOf(t, other, in); !l.Mine.Pinned || !l.Mine.MutedUntil.Equal(until) || l.Draft != "half a sent" {
		t.Errorf("ann lists %+v", l)
	}
	if l := summaryOf(t, x[1], in); l.Mine.Pinned || !l.Mine.MutedUntil.IsZero() || l.Draft != "" {
		t.Errorf("bob lists %+v", l)
	}
	members, err := x[1].Groups().Members(ctx, in)
	if err != nil || members[0].Pinned || !members[0].MutedUntil.IsZero() || members[0].Markers != (chat.Markers{}) {
		t.Errorf("bob is shown %+v, %v", members, err)
	}
	for _, err := range []error{ann.Groups().KeepAtTop(ctx, in, false), ann.Groups().Mute(ctx, in, time.Time{}), ann.Messages().SaveDraft(ctx, in, "")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if l := summaryOf(t, other, in); l.Mine.Pinned || !l.Mine.MutedUntil.IsZero() || l.Draft != "" {
		t.Errorf("taken back, ann lists %+v", l)
	}
	// A message replaces the draft that it was, and no other.
	for _, draft := range []string{"half a sent", "half a sentence"} {
		if err := ann.Messages().SaveDraft(ctx, in, "half a sentence"); err != nil {
			t.Fatal(err)
		}
		if _, err := ann.Messages().Send(ctx, chat.NewMessage{ID: testkit.NewID(t), Conversation: in, Body: "a sentence", Draft: draft}); err != nil {
			t.Fatal(err)
		}
		if l := summaryOf(t, other, in); (l.Draft == "") != (draft == "half a sentence") {
			t.Errorf("after a message that was the draft %q, the draft is %q", draft, l.Draft)
		}
	}
	elsewhere := group(t, x[1], "elsewhere")
	for what, err := range map[string]error{
		"pin": ann.Groups().KeepAtTop(ctx, elsewhere, true), "mute": ann.Groups().Mute(ctx, elsewhere, until), "draft": ann.Messages().SaveDraft(ctx, elsewhere, "x"),
		"long draft": ann.Messages().SaveDraft(ctx, in, strings.Repeat("x", 4*chat.MaxBody+1)),
	} {
		if !chat.IsRefusal(err) {
			t.Errorf("%s: %v, want a refusal", what, err)
		}
	}
	// The end of the membership also ends its settings.
	if err := x[1].Messages().SaveDraft(ctx, in, "mine"); err != nil {
		t.Fatal(err)
	}
	if err := x[1].Groups().Leave(ctx, in); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(ann.Groups().AddMembers(ctx, in, []string{"bob"}), second(x[1].Groups().AcceptInvitation(ctx, "ops"))); err != nil {
		t.Fatal(err)
	}
	if l := summaryOf(t, x[1], in); l.Draft != "" {
		t.Errorf("a new membership begins with the draft %q", l.Draft)
	}
}

func TestPreferences(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 2, "ann", "bob")
	ctx := t.Context()
	for _, p := range [][2]string{{"theme", "dark"}, {"bell", "off"}, {"theme", "light"}, {"bell", ""}} {
		if err := x[0].Account().SetPreference(ctx, p[0], p[1]); err != nil {
			t.Fatal(err)
		}
	}
	got, err := again(t, s, 0).Account().Preferences(ctx)
	if err != nil || len(got) != 1 || got["theme"] != "light" {
		t.Errorf("ann's are %v, %v", got, err)
	}
	if got, err := x[1].Account().Preferences(ctx); err != nil || len(got) != 0 {
		t.Errorf("bob's are %v, %v", got, err)
	}
	if err := x[0].Account().SetPreference(ctx, "long", strings.Repeat("x", 101)); !chat.IsRefusal(err) {
		t.Errorf("a long one: %v", err)
	}
	for _, name := range []string{chat.CertificatePreference, chat.ImportedPreference} {
		if err := x[0].Account().SetPreference(ctx, name, "x"); !errors.Is(err, chat.ErrNotAllowed) {
			t.Errorf("one that only the server stores, %s: %v", name, err)
		}
	}
}

func TestPresence(t *testing.T) {
	c := &clock{now: time.UnixMilli(1_800_000_000_000)}
	s := openAt(t, c)
	x := crowd(t, s, 2, "ann", "bob")
	ann, bob := x[0], x[1]
	in, err := ann.Groups().Direct(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	is := func(want chat.Presence) {
		t.Helper()
		untilEvent(t, ann, func(e chat.PresenceChanged) bool { return e.User == bob.User().ID && e.Presence == want })
		if got := summaryOf(t, ann, in).Presence; got != want {
			t.Errorf("listed as %d, want %d", got, want)
		}
	}
	c.add(5*time.Minute + time.Second)
	ann.Attend()
	s.NoteAway()
	is(chat.Away)
	bob.Attend()
	is(chat.Online)
	c.add(4 * time.Minute)
	s.NoteAway()
	if got := summaryOf(t, ann, in).Presence; got != chat.Online {
		t.Errorf("after four minutes: %d", got)
	}
	c.add(4 * time.Minute)
	s.NoteAway()
	is(chat.Away)
	other := again(t, s, 1)
	is(chat.Online) // a user who connects is online
	other.Close()
	bob.Close()
	is(chat.Offline)
	bob.Attend() // a key that was on its way
	again(t, s, 1)
	is(chat.Online)
}

func TestTypingIsToldToOthersOnly(t *testing.T) {
	c := &clock{now: time.UnixMilli(1_800_000_000_000)}
	s := openAt(t, c)
	x := crowd(t, s, 3, "ann", "bob", "cyd")
	ann, bob, cyd := x[0], x[1], x[2]
	in := group(t, ann, "ops", "bob", "cyd")
	direct, err := ann.Groups().Direct(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	visit(t, bob, in)
	own := again(t, s, 0)
	visit(t, own, in)
	for _, a := range []*service.Session{ann, bob, cyd, own} {
		a.Mailbox().Drain()
	}
	told := func(a *service.Session, in chat.ConversationID) bool {
		for _, ev := range a.Mailbox().Drain().Events {
			if e, ok := ev.(chat.Typing); ok && e.Conversation == in && e.Name == "ann" {
				return true
			}
		}
		return false
	}
	ann.Messages().Typing(in)
	if !told(bob, in) || told(cyd, in) || told(own, in) || told(ann, in) {
		t.Error("it is for the others who have the group open")
	}
	ann.Messages().Typing(in)
	if told(bob, in) {
		t.Error("it is told again at once")
	}
	c.add(chat.TypingEvery)
	ann.Messages().Typing(direct)
	if !told(bob, direct) || told(own, direct) {
		t.Error("in a direct conversation it is for the other, wherever it looks")
	}
	c.add(chat.TypingEvery)
	cyd.Messages().Typing(direct)
	if told(ann, direct) || told(bob, direct) {
		t.Error("a former member is shown as typing")
	}
	if _, err := s.Host().Silence(t.Context(), "ann", 0, ""); err != nil {
		t.Fatal(err)
	}
	tells(t, ann, "You can read but not write on this server")
	c.add(chat.TypingEvery)
	ann.Messages().Typing(direct)
	if told(bob, direct) {
		t.Error("a silenced user is seen typing")
	}
	if err := s.Host().Unsilence(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	tells(t, ann, "You can write again")
	c.add(chat.TypingEvery)
	ann.Messages().Typing(direct)
	if !told(bob, direct) {
		t.Error("after a silence nobody is told")
	}
}
