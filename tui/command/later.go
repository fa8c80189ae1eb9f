package command

import (
	"context"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/hint"
)

// Later adds and cancels reminders and scheduled messages.
type Later interface {
	// Add adds a reminder, or schedules a message to a conversation. The chat makes its id.
	Add(context.Context, chat.Later) (chat.Later, error)
	// Cancel removes one from the list by its number.
	Cancel(ctx context.Context, which string) (chat.Later, error)
}

// remind makes a reminder, as in /remind me in 20m to call ann.
func remind(c *Call, rest string) Outcome {
	at, body, err := chat.ParseReminder(rest, c.Now.In(c.Zone))
	if err != nil {
		return Refuse(hint.Text(err))
	}
	return Ask("making a reminder", func(ctx context.Context) Answer {
		l, err := c.Chat.Later.Add(ctx, chat.Later{Body: body, At: at, Zone: c.Zone.String()})
		return Answer{Err: err, Notice: "You will be reminded " + l.When(c.Zone, c.Now) + ". /later lists what waits, and cancels it."}
	})
}

// send schedules a message to the open conversation, as in /send at 9:00 good morning.
func send(c *Call, l *chat.ConversationSummary, rest string) Outcome {
	at, body, err := text.ParseWhen(rest, c.Now.In(c.Zone))
	if err != nil {
		return Refuse(hint.Text(err))
	}
	if body == "" {
		return Refuse("Write the message after the time, as in /send at 9:00 good morning.")
	}
	return Ask("scheduling a message", func(ctx context.Context) Answer {
		made, err := c.Chat.Later.Add(ctx, chat.Later{Conversation: l.ID, Body: body, At: at, Zone: c.Zone.String()})
		return Answer{Err: err, Notice: "This goes to " + made.Place() + " " + made.When(c.Zone, c.Now) + ". /later lists what waits, and cancels it."}
	})
}

// cancel removes a reminder or a scheduled message from the list.
func cancel(c *Call, rest string) Outcome {
	return Ask("cancelling what was put off", func(ctx context.Context) Answer {
		l, err := c.Chat.Later.Cancel(ctx, rest)
		notice := "Cancelled: it would have been sent " + l.When(c.Zone, c.Now) + "."
		switch {
		case l.Due():
			notice = "Taken off the list."
		case l.Reminder():
			notice = "Cancelled: you will not be reminded."
		}
		return Answer{Err: err, Notice: notice}
	})
}
