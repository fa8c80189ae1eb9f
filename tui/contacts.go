package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/dialog"
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
		return doneMsg{err: err, page: dialog.Blocked(list, m.term.Location())}
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

func (m *Model) cmdInvitations(string) tea.Cmd { return dialog.ReadInvitations(m.chat, true) }
