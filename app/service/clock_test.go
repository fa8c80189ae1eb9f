package service_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/testkit"
)

// A clock that is put back an hour loses no message and no marker: messages are in the order
// of their numbers, reads go on, and nothing expires or ends because of the step.
func TestAClockThatIsPutBack(t *testing.T) {
	t.Parallel()
	now := &clock{now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	s := openAt(t, now)
	x := crowd(t, s, 2, "ann", "bob")
	ann, bob := x[0], x[1]
	in := testkit.General(t, ann)
	visit(t, bob, in)
	first := testkit.Send(t, ann, in, "before")
	bob.Receipts().MarkRead(in, first.Seq)
	now.add(-time.Hour)
	second := testkit.Send(t, ann, in, "after")
	if second.Seq != first.Seq+1 {
		t.Errorf("the message after %d has the number %d", first.Seq, second.Seq)
	}
	if _, err := ann.Messages().Edit(t.Context(), in, first.Seq, "edited"); err != nil {
		t.Fatal(err)
	}
	if n, err := bob.Receipts().Unread(t.Context(), in); n != 1 || err != nil {
		t.Errorf("%d are unread, %v; want 1", n, err)
	}
	bob.Receipts().MarkRead(in, second.Seq)
	if n, err := bob.Receipts().Unread(t.Context(), in); n != 0 || err != nil {
		t.Errorf("%d are unread, %v; want none", n, err)
	}
	expire(t, s, 24*time.Hour)
	if got := said(t, ann, in); !strings.HasSuffix(got, "edited after") {
		t.Errorf("ann sees %q", got)
	}
}

// Bans end, and reminders are due, by the clock. So after a step they are as late as the step:
// a ban of an hour holds an hour longer, and a reminder that was told is not told again. A
// step forward ends them early, but nothing is undone when the clock is right again.
func TestBansAndRemindersAfterAClockStep(t *testing.T) {
	t.Parallel()
	now := &clock{now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	s := openAt(t, now)
	key := testkit.Enrol(t, s, "ann", 1)
	eve := testkit.Enrol(t, s, "eve", 2)
	ann := testkit.Connect(t, s, key)
	in := testkit.General(t, ann)
	banned := func(when string, want bool) {
		t.Helper()
		session, err := s.Open(t.Context(), eve.Fingerprint())
		if err == nil {
			session.Close()
		}
		if errors.Is(err, chat.ErrNotAllowed) != want || err != nil && !want {
			t.Errorf("%s, eve gets %v; banned should be %v", when, err, want)
		}
	}
	if _, err := s.Host().Ban(t.Context(), "@eve", time.Hour, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := ann.Later().Add(t.Context(), chat.Later{
		ID: testkit.NewID(t), Conversation: in, Body: "at one", At: now.Now().Add(time.Hour), Zone: "UTC",
	}); err != nil {
		t.Fatal(err)
	}
	do := func() {
		t.Helper()
		if _, err := s.DoDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	posted := func(when string, want int) {
		t.Helper()
		if n := strings.Count(said(t, ann, in), "at one"); n != want {
			t.Errorf("%s, the scheduled message is there %d times, want %d", when, n, want)
		}
	}
	now.add(-time.Hour)
	now.add(90 * time.Minute) // 12:30
	do()
	banned("after half an hour by the clock", true)
	posted("after half an hour by the clock", 0)
	now.add(365 * 24 * time.Hour)
	do()
	banned("after a year by the clock", false)
	posted("after a year by the clock", 1)
	now.add(-365 * 24 * time.Hour)
	do()
	posted("after the clock is right again", 1)
	before := testkit.Send(t, ann, in, "still in order")
	now.add(time.Hour)
	do()
	posted("when it was due", 1)
	if after := testkit.Send(t, ann, in, "the last"); after.Seq != before.Seq+1 {
		t.Errorf("%d comes after %d", after.Seq, before.Seq)
	}
}

// A code ends by the clock. So it lasts an hour longer after a step back of an hour, and does
// not work while the clock is a year ahead.
func TestCodesAfterAClockStep(t *testing.T) {
	t.Parallel()
	s, c := openDoor(t)
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	code, ends, err := ann.Admission().Invite(t.Context(), chat.Invitation{Uses: 10, Lasts: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	guest := 10
	works := func(when string, want bool) {
		t.Helper()
		guest++
		v := knock(t, s, testkit.Key(t, guest))
		err := v.Redeem(t.Context(), code)
		if want && err != nil || !want && !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("%s: %v; it should work: %t", when, err, want)
		}
	}
	works("at once", true)
	c.add(-time.Hour)
	works("an hour earlier", true)
	c.add(ends.Sub(c.Now()) - time.Minute)
	works("a minute before its end by the clock", true)
	c.add(365 * 24 * time.Hour)
	works("a year ahead", false)
	c.add(-365 * 24 * time.Hour)
	works("when the clock is right again", true)
	c.add(time.Minute)
	works("at its end", false)
}

// A reminder is due by the clock, is told once, and stays in the list when the clock is put
// back.
func TestAReminderAfterAClockStep(t *testing.T) {
	w := newLaterWorld(t)
	w.add(w.ann, 0, 60, "call")
	told := func(when string, want int) {
		t.Helper()
		if b := w.ann.Mailbox().Drain(); len(b.Events) != want {
			t.Errorf("%s, ann is told %v", when, b.Events)
		}
	}
	_ = w.ann.Mailbox().Drain()
	w.pass(-60)
	w.pass(90)
	told("half an hour later by the clock", 0)
	w.pass(365 * 24 * 60)
	told("a year later", 1)
	w.pass(-365 * 24 * 60)
	w.pass(60)
	told("when the clock is right again", 0)
	if got := w.list(w.ann); got != "1  true call ;" {
		t.Errorf("the list is %q", got)
	}
}
