package app

import (
	"strings"
	"time"

	"github.com/google/uuid"
)

// MaxBody is the longest message, in bytes of UTF-8 after cleaning: 16 KiB.
const MaxBody = 16 << 10

// Message is one message of a conversation. Messages are immutable and shared
// between sessions: nobody may change one that it was handed.
type Message struct {
	ID           uuid.UUID // made by the sender, so that a repeated send posts once
	Conversation ConversationID
	Seq          Seq
	Author       UserID
	AuthorName   string
	Body         string // cleaned, see [CleanText]
	SentAt       time.Time
}

// NewMessage is a message that someone wants to post.
type NewMessage struct {
	// ID is made by the sender, once for a message and again the same for each
	// try (RFC 9562, version 7, so that ids sort by time).
	ID           uuid.UUID
	Conversation ConversationID
	Body         string
}

// CheckBody is the edge where message text enters: what it returns is stored
// and shown, and holds no controls (see [CleanText]). An empty text is refused
// with [ErrInvalid], one over [MaxBody] with [ErrTooLarge].
func CheckBody(raw string) (string, error) {
	body := CleanText(raw)
	if strings.TrimSpace(body) == "" {
		return "", Refuse(ErrInvalid, "There is nothing to send: the message is empty.")
	}
	if len(body) > MaxBody {
		return "", Refuse(ErrTooLarge, "The message has %d bytes and the limit is %d: shorten it or send it in parts.", len(body), MaxBody)
	}
	return body, nil
}
