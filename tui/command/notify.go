package command

import (
	"context"
	"strings"
	"time"
)

// notify adds, removes or lists the keywords of which the user is notified.
func notify(c *Call, rest string) Outcome {
	w := strings.Fields(rest)
	switch {
	case len(w) == 0:
		return Outcome{Notice: c.notices()}
	case len(w) == 2 && w[0] == "remove":
		name, refused := c.Notices.Remove(w[1])
		if refused != "" {
			return Refuse(refused)
		}
		return c.keep("removing a keyword", name, "", "You are no longer notified of "+strings.ToLower(w[1])+".", func() { c.Notices.Add(w[1]) })
	case len(w) > 1:
		return Refuse("Write /notify WORD, or /notify remove WORD. How you are notified is a setting: /settings notify bell.")
	}
	name, refused := c.Notices.Add(w[0])
	if refused != "" {
		return Refuse(refused)
	}
	return c.keep("adding a keyword", name, "on", "You are notified of messages with the word "+strings.ToLower(w[0])+".", func() { c.Notices.Remove(w[0]) })
}

// notices says of what the user is notified.
func (c *Call) notices() string {
	said := "You are notified of direct messages and mentions."
	if words := c.Notices.Words(); len(words) > 0 {
		said = "You are notified of direct messages, mentions, and these words: " + strings.Join(words, ", ") + "."
	}
	if until := c.Notices.Until(c.Now); !until.IsZero() {
		said += " Not now: /dnd off ends that."
	}
	return said
}

// dnd turns do-not-disturb on, for a time or until it is turned off, or off.
func dnd(c *Call, rest string) Outcome {
	was := c.Notices.Until(c.Now)
	until, notice := c.Now.AddDate(1000, 0, 0), "Notifications are off: /dnd off turns them on."
	switch rest {
	case "", "on":
	case "off":
		until, notice = time.Time{}, "Notifications are on."
	default:
		d, err := time.ParseDuration(rest)
		if err != nil || d <= 0 || d > 365*24*time.Hour {
			return Refuse("Write /dnd 2h, /dnd on or /dnd off.")
		}
		until = c.Now.Add(d)
		notice = "Notifications are off until " + until.In(c.Zone).Format("2 Jan 15:04") + "."
	}
	name, value := c.Notices.Disturb(until)
	return c.keep("switching notifications", name, value, notice, func() { c.Notices.Disturb(was) })
}

// keep keeps a preference that has been changed already on this screen.
func (c *Call) keep(doing, name, value, notice string, undo func()) Outcome {
	return Outcome{Ask: &Question{
		Doing: doing,
		Do: func(ctx context.Context) Answer {
			return Answer{Err: c.Chat.Account.SetPreference(ctx, name, value), Notice: notice}
		},
		Undo: undo,
	}}
}
