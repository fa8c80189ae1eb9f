package command

import (
	"context"
	"strconv"
	"strings"

	"confab/app/chat"
	"confab/tui/dialog"
)

// Hooks makes, lists and revokes webhooks.
type Hooks interface {
	// Make makes a webhook that posts to a group as a bot, and returns its address.
	Make(ctx context.Context, in chat.ConversationID, bot string) (chat.Hook, string, error)
	List(context.Context, chat.ConversationID) ([]chat.Hook, error)
	Revoke(ctx context.Context, number int64) (chat.Hook, error)
}

// hooks lists the webhooks of the open group, as in /hooks, makes one, as in /hooks add
// github, or revokes one, as in /hooks revoke 3.
func hooks(c *Call, l *chat.ConversationSummary, rest string) Outcome {
	does, arg, _ := strings.Cut(rest, " ")
	arg = strings.TrimSpace(arg)
	number, err := strconv.ParseInt(arg, 10, 64)
	switch {
	case rest == "":
		return Ask("listing webhooks", func(ctx context.Context) Answer {
			list, err := c.Chat.Hooks().List(ctx, l.ID)
			return Answer{Err: err, Page: dialog.Hooks(list, l.Title(), c.Zone)}
		})
	case does == "add" && arg != "":
		return Ask("making a webhook", func(ctx context.Context) Answer {
			made, address, err := c.Chat.Hooks().Make(ctx, l.ID, arg)
			return Answer{Err: err, Page: dialog.NewHook(made, address)}
		})
	case does == "revoke" && err == nil:
		return Ask("revoking a webhook", func(ctx context.Context) Answer {
			gone, err := c.Chat.Hooks().Revoke(ctx, number)
			return Answer{Err: err, Notice: "Webhook " + arg + " of " + gone.BotName + " no longer works. /remove @" + gone.BotName + " takes the bot out of the group."}
		})
	default:
		return Refuse("Write /hooks, /hooks add BOT, such as /hooks add github, or /hooks revoke NUMBER.")
	}
}
