package service_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
)

// hall makes a large group, which some of its members have open.
func hall(b *testing.B, members, connected int) (chat.ConversationID, []*service.Session) {
	b.Helper()
	s := testkit.Open(b, b.TempDir())
	names := make([]string, members)
	work := make(chan int)
	var all sync.WaitGroup
	testkit.Enrol(b, s, "user-0", 0) // the owner is the first
	for range 64 {                   // at once, so that they share transactions
		all.Go(func() {
			for i := range work {
				testkit.Enrol(b, s, names[i], i)
			}
		})
	}
	for i := range names {
		names[i] = fmt.Sprintf("user-%d", i)
		if i > 0 {
			work <- i
		}
	}
	close(work)
	all.Wait()
	owner := testkit.Connect(b, s, testkit.Key(b, 0))
	in := group(b, owner, "hall")
	for some := range slices.Chunk(names[1:], 100) { // as many as one change may name
		if err := owner.Meet(b.Context(), some...); err != nil {
			b.Fatal(err)
		}
		if err := owner.Groups().AddMembers(b.Context(), in, some); err != nil {
			b.Fatal(err)
		}
	}
	sessions := []*service.Session{owner}
	for i := 1; i < connected; i++ {
		sessions = append(sessions, testkit.Connect(b, s, testkit.Key(b, i)))
	}
	for _, session := range sessions {
		visit(b, session, in)
		session.Mailbox().Drain()
	}
	return in, sessions
}

// The cost of a message when 64 people send at once: in shared transactions, and in a
// transaction for each message.
func BenchmarkSend(b *testing.B) {
	b.Run("shared", func(b *testing.B) {
		in, x := hall(b, 2, 1)
		testkit.InParallel(b, func() error {
			_, err := x[0].Messages().Send(b.Context(), chat.NewMessage{ID: uuid.Must(uuid.NewV7()), Conversation: in, Body: "hello"})
			return err
		})
	})
	b.Run("one each", func(b *testing.B) {
		store := testkit.OpenStore(b, b.TempDir())
		defer store.Close()
		s := testkit.Start(b, store, service.Options{})
		defer s.Close("Bye.")
		testkit.Enrol(b, s, "ann", 1)
		c, err := store.ConversationByName(b.Context(), chat.GeneralName)
		if err != nil {
			b.Fatal(err)
		}
		testkit.InParallel(b, func() error {
			return store.Update(context.Background(), func(tx chat.Tx) error {
				_, err := tx.InsertMessage(b.Context(), &chat.Message{
					ID: uuid.Must(uuid.NewV7()), Conversation: c.ID, Author: 1, Body: "hello", SentAt: time.Now(),
				})
				return err
			})
		})
	})
}

// 200 members of a group of 1,000 have it open. One message is sent, and all 200 read it.
func BenchmarkMarkers1000(b *testing.B) {
	b.Run("a message that all read", func(b *testing.B) {
		in, x := hall(b, 1000, 200)
		b.ReportAllocs()
		for b.Loop() {
			m := testkit.Send(b, x[0], in, "hello")
			for _, s := range x {
				s.Receipts().MarkRead(in, m.Seq)
				s.Mailbox().Drain()
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(x)), "ns/marker")
	})
	b.Run("and all is written", func(b *testing.B) { // at most five times a second
		in, x := hall(b, 1000, 200)
		b.ReportAllocs()
		for b.Loop() {
			m := testkit.Send(b, x[0], in, "hello")
			for _, s := range x {
				s.Receipts().MarkRead(in, m.Seq)
				s.Mailbox().Drain()
			}
			if _, err := x[0].Receipts().Unread(b.Context(), in); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("send while they move", func(b *testing.B) {
		in, x := hall(b, 1000, 200)
		m := testkit.Send(b, x[0], in, "hello")
		stop := make(chan struct{})
		var readers sync.WaitGroup
		readers.Go(func() { // 200 markers a message, as fast as they come
			for {
				for _, s := range x[1:] {
					s.Receipts().MarkRead(in, m.Seq)
					for _, ev := range s.Mailbox().Drain().Events {
						if p, ok := ev.(chat.MessagePosted); ok {
							s.Receipts().MarkRead(in, p.Message.Seq)
						}
					}
				}
				select {
				case <-stop:
					return
				case <-time.After(time.Millisecond):
				}
			}
		})
		b.ReportAllocs()
		for b.Loop() {
			testkit.Send(b, x[0], in, "hello")
		}
		close(stop)
		readers.Wait()
	})
	b.Run("send while nobody reads", func(b *testing.B) {
		in, x := hall(b, 1000, 200)
		b.ReportAllocs()
		for b.Loop() {
			testkit.Send(b, x[0], in, "hello")
		}
	})
	b.Run("visit", func(b *testing.B) {
		in, x := hall(b, 1000, 200)
		b.ReportAllocs()
		for b.Loop() {
			visit(b, x[1], in)
		}
	})
}
