package service_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/app/text"
)

// laterWorld is a service whose clock is set by hand, in minutes, with ann and bob.
type laterWorld struct {
	*testing.T
	*service.Service
	dir      string
	minute   *atomic.Int64
	ann, bob *service.Session
	general  chat.ConversationID
}

func newLaterWorld(t *testing.T) *laterWorld {
	t.Helper()
	w := &laterWorld{T: t, dir: t.TempDir(), minute: new(atomic.Int64)}
	store := testkit.OpenStore(t, w.dir)
	w.Service = testkit.Serve(t, store, store, service.Options{Now: w.now})
	w.ann = testkit.Connect(t, w.Service, testkit.Enrol(t, w.Service, "ann", 1))
	w.bob = testkit.Connect(t, w.Service, testkit.Enrol(t, w.Service, "bob", 2))
	w.general = testkit.General(t, w.ann)
	return w
}

func (w *laterWorld) now() time.Time {
	return time.Date(2026, 11, 27, 10, 0, 0, 0, time.UTC).Add(time.Duration(w.minute.Load()) * time.Minute)
}

// put adds a reminder or a scheduled message for some minutes from now.
func (w *laterWorld) put(s *service.Session, in chat.ConversationID, minutes int, body string) (chat.Later, error) {
	return s.Later().Add(w.Context(), chat.Later{
		ID: testkit.NewID(w), Conversation: in, Body: body, At: w.now().Add(time.Duration(minutes) * time.Minute), Zone: "Europe/Zurich",
	})
}

func (w *laterWorld) add(s *service.Session, in chat.ConversationID, minutes int, body string) chat.Later {
	w.Helper()
	l, err := w.put(s, in, minutes, body)
	if err != nil {
		w.Fatal(err)
	}
	return l
}

