package command

import (
	"context"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/hint"
)

// goTo goes to the first message of a day or from a time on.
func goTo(c *Call, l *chat.ConversationSummary, rest string) Outcome {
	at, err := text.ParseDay(rest, c.Now.In(c.Zone))
	if err != nil {
		return Refuse(hint.Text(err))
	}
	id := l.ID
	return Ask("going to a day", func(ctx context.Context) Answer {
		seq, err := c.Chat.Messages.FirstSince(ctx, id, at)
		return Answer{Err: err, Open: id, At: seq}
	})
}
