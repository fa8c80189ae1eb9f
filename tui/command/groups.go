package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/dialog"
	"confab/tui/hint"
)

func direct(c *Call, rest string) Outcome {
	name, words, _ := strings.Cut(rest, " ")
	if words = strings.TrimSpace(words); words != "" {
		if _, err := chat.CheckBody(words); err != nil {
			return Refuse(hint.Text(err))
		}
	}
	return Outcome{Ask: &Question{Doing: "opening a direct conversation", Opens: true, Do: func(ctx context.Context) Answer {
		id, err := c.Chat.Groups.Direct(ctx, name)
		if err != nil {
			return Answer{Err: err}
		}
		p, err := c.Chat.Contacts.Person(ctx, name)
		return Answer{Err: err, Open: id, Say: words, Notice: p.NobodyReads()}
	}}}
}

func newGroup(c *Call, rest string) Outcome {
	public := false
	var name string
	var members []string
	for _, w := range strings.Fields(rest) {
		switch {
		case w == "--public":
			public = true
		case strings.HasPrefix(w, "--"):
			return Refuse("/new has no option " + text.CleanLine(w, 20) + ". Its only option is --public.")
		case strings.HasPrefix(w, "@"):
			members = append(members, w)
		case name == "":
			name = w
		default:
			return Refuse("Give the group one name, without spaces, and write @ before each member.")
		}
	}
	if name == "" {
		return Refuse("Write /new NAME [@member ...] [--public].")
	}
	return Outcome{Ask: &Question{Doing: "making a group", Opens: true, Do: func(ctx context.Context) Answer {
		id, err := c.Chat.Groups.NewGroup(ctx, name, public, members)
		if err != nil {
			return Answer{Err: err}
		}
		notice, err := c.invited(ctx, id, members)
		return Answer{Err: err, Open: id, Notice: notice}
	}}}
}

// invited says who of the people that the user has just added to a group has to accept first.
// It returns "" if nobody has.
func (c *Call) invited(ctx context.Context, id chat.ConversationID, added []string) (string, error) {
	if len(added) == 0 {
		return "", nil
	}
	all, err := c.Chat.Groups.Invited(ctx, id)
	var names []string
	for _, u := range all {
		if slices.ContainsFunc(added, func(name string) bool { return strings.EqualFold(strings.TrimPrefix(name, "@"), u.Name) }) {
			names = append(names, "@"+u.Name)
		}
	}
	if len(names) == 0 {
		return "", err
	}
	return "Invited, not yet a member: " + strings.Join(names, ", ") + ".", err // short: two rows would cover the newest message
}

func list(c *Call, _ string) Outcome {
	return Ask("listing public groups", func(ctx context.Context) Answer {
		groups, err := c.Chat.Groups.PublicGroups(ctx)
		return Answer{Err: err, Page: dialog.PublicGroups(groups)}
	})
}

func join(c *Call, rest string) Outcome {
	return open("joining a group", func(ctx context.Context) (chat.ConversationID, error) {
		return c.Chat.Groups.Join(ctx, rest)
	})
}

func accept(c *Call, rest string) Outcome {
	return open("accepting an invitation", func(ctx context.Context) (chat.ConversationID, error) {
		return c.Chat.Groups.AcceptInvitation(ctx, rest)
	})
}

func decline(c *Call, rest string) Outcome {
	return Ask("declining an invitation", func(ctx context.Context) Answer {
		in, err := c.Chat.Groups.DeclineInvitation(ctx, rest)
		return Answer{Err: err, Notice: "You have declined the invitation to #" + in.Conversation.Name + "."}
	})
}

func leave(c *Call, l *chat.ConversationSummary, _ string) Outcome {
	id, title := l.ID, l.Title()
	return Ask("leaving a group", func(ctx context.Context) Answer {
		return Answer{Err: c.Chat.Groups.Leave(ctx, id), Notice: "You have left " + title + "."}
	})
}

func members(c *Call, l *chat.ConversationSummary, _ string) Outcome {
	id, title := l.ID, l.Title()
	return Ask("listing members", func(ctx context.Context) Answer {
		members, err1 := c.Chat.Groups.Members(ctx, id)
		invited, err2 := c.Chat.Groups.Invited(ctx, id)
		return Answer{Err: errors.Join(err1, err2), Page: dialog.Members(title, members, invited, c.Now.In(c.Zone))}
	})
}

// change asks the chat for a change. It shows no notice, because the conversation gets a
// line about the change.
func change(doing string, do func(context.Context) error) Outcome {
	return Ask(doing, func(ctx context.Context) Answer { return Answer{Err: do(ctx)} })
}

