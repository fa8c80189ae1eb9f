package service_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
)

// inThread posts a reply in the thread of a message.
func inThread(t *testing.T, s *service.Session, in chat.ConversationID, of uuid.UUID, body string, also bool) (*chat.Message, error) {
	t.Helper()
	return s.Messages().Send(t.Context(), chat.NewMessage{ID: testkit.NewID(t), Conversation: in, Body: body, Thread: of, Also: also})
}

// unreadIn returns the number of unread messages in a conversation, and in a thread of it.
func unreadIn(t *testing.T, s *service.Session, in chat.ConversationID, root chat.Seq) (conversation, thread int, follows bool) {
	t.Helper()
	v, err1 := s.Threads().VisitThread(t.Context(), in, root)
	n, err2 := s.Receipts().Unread(t.Context(), in)
	list, err3 := s.Groups().Conversations(t.Context())
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	for _, l := range list {
		if l.ID == in && l.Unread != n {
			t.Errorf("the list has %d unread messages, and there are %d", l.Unread, n)
		}
	}
	return n, v.Unread, v.Following
}

// Replies in a thread are unread in the thread, for members who follow it, and not in the
// conversation. Reading one does not mark the other as read.
func TestThreads(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	bob := testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	eve := testkit.Connect(t, s, testkit.Enrol(t, s, "eve", 3))
	in := testkit.General(t, ann)
	root := testkit.Send(t, ann, in, "Is the build green?")
	first, err := inThread(t, bob, in, root.ID, "since noon", false)
	if err != nil || first.Thread != root.Seq || !first.ThreadOnly {
		t.Fatal(first, err)
	}
	// A reply to a reply is in the same thread. The conversation shows this one too.
	second, err := inThread(t, bob, in, first.ID, "and the tests, @eve", true)
	if err != nil || second.Thread != root.Seq || second.ThreadOnly {
		t.Fatal(second, err)
	}
	for _, c := range []struct {
		who                  *service.Session
		conversation, thread int
		follows              bool
	}{
		{ann, 1, 2, true}, // wrote the root
		{bob, 1, 0, true}, // wrote the replies, and has not read the root
		{eve, 2, 1, true}, // was mentioned in the second reply
	} {
		n, in, follows := unreadIn(t, c.who, in, root.Seq)
		if n != c.conversation || in != c.thread || follows != c.follows {
			t.Errorf("%s has %d unread, %d in the thread, follows it: %t; want %+v", c.who.User().Name, n, in, follows, c)
		}
	}
	if err := ann.Threads().MarkThreadRead(t.Context(), in, root.Seq, first.Seq); err != nil {
		t.Fatal(err)
	}
	if n, thread, _ := unreadIn(t, ann, in, root.Seq); n != 1 || thread != 1 {
		t.Errorf("read to the first reply, ann has %d unread and %d in the thread", n, thread)
	}
	if list, err := ann.Threads().Followed(t.Context(), false); err != nil || len(list) != 1 || list[0].Unread != 1 || list[0].Root.ID != root.ID || list[0].Root.Replies != 2 {
		t.Errorf("ann has the threads %+v, %v", list, err)
	}
	if err := ann.Receipts().ReadUpTo(t.Context(), in, second.Seq); err != nil {
		t.Fatal(err)
	}
	if n, thread, _ := unreadIn(t, ann, in, root.Seq); n != 0 || thread != 1 {
		t.Errorf("after the conversation was read, ann has %d unread and %d in the thread", n, thread)
	}
	// A deleted reply is not unread, and the root counts the others.
	if _, err := bob.Messages().Delete(t.Context(), in, second.Seq); err != nil {
		t.Fatal(err)
	}
	if _, thread, _ := unreadIn(t, ann, in, root.Seq); thread != 0 {
		t.Errorf("after the deletion, %d are unread", thread)
	}
	if m, _, err := ann.Messages().Message(t.Context(), root.ID); err != nil || m.Replies != 1 || !m.LastReplyAt.Equal(first.SentAt) {
		t.Errorf("the root is %+v, %v", m, err)
	}
	// Pages of the conversation leave out thread-only replies. Pages of the thread have
	// them.
	for thread, want := range map[chat.Seq][]chat.Seq{0: {root.Seq, second.Seq}, root.Seq: {root.Seq, first.Seq, second.Seq}} {
		before, err1 := eve.Threads().Before(t.Context(), in, thread, 1<<40, 10)
		after, err2 := eve.Threads().After(t.Context(), in, thread, root.Seq-1, 10)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		for _, page := range [][]*chat.Message{before, after} {
			var seqs []chat.Seq
			for _, m := range page {
				if !m.System() {
					seqs = append(seqs, m.Seq)
				}
			}
			if len(seqs) != len(want) || seqs[0] != want[0] || seqs[len(seqs)-1] != want[len(want)-1] {
				t.Errorf("the page of %d has %v, want %v", thread, seqs, want)
			}
		}
	}
	// Messages of others make nobody a follower again.
	if err := ann.Threads().FollowThread(t.Context(), in, first.Seq, false); err != nil {
		t.Fatal(err)
	}
	if _, err := inThread(t, eve, in, root.ID, "indeed", false); err != nil {
		t.Fatal(err)
	}
	if _, thread, follows := unreadIn(t, ann, in, root.Seq); thread != 0 || follows {
		t.Errorf("ann has %d unread, and follows it: %t", thread, follows)
	}
	if _, thread, _ := unreadIn(t, bob, in, root.Seq); thread != 1 {
		t.Errorf("bob has %d unread", thread)
	}
	if err := bob.Receipts().ReadAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, thread, _ := unreadIn(t, bob, in, root.Seq); thread != 0 {
		t.Errorf("bob has read everything, and %d are unread", thread)
	}
	// A deleted root keeps its thread. A deleted message without one begins none.
	if _, err := ann.Messages().Delete(t.Context(), in, root.Seq); err != nil {
		t.Fatal(err)
	}
	if _, err := inThread(t, bob, in, root.ID, "still here", false); err != nil {
		t.Error(err)
	}
	gone := testkit.Send(t, ann, in, "gone")
	if _, err := ann.Messages().Delete(t.Context(), in, gone.Seq); err != nil {
		t.Fatal(err)
	}
	if _, err := inThread(t, bob, in, gone.ID, "why?", false); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("a thread of a deleted message: %v", err)
	}
}

