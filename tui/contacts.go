package tui

import (
	"context"
	"fmt"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/keymap"
	"confab/tui/theme"
)

// contacts is what one accepts from others, and what not.
type contacts interface {
	// Invitations are the groups that the user is invited to.
	Invitations(context.Context) ([]chat.GroupInvitation, error)
	// AcceptInvitation makes the user a member of a group, given by name or id.
	AcceptInvitation(ctx context.Context, target string) (chat.ConversationID, error)
	// DeclineInvitation takes an invitation off the list.
	DeclineInvitation(ctx context.Context, target string) (chat.GroupInvitation, error)
	// Invited are the people who were invited to a group and have not joined.
	Invited(context.Context, chat.ConversationID) ([]chat.User, error)
	Block(ctx context.Context, name string) (chat.User, error)
	Unblock(ctx context.Context, name string) (chat.User, error)
	// Blocked are the people whom the user has blocked.
	Blocked(context.Context) ([]chat.Block, error)
	// HasBlocked says whether somebody is one of them.
	HasBlocked(chat.UserID) bool
}

func (m *Model) cmdBlock(rest string) tea.Cmd {
	if rest == "" {
		return m.refuse("Write /block @name.")
	}
	return m.ask("blocking", func(ctx context.Context) doneMsg {
		user, err := m.chat.Block(ctx, rest)
		return doneMsg{err: err, notice: "@" + user.Name + " is blocked: no direct messages, invitations or mentions. /unblock @" + user.Name + " takes it back."}
	})
}

func (m *Model) cmdUnblock(rest string) tea.Cmd {
	if rest == "" {
		return m.refuse("Write /unblock @name; /blocks shows whom you have blocked.")
	}
	return m.ask("unblocking", func(ctx context.Context) doneMsg {
		user, err := m.chat.Unblock(ctx, rest)
		return doneMsg{err: err, notice: "@" + user.Name + " is unblocked."}
	})
}

func (m *Model) cmdBlocks(string) tea.Cmd {
	return m.ask("listing whom you have blocked", func(ctx context.Context) doneMsg {
		list, err := m.chat.Blocked(ctx)
		lines := []helpLine{}
		for _, b := range list {
			lines = append(lines, helpLine{"@" + b.User.Name, "since " + b.At.In(m.term.Location()).Format("2 Jan 2006")})
		}
		if len(lines) == 0 {
			lines = append(lines, helpLine{"You have blocked nobody.", ""})
		}
		return doneMsg{err: err, page: lines, title: "Blocked"}
	})
}

func (m *Model) cmdAccept(rest string) tea.Cmd {
	return m.askToOpen("accepting an invitation", func(ctx context.Context) doneMsg {
		id, err := m.chat.AcceptInvitation(ctx, rest)
		return doneMsg{opens: id, err: err}
	})
}

func (m *Model) cmdDecline(rest string) tea.Cmd {
	return m.ask("declining an invitation", func(ctx context.Context) doneMsg {
		in, err := m.chat.DeclineInvitation(ctx, rest)
		return doneMsg{err: err, notice: "You have declined the invitation to #" + in.Conversation.Name + "."}
	})
}

// invitationsMsg has the groups that the user is invited to; open says to show them.
type invitationsMsg struct {
	list []chat.GroupInvitation
	err  error
	open bool
}

// readInvitations reads the groups that the user is invited to.
func (m *Model) readInvitations(open bool) tea.Cmd {
	return func() tea.Msg {
		list, err := ask(m.chat.Invitations)
		return invitationsMsg{list, err, open}
	}
}

func (m *Model) cmdInvitations(string) tea.Cmd { return m.readInvitations(true) }

func (m *Model) invitationsRead(msg invitationsMsg) {
	if msg.err != nil {
		m.fail("reading invitations", msg.err)
		return
	}
	if !msg.open && len(msg.list) > m.invited {
		in := msg.list[0]
		m.notice = "@" + in.From.Name + " invites you to #" + in.Conversation.Name + ": /invitations answers."
	}
	m.invited = len(msg.list)
	have, shown := m.overlay.(*invitations)
	switch {
	case shown && len(msg.list) == 0:
		m.overlay = nil
	case shown:
		have.list, have.blocking = msg.list, false
		have.scroll(0)
	case msg.open && len(msg.list) == 0:
		m.notice = "You have no invitations."
	case msg.open:
		m.overlay = &invitations{list: msg.list, location: m.term.Location()}
	}
}

// invitations is the page of the groups that the user is invited to.
type invitations struct {
	list     []chat.GroupInvitation
	at       int
	blocking bool // b was pressed, and is to be confirmed
	location *time.Location
}

func (i *invitations) key(m *Model, act keymap.Action, _ tea.KeyPressMsg) tea.Cmd {
	i.blocking = false
	m.browse(act, i.scroll)
	return nil
}

func (i *invitations) text(m *Model, text string) tea.Cmd {
	blocking := i.blocking
	i.blocking = false
	if text == "q" {
		m.overlay = nil
	}
	if i.at >= len(i.list) {
		return nil
	}
	in := i.list[i.at]
	switch {
	case text == "a":
		m.overlay = nil
		return m.cmdAccept(in.Conversation.UID.String())
	case text == "d":
		return m.cmdDecline(in.Conversation.UID.String())
	case text == "b":
		i.blocking = true
	case text == "y" && blocking:
		return m.cmdBlock("@" + in.From.Name)
	}
	return nil
}

func (i *invitations) scroll(rows int) { i.at = max(0, min(i.at+rows, len(i.list)-1)) }

func (i *invitations) resize(theme.Theme, int, int) {}

// rows shows each invitation in two rows.
func (i *invitations) rows(th theme.Theme, width, height int) ([]string, int, int) {
	rows := make([]string, height)
	foot := " a: accept  d: decline  b: block the sender  Up, Down: choose  Esc: close"
	if i.blocking && i.at < len(i.list) {
		foot = " Press y to block @" + i.list[i.at].From.Name + "."
	}
	rows[height-1] = theme.Paint(th.Reverse, th.Fit(foot, width, th.Ellipsis))
	if height < 4 {
		return rows, -1, 0
	}
	rows[0] = " " + theme.Paint(th.Bold, th.FitMax("Invitations: "+strconv.Itoa(len(i.list)), width-2, th.Ellipsis))
	pairs(th, rows[1:height-1], width, th.Bold, len(i.list), i.at, func(n int) (head, about string) {
		in := i.list[n]
		return " #" + in.Conversation.Name,
			fmt.Sprintf("   from @%s, %s  %s", in.From.Name, in.At.In(i.location).Format("2 Jan 15:04"), plural(in.Members, "member"))
	})
	return rows, -1, 0
}
