package chat

import (
	"time"

	"confab/app/text"
)

// Lookup is what the store is asked to find: messages that people wrote, that
// hold all phrases, and that User may see.
type Lookup struct {
	User         UserID
	Phrases      []text.Phrase
	Author       UserID         // 0: of anyone
	Conversation ConversationID // 0: in any
	After        time.Time      // sent then or later; the zero time for any
	Before       time.Time      // sent earlier; the zero time for any
	HasFile      bool           // only files
	HasLink      bool           // only messages with a link, see [text.HasLink]
	Below        int64          // only of lower [Message.Position]; 0: from the newest on
	Limit        int
}

// Hit is a message that was found.
type Hit struct {
	Message      *Message
	Conversation ConversationSummary // of the user who searches
	// Marks are what was looked for, in the message's body: in order, and apart
	// from each other.
	Marks []text.Mark
}
