package tui

import (
	"context"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/hint"
	"confab/tui/theme"
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
		lines := []helpLine{
			{code, "is the code; it is shown this once"},
			{"ssh " + code + "@…", "joins with it, or typing it at the join screen of this server"},
			{"good until", expires.In(m.term.Location()).Format("Monday, 2 January 2006, 15:04")},
		}
		if mode == chat.JoinClosed {
			lines = append(lines, helpLine{"not yet", "the server is closed: the code works after /admin join invite"})
		}
		return doneMsg{err: err, title: "A code to join", page: lines}
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

// requestsMsg has those who ask to join; open says to show them.
type requestsMsg struct {
	list []chat.JoinRequest
	err  error
	open bool
}

// readRequests reads who asks to join. Who may not know it is told so only if it
// asked.
func (m *Model) readRequests(open bool) tea.Cmd {
	return func() tea.Msg {
		list, err := ask(m.chat.JoinRequests)
		return requestsMsg{list, err, open}
	}
}

func (m *Model) cmdRequests(string) tea.Cmd { return m.readRequests(true) }

// requestsChanged has the page of requests read again if it is open.
func (m *Model) requestsChanged() tea.Cmd {
	if _, ok := m.overlay.(*requests); ok {
		return m.readRequests(true)
	}
	return nil
}

func (m *Model) requestsRead(msg requestsMsg) {
	if msg.err != nil {
		if msg.open || !chat.IsRefusal(msg.err) {
			m.fail("reading who asks to join", msg.err)
		}
		return
	}
	m.waiting = len(msg.list)
	have, shown := m.overlay.(*requests)
	switch {
	case shown:
		have.replace(msg.list)
	case msg.open && len(msg.list) == 0:
		m.notice = "Nobody is waiting to be let in."
	case msg.open:
		m.overlay = &requests{list: msg.list, location: m.term.Location()}
	}
}

// pairs draws a list into rows, each of its n things in two of them, the first in a
// style: as many as there is room for, around the one at which one is.
func pairs(th theme.Theme, into []string, width int, style string, n, at int, thing func(i int) (head, about string)) {
	room := len(into) / 2
	first := max(0, min(at-room/2, n-room))
	for i := range min(room, n-first) {
		head, about := thing(first + i)
		painted := style
		if first+i == at {
			painted, head = th.Reverse, th.Fit(head, width, th.Ellipsis)
		}
		into[2*i] = theme.Paint(painted, th.FitMax(head, width, th.Ellipsis))
		into[2*i+1] = theme.Paint(th.Faint, th.FitMax(about, width, th.Ellipsis))
	}
}
