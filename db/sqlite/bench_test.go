package sqlite_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/db/sqlite"
)

// BenchmarkDurableSend posts messages of many senders at once along the whole path
// of a send. It measures transactions that all waiting senders share, and one
// transaction for each message.
func BenchmarkDurableSend(b *testing.B) {
	for _, senders := range []int{1, 2, 4, 8, 16, 32, 64, 128, 256} {
		b.Run(fmt.Sprintf("shared/senders=%d", senders), func(b *testing.B) {
			store := openBench(b)
			service, session, in := enter(b, store)
			defer service.Close("Bye.")
			many(b, senders, func() error {
				_, err := session.Messages().Send(b.Context(), chat.NewMessage{ID: uuid.Must(uuid.NewV7()), Conversation: in, Body: "hello"})
				return err
			})
			session.Close()
		})
	}
	for _, senders := range []int{1, 2, 4, 8, 16, 32, 64, 128, 256} {
		b.Run(fmt.Sprintf("each/senders=%d", senders), func(b *testing.B) {
			store := openBench(b)
			service, session, in := enter(b, store)
			defer service.Close("Bye.")
			author := session.User().ID
			session.Close()
			many(b, senders, func() error {
				return store.Update(context.Background(), func(tx chat.Tx) error {
					_, err := tx.InsertMessage(b.Context(), &chat.Message{
						ID: uuid.Must(uuid.NewV7()), Conversation: in, Author: author, Body: "hello", SentAt: time.Now(),
					})
					return err
				})
			})
		})
	}
}

// many has this many goroutines run something b.N times in all.
func many(b *testing.B, n int, do func() error) {
	b.ReportAllocs()
	b.ResetTimer()
	var left atomic.Int64
	left.Store(int64(b.N))
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				if err := do(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.StopTimer()
}

func openBench(b *testing.B) *sqlite.Store {
	b.Helper()
	store := testkit.OpenStore(b, b.TempDir())
	b.Cleanup(func() { _ = store.Close() })
	return store
}

// enter starts a service with one account, and a session of it.
func enter(b *testing.B, store *sqlite.Store) (*service.Service, *service.Session, chat.ConversationID) {
	b.Helper()
	service := testkit.Start(b, store, service.Options{})
	key := testkit.Enrol(b, service, "ann", 0)
	session, err := service.Open(b.Context(), key.Fingerprint())
	if err != nil {
		b.Fatal(err)
	}
	c, err := store.ConversationByName(b.Context(), chat.GeneralName)
	if err != nil {
		b.Fatal(err)
	}
	return service, session, c.ID
}

// BenchmarkHistory asks a store with many messages for the data of screens. Half of
// the messages are in one conversation, and the others in 200.
func BenchmarkHistory(b *testing.B) {
	for _, messages := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprintf("messages=%d", messages), func(b *testing.B) {
			store := openBench(b)
			user, all := stock(b, store, messages)
			large, last := all[0], chat.Seq(messages/2)
			for _, c := range []struct {
				name string
				do   func(i int) error
			}{
				{"newest", func(int) error { _, err := store.MessagesBefore(b.Context(), large, 0, 1<<62, 64); return err }},
				{"before", func(i int) error {
					_, err := store.MessagesBefore(b.Context(), large, 0, 1+chat.Seq(i*7919)%last, 64)
					return err
				}},
				{"after", func(i int) error {
					_, err := store.MessagesAfter(b.Context(), large, chat.Seq(i*7919)%last, 64)
					return err
				}},
				{"unread", func(int) error { _, err := store.Unread(b.Context(), large, user, 0); return err }},
				{"list", func(int) error { _, err := store.ListOf(b.Context(), user); return err }},
				{"membership", func(i int) error { _, err := store.Membership(b.Context(), all[i%len(all)], user); return err }},
			} {
				b.Run(c.name, func(b *testing.B) {
					b.ReportAllocs()
					i := 0
					for b.Loop() {
						if err := c.do(i); err != nil {
							b.Fatal(err)
						}
						i++
					}
				})
			}
		})
	}
}

// stock fills a store with messages of one account. It returns another account,
// which is a member of all conversations and has read nothing. The first
// conversation is the large one.
func stock(b *testing.B, store *sqlite.Store, messages int) (reader chat.UserID, all []chat.ConversationID) {
	b.Helper()
	update := func(fn func(chat.Tx) error) {
		b.Helper()
		if err := store.Update(b.Context(), fn); err != nil {
			b.Fatal(err)
		}
	}
	const small = 200
	var author chat.UserID
	update(func(tx chat.Tx) error {
		for _, name := range []string{"ann", "bob"} {
			u, err := tx.InsertUser(b.Context(), chat.User{UID: uuid.New(), Name: name, Role: chat.RoleMember, CreatedAt: time.Now()})
			if err != nil {
				return err
			}
			author, reader = reader, u.ID
		}
		for i := range 1 + small {
			c, err := tx.InsertConversation(b.Context(), chat.Conversation{UID: uuid.New(), Kind: chat.KindGroup, Name: fmt.Sprint("group-", i), CreatedAt: time.Now()})
			if err != nil {
				return err
			}
			all = append(all, c.ID)
			if err := tx.InsertMembership(b.Context(), chat.Membership{Conversation: c.ID, User: reader, Role: chat.RoleMember}); err != nil {
				return err
			}
		}
		return nil
	})
	for done := 0; done < messages; {
		update(func(tx chat.Tx) error {
			for range min(20_000, messages-done) {
				in := all[0]
				if done%2 == 1 {
					in = all[1+done/2%small]
				}
				m := chat.Message{ID: uuid.Must(uuid.NewV7()), Conversation: in, Author: author, Body: "and then we walked home along the river", SentAt: time.Now()}
				if _, err := tx.InsertMessage(b.Context(), &m); err != nil {
					return err
				}
				done++
			}
			return nil
		})
	}
	return reader, all
}
