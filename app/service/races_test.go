package service_test

import (
	"errors"
	"sync"
	"testing"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
)

// A member who is removed while it connects gets no events of the conversation.
func TestASessionThatOpensWhileItsUserIsRemovedGetsNothing(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	ann := crowd(t, s, 1, "ann", "bob")[0]
	in := group(t, ann, "ops", "bob")
	for range 50 {
		var bob *service.Session
		var both sync.WaitGroup
		both.Go(func() {
			var err error
			if bob, err = s.Open(t.Context(), testkit.Key(t, 2).Fingerprint()); err != nil {
				t.Error(err)
			}
		})
		both.Go(func() {
			if err := ann.Groups().RemoveMember(t.Context(), in, "bob"); err != nil {
				t.Error(err)
			}
		})
		both.Wait()
		bob.Mailbox().Drain()
		testkit.Send(t, ann, in, "he must not see this")
		if got := bob.Mailbox().Drain().Events; len(got) > 0 {
			t.Fatalf("a removed member is told %+v", got)
		}
		bob.Close()
		if err := ann.Groups().AddMembers(t.Context(), in, []string{"bob"}); err != nil {
			t.Fatal(err)
		}
	}
}

// A member who is removed while it opens the conversation gets no receipts.
func TestAVisitThatRacesARemovalIsNoVisit(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 3, "ann", "bob", "cyd")
	ann, bob, cyd := x[0], x[1], x[2]
	in := group(t, ann, "ops", "bob", "cyd")
	visit(t, ann, in)
	for range 50 {
		var both sync.WaitGroup
		both.Go(func() {
			if _, err := bob.Receipts().Visit(t.Context(), in); err != nil && !errors.Is(err, chat.ErrNotFound) {
				t.Error(err)
			}
		})
		both.Go(func() {
			if err := ann.Groups().RemoveMember(t.Context(), in, "bob"); err != nil {
				t.Error(err)
			}
		})
		both.Wait()
		bob.Mailbox().Drain()
		news := testkit.Send(t, ann, in, "news").Seq
		cyd.Receipts().MarkRead(in, news)
		untilReceipts(t, ann, "cyd has read", func(r *chat.Receipts) bool { return of(r, "cyd").Read == news })
		visit(t, cyd, in) // when this returns, all were told
		if got := bob.Mailbox().Drain().Receipts; got != nil {
			t.Fatalf("a removed member is told %+v", got)
		}
		if err := ann.Groups().AddMembers(t.Context(), in, []string{"bob"}); err != nil {
			t.Fatal(err)
		}
	}
}

// A message may be marked as read as soon as a session has it.
func TestWhoReadsAtOnceIsBelieved(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 2, "ann", "bob")
	ann, bob := x[0], x[1]
	in := group(t, ann, "ops", "bob")
	visit(t, bob, in)
	const n = 200
	var reader sync.WaitGroup
	reader.Go(func() {
		for last := chat.Seq(0); last < n; {
			<-bob.Mailbox().Wake()
			for _, ev := range bob.Mailbox().Drain().Events {
				if m, ok := ev.(chat.MessagePosted); ok && !m.Message.System() {
					last++
					bob.Receipts().MarkRead(in, m.Message.Seq)
				}
			}
		}
	})
	var last *chat.Message
	for range n {
		last = testkit.Send(t, ann, in, "hello")
	}
	reader.Wait()
	if got := of(visit(t, ann, in).Receipts, "bob"); got.Read != last.Seq || got.Delivered != last.Seq {
		t.Errorf("after message %d: %+v", last.Seq, got)
	}
}

// If the command line makes an account while the server runs, it becomes a member of
// #general at once, even for sessions that have #general open.
func TestAnAccountFromAnotherProcessIsAMemberAtOnce(t *testing.T) {
	dir := t.TempDir()
	server, host := testkit.Open(t, dir), testkit.Open(t, dir)
	testkit.Enrol(t, host, "ann", 1)
	ann := testkit.Connect(t, server, testkit.Key(t, 1))
	in := testkit.General(t, ann)
	visit(t, ann, in)
	m := testkit.Send(t, ann, in, "hello")
	ann.Receipts().MarkRead(in, m.Seq)
	testkit.Enrol(t, host, "bob", 2)
	bob := testkit.Connect(t, server, testkit.Key(t, 2))
	v := visit(t, bob, in)
	if v.Receipts.Withheld || of(v.Receipts, "bob").Joined != m.Seq || of(v.Receipts, "ann").Read != m.Seq {
		t.Errorf("bob sees %+v", v.Receipts)
	}
	next := testkit.Send(t, ann, in, "welcome")
	bob.Receipts().MarkRead(in, next.Seq)
	untilReceipts(t, ann, "bob has read", func(r *chat.Receipts) bool { return of(r, "bob").Read == next.Seq })
	if got := of(visit(t, ann, in).Receipts, "ann"); got.Read != m.Seq {
		t.Errorf("reading the members again moved ann to %+v", got)
	}
}