// Members can write in the threads of messages that they may see. Strangers see nothing of
// the threads. People who leave a group no longer follow its threads.
func TestWhoMayWriteInAThread(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	bob := testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	ops := group(t, ann, "ops")
	before := testkit.Send(t, ann, ops, "before bob came")
	meet(t, ann, "bob")
	stranger := func(err error) {
		t.Helper()
		if !errors.Is(err, chat.ErrNotFound) && !errors.Is(err, chat.ErrNotAllowed) {
			t.Errorf("bob may do that: %v", err)
		}
	}
	_, err := inThread(t, bob, ops, before.ID, "hello", false)
	stranger(err)
	if err := ann.Groups().AddMembers(t.Context(), ops, []string{"bob"}); err != nil {
		t.Fatal(err)
	}
	if _, err := inThread(t, ann, ops, before.ID, "for @bob", false); err != nil {
		t.Fatal(err)
	}
	_, err = inThread(t, bob, ops, before.ID, "hello", false)
	stranger(err)
	stranger(bob.Threads().FollowThread(t.Context(), ops, before.Seq, true))
	if page, err := bob.Threads().Before(t.Context(), ops, before.Seq, 1<<40, 10); err != nil || len(page) != 1 || page[0].Body != "for @bob" {
		t.Errorf("bob sees %v, %v", page, err)
	}
	after := testkit.Send(t, ann, ops, "now")
	if _, err := inThread(t, bob, ops, after.ID, "hello", false); err != nil {
		t.Fatal(err)
	}
	everyone := testkit.Send(t, ann, 1, "elsewhere")
	_, err = inThread(t, ann, ops, everyone.ID, "hello", false)
	stranger(err)
	if list, err := bob.Threads().Followed(t.Context(), true); err != nil || len(list) != 1 {
		t.Errorf("bob follows %v, %v", list, err)
	}
	if err := bob.Groups().Leave(t.Context(), ops); err != nil {
		t.Fatal(err)
	}
	_, err = bob.Threads().Before(t.Context(), ops, after.Seq, 1<<40, 10)
	stranger(err)
	_, err = bob.Threads().VisitThread(t.Context(), ops, after.Seq)
	stranger(err)
	stranger(bob.Threads().MarkThreadRead(t.Context(), ops, after.Seq, 100))
	stranger(bob.Threads().FollowThread(t.Context(), ops, after.Seq, true))
	if list, err := bob.Threads().Followed(context.Background(), true); err != nil || len(list) != 0 {
		t.Errorf("after leaving, bob follows %v, %v", list, err)
	}
}
