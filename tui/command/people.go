package command

import (
	"context"
	"strings"

	"confab/app/chat"
	"confab/tui/dialog"
	"confab/tui/hint"
)

func who(c *Call, _ string) Outcome {
	return Ask("listing people", func(ctx context.Context) Answer {
		list, err := c.Chat.Contacts.People(ctx)
		return Answer{Err: err, Page: dialog.People(list, c.Now.In(c.Zone))}
	})
}

func whois(c *Call, rest string) Outcome {
	return Ask("looking someone up", func(ctx context.Context) Answer {
		p, err := c.Chat.Contacts.Person(ctx, rest)
		return Answer{Err: err, Page: dialog.Person(p, c.Now.In(c.Zone))}
	})
}

// away sets the user's status, as in /away at lunch until 14:00.
func away(c *Call, rest string) Outcome {
	now := c.Now.In(c.Zone)
	status, err := chat.ParseStatus(rest, now)
	if err != nil {
		return Refuse(hint.Text(err))
	}
	return Ask("setting the status", func(ctx context.Context) Answer {
		return Answer{Err: c.Chat.Account.SetStatus(ctx, status), Notice: "Others see you as " + status.Words(now) + ". /back ends that."}
	})
}

func back(c *Call, _ string) Outcome {
	return Ask("removing the status", func(ctx context.Context) Answer {
		return Answer{Err: c.Chat.Account.SetStatus(ctx, chat.Status{}), Notice: "Others see that you are back."}
	})
}

func block(c *Call, rest string) Outcome {
	return Ask("blocking", func(ctx context.Context) Answer {
		user, err := c.Chat.Contacts.Block(ctx, rest)
		return Answer{Err: err, Notice: "@" + user.Name + " is blocked: no direct messages, invitations or mentions. /unblock @" + user.Name + " takes it back."}
	})
}

func unblock(c *Call, rest string) Outcome {
	return Ask("unblocking", func(ctx context.Context) Answer {
		user, err := c.Chat.Contacts.Unblock(ctx, rest)
		return Answer{Err: err, Notice: "@" + user.Name + " is unblocked."}
	})
}

func blocks(c *Call, _ string) Outcome {
	return Ask("listing whom you have blocked", func(ctx context.Context) Answer {
		list, err := c.Chat.Contacts.Blocked(ctx)
		return Answer{Err: err, Page: dialog.Blocked(list, c.Zone)}
	})
}

func nick(c *Call, rest string) Outcome {
	if strings.HasPrefix(rest, "@") {
		return Ask("reading former names", func(ctx context.Context) Answer {
			user, former, err := c.Chat.Account.FormerNames(ctx, rest)
			return Answer{Err: err, Page: dialog.FormerNames(user, former, c.Zone)}
		})
	}
	return Ask("changing the name", func(ctx context.Context) Answer {
		return Answer{Err: c.Chat.Account.SetHandle(ctx, rest), Notice: "Your name is changed. The old one is reserved for you for 30 days."}
	})
}

func displayName(c *Call, rest string) Outcome {
	notice := "Display name removed."
	if rest != "" {
		notice = "Display name set. It is shown after your name: in member lists, in details, and at your messages where there is room."
	}
	return Ask("changing the display name", func(ctx context.Context) Answer {
		return Answer{Err: c.Chat.Account.SetDisplayName(ctx, rest), Notice: notice}
	})
}

func export(c *Call, _ string) Outcome {
	return Ask("exporting", func(ctx context.Context) Answer {
		page, err := dialog.Export(ctx, c.Chat.Account)
		return Answer{Err: err, Page: page}
	})
}