func add(c *Call, l *chat.ConversationSummary, rest string) Outcome {
	id := l.ID
	if l.Kind == chat.KindDirect {
		return Outcome{
			Compose: "/new NAME @" + l.Other.Name + " " + rest,
			Notice:  "You can't add people to a direct message. This makes a group with all of you: put a name for NAME, and press Enter.",
		}
	}
	return Ask("adding members", func(ctx context.Context) Answer {
		if err := c.Chat.Groups.AddMembers(ctx, id, strings.Fields(rest)); err != nil {
			return Answer{Err: err}
		}
		notice, err := c.invited(ctx, id, strings.Fields(rest))
		return Answer{Err: err, Notice: notice}
	})
}

func remove(c *Call, l *chat.ConversationSummary, rest string) Outcome {
	id := l.ID
	return change("removing a member", func(ctx context.Context) error {
		return c.Chat.Groups.RemoveMember(ctx, id, rest)
	})
}

func role(c *Call, l *chat.ConversationSummary, rest string) Outcome {
	id, w := l.ID, strings.Fields(rest)
	if len(w) != 2 {
		return Refuse("Write /role @name owner, admin or member.")
	}
	return change("changing a role", func(ctx context.Context) error {
		return c.Chat.Groups.SetRole(ctx, id, w[0], chat.Role(w[1]))
	})
}

func rename(c *Call, l *chat.ConversationSummary, rest string) Outcome {
	id := l.ID
	return change("renaming a group", func(ctx context.Context) error { return c.Chat.Groups.Rename(ctx, id, rest) })
}

func topic(c *Call, l *chat.ConversationSummary, rest string) Outcome {
	id := l.ID
	return change("setting a topic", func(ctx context.Context) error { return c.Chat.Groups.SetTopic(ctx, id, rest) })
}

func keepAtTop(c *Call, l *chat.ConversationSummary, _ string) Outcome {
	id, top, notice := l.ID, !l.Mine.Pinned, l.Title()+" is no longer kept at the top."
	if top {
		notice = l.Title() + " stays at the top."
	}
	return Ask("keeping a conversation at the top", func(ctx context.Context) Answer {
		return Answer{Err: c.Chat.Groups.KeepAtTop(ctx, id, top), Notice: notice}
	})
}

func mute(c *Call, l *chat.ConversationSummary, rest string) Outcome {
	id, until, notice := l.ID, time.Time{}, l.Title()+" is muted"
	switch rest {
	case "", "forever":
		until = c.Now.AddDate(1000, 0, 0)
		notice += ": /mute off unmutes it."
	case "off":
		notice = l.Title() + " is no longer muted."
	default:
		d, err := time.ParseDuration(rest)
		if err != nil || d <= 0 {
			return Refuse("Write /mute 1h, /mute 8h, /mute forever or /mute off.")
		}
		until = c.Now.Add(d)
		notice += " until " + until.In(c.Zone).Format("15:04") + "."
	}
	return Ask("muting", func(ctx context.Context) Answer {
		return Answer{Err: c.Chat.Groups.Mute(ctx, id, until), Notice: notice}
	})
}

func receipts(c *Call, rest string) Outcome {
	w := strings.Fields(rest)
	here := len(w) == 2 && w[1] == "here"
	if len(w) == 0 || w[0] != "on" && w[0] != "off" || len(w) > 1 && !here {
		return Refuse("Write /receipts on or /receipts off, with \"here\" after it for this conversation only.")
	}
	on, id, where := w[0] == "on", chat.ConversationID(0), ""
	if here {
		if c.Open == nil {
			return Refuse("There is no conversation open.")
		}
		id, where = c.Open.ID, " here"
	}
	notice := fmt.Sprintf("Receipts are off%s: nobody is told what you read, and you don't see what others have read.", where)
	if on {
		notice = fmt.Sprintf("Receipts are on%s: others see what you read from now on, and you see what they have read.", where)
	}
	return Ask("switching receipts", func(ctx context.Context) Answer {
		return Answer{Err: c.Chat.Receipts.ShareReceipts(ctx, id, on), Notice: notice}
	})
}

func readAll(c *Call, rest string) Outcome {
	if rest != "all" {
		return Refuse("Write /read all: it marks every conversation read.")
	}
	return Ask("marking everything read", func(ctx context.Context) Answer {
		return Answer{Err: c.Chat.Receipts.ReadAll(ctx), Notice: "Everything is read."}
	})
}
