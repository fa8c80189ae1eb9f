package service_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
)

// clock is a clock that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *clock) add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

// openAt starts a service whose clock the test moves.
func openAt(t *testing.T, c *clock) *service.Service {
	t.Helper()
	store := testkit.OpenStore(t, t.TempDir())
	return testkit.Serve(t, store, store, service.Options{Now: c.Now})
}

// crowd makes accounts, and connects the first n of them.
func crowd(t *testing.T, s *service.Service, connected int, names ...string) []*service.Session {
	t.Helper()
	var sessions []*service.Session
	for i, name := range names {
		key := testkit.Enrol(t, s, name, i+1)
		if i < connected {
			sessions = append(sessions, testkit.Connect(t, s, key))
		}
	}
	return sessions
}

// again opens another session of the nth member of a crowd.
func again(t testing.TB, s *service.Service, n int) *service.Session {
	t.Helper()
	return testkit.Connect(t, s, testkit.Key(t, n+1))
}

func group(t testing.TB, owner *service.Session, name string, members ...string) chat.ConversationID {
	t.Helper()
	meet(t, owner, members...)
	id, err := owner.Groups().NewGroup(t.Context(), name, false, members)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// meet makes people acquainted, so that they add each other to groups at once.
func meet(t testing.TB, s *service.Session, names ...string) {
	t.Helper()
	if len(names) == 0 {
		return
	}
	if err := s.Meet(t.Context(), names...); err != nil {
		t.Fatal(err)
	}
}

func visit(t testing.TB, s *service.Session, in chat.ConversationID) chat.Visit {
	t.Helper()
	v, err := s.Receipts().Visit(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// of returns the receipt of a member.
func of(r *chat.Receipts, s string) chat.MemberReceipt {
	i := slices.IndexFunc(r.Members, func(m chat.MemberReceipt) bool { return m.Name == s })
	if i < 0 {
		return chat.MemberReceipt{}
	}
	return r.Members[i]
}

// until drains a session's mailbox until the event comes for which the test waits.
func until(t *testing.T, s *service.Session, what string, is func(chat.Batch) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testkit.Patience)
	defer cancel()
	for {
		select {
		case <-s.Mailbox().Wake():
			if is(s.Mailbox().Drain()) {
				return
			}
		case <-ctx.Done():
			t.Fatalf("%s was never told: %s", s.User().Name, what)
		}
	}
}

func untilReceipts(t *testing.T, s *service.Session, what string, is func(*chat.Receipts) bool) {
	t.Helper()
	until(t, s, what, func(b chat.Batch) bool { return b.Receipts != nil && is(b.Receipts) })
}

func untilEvent[E chat.Event](t *testing.T, s *service.Session, is func(E) bool) {
	t.Helper()
	var e E
	until(t, s, fmt.Sprintf("%T", e), func(b chat.Batch) bool {
		return slices.ContainsFunc(b.Events, func(ev chat.Event) bool { e, ok := ev.(E); return ok && is(e) })
	})
}

func TestDeliveredOnceTheMemberConnectsEverywhere(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	ann := crowd(t, s, 1, "ann", "bob")[0]
	one, two := group(t, ann, "one", "bob"), group(t, ann, "two", "bob")
	a, b := testkit.Send(t, ann, one, "hello"), testkit.Send(t, ann, two, "hello")
	visit(t, ann, one)
	for _, m := range []*chat.Message{a, b} {
		if got := visit(t, ann, m.Conversation).Receipts.Tally(m.Author, m.Seq); got != (chat.Tally{DeliveredOf: 1, ReadOf: 1}) {
			t.Errorf("while bob is away: %+v", got)
		}
	}
	visit(t, ann, one)
	bob := again(t, s, 1)
	untilReceipts(t, ann, "delivered", func(r *chat.Receipts) bool { return r.Tally(a.Author, a.Seq).Tick() == chat.TickDelivered })
	bob.Close()
	for _, m := range []*chat.Message{a, b} {
		if got := visit(t, ann, m.Conversation).Receipts.Tally(m.Author, m.Seq); got.Delivered != 1 || got.Read != 0 {
			t.Errorf("after bob came and went: %+v", got)
		}
	}
	late := testkit.Send(t, ann, two, "are you there?")
	if got := visit(t, ann, two).Receipts.Tally(late.Author, late.Seq); got.Delivered != 0 {
		t.Errorf("after bob went: %+v", got)
	}
}

// Receipts say which members are connected: viewers are told when somebody comes or goes, and
// how many members there are when that changes.
func TestReceiptsSayWhoIsHere(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	ann := crowd(t, s, 1, "ann", "bob", "eve")[0]
	id := group(t, ann, "one", "bob")
	here := func(who ...string) func(*chat.Receipts) bool {
		return func(r *chat.Receipts) bool {
			var is []string
			for _, m := range r.Members {
				if m.Here {
					is = append(is, m.Name)
				}
			}
			return slices.Equal(is, who)
		}
	}
	if r := visit(t, ann, id).Receipts; !here("ann")(r) || r.Count != 2 {
		t.Errorf("at first: %+v", r)
	}
	bob := again(t, s, 1)
	untilReceipts(t, ann, "bob came", here("ann", "bob"))
	other := again(t, s, 1)
	other.Close()
	bob.Close()
	untilReceipts(t, ann, "bob went", here("ann"))
	meet(t, ann, "eve")
	if err := ann.Groups().AddMembers(t.Context(), id, []string{"eve"}); err != nil {
		t.Fatal(err)
	}
	untilReceipts(t, ann, "eve was added", func(r *chat.Receipts) bool { return r.Count == 3 })
}

func TestSessionsOfOneAccountAgree(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 2, "ann", "bob")
	ann, bob, other := x[0], x[1], again(t, s, 1)
	in := group(t, ann, "ops", "bob")
	m := testkit.Send(t, ann, in, "hello")
	if v := visit(t, bob, in); v.Unread != 1 {
		t.Fatalf("%d are unread, want 1", v.Unread)
	}
	bob.Receipts().MarkRead(in, m.Seq+100)
	untilEvent(t, other, func(e chat.SeenMoved) bool { return e.Conversation == in && e.Seen == m.Seq })
	if n, err := other.Receipts().Unread(t.Context(), in); n != 0 || err != nil {
		t.Errorf("in the other session %d are unread, %v", n, err)
	}
	if err := other.Receipts().MarkUnread(t.Context(), in, m.Seq); err != nil {
		t.Fatal(err)
	}
	untilEvent(t, bob, func(e chat.SeenMoved) bool { return e.Seen == m.Seq-1 })
	if got := of(visit(t, ann, in).Receipts, "bob"); got.Read != m.Seq {
		t.Errorf("marking unread took back what was told: %+v", got)
	}
	if err := bob.Receipts().MarkUnread(t.Context(), in, m.Seq+50); err != nil {
		t.Fatal(err)
	}
	next := testkit.Send(t, ann, in, "and another")
	if n, err := bob.Receipts().Unread(t.Context(), in); n != 2 || err != nil {
		t.Errorf("%d are unread after marking what is not there; want both, up to %d", n, next.Seq)
	}
}

func TestUnreadStopsCounting(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 2, "ann", "bob")
	in := group(t, x[0], "ops", "bob")
	for range 105 {
		testkit.Send(t, x[0], in, "hello")
	}
	if v := visit(t, x[1], in); v.Unread != chat.UnreadLimit {
		t.Errorf("%d are unread", v.Unread)
	}
	list, err := x[1].Groups().Conversations(t.Context())
	if err != nil || list[0].Unread != chat.UnreadLimit || list[0].Name != "ops" {
		t.Errorf("listed as %+v, %v", list[0], err)
	}
}

