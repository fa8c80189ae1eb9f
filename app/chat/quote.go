package chat

import (
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
