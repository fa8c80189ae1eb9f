package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/dialog"
)

// naming is what accounts are called.
type naming interface {
	SetHandle(ctx context.Context, name string) error
	SetDisplayName(ctx context.Context, name string) error
	// FormerNames are what an account is called, and was before.
	FormerNames(ctx context.Context, name string) (chat.User, []chat.FormerName, error)
}

func (m *Model) cmdNick(rest string) tea.Cmd {
	if strings.HasPrefix(rest, "@") {
		return m.ask("reading former names", func(ctx context.Context) doneMsg {
			user, former, err := m.chat.FormerNames(ctx, rest)
			return doneMsg{err: err, page: dialog.FormerNames(user, former, m.term.Location())}
		})
	}
	return m.ask("changing the name", func(ctx context.Context) doneMsg {
		return doneMsg{err: m.chat.SetHandle(ctx, rest), notice: "Your name is changed. The one before is kept back for you for 30 days."}
	})
}

func (m *Model) cmdName(rest string) tea.Cmd {
	notice := "Nothing stands beside your name any more."
	if rest != "" {
		notice = "This stands beside your name now, where others look closely."
	}
	return m.ask("changing the display name", func(ctx context.Context) doneMsg {
		return doneMsg{err: m.chat.SetDisplayName(ctx, rest), notice: notice}
	})
}
