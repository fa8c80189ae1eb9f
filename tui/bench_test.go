package tui

import (
	"fmt"
	"testing"
	"time"

	"confab/app/chat"
)

// receiptsOf returns the receipts of a conversation of n members, the first of whom is ann.
// All have received everything, and read up to read.
func receiptsOf(n int, read chat.Seq) *chat.Receipts {
	names := []string{"ann", "bob", "christopher-robin", "dave", "eve", "frank", "grace", "heidi", "ivan", "judy"}
	r := &chat.Receipts{Conversation: fakeConversation, Named: n <= 100, Count: n}
	for i := range n {
		r.Members = append(r.Members, chat.MemberReceipt{
			User: chat.UserID(i + 1), Name: names[i%len(names)], Delivered: read, Read: read, Shares: true,
			ReadAt: start.Add(time.Duration(i) * time.Second),
		})
	}
	return r
}

// One message arrives in the open conversation, and the screen is drawn.
func BenchmarkArrive(b *testing.B) {
	for _, members := range []int{2, 5, 1000} {
		b.Run(fmt.Sprint(members, " members"), func(b *testing.B) {
			backend := long(200)
			backend.receipts = receiptsOf(members, 190)
			for i := range 20 {
				backend.others = append(backend.others, chat.ConversationSummary{Conversation: chat.Conversation{
					ID: chat.ConversationID(100 + i), Kind: chat.KindGroup, Name: fmt.Sprint("group-", i), LastSeq: 1, LastAt: start,
				}})
			}
			s := newScreen(b, backend, 120, 40)
			s.model.Frame()
			arriving := make([]*chat.Message, 0, b.N)
			for i := range b.N {
				arriving = append(arriving, backend.post(chat.UserID(1+i%3), "bob", "one more message of a common length", start.Add(24*time.Hour+time.Duration(i)*time.Minute)))
			}
			b.ReportAllocs()
			b.ResetTimer()
			for _, m := range arriving {
				s.model.Update(&eventsMsg{Events: []chat.Event{chat.MessagePosted{Message: m}}})
				s.model.Frame()
			}
		})
	}
}

// One marker moves, and the screen is drawn.
func BenchmarkMarker(b *testing.B) {
	for _, members := range []int{5, 1000} {
		b.Run(fmt.Sprint(members, " members"), func(b *testing.B) {
			backend := long(200)
			backend.receipts = receiptsOf(members, 190)
			s := newScreen(b, backend, 120, 40)
			two := [...]*chat.Receipts{receiptsOf(members, 191), receiptsOf(members, 192)}
			b.ReportAllocs()
			for i := range b.N {
				s.model.Update(&eventsMsg{Receipts: two[i%2]})
				s.model.Frame()
			}
		})
	}
}
