package sidebar

import (
	"slices"
	"strconv"
	"time"

	"confab/app/chat"
)

// maxTypists is how many users are told apart in one conversation. More are only many.
const maxTypists = 9

// typist is a user who is typing, or sending a file.
type typist struct {
	user  chat.UserID
	name  string // "" for the screen's own user
	sent  string // how much of the file has arrived, "" for typing
	until time.Time
}

// writers are the users who are typing in one conversation, in the order in which they
// began, and what is shown of them.
type writers struct {
	users []typist
	words string
}

// typists has the users who are typing in each conversation where somebody is.
type typists map[chat.ConversationID]*writers

// start notes that somebody is typing, until a time.
func (t typists) start(ev chat.Typing, until time.Time) {
	w := t[ev.Conversation]
	if w == nil {
		w = &writers{}
		t[ev.Conversation] = w
	}
	i := slices.IndexFunc(w.users, func(o typist) bool { return o.user == ev.User })
	switch {
	case i >= 0:
		was := w.users[i]
		w.users[i] = typist{ev.User, ev.Name, ev.Sent, until}
		if was.name == ev.Name && was.sent == ev.Sent {
			return
		}
	case len(w.users) > maxTypists:
		i = 0 // somebody else takes the place of the one whose time ends first
		for o := range w.users {
			if w.users[o].until.Before(w.users[i].until) {
				i = o
			}
		}
		w.users[i] = typist{ev.User, ev.Name, ev.Sent, until}
	default:
		w.users = append(w.users, typist{ev.User, ev.Name, ev.Sent, until})
	}
	w.say()
}

// keep takes off the users of a conversation that do not pass.
func (t typists) keep(id chat.ConversationID, pass func(typist) bool) {
	w := t[id]
	if w == nil {
		return
	}
	before := len(w.users)
	w.users = slices.DeleteFunc(w.users, func(o typist) bool { return !pass(o) })
	switch {
	case len(w.users) == 0:
		delete(t, id)
	case len(w.users) < before:
		w.say()
	}
}

// stop removes a user who has sent a message.
func (t typists) stop(id chat.ConversationID, user chat.UserID) {
	if t[id] != nil {
		t.keep(id, func(o typist) bool { return o.user != user })
	}
}

// expire removes users who have stopped typing. It returns the time until the next one
// expires, 0 if nobody is left.
func (t typists) expire(now time.Time) (next time.Duration) {
	for id := range t {
		t.keep(id, func(o typist) bool {
			left := o.until.Sub(now)
			if left > 0 && (next == 0 || left < next) {
				next = left
			}
			return left > 0
		})
	}
	return next
}

// rename notes the new name of a user.
func (t typists) rename(user chat.UserID, name string) {
	for _, w := range t {
		for i := range w.users {
			if w.users[i].user == user && w.users[i].name != "" {
				w.users[i].name = name
				w.say()
			}
		}
	}
}

// say puts in words who is writing.
func (w *writers) say() {
	switch n := len(w.users); {
	case n == 1:
		w.words = w.users[0].does()
	case n == 2 && (w.users[0].sent != "" || w.users[1].sent != ""):
		w.words = w.users[0].does() + ", " + w.users[1].does()
	case n == 2:
		w.words = w.users[0].name + " and " + w.users[1].name + " are typing"
	case n <= maxTypists:
		w.words = strconv.Itoa(n) + " people are typing"
	default:
		w.words = "many people are typing"
	}
}

// does puts in words what a user does.
func (t typist) does() string {
	switch {
	case t.sent == "":
		return t.name + " is typing"
	case t.name == "":
		return "your file is arriving (" + t.sent + ")"
	default:
		return t.name + " is sending a file (" + t.sent + ")"
	}
}
