package chat

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"confab/app/text"
)

// Quote is the message that another one answers, as it is shown above that.
type Quote struct {
	ID         uuid.UUID
	Seq        Seq
	AuthorName string
	Text       string // its first words, one clean line; "" if it was deleted
}

// quoteLength is how much of a message is quoted, in characters.
const quoteLength = 80

// QuoteText are the first words of a text, for a quote.
func QuoteText(body string) string { return text.CleanLine(body, quoteLength) }

// Quote returns what the message answers to a member who may see what comes
// after floor (see [ConversationSummary.Floor]), or nil: what was said before it came is not
// shown to it in this way either.
func (m *Message) Quote(floor Seq) *Quote {
	if m.ReplyTo == nil || m.Deleted() || m.ReplyTo.Seq <= floor {
		return nil
	}
	return m.ReplyTo
}

// quote finds the message that a new one answers: one of the same conversation
// that the sender may see.
func (s Messages) quote(ctx context.Context, r Reader, own Membership, c Conversation, id uuid.UUID) (*Quote, error) {
	m, err := r.MessageByID(ctx, id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	if err != nil || m.Conversation != c.ID || m.Seq <= floor(own, c) || !m.Counts() {
		return nil, Refuse(ErrNotFound, "There is no message with the id %s in this conversation to answer.", id)
	}
	return &Quote{ID: m.ID, Seq: m.Seq, AuthorName: m.AuthorName, Text: QuoteText(m.Body)}, nil
}