func TestReceiptsOffIsReciprocalAndAtOnce(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 3, "ann", "bob", "cyd")
	ann, bob, cyd := x[0], x[1], x[2]
	in := group(t, ann, "ops", "bob", "cyd")
	m := testkit.Send(t, ann, in, "hello")
	for _, a := range x {
		visit(t, a, in)
	}
	bob.Receipts().MarkRead(in, m.Seq)
	cyd.Receipts().MarkRead(in, m.Seq)
	untilReceipts(t, ann, "both have read", func(r *chat.Receipts) bool { return r.Tally(m.Author, m.Seq).Tick() == chat.TickRead })
	for _, where := range []chat.ConversationID{0, in} {
		if err := bob.Receipts().ShareReceipts(t.Context(), where, false); err != nil {
			t.Fatal(err)
		}
		untilReceipts(t, ann, "bob keeps it to himself", func(r *chat.Receipts) bool {
			b := of(r, "bob")
			return !b.Shares && b.Read == 0 && b.ReadAt.IsZero() && r.Tally(m.Author, m.Seq).ReadOf == 1
		})
		untilReceipts(t, bob, "nothing for bob", func(r *chat.Receipts) bool {
			return r.Withheld && !slices.ContainsFunc(r.Members, func(m chat.MemberReceipt) bool { return m.Read != 0 || !m.ReadAt.IsZero() })
		})
		quiet := testkit.Send(t, ann, in, "did you see that?")
		bob.Receipts().MarkRead(in, quiet.Seq)
		if n, err := bob.Receipts().Unread(t.Context(), in); n != 0 || err != nil {
			t.Errorf("bob's own count is %d, %v", n, err)
		}
		if err := bob.Receipts().ShareReceipts(t.Context(), where, true); err != nil {
			t.Fatal(err)
		}
		next := testkit.Send(t, ann, in, "and now?")
		bob.Receipts().MarkRead(in, next.Seq)
		untilReceipts(t, ann, "bob tells again", func(r *chat.Receipts) bool { return of(r, "bob").Read == next.Seq })
		r := visit(t, ann, in).Receipts
		if got := r.Tally(m.Author, quiet.Seq); got.ReadOf != 1 {
			t.Errorf("others learn what bob read meanwhile: %+v", got)
		}
		d, err := ann.Receipts().Details(t.Context(), in, quiet.Seq)
		if err != nil || d.Members[0].Tells || d.Members[0].Read || !d.Members[0].ReadAt.IsZero() {
			t.Errorf("details of what bob read meanwhile: %+v, %v", d.Members, err)
		}
	}
}

