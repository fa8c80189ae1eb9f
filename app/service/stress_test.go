package service_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/db/sqlite"
)

// follower drains a session's mailbox and checks its events.
func follower(t *testing.T, s *service.Session, in chat.ConversationID) {
	var last chat.Seq
	member, follows := true, false
	for range s.Mailbox().Wake() {
		b := s.Mailbox().Drain()
		if b.Resync {
			member, follows = true, false
		}
		for _, ev := range b.Events {
			switch ev := ev.(type) {
			case chat.ListChanged:
				member = true
			case chat.Removed:
				member, follows = false, false
			case chat.MessagePosted:
				if ev.Message.Conversation != in {
					continue
				}
				if !member {
					t.Errorf("%s, who is no member, got message %d", s.User().Name, ev.Message.Seq)
				}
				if follows && ev.Message.Seq != last+1 {
					t.Errorf("%s got message %d after %d", s.User().Name, ev.Message.Seq, last)
				}
				last, follows = ev.Message.Seq, true
			}
		}
		if b.Ended != "" {
			return
		}
	}
}

// All members do everything at the same time. Afterwards, memory and disk agree, and nobody
// has missed anything.
func TestEveryoneAtOnce(t *testing.T) {
	store := testkit.OpenStore(t, t.TempDir())
	defer store.Close()
	s := testkit.Start(t, store, service.Options{})
	names := []string{"ann", "bob", "cyd", "dan", "eve", "fay"}
	owner := crowd(t, s, 1, names...)[0]
	meet(t, owner, names[1:]...)
	in, err := owner.Groups().NewGroup(t.Context(), "ops", true, names[1:])
	if err != nil {
		t.Fatal(err)
	}
	visit(t, owner, in) // so that the members stay in memory
	var all, followers sync.WaitGroup
	for i := range 2 * len(names) {
		all.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(i)))
			who := i % len(names)
			for range 4 {
				session, err := s.Open(t.Context(), testkit.Key(t, who+1).Fingerprint())
				if err != nil {
					t.Error(err)
					return
				}
				gone := make(chan struct{})
				followers.Go(func() { defer close(gone); follower(t, session, in) })
				for range 25 {
					if err := anything(t.Context(), r, session, in, names); err != nil && !chat.IsRefusal(err) {
						t.Errorf("%s: %v", names[who], err)
					}
				}
				session.Close()
				service.End(session)
				<-gone
			}
		})
	}
	all.Wait()
	followers.Wait()
	checkStored(t, s, store, in, names)
	s.Close("Bye.")
}

// anything does something that a member may do.
func anything(ctx context.Context, r *rand.Rand, s *service.Session, in chat.ConversationID, names []string) error {
	seq := chat.Seq(r.IntN(400))
	switch r.IntN(14) {
	case 0, 1, 2:
		_, err := s.Messages().Send(ctx, chat.NewMessage{ID: uuid.New(), Conversation: in, Body: "hello", Read: r.IntN(2) == 0})
		return err
	case 3, 4:
		_, err := s.Receipts().Visit(ctx, in)
		return err
	case 5, 6, 7:
		s.Receipts().MarkRead(in, seq)
		return nil
	case 8:
		return s.Receipts().MarkUnread(ctx, in, seq)
	case 9:
		return s.Receipts().ReadAll(ctx)
	case 10:
		return s.Receipts().ShareReceipts(ctx, in*chat.ConversationID(r.IntN(2)), r.IntN(2) == 0)
	case 11:
		if s.User().Name == names[0] {
			return s.Groups().RemoveMember(ctx, in, names[r.IntN(len(names))])
		}
		return s.Groups().Leave(ctx, in)
	case 12:
		_, err := s.Groups().Join(ctx, "ops")
		return err
	default:
		s.Messages().Typing(in)
		s.Attend()
		_, err := s.Groups().Conversations(ctx)
		return err
	}
}

// checkStored compares the positions in memory with those in the store.
func checkStored(t *testing.T, s *service.Service, store *sqlite.Store, in chat.ConversationID, names []string) {
	t.Helper()
	viewer := again(t, s, 0)
	err := errors.Join(viewer.Receipts().ShareReceipts(t.Context(), 0, true), viewer.Receipts().ShareReceipts(t.Context(), in, true))
	if err != nil {
		t.Fatal(err)
	}
	shown := visit(t, viewer, in).Receipts
	if _, err := viewer.Receipts().Unread(t.Context(), in); err != nil { // this writes all markers
		t.Fatal(err)
	}
	members, err := store.Members(t.Context(), in)
	if err != nil || len(members) != len(shown.Members) {
		t.Fatalf("%d members are stored, %v, and %d shown", len(members), err, len(shown.Members))
	}
	for i, m := range members {
		got := shown.Members[i]
		want := fmt.Sprint(m.Name, m.Joined, m.Delivered)
		if shares := !m.ReceiptsOff && !m.AccountReceiptsOff; shares != got.Shares || shares && (got.Read != m.Read || got.ReadFrom != m.ReadFrom) {
			t.Errorf("shown as %+v, stored as %+v", got, m)
		}
		if fmt.Sprint(got.Name, got.Joined, got.Delivered) != want {
			t.Errorf("shown as %+v, stored as %+v", got, m)
		}
	}
	for i := range names {
		one := again(t, s, i)
		list, err := one.Groups().Conversations(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range list {
			if v := visit(t, one, l.ID); v.Seen != l.Mine.Seen || v.Unread != l.Unread {
				t.Errorf("to %s it is %+v, listed as %+v", names[i], v, l)
			}
			page, err := one.Messages().Before(t.Context(), l.ID, 1<<62, 1000)
			for n, m := range page {
				if m.Seq != page[0].Seq+chat.Seq(n) {
					t.Errorf("message %d is missing", page[0].Seq+chat.Seq(n))
				}
			}
			if err != nil {
				t.Error(err)
			}
		}
	}
}
