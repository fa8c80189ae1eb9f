package live

import (
	"testing"
	"time"

	"confab/app/chat"
)

// In whatever order moves are added, the waiting moves of a member have the newest position
// of each marker, with its time. Moves that could not be written are added again after
// later ones.
func TestAnOlderMarkerReplacesNoNewerOne(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 11, 1, 12, minute, 0, 0, time.UTC) }
	advances := []chat.Advance{
		{Read: 3, ReadAt: at(3), Seen: 3},
		{Read: 5, ReadAt: at(5), Seen: 5},
		{Delivered: 4, DeliveredAt: at(1)},
		{Delivered: 6, DeliveredAt: at(4)},
		{Delivered: 2}, // delivered as soon as it was sent, so without a time
		{Seen: 7, ReadFrom: 2},
	}
	want := chat.Advance{
		Conversation: 1, User: 2,
		Read: 5, ReadAt: at(5), Delivered: 6, DeliveredAt: at(4), Seen: 7, ReadFrom: 2,
	}
	var permute func(done, left []chat.Advance)
	permute = func(done, left []chat.Advance) {
		if len(left) > 0 {
			for i := range left {
				rest := append(append([]chat.Advance{}, left[:i]...), left[i+1:]...)
				permute(append(done[:len(done):len(done)], left[i]), rest)
			}
			return
		}
		l := newFlusher()
		for _, a := range done {
			a.Conversation, a.User = 1, 2
			l.mergeLocked(a)
		}
		if got := l.moved[chat.MemberKey{Conversation: 1, User: 2}]; got != want && !t.Failed() {
			t.Errorf("merging %+v\nmakes %+v\nwant  %+v", done, got, want)
		}
	}
	permute(nil, advances)
}

// Nobody is told read markers that were withdrawn.
func TestWithdrawnReadsAreNotWritten(t *testing.T) {
	l := newFlusher()
	l.mergeLocked(chat.Advance{Conversation: 1, User: 2, Read: 5, ReadAt: time.Now(), Seen: 5})
	l.withdraw(1, 2)
	if got, want := l.moved[chat.MemberKey{Conversation: 1, User: 2}], (chat.Advance{Conversation: 1, User: 2, Seen: 5, ReadFrom: 5}); got != want {
		t.Errorf("%+v waits, want %+v", got, want)
	}
}
