package sidebar

import (
	"time"

	"confab/app/chat"
)

// typist is a user who is typing.
type typist struct {
	user  chat.UserID
	name  string
	until time.Time
}

// typists has the user who was last seen typing in each conversation.
type typists map[chat.ConversationID]typist

// stop removes a user who has sent a message.
func (t typists) stop(id chat.ConversationID, user chat.UserID) {
	if t[id].user == user {
		delete(t, id)
	}
}

// expire removes users who have stopped typing. It returns the time until the next one
// expires, 0 if nobody is left.
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

// rename notes the new name of a user.
func (t typists) rename(user chat.UserID, name string) {
	for id, who := range t {
		if who.user == user {
			who.name = name
			t[id] = who
		}
	}
}
