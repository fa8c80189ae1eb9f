package command

import (
	"context"
	"strings"

	"confab/app/chat"
	"confab/tui/hint"
)

// notify adds, removes or lists the keywords of which the user is notified.
func notify(c *Call, rest string) Outcome {
	w := strings.Fields(rest)
	switch {
	case len(w) == 0:
		return Outcome{Notice: c.notices()}
	case len(w) == 2 && w[0] == "remove":
		return Ask("removing a keyword", func(ctx context.Context) Answer {
			word, err := c.Chat.Account.RemoveKeyword(ctx, w[1])
			return Answer{Err: err, Notice: "You are no longer notified of " + word + "."}
		})
	case len(w) > 1:
		return Refuse("Write /notify WORD, or /notify remove WORD. How you are notified is a setting: /settings notify bell.")
	}
	return Ask("adding a keyword", func(ctx context.Context) Answer {
		word, err := c.Chat.Account.AddKeyword(ctx, w[0])
		return Answer{Err: err, Notice: "You are notified of messages with the word " + word + "."}
	})
}

// notices says of what the user is notified.
func (c *Call) notices() string {
	said := "You are notified of direct messages and mentions."
	if words := c.Notices.Keywords; len(words) > 0 {
		said = "You are notified of direct messages, mentions, and these words: " + strings.Join(words, ", ") + "."
	}
	if c.Notices.Quiet(c.Now) {
		said += " Not now: /dnd off ends that."
	}
	return said
}

// dnd turns do-not-disturb on, for a time or until it is turned off, or off.
func dnd(c *Call, rest string) Outcome {
	if rest == "" {
		rest = "on"
	}
	until, err := chat.ParseQuiet(rest, c.Now.In(c.Zone))
	if err != nil {
		return Refuse(hint.Text(err))
	}
	notice := "Notifications are on."
	if set := (chat.Notifications{Until: until}); set.Endless(c.Now) {
		notice = "Notifications are off: /dnd off turns them on."
	} else if set.Quiet(c.Now) {
		notice = "Notifications are off " + set.UntilText(c.Zone, c.Now) + "."
	}
	return Ask("switching notifications", func(ctx context.Context) Answer {
		return Answer{Err: c.Chat.Account.SetQuiet(ctx, until), Notice: notice}
	})
}