func TestDetailsSayWhen(t *testing.T) {
	c := &clock{now: time.UnixMilli(1_800_000_000_000)}
	s := openAt(t, c)
	x := crowd(t, s, 2, "ann", "bob", "cyd", "dan")
	ann, bob := x[0], x[1]
	in := group(t, ann, "ops", "bob", "cyd")
	start := c.Now()
	m := testkit.Send(t, ann, in, "hello")
	visit(t, bob, in)
	c.add(time.Minute)
	bob.Receipts().MarkRead(in, m.Seq)
	meet(t, ann, "dan")
	if err := ann.Groups().AddMembers(t.Context(), in, []string{"dan"}); err != nil {
		t.Fatal(err)
	}
	c.add(time.Minute)
	cyd := again(t, s, 2)
	want := []chat.MemberDetail{
		{Name: "bob", Delivered: true, DeliveredAt: start, Tells: true, Read: true, ReadAt: start.Add(time.Minute)},
		{Name: "cyd", Delivered: true, DeliveredAt: start.Add(2 * time.Minute), Tells: true},
	}
	d, err := ann.Receipts().Details(t.Context(), in, m.Seq)
	if err != nil || d.Withheld || !slices.Equal(d.Members, want) {
		t.Errorf("got %+v, %v; want %+v", d.Members, err, want)
	}
	if err := cyd.Receipts().ShareReceipts(t.Context(), 0, false); err != nil {
		t.Fatal(err)
	}
	d, err = cyd.Receipts().Details(t.Context(), in, m.Seq)
	if err != nil || !d.Withheld || d.Members[0].Read || d.Members[0].Tells || !d.Members[0].ReadAt.IsZero() {
		t.Errorf("a member who does not share is told %+v, %v", d, err)
	}
	if d, err := ann.Receipts().Details(t.Context(), in, 1); err != nil || len(d.Members) != 0 {
		t.Errorf("a system line has receipts: %+v, %v", d, err)
	}
	if _, err := ann.Receipts().Details(t.Context(), in, 99); !chat.IsRefusal(err) {
		t.Errorf("details of no message: %v", err)
	}
	// A message that was read long ago still counts as read, without the time.
	c.add(31 * 24 * time.Hour)
	last := testkit.Send(t, ann, in, "still there?")
	bob.Receipts().MarkRead(in, last.Seq)
	s.Prune(t.Context())
	d, err = ann.Receipts().Details(t.Context(), in, m.Seq)
	if err != nil || !d.Members[0].Read || !d.Members[0].ReadAt.IsZero() || !d.Members[0].DeliveredAt.IsZero() {
		t.Errorf("after a month: %+v, %v", d.Members, err)
	}
	if d, err := ann.Receipts().Details(t.Context(), in, last.Seq); err != nil || !d.Members[0].ReadAt.Equal(c.Now()) || !d.Members[1].DeliveredAt.Equal(c.Now()) {
		t.Errorf("the message that was just sent is %+v, %v", d.Members, err)
	}
}

