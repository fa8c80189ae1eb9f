package service_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
)

// pinnedIn returns the texts of the pinned messages that a session finds.
func pinnedIn(t *testing.T, s *service.Session, in chat.ConversationID) (bodies []string) {
	t.Helper()
	pins, err := s.Messages().Pins(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pins {
		bodies = append(bodies, p.Message.Body)
	}
	return bodies
}

// savedOf returns the texts of the messages that a session's user has saved.
func savedOf(t *testing.T, s *service.Session) (found []string) {
	t.Helper()
	list, err := s.Messages().Saved(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list {
		found = append(found, o.Conversation.Title()+" "+o.Message.Body)
	}
	return found
}

func TestWhoMayPin(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 4, "ann", "bob", "cyd", "eve")
	ann, bob, cyd, eve := x[0], x[1], x[2], x[3]
	in := group(t, ann, "ops", "bob") // lines 1 and 2
	early := testkit.Send(t, bob, in, "early")
	if err := errors.Join(ann.Groups().AddMembers(t.Context(), in, []string{"cyd"}), second(cyd.Groups().AcceptInvitation(t.Context(), "ops"))); err != nil {
		t.Fatal(err)
	}
	m, gone := testkit.Send(t, bob, in, "hello"), testkit.Send(t, ann, in, "gone")
	if err := remove(ann, in, gone.Seq); err != nil {
		t.Fatal(err)
	}
	direct, err := ann.Groups().Direct(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	private := testkit.Send(t, ann, direct, "between us")
	pin := func(s *service.Session, in chat.ConversationID, seq chat.Seq, on bool) func() error {
		return func() error { return s.Messages().Pin(t.Context(), in, seq, on) }
	}
	for _, c := range []struct {
		name string
		do   func() error
		kind error
	}{
		{"an owner", pin(ann, in, early.Seq, true), nil},
		{"again", pin(ann, in, early.Seq, true), nil},
		{"a member", pin(bob, in, m.Seq, true), chat.ErrNotAllowed},
		{"a member unpins", pin(bob, in, early.Seq, false), chat.ErrNotAllowed},
		{"a stranger", pin(eve, in, m.Seq, true), chat.ErrNotFound},
		{"what is not there", pin(ann, in, 99, true), chat.ErrNotFound},
		{"a system line", pin(ann, in, 2, true), chat.ErrNotAllowed},
		{"a deleted message", pin(ann, in, gone.Seq, true), chat.ErrNotAllowed},
		{"one in a direct message", pin(ann, direct, private.Seq, true), nil},
		{"the other in a direct message", pin(bob, direct, private.Seq, false), nil},
		{"an owner, another one", pin(ann, in, m.Seq, true), nil},
	} {
		if err := c.do(); !errors.Is(err, c.kind) || c.kind != nil && !chat.IsRefusal(err) {
			t.Errorf("%s: %v, want %v", c.name, err, c.kind)
		}
	}
	if got := pinnedIn(t, bob, in); !slices.Equal(got, []string{"hello", "early"}) {
		t.Errorf("bob finds %q", got)
	}
	if got := pinnedIn(t, cyd, in); !slices.Equal(got, []string{"hello"}) {
		t.Errorf("cyd, who came later, finds %q", got)
	}
	if _, err := eve.Messages().Pins(t.Context(), in); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("a stranger lists what is pinned: %v", err)
	}
	// Each change posts one line, which contains no text of the message.
	page, err := bob.Messages().After(t.Context(), in, gone.Seq, 10)
	if err != nil || len(page) != 2 || page[0].Text() != "ann pinned a message by bob" || page[1].Notice != chat.NoticePinned {
		t.Errorf("the lines are %+v, %v", page, err)
	}
	if on, err := ann.Messages().TogglePin(t.Context(), in, m.Seq); on || err != nil {
		t.Errorf("a pinned message is pinned once more: %v, %v", on, err)
	}
	if err := remove(ann, in, early.Seq); err != nil {
		t.Fatal(err)
	}
	if got := pinnedIn(t, bob, in); len(got) != 0 {
		t.Errorf("in the end bob finds %q", got)
	}
}

func TestPinsAreLimited(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	ann := crowd(t, s, 1, "ann")[0]
	in := testkit.General(t, ann)
	var err error
	for i := range chat.MaxPins + 1 {
		if err != nil {
			t.Fatalf("pin %d: %v", i, err)
		}
		err = ann.Messages().Pin(t.Context(), in, testkit.Send(t, ann, in, fmt.Sprint(i)).Seq, true)
	}
	if !errors.Is(err, chat.ErrTooLarge) || len(pinnedIn(t, ann, in)) != chat.MaxPins {
		t.Errorf("one too many: %v", err)
	}
}

// Each account has its own saved messages. Those that it may not see are hidden.
func TestSavedMessages(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 3, "ann", "bob", "eve")
	ann, bob, eve := x[0], x[1], x[2]
	general, in := testkit.General(t, ann), group(t, ann, "ops", "bob")
	if err := ann.Groups().Configure(t.Context(), in, chat.SettingHistory, true); err != nil {
		t.Fatal(err)
	}
	first, second := testkit.Send(t, ann, general, "first"), testkit.Send(t, ann, in, "second")
	save := func(s *service.Session, m *chat.Message, on bool) error {
		return s.Messages().Save(t.Context(), m.Conversation, m.Seq, on)
	}
	if err := errors.Join(save(bob, first, true), save(bob, second, true), save(bob, second, true), save(ann, first, true)); err != nil {
		t.Fatal(err)
	}
	if err := save(eve, second, true); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("a stranger saves a message: %v", err)
	}
	if err := bob.Messages().Save(t.Context(), in, 2, true); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("a system line is saved: %v", err)
	}
	if got := savedOf(t, bob); !slices.Equal(got, []string{"#ops second", "#general first"}) {
		t.Errorf("bob has saved %q", got)
	}
	if got := savedOf(t, ann); !slices.Equal(got, []string{"#general first"}) {
		t.Errorf("ann has saved %q", got)
	}
	if err := bob.Groups().Leave(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if got := savedOf(t, bob); !slices.Equal(got, []string{"#general first"}) {
		t.Errorf("after leaving bob finds %q", got)
	}
	if err := ann.Groups().AddMembers(t.Context(), in, []string{"bob"}); err != nil {
		t.Fatal(err)
	}
	if _, err := bob.Groups().AcceptInvitation(t.Context(), "ops"); err != nil {
		t.Fatal(err)
	}
	if got := savedOf(t, bob); !slices.Equal(got, []string{"#ops second", "#general first"}) {
		t.Errorf("back again bob finds %q", got)
	}
	if on, err := bob.Messages().ToggleSaved(t.Context(), general, first.Seq); on || err != nil {
		t.Errorf("a saved message is saved once more: %v, %v", on, err)
	}
	if err := remove(ann, in, second.Seq); err != nil {
		t.Fatal(err)
	}
	if got := savedOf(t, bob); len(got) != 0 {
		t.Errorf("in the end bob finds %q", got)
	}
	var err error
	for i := range chat.MaxSaved + 1 {
		if err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
		err = save(bob, testkit.Send(t, ann, general, fmt.Sprint(i)), true)
	}
	if !errors.Is(err, chat.ErrTooLarge) {
		t.Errorf("one too many: %v", err)
	}
}
