package chat

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"confab/app/text"
)

// The limits on the reminders and scheduled messages of an account.
const (
	// MaxLater is how many reminders and scheduled messages an account can have. Those that
	// are due count until the user takes them off the list.
	MaxLater = 50
	// MaxReminder is the longest text of a reminder, in bytes.
	MaxReminder = 1 << 10
)

// Later is a reminder, or a scheduled message that has not been posted.
type Later struct {
	// ID is made by the user's client, so that a repeated request adds one entry. It
	// becomes the id of the message, so that the message is posted once.
	ID     uuid.UUID
	User   UserID
	Number int // 1, 2, 3… within the account, for commands
	// Conversation is where the message is to be posted, 0 for a reminder.
	Conversation ConversationID
	Body         string // cleaned
	At           time.Time
	Zone         string // the time zone in which the user gave the time, such as Europe/Zurich
	MadeAt       time.Time
	DueAt        time.Time // when it became due and stayed in the list; the zero time while it waits
	Refused      string    // why the message was not posted, in a sentence for the user
	// Title and ConversationUID name the conversation. The store leaves them out, and a use
	// case adds them for members.
	Title           string
	ConversationUID uuid.UUID
}

// Reminder reports whether it is a reminder, and not a message.
func (l Later) Reminder() bool { return l.Conversation == 0 }

// Due reports whether its time has come and it stays in the list until the user has seen
// it: a reminder, or a message that could not be posted.
func (l Later) Due() bool { return !l.DueAt.IsZero() }

// State returns its state in a word: "waiting", "due" for a reminder, or "not_sent" for a
// message that was refused.
func (l Later) State() string {
	switch {
	case !l.Due():
		return "waiting"
	case l.Reminder():
		return "due"
	default:
		return "not_sent"
	}
}

// When formats its time for people in a zone. If the user gave the time in another zone, its
// time there follows.
func (l Later) When(in *time.Location, now time.Time) string {
	words := shortTime(l.At.In(in), now.In(in))
	if given, err := time.LoadLocation(l.Zone); err == nil && l.Zone != in.String() {
		_, here := l.At.In(in).Zone()
		if _, there := l.At.In(given).Zone(); here != there {
			words += " (" + shortTime(l.At.In(given), now.In(given)) + " in " + l.Zone + ")"
		}
	}
	return words
}

// shortTime formats a time, without its year if that is the present one.
func shortTime(at, now time.Time) string {
	if at.Year() == now.Year() {
		return at.Format("Mon 2 Jan 15:04")
	}
	return at.Format("Mon 2 Jan 2006 15:04")
}

// ParseReminder reads a reminder as people write it: a time, and what to remind them of, as
// in "me in 20m to call ann". The words "me" and "to" can be left out. Errors are
// [text.ErrInvalid].
func ParseReminder(s string, now time.Time) (at time.Time, body string, err error) {
	s = strings.TrimSpace(s)
	if rest, has := cutWord(s, "me"); has {
		s = rest
	}
	at, body, err = text.ParseWhen(s, now)
	if err != nil {
		return at, "", err
	}
	if rest, has := cutWord(body, "to"); has {
		body = rest
	}
	if body == "" {
		return at, "", Refuse(text.ErrInvalid, "Say what to remind you of, for example: in 20m to call ann.")
	}
	return at, body, nil
}

// cutWord removes a word from the beginning of a text.
func cutWord(s, word string) (rest string, has bool) {
	first, rest, more := strings.Cut(s, " ")
	if !more || text.Lower(first) != word {
		return s, false
	}
	return strings.TrimSpace(rest), true
}

// Place returns the title of the conversation, or words for one that the user is no longer
// a member of.
func (l Later) Place() string {
	if l.Title == "" {
		return "a conversation that you are not a member of"
	}
	return l.Title
}

// LaterChanged says that the account's reminders and scheduled messages have changed, or
// that one of them is due.
type LaterChanged struct{}

func (LaterChanged) event() {}

// LaterReader is the part of [Reader] about reminders and scheduled messages.
type LaterReader interface {
	// Later returns one of them.
	Later(ctx context.Context, id uuid.UUID) (Later, error)
	// Laters returns all of an account, the earliest first.
	Laters(ctx context.Context, user UserID) ([]Later, error)
	// NextLater returns the earliest time of those that wait, among all accounts, or the
	// zero time if none waits.
	NextLater(ctx context.Context) (time.Time, error)
	// LatersUntil returns the ids of at most limit that wait and whose time has come at a
	// time, the earliest first.
	LatersUntil(ctx context.Context, at time.Time, limit int) ([]uuid.UUID, error)
}

// LaterTx is the part of [Tx] about reminders and scheduled messages.
type LaterTx interface {
	// InsertLater adds one and returns its number.
	InsertLater(ctx context.Context, l Later) (number int, err error)
	// SetLaterDue marks a reminder or a scheduled message as due since a time. If the
	// message was refused, refused says why.
	SetLaterDue(ctx context.Context, id uuid.UUID, at time.Time, refused string) error
	// DeleteLater removes one.
	DeleteLater(ctx context.Context, id uuid.UUID) error
}
