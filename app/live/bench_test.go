package live

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"confab/app/chat"
)

// hall makes a large group, which some of its members have open.
func hall(b *testing.B, members, connected int) (*Hub, chat.Conversation, []chat.LiveSession) {
	b.Helper()
	h := New()
	in := chat.Conversation{ID: 2, LastSeq: 1}
	all := make([]chat.Member, members)
	for i := range all {
		user := chat.UserID(i + 1)
		all[i] = chat.Member{Membership: chat.Membership{Conversation: in.ID, User: user, Role: chat.RoleMember}, Name: fmt.Sprintf("user-%d", i)}
	}
	h.Start(chat.Backing{
		Now: time.Now, Log: slog.New(slog.DiscardHandler), General: 1,
		Members:        func(context.Context, chat.ConversationID) ([]chat.Member, error) { return all, nil },
		AdvanceMarkers: func(context.Context, func() []chat.Advance) error { return nil },
	})
	b.Cleanup(h.Markers().Stop)
	sessions := make([]chat.LiveSession, connected)
	for i := range sessions {
		s := h.Open(chat.Login{}, chat.User{ID: all[i].User, Name: all[i].Name}, time.Now())
		s.Follow(s.Connect(false), []chat.ConversationID{in.ID}, nil)
		if _, err := s.Visit(b.Context(), in, all[i].Membership); err != nil {
			b.Fatal(err)
		}
		s.Mailbox().Drain()
		sessions[i] = s
	}
	return h, in, sessions
}

// One message goes into the mailboxes of 200 sessions.
func BenchmarkDeliver200(b *testing.B) {
	h, in, _ := hall(b, 200, 200)
	m := &chat.Message{Conversation: in.ID, Seq: 2, Author: 1, Body: "hello"}
	b.ReportAllocs()
	for b.Loop() {
		h.deliver(in.ID, chat.MessagePosted{Message: m})
	}
}

// 200 members of a group of 1,000 have it open, and get the receipts of all members.
func BenchmarkTell1000(b *testing.B) {
	h, in, _ := hall(b, 1000, 200)
	c := h.conversation(in.ID)
	b.ReportAllocs()
	for b.Loop() {
		c.mu.Lock()
		c.toldAll = true
		c.mu.Unlock()
		c.tell()
	}
}
