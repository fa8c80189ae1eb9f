package live

import (
	"context"
	"errors"
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

// Changes of other servers are applied while markers wait for the writer. Those that a change
// takes back are not written, even if the first try fails. Later moves are not lost.
func TestMarkersAreTakenBackUntilTheyAreWritten(t *testing.T) {
	l := newFlusher()
	l.stopped = true // no timer
	key := chat.MemberKey{Conversation: 1, User: 2}
	l.mergeLocked(chat.Advance{Conversation: 1, User: 2, Delivered: 6, Read: 5, ReadAt: time.Now(), Seen: 5})
	var wrote []chat.Advance
	tries := 0
	l.advanceMarkers = func(_ context.Context, batch func() []chat.Advance) error {
		if tries++; tries == 1 {
			l.unsee(1, 2)
			l.advance(chat.Advance{Conversation: 1, User: 2, Seen: 4})
			return chat.ErrFull
		}
		l.withdraw(1, 2)
		wrote = append(wrote, batch()...)
		return nil
	}
	if err := l.Flush(t.Context()); !errors.Is(err, chat.ErrFull) {
		t.Fatal(err)
	}
	if err := l.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := (chat.Advance{Conversation: 1, User: 2, Delivered: 6, Seen: 4, ReadFrom: 4}); len(wrote) != 1 || wrote[0] != want {
		t.Errorf("%+v was written, want %+v", wrote, want)
	}
	if len(l.moved)+len(l.batch) > 0 {
		t.Errorf("%+v still waits", l.moved[key])
	}
}
