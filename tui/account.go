package tui

import (
	"context"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/dialog"
)

// owning is what an account does with what is its own.
type owning interface {
	// Keys are those that open the account, the oldest first.
	Keys(context.Context) ([]chat.AuthorizedKey, error)
	// Key is the fingerprint of the one that opened this session.
	Key() string
	// KeyCode makes a code with which one key more opens the account.
	KeyCode(context.Context) (code string, expires time.Time, err error)
	RemoveKey(ctx context.Context, fingerprint string) (chat.AuthorizedKey, error)
	// Export writes the account's own data as JSON.
	Export(context.Context, io.Writer) error
}

// cmdKeys shows the user's keys.
func (m *Model) cmdKeys(rest string) tea.Cmd {
	return m.cover(dialog.NewKeys(m.chat, m.term.Location(), m.onError, rest != ""))
}

func (m *Model) cmdExport(string) tea.Cmd {
	return m.ask("exporting", func(ctx context.Context) doneMsg {
		page, err := dialog.Export(ctx, m.chat)
		return doneMsg{err: err, page: page}
	})
}
