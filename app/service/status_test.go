package service_test

import (
	"strings"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/app/text"
)

// statusOf is the status of an account as a session's user finds it in the list of people,
// and in the list of members and the direct conversation if there is one.
func statusOf(t *testing.T, s *service.Session, name string, now time.Time) string {
	t.Helper()
	people, err := s.Contacts().People(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := "nobody"
	for _, p := range people {
		if p.Name == name {
			found = p.Status.Words(now)
		}
	}
	list, err := s.Groups().Conversations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range list {
		if l.Other.Name == name && l.Other.Status.Words(now) != found {
			t.Errorf("in the list it is %q, and among people %q", l.Other.Status.Words(now), found)
		}
		members, err := s.Groups().Members(t.Context(), l.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range members {
			if m.Name == name && m.Status.Words(now) != found {
				t.Errorf("among members it is %q, and among people %q", m.Status.Words(now), found)
			}
		}
	}
	return found
}

// statuses returns the statuses that have arrived.
func statuses(s *service.Session) (found []string) {
	for _, ev := range s.Mailbox().Drain().Events {
		if ev, ok := ev.(chat.StatusSet); ok {
			found = append(found, ev.Status.Text)
		}
	}
	return found
}

func told(t *testing.T, what string, s *service.Session, want ...string) {
	t.Helper()
	if got := statuses(s); strings.Join(got, ";") != strings.Join(want, ";") || len(got) != len(want) {
		t.Errorf("%s: told %q, want %q", what, got, want)
	}
}

// A status is shown to everybody, and told at once to those who write to its user directly.
// It ends at its time or when its user is back, and outlasts a restart.
func TestStatus(t *testing.T) {
	w := newLaterWorld(t)
	cyd := testkit.Connect(t, w.Service, testkit.Enrol(t, w.Service, "cyd", 3))
	second := testkit.Connect(t, w.Service, testkit.Key(t, 1))
	if _, err := w.bob.Groups().Direct(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	set := func(text string, minutes int) error {
		var until time.Time
		if minutes != 0 {
			until = w.now().Add(time.Duration(minutes) * time.Minute)
		}
		return w.ann.Account().SetStatus(t.Context(), chat.Status{Text: text, Until: until})
	}
	shown := func(want string) {
		t.Helper()
		for _, s := range []*service.Session{w.ann, w.bob, cyd} {
			if got := statusOf(t, s, "ann", w.now()); got != want {
				t.Errorf("%s is shown %q, want %q", s.User().Name, got, want)
			}
		}
	}
	statuses(w.bob)
	if err := set(" at \x1b[31m lunch ", 60); err != nil {
		t.Fatal(err)
	}
	told(t, "bob", w.bob, "at lunch")
	told(t, "ann's other session", second, "at lunch")
	told(t, "cyd, who has no direct conversation with ann", cyd)
	shown("away: at lunch until 11:00")
	if err := set("at lunch", 60); err != nil {
		t.Fatal(err)
	}
	told(t, "bob, of the same once more", w.bob)
	testkit.Send(t, w.ann, w.general, "I write, and am still away")
	if next := w.pass(59); !next.Equal(w.now().Add(time.Minute)) {
		t.Errorf("the next thing to do is at %v", next)
	}
	shown("away: at lunch until 11:00")
	if next := w.pass(1); !next.IsZero() {
		t.Errorf("the next thing to do is at %v", next)
	}
	told(t, "bob, at the end", w.bob, "")
	shown("")
	if err := set("", 30); err != nil { // a time alone is a status
		t.Fatal(err)
	}
	shown("away until 11:30")
	w.minute.Add(30)
	shown("") // before anything was done
	if err := w.ann.Account().SetStatus(t.Context(), chat.Status{Text: "ill"}); err != nil {
		t.Fatal(err)
	}
	w.pass(24 * 60)
	shown("away: ill")
	again := testkit.Open(t, w.dir) // another process
	fresh := testkit.Connect(t, again, testkit.Key(t, 2))
	if got := statusOf(t, fresh, "ann", w.now()); got != "away: ill" {
		t.Errorf("after a restart it is %q", got)
	}
	if err := w.ann.Account().SetStatus(t.Context(), chat.Status{}); err != nil {
		t.Fatal(err)
	}
	shown("")
	refused(t, set(strings.Repeat("x", 101), 0), chat.ErrTooLarge, "longer than 100 characters")
	refused(t, set("late", -1), text.ErrInvalid, "passed already")
	refused(t, set("gone", 60*24*400), text.ErrInvalid, "more than a year")
	shown("")
}

// People who have blocked an account are shown no status of it, anywhere, until they take the
// block back. Those whom it has blocked are.
func TestStatusOfBlockedPeople(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 2, "ann", "bob")
	ann, bob, ctx := x[0], x[1], t.Context()
	if _, err := bob.Groups().Direct(ctx, "ann"); err != nil {
		t.Fatal(err)
	}
	for _, user := range []*service.Session{ann, bob} {
		if err := user.Account().SetStatus(ctx, chat.Status{Text: "one"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := bob.Contacts().Block(ctx, "ann"); err != nil {
		t.Fatal(err)
	}
	statuses(ann)
	statuses(bob)
	if err := ann.Account().SetStatus(ctx, chat.Status{Text: "two"}); err != nil {
		t.Fatal(err)
	}
	told(t, "bob", bob)
	user, err := bob.Contacts().UserNamed(ctx, "ann")
	if err != nil || user.Status.Text != "" {
		t.Errorf("bob looks ann up and finds %q, %v", user.Status.Text, err)
	}
	script, err := s.OpenScript(ctx, testkit.Key(t, 2).Fingerprint())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(script.Close)
	for what, session := range map[string]*service.Session{"bob": bob, "his script": script} {
		if got := statusOf(t, session, "ann", time.Now()); got != "" {
			t.Errorf("%s is shown %q", what, got)
		}
	}
	if got := statusOf(t, ann, "bob", time.Now()); got != "away: one" {
		t.Errorf("ann is shown %q", got)
	}
	if _, err := bob.Contacts().Unblock(ctx, "ann"); err != nil {
		t.Fatal(err)
	}
	if got := statusOf(t, bob, "ann", time.Now()); got != "away: two" {
		t.Errorf("afterwards bob is shown %q", got)
	}
}

// A change of the status counts as a message for the limits, and a deleted account has none.
func TestStatusIsLimited(t *testing.T) {
	dir := t.TempDir()
	store := testkit.OpenStore(t, dir)
	s := testkit.Serve(t, store, store, service.Options{Limits: service.Limits{Messages: 4}})
	testkit.Enrol(t, s, "ann", 1) // the owner stays
	bob := testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	var err error
	for i := 0; err == nil && i < 10; i++ {
		err = bob.Account().SetStatus(t.Context(), chat.Status{Text: strings.Repeat("x", i+1)})
	}
	refused(t, err, chat.ErrTooFast, "Slow down")
	if _, err := s.Host().DeleteUser(t.Context(), "bob", false); err != nil {
		t.Fatal(err)
	}
	user, err := store.UserByID(t.Context(), bob.User().ID)
	if err != nil || user.Status != (chat.Status{}) {
		t.Errorf("the rest is %+v, %v", user.Status, err)
	}
}

// A session knows whether its user has written, from its first message on. Later sessions
// know it too.
func TestWhoHasWritten(t *testing.T) {
	t.Parallel()
	s := testkit.Open(t, t.TempDir())
	key := testkit.Enrol(t, s, "ann", 1)
	ann := testkit.Connect(t, s, key)
	is := func(when string, session *service.Session, want bool) {
		t.Helper()
		if got, err := session.Contacts().Wrote(t.Context()); got != want || err != nil {
			t.Errorf("%s: ann has written: %t, %v, want %t", when, got, err, want)
		}
	}
	is("at first", ann, false)
	is("on a second screen", testkit.Connect(t, s, key), false)
	testkit.Send(t, ann, testkit.General(t, ann), "hello")
	is("after a message", ann, true)
	is("on a later screen", testkit.Connect(t, s, key), true)
}
