package tui

import (
	"context"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/dialog"
	"confab/tui/hint"
)

// hosting is what owners and admins do for the whole server.
type hosting interface {
	JoinMode(context.Context) (chat.JoinMode, error)
	SetJoinMode(context.Context, chat.JoinMode) error
	// Invite makes a code with which people join.
	Invite(context.Context, chat.Invitation) (code string, expires time.Time, err error)
	// JoinRequests are those who ask to be let in.
	JoinRequests(context.Context) ([]chat.JoinRequest, error)
	// AnswerRequest lets one in, or not; named is false of one that has to choose
	// another name first.
	AnswerRequest(ctx context.Context, id int64, approve bool) (named bool, err error)
}

func (m *Model) cmdAdmin(rest string) tea.Cmd {
	w := words(rest)
	if w[0] != "join" || len(w) > 2 {
		return m.refuse("Write /admin join, or /admin join closed, request, invite or open.")
	}
	if len(w) == 1 {
		return m.ask("reading how people join", func(ctx context.Context) doneMsg {
			mode, err := m.chat.JoinMode(ctx)
			return doneMsg{err: err, notice: "Joining is " + string(mode) + ". " + hint.JoinMode(mode)}
		})
	}
	mode, err := chat.ParseJoinMode(w[1])
	if err != nil {
		return m.refuse(hint.Text(err))
	}
	return m.ask("changing how people join", func(ctx context.Context) doneMsg {
		return doneMsg{err: m.chat.SetJoinMode(ctx, mode), notice: "Joining is " + string(mode) + " from now on. " + hint.JoinMode(mode)}
	})
}

func (m *Model) cmdInvite(rest string) tea.Cmd {
	in, err := parseInvitation(words(rest))
	if err != nil {
		return m.refuse(hint.Text(err))
	}
	return m.ask("making a code", func(ctx context.Context) doneMsg {
		code, expires, err := m.chat.Invite(ctx, in)
		if err != nil {
			return doneMsg{err: err}
		}
		mode, err := m.chat.JoinMode(ctx)
		return doneMsg{err: err, page: dialog.JoinCode(code, expires, mode, m.term.Location())}
	})
}

// parseInvitation reads what comes after /invite.
func parseInvitation(w []string) (in chat.Invitation, err error) {
	for len(w) > 0 {
		name, value, joined := strings.Cut(w[0], "=")
		w = w[1:]
		if !joined {
			if len(w) == 0 {
				return in, chat.Refuse(text.ErrInvalid, "Write /invite, with --uses 5, --expires 7d or --role member if it is not to be once, in seven days, as member.")
			}
			value, w = w[0], w[1:]
		}
		switch name {
		case "--uses":
			if in.Uses, err = strconv.Atoi(value); err != nil || in.Uses < 1 {
				return in, chat.Refuse(text.ErrInvalid, "How often a code can be used is a number, as in --uses 5.")
			}
		case "--expires":
			if in.Lasts, err = chat.ParseExpiry(value); err != nil {
				return in, err
			}
		case "--role":
			in.Role = chat.Role(value)
		default:
			return in, chat.Refuse(text.ErrInvalid, "/invite knows --uses, --expires and --role, and not %s.", text.CleanLine(name, 20))
		}
	}
	return in, nil
}

func (m *Model) cmdRequests(string) tea.Cmd { return dialog.ReadRequests(m.chat, true) }
