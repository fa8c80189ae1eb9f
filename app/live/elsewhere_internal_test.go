package live

import (
	"testing"
	"time"

	"confab/app/chat"
)

// Markers of members who are connected to another server only grow here, and nobody learns what
// members have read who do not share that, or who did not when they read it.
func TestMarkersOfAnotherServer(t *testing.T) {
	h := New()
	h.Start(chat.Backing{Now: time.Now})
	h.flusher.stopped = true // nothing is written
	c := h.conversation(1)
	sharing := member{Member: chat.Member{Membership: chat.Membership{User: 2, Markers: chat.Markers{Delivered: 5, Read: 3, ReadFrom: 1, Seen: 3}}}}
	off, later := sharing, sharing
	off.User, off.ReceiptsOff, off.Read = 3, true, 0
	later.User, later.Read, later.ReadFrom = 4, 0, 8
	c.members = map[chat.UserID]*member{2: &sharing, 3: &off, 4: &later}
	moves := func(delivered, read, seen chat.Seq) {
		t.Helper()
		if err := h.Apply(chat.MarkersMoved{Moves: []chat.MarkerMove{{Conversation: 1, Users: []chat.UserID{2, 3, 4, 5}, Delivered: delivered, Read: read, Seen: seen}}}); err != nil {
			t.Error(err)
		}
	}
	are := func(user chat.UserID, want chat.Markers) {
		t.Helper()
		if got := c.members[user].Markers; got != want {
			t.Errorf("the markers of %d are %+v, want %+v", user, got, want)
		}
	}
	moves(7, 6, 6)
	moves(6, 4, 0)
	are(2, chat.Markers{Delivered: 7, Read: 6, ReadFrom: 1, Seen: 6})
	are(3, chat.Markers{Delivered: 7, ReadFrom: 1, Seen: 6})
	are(4, chat.Markers{Delivered: 7, ReadFrom: 8, Seen: 6})
	moves(9, 9, 9)
	are(4, chat.Markers{Delivered: 9, Read: 9, ReadFrom: 8, Seen: 9})
	if err := h.Apply(chat.ReceiptsSwitched{User: 2, Off: true}); err != nil {
		t.Error(err)
	}
	moves(10, 10, 10)
	are(2, chat.Markers{Delivered: 10, ReadFrom: 9, Seen: 10})
	if _, withheld := c.receiptsLocked(); len(withheld.Members) != 3 || len(h.flusher.moved) > 0 {
		t.Errorf("%+v and %d moves wait", withheld, len(h.flusher.moved))
	}
}

// People on other servers count as connected, with the best of their presences, and it is said
// for whom that has changed.
func TestPresenceOfAnotherServer(t *testing.T) {
	h := New()
	h.Start(chat.Backing{Now: time.Now, Left: func(chat.UserID, time.Time) {}})
	s := h.Open(chat.Login{}, chat.User{ID: 1, Name: "ann"}, time.Now())
	s.Connect(false)
	users := []chat.UserID{1, 2, 3}
	are := func(want ...chat.Presence) {
		t.Helper()
		for i, got := range h.Presences(users) {
			if got != want[i] {
				t.Errorf("the presence of %d is %d, want %d", users[i], got, want[i])
			}
		}
	}
	there := func(people map[chat.UserID]chat.Presence, changed int) {
		t.Helper()
		if got := h.Elsewhere().Replace(people); len(got) != changed {
			t.Errorf("%v have changed, want %d", got, changed)
		}
	}
	are(chat.Online, chat.Offline, chat.Offline)
	there(map[chat.UserID]chat.Presence{1: chat.Away, 2: chat.Away, 3: chat.Online}, 3)
	are(chat.Online, chat.Away, chat.Online)
	there(map[chat.UserID]chat.Presence{1: chat.Away, 2: chat.Online}, 2)
	are(chat.Online, chat.Online, chat.Offline)
	if some, there, more := h.Others(3, 2); len(some) != 1 || len(there) != 1 || there[0] != 2 || more != 0 {
		t.Errorf("of others there are %v, %v and %d more", some, there, more)
	}
	if some, there, more := h.Others(2, 0); len(some)+len(there) != 0 || more != 1 {
		t.Errorf("of others there are %v, %v and %d more", some, there, more)
	}
	s.Close()
	are(chat.Away, chat.Online, chat.Offline)
	there(map[chat.UserID]chat.Presence{}, 2)
	are(chat.Offline, chat.Offline, chat.Offline)
}