// pass lets minutes pass, and handles what is due then.
func (w *laterWorld) pass(minutes int64) time.Time {
	w.Helper()
	w.minute.Add(minutes)
	next, err := w.DoDue(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return next
}

// list formats the reminders and scheduled messages of a user.
func (w *laterWorld) list(s *service.Session) string {
	w.Helper()
	list, err := s.Later().List(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	words := ""
	for _, l := range list {
		words += fmt.Sprintf("%d %s %t %s %s;", l.Number, l.Title, l.Due(), l.Body, l.Refused)
	}
	return words
}

func TestAScheduledMessageIsPosted(t *testing.T) {
	w := newLaterWorld(t)
	l := w.add(w.ann, w.general, 30, "\x1b[31mstand-up, @bob")
	if l.Number != 1 || l.Body != "stand-up, @bob" || l.Title != "#general" {
		t.Errorf("it is %+v", l)
	}
	w.add(w.ann, 0, 60, "call")
	if next := w.pass(29); !next.Equal(l.At) || said(t, w.bob, w.general) != "" {
		t.Errorf("too early; the next is at %v", next)
	}
	w.pass(1)
	page, err := w.bob.Messages().After(t.Context(), w.general, 0, 10)
	if err != nil || len(page) != 1 || page[0].ID != l.ID || page[0].AuthorName != "ann" || !page[0].SentAt.Equal(w.now()) {
		t.Fatalf("bob sees %v, %v", page, err)
	}
	if c := unreadOf(t, w.bob, w.general); c != 1 {
		t.Errorf("bob has %d unread messages", c)
	}
	// The clock is put back, and forward again.
	w.pass(-25)
	w.pass(25)
	if got := said(t, w.bob, w.general); got != "stand-up, @bob" {
		t.Errorf("after the clock was put back there is %q", got)
	}
	if got := w.list(w.ann); got != "2  false call ;" {
		t.Errorf("the list is %q", got)
	}
	// Repeating the request posts nothing again.
	_, err = w.ann.Later().Add(t.Context(), l)
	refused(t, err, chat.ErrConflict, "has this id already")
}

func unreadOf(t *testing.T, s *service.Session, in chat.ConversationID) int {
	t.Helper()
	list, err := s.Groups().Conversations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range list {
		if l.ID == in {
			return l.Unread
		}
	}
	return -1
}

// A reminder stays in the list until its user takes it off, and nobody else sees it.
func TestAReminderIsKeptUntilItWasSeen(t *testing.T) {
	w := newLaterWorld(t)
	w.add(w.ann, 0, 120, "later")
	l := w.add(w.ann, 0, 20, "call the plumber")
	again, err := w.ann.Later().Add(t.Context(), l)
	if err != nil || again.Number != l.Number {
		t.Errorf("asked twice it is %+v, %v", again, err)
	}
	_ = w.ann.Mailbox().Drain()
	_ = w.bob.Mailbox().Drain()
	w.pass(25)
	if b := w.ann.Mailbox().Drain(); len(b.Events) != 1 || b.Events[0] != (chat.LaterChanged{}) {
		t.Errorf("ann is told %v", b.Events)
	}
	if b := w.bob.Mailbox().Drain(); len(b.Events) != 0 {
		t.Errorf("bob is told %v", b.Events)
	}
	for range 2 {
		if got := w.list(w.ann); got != "2  true call the plumber ;1  false later ;" {
			t.Errorf("the list is %q", got)
		}
		w.pass(1)
	}
	_, err = w.bob.Later().Cancel(t.Context(), l.ID.String())
	refused(t, err, chat.ErrNotFound, "No reminder")
	for _, which := range []string{"2", "#1"} {
		if _, err := w.ann.Later().Cancel(t.Context(), which); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.list(w.ann); got != "" {
		t.Errorf("the list is %q", got)
	}
	if next := w.pass(1000); !next.IsZero() {
		t.Errorf("something waits for %v", next)
	}
}

// The permissions of the author at the time of posting apply. A message that is refused
// then is not lost.
func TestAScheduledMessageIsRefused(t *testing.T) {
	w := newLaterWorld(t)
	ctx := t.Context()
	id, err := w.ann.Groups().NewGroup(ctx, "ops", true, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.put(w.bob, id, 1, "not a member")
	refused(t, err, chat.ErrNotAllowed, "no longer a member")
	if _, err := w.bob.Groups().Join(ctx, "ops"); err != nil {
		t.Fatal(err)
	}
	direct, err := w.bob.Groups().Direct(ctx, "ann")
	if err != nil {
		t.Fatal(err)
	}
	w.add(w.bob, id, 5, "to ops")
	w.add(w.bob, direct, 5, "to ann")
	w.add(w.bob, w.general, 50, "to all")
	if err := w.bob.Groups().Leave(ctx, id); err != nil {
		t.Fatal(err)
	}
	if _, err := w.ann.Contacts().Block(ctx, "bob"); err != nil {
		t.Fatal(err)
	}
	w.pass(5)
	want := "1  true to ops You are no longer a member of this conversation, so this was not sent.;" +
		"2 @ann true to ann Your message to @ann could not be delivered.;3 #general false to all ;"
	if got := w.list(w.bob); got != want {
		t.Errorf("bob's list is %q", got)
	}
	if _, err := w.ann.Moderation().Ban(ctx, "@bob", 0, "spam"); err != nil {
		t.Fatal(err)
	}
	w.pass(60)
	if got := said(t, w.ann, w.general); got != "" {
		t.Errorf("a banned user has posted %q", got)
	}
	if err := w.ann.Moderation().Unban(ctx, "@bob"); err != nil {
		t.Fatal(err)
	}
	back := testkit.Connect(t, w.Service, testkit.Key(t, 2))
	list, err := back.Later().List(ctx)
	if err != nil || len(list) != 3 || !list[2].Due() || list[2].Body != "to all" || list[2].Refused == "" {
		t.Errorf("afterwards bob has %+v, %v", list, err)
	}
}

func TestTheLimitsOfLater(t *testing.T) {
	w := newLaterWorld(t)
	for body, want := range map[string]error{" ": text.ErrInvalid, fmt.Sprintf("%2000d", 1): chat.ErrTooLarge} {
		if _, err := w.put(w.ann, 0, 1, body); err == nil {
			t.Errorf("a reminder of %d bytes is taken, want %v", len(body), want)
		}
	}
	_, err := w.put(w.ann, 0, 0, "now")
	refused(t, err, text.ErrInvalid, "passed already")
	_, err = w.put(w.ann, 0, 60*24*367, "next year")
	refused(t, err, text.ErrInvalid, "more than a year")
	for range chat.MaxLater {
		w.add(w.ann, 0, 1, "x")
	}
	w.pass(1) // due entries count, because they are still in the list
	_, err = w.put(w.ann, 0, 1, "x")
	refused(t, err, chat.ErrTooLarge, "You have 50 reminders")
	w.add(w.bob, 0, 1, "x")
}

// Reminders and messages that became due while the server was not running are handled once,
// when it runs again.
func TestLaterSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	start := func(ctx context.Context, now func() time.Time) (*service.Service, func()) {
		store := testkit.OpenStore(t, dir)
		s := testkit.Start(t, store, service.Options{Now: now})
		ctx, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- s.KeepTime(ctx) }()
		return s, func() {
			stop()
			if err := testkit.Within(t, "the timer to end", ended); err != nil {
				t.Error(err)
			}
			s.Close("the test is over")
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	s, stop := start(t.Context(), time.Now)
	key := testkit.Enrol(t, s, "ann", 1)
	ann, err := s.Open(t.Context(), key.Fingerprint())
	if err != nil {
		t.Fatal(err)
	}
	general := testkit.General(t, ann)
	later := chat.Later{ID: testkit.NewID(t), Conversation: general, Body: "later", At: time.Now().Add(time.Hour), Zone: "UTC"}
	if _, err := ann.Later().Add(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	// On a slow machine, the time may have passed before the message is on disk.
	soon := chat.Later{ID: testkit.NewID(t), Conversation: general, Body: "soon", Zone: "UTC"}
	err = text.ErrInvalid
	for wait := 300 * time.Millisecond; errors.Is(err, text.ErrInvalid) && wait < testkit.Patience; wait *= 2 {
		soon.At = time.Now().Add(wait)
		_, err = ann.Later().Add(t.Context(), soon)
	}
	if err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the first to be posted", func() bool { return said(t, ann, general) == "soon" })
	stop()
	ahead := func() time.Time { return time.Now().Add(2 * time.Hour) }
	for range 2 {
		s, stop = start(t.Context(), ahead)
		if ann, err = s.Open(t.Context(), key.Fingerprint()); err != nil {
			t.Fatal(err)
		}
		testkit.Eventually(t, "the second to be posted", func() bool { return said(t, ann, general) == "soon later" })
		stop()
	}
}