func TestWhatWasReadWhileReceiptsWereOffIsNeverTold(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 2, "ann", "bob")
	ann, bob := x[0], x[1]
	in := group(t, ann, "ops", "bob")
	for _, a := range x {
		visit(t, a, in)
	}
	if err := bob.Receipts().ShareReceipts(t.Context(), in, false); err != nil {
		t.Fatal(err)
	}
	quiet := testkit.Send(t, ann, in, "hello")
	bob.Receipts().MarkRead(in, quiet.Seq)
	if err := bob.Receipts().ShareReceipts(t.Context(), in, true); err != nil {
		t.Fatal(err)
	}
	// A screen repeats this call each time that it is drawn.
	bob.Receipts().MarkRead(in, quiet.Seq)
	if got := of(visit(t, ann, in).Receipts, "bob"); !got.Shares || got.Read != 0 || !got.ReadAt.IsZero() {
		t.Errorf("others learn what bob read while his receipts were off: %+v", got)
	}
	next := testkit.Send(t, ann, in, "and now?")
	bob.Receipts().MarkRead(in, next.Seq)
	if got := of(visit(t, ann, in).Receipts, "bob"); got.Read != next.Seq {
		t.Errorf("others do not learn what bob read after he turned receipts on: %+v", got)
	}
}

func TestWhatReachedAMemberStaysDeliveredWhenItLeaves(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 2, "ann", "bob")
	ann, bob := x[0], x[1]
	in := group(t, ann, "ops", "bob")
	visit(t, ann, in) // from here on the members are kept in memory
	m := testkit.Send(t, ann, in, "hello")
	if got := of(visit(t, ann, in).Receipts, "bob"); got.Delivered != m.Seq {
		t.Fatalf("while bob is there: %+v", got)
	}
	bob.Close()
	if got := of(visit(t, ann, in).Receipts, "bob"); got.Delivered != m.Seq {
		t.Errorf("after bob has gone: %+v, want message %d delivered", got, m.Seq)
	}
	late := testkit.Send(t, ann, in, "are you there?")
	if got := of(visit(t, ann, in).Receipts, "bob"); got.Delivered != m.Seq {
		t.Errorf("message %d is said to be delivered to bob, who had gone: %+v", late.Seq, got)
	}
}
