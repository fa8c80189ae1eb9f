package command

import (
	"context"
	"strconv"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/dialog"
	"confab/tui/hint"
)

func admin(c *Call, rest string) Outcome {
	w := strings.Fields(rest)
	if w[0] != "join" || len(w) > 2 {
		return Refuse("Write /admin join, or /admin join closed, request, invite or open.")
	}
	if len(w) == 1 {
		return Ask("reading how people join", func(ctx context.Context) Answer {
			mode, err := c.Chat.Admission.JoinMode(ctx)
			return Answer{Err: err, Notice: "Joining is " + string(mode) + ". " + hint.JoinMode(mode)}
		})
	}
	mode, err := chat.ParseJoinMode(w[1])
	if err != nil {
		return Refuse(hint.Text(err))
	}
	return Ask("changing how people join", func(ctx context.Context) Answer {
		return Answer{Err: c.Chat.Admission.SetJoinMode(ctx, mode), Notice: "Joining is " + string(mode) + " from now on. " + hint.JoinMode(mode)}
	})
}

func invite(c *Call, rest string) Outcome {
	if strings.HasPrefix(rest, "@") {
		return inOpen(add)(c, rest)
	}
	in, err := parseInvitation(strings.Fields(rest))
	if err != nil {
		return Refuse(hint.Text(err))
	}
	return Ask("making a code", func(ctx context.Context) Answer {
		code, expires, err := c.Chat.Admission.Invite(ctx, in)
		if err != nil {
			return Answer{Err: err}
		}
		mode, err := c.Chat.Admission.JoinMode(ctx)
		return Answer{Err: err, Page: dialog.JoinCode(code, c.connect(code), expires, mode, c.Zone)}
	})
}

// parseInvitation reads the options of /invite.
func parseInvitation(w []string) (in chat.Invitation, err error) {
	for len(w) > 0 {
		name, value, joined := strings.Cut(w[0], "=")
		w = w[1:]
		if !joined {
			if len(w) == 0 {
				return in, chat.Refuse(text.ErrInvalid, "/invite makes a one-use code, good for 7 days. Options: --uses 5, --expires 12h, --role admin.")
			}
			value, w = w[0], w[1:]
		}
		switch name {
		case "--uses":
			if in.Uses, err = strconv.Atoi(value); err != nil || in.Uses < 1 {
				return in, chat.Refuse(text.ErrInvalid, "--uses takes a number, as in --uses 5.")
			}
		case "--expires":
			if in.Lasts, err = chat.ParseExpiry(value); err != nil {
				return in, err
			}
		case "--role":
			in.Role = chat.Role(value)
		default:
			return in, chat.Refuse(text.ErrInvalid, "/invite has no option %s. Its options are --uses, --expires and --role.", text.CleanLine(name, 20))
		}
	}
	return in, nil
}

func motd(c *Call, _ string) Outcome {
	w := c.Chat.Account.Words()
	return told(c, chat.Words{Motd: w.Motd, Announcement: w.Announcement}, "The host has not set a message of the day.")
}

func rules(c *Call, _ string) Outcome {
	return told(c, chat.Words{Rules: c.Chat.Account.Words().Rules}, "This server has no rules of its own.")
}

// told shows texts of the host, or says that there are none.
func told(c *Call, words chat.Words, none string) Outcome {
	if words == (chat.Words{}) {
		return Outcome{Notice: none}
	}
	return Ask("noting what the user was shown", func(ctx context.Context) Answer {
		return Answer{Err: c.Chat.Account.NoteTold(ctx, words), Page: dialog.NewWords(words).Page}
	})
}

func announce(c *Call, words string) Outcome {
	return Ask("announcing something", func(ctx context.Context) Answer {
		return Answer{Err: c.Chat.Moderation().Announce(ctx, words)}
	})
}

func kick(c *Call, rest string) Outcome {
	name, reason, _ := strings.Cut(rest, " ")
	return Ask("ending sessions", func(ctx context.Context) Answer {
		return Answer{Err: c.Chat.Moderation().Kick(ctx, name, reason), Notice: "The sessions of " + name + " have ended. To keep the account out, use /ban."}
	})
}

func ban(c *Call, rest string) Outcome {
	return banning(c, rest, "banning", " /unban lifts the ban.", Moderation.Ban)
}

func silence(c *Call, rest string) Outcome {
	return banning(c, rest, "silencing", " /unsilence ends that.", Moderation.Silence)
}

// banning bans or silences somebody.
func banning(c *Call, rest, doing, undo string, do func(Moderation, context.Context, string, time.Duration, string) (chat.BanMade, error)) Outcome {
	target, reason, _ := strings.Cut(rest, " ")
	first, after, _ := strings.Cut(strings.TrimSpace(reason), " ")
	span, ok := chat.ParseSpan(first)
	if ok {
		reason = after
	} else {
		span = chat.SameSpan
	}
	return Ask(doing, func(ctx context.Context) Answer {
		b, err := do(c.Chat.Moderation(), ctx, target, span, reason)
		if err != nil {
			return Answer{Err: err}
		}
		return Answer{Notice: b.Words(func(b chat.Ban) string { return dialog.BanEnd(b, c.Zone) }) + undo}
	})
}

func unban(c *Call, rest string) Outcome {
	return Ask("lifting a ban", func(ctx context.Context) Answer {
		return Answer{Err: c.Chat.Moderation().Unban(ctx, rest), Notice: rest + " is no longer banned."}
	})
}

func unsilence(c *Call, rest string) Outcome {
	return Ask("letting someone write", func(ctx context.Context) Answer {
		return Answer{Err: c.Chat.Moderation().Unsilence(ctx, rest), Notice: rest + " can write again."}
	})
}

func bans(c *Call, _ string) Outcome {
	return Ask("listing the bans", func(ctx context.Context) Answer {
		bans, err := c.Chat.Moderation().Bans(ctx)
		return Answer{Err: err, Page: dialog.Bans(bans, c.Zone)}
	})
}

// auditShown is how many entries of the audit log a screen shows.
const auditShown = 200

func audit(c *Call, _ string) Outcome {
	return Ask("reading the audit log", func(ctx context.Context) Answer {
		entries, err := c.Chat.Moderation().Audit(ctx, auditShown)
		return Answer{Err: err, Page: dialog.Audit(entries, c.Zone)}
	})
}
