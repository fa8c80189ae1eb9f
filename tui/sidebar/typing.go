package sidebar

import (
	"time"

	"confab/app/chat"
)

// typist is somebody who is writing.
type typist struct {
	user  chat.UserID
	name  string
	until time.Time
}

// typists has the user who is writing in each conversation: the latest one.
type typists map[chat.ConversationID]typist

// stop takes a user off who has sent a message.
func (t typists) stop(id chat.ConversationID, user chat.UserID) {
	if t[id].user == user {
		delete(t, id)
	}
}

// expire takes off users who have stopped writing, and says when the next one ends; 0
// if nobody is left.
func (t typists) expire(now time.Time) (next time.Duration) {
	for id, who := range t {
		left := who.until.Sub(now)
		if left <= 0 {
			delete(t, id)
		} else if next == 0 || left < next {
			next = left
		}
	}
	return next
}

// rename takes another name of somebody.
func (t typists) rename(user chat.UserID, name string) {
	for id, who := range t {
		if who.user == user {
			who.name = name
			t[id] = who
		}
	}
}
