package chat

import (
	"context"
	"strconv"
	"time"

	"confab/app/text"
)

const (
	// minKeep is the shortest time to keep messages, so that people who were away for a
	// night still find them.
	minKeep = 24 * time.Hour
	maxKeep = 100 * 365 * 24 * time.Hour
)

// Messages expire from the oldest on. A conversation keeps only the number of the last
// one, [Conversation.Expired]. It is a floor like that of a member who joined late.
// Above the floor, numbers have no gaps.

// Expiring is a conversation in which the messages from before a time have expired.
type Expiring struct {
	Conversation ConversationID
	Before       time.Time
}

// Expired says what was deleted.
type Expired struct {
	Messages int
	Contents []Sum // of the files among them; other files may have the same
}

// ParseKeep reads how long messages are kept, such as "30d" or "12w". For "off" it returns
// 0. Errors are [text.ErrInvalid].
func ParseKeep(words string) (time.Duration, error) {
	if words == "off" || words == "" {
		return 0, nil
	}
	digits, unit := cutUnit(words)
	n, err := strconv.ParseInt(digits, 10, 32)
	// A unit under an hour is surely a mistake.
	if err == nil && unit >= time.Hour && n >= 1 && time.Duration(n) <= maxKeep/unit && time.Duration(n)*unit >= minKeep {
		return time.Duration(n) * unit, nil
	}
	return 0, Refuse(text.ErrInvalid, "%q is not a time to keep messages: write at least a day in days or weeks, such as 30d or 12w, or off.", text.CleanLine(words, 20))
}

// KeepText formats how long messages are kept, as [ParseKeep] reads it.
func KeepText(keep time.Duration) string {
	switch day := 24 * time.Hour; {
	case keep == 0:
		return "off"
	case keep%day == 0:
		return strconv.FormatInt(int64(keep/day), 10) + "d"
	default:
		return strconv.FormatInt(int64(keep/time.Hour), 10) + "h"
	}
}

// RetentionReader is the part of [Reader] about expired messages.
type RetentionReader interface {
	// Expiring returns some of the conversations in which messages have expired. In all
	// conversations, messages from before cutoff have; the zero time stands for no such
	// limit.
	Expiring(ctx context.Context, now, cutoff time.Time) ([]Expiring, error)
}

// RetentionTx is the part of [Tx] about expired messages.
type RetentionTx interface {
	// Expire deletes the oldest messages of a conversation, at most limit. It stops at the
	// first one that was sent at [Expiring.Before] or later.
	Expire(ctx context.Context, e Expiring, limit int) (Expired, error)
}
