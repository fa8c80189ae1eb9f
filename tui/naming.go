package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/app/text"
)

// naming is what accounts are called.
type naming interface {
	SetHandle(ctx context.Context, name string) error
	SetDisplayName(ctx context.Context, name string) error
	// FormerNames are what an account is called, and was before.
	FormerNames(ctx context.Context, name string) (chat.User, []chat.FormerName, error)
}

// withDisplay is a handle with what the account calls itself besides, which
// proves nothing and never stands alone.
func withDisplay(handle, display string) string {
	if display == "" {
		return handle
	}
	if !text.IsClean(display) {
		display = text.CleanLine(display, 40)
	}
	return handle + " (" + display + ")"
}

func (m *Model) cmdNick(rest string) tea.Cmd {
	if strings.HasPrefix(rest, "@") {
		return m.ask("reading former names", func(ctx context.Context) doneMsg {
			user, former, err := m.chat.FormerNames(ctx, rest)
			lines := []helpLine{{withDisplay(user.Name, user.DisplayName), "is the name now"}}
			for i := len(former) - 1; i >= 0; i-- {
				lines = append(lines, helpLine{former[i].Name, "until " + former[i].EndedAt.In(m.term.Location()).Format("2 January 2006, 15:04")})
			}
			return doneMsg{err: err, title: "Names of " + user.Name, page: lines}
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

// rename takes another name of somebody, wherever it is shown.
func (m *Model) rename(ev chat.UserRenamed) {
	m.renamed[ev.User] = ev.Name
	if m.style != nil { // a new one, so that rows are drawn anew
		style := *m.style
		m.style = &style
	}
	m.status = statusRow{}
	if ev.User == m.self.ID {
		m.self.Name, m.self.DisplayName = ev.Name, ev.DisplayName
	}
	for i := range m.list {
		if o := &m.list[i].Other; o.ID == ev.User {
			o.Name, o.DisplayName = ev.Name, ev.DisplayName
		}
	}
	for id, t := range m.typing {
		if t.user == ev.User {
			t.name = ev.Name
			m.typing[id] = t
		}
	}
}
