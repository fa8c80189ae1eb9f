package chat

import (
	"github.com/google/uuid"

	"confab/app/text"
)

// Quote is the message that a reply answers, as the reply shows it. The store keeps only
// the id of that message and reads the rest of it anew, so a quote always shows the
// present text, and nothing of a deleted message.
type Quote struct {
	ID         uuid.UUID
	Seq        Seq
	Author     UserID
	AuthorName string
	Text       string // its first words, one clean line; "" if it was deleted
}

// quoteLength is how many characters of a message a quote shows.
const quoteLength = 80

// QuoteText returns the first words of a text, for a quote.
func QuoteText(body string) string { return text.CleanLine(body, quoteLength) }

// Quote returns the message that m answers, as a member with this floor may see it (see
// [ConversationSummary.Floor]). It returns nil if m answers nothing, or a message up to
// the floor: quotes do not show members what was said before they came.
func (m *Message) Quote(floor Seq) *Quote {
	if m.ReplyTo == nil || m.Deleted() || m.ReplyTo.Seq <= floor {
		return nil
	}
	return m.ReplyTo
}
