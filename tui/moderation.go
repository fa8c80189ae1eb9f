package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/dialog"
)

// auditShown is how many entries of the audit log a screen shows.
const auditShown = 200

func (m *Model) cmdKick(rest string) tea.Cmd {
	name, reason, _ := strings.Cut(rest, " ")
	return m.ask("ending sessions", func(ctx context.Context) doneMsg {
		return doneMsg{err: m.chat.Moderation().Kick(ctx, name, reason), notice: "The sessions of " + name + " have ended; to keep it out, use /ban."}
	})
}

func (m *Model) cmdBan(rest string) tea.Cmd {
	target, reason, _ := strings.Cut(rest, " ")
	first, after, _ := strings.Cut(strings.TrimSpace(reason), " ")
	span, ok := chat.ParseSpan(first)
	if ok {
		reason = after
	}
	return m.ask("banning", func(ctx context.Context) doneMsg {
		b, err := m.chat.Moderation().Ban(ctx, target, span, reason)
		if err != nil {
			return doneMsg{err: err}
		}
		return doneMsg{notice: b.Title() + " is banned " + dialog.BanEnd(b, m.term.Location()) + ": /unban takes it back."}
	})
}

func (m *Model) cmdUnban(rest string) tea.Cmd {
	return m.ask("taking a ban back", func(ctx context.Context) doneMsg {
		return doneMsg{err: m.chat.Moderation().Unban(ctx, rest), notice: rest + " is not banned any more."}
	})
}

func (m *Model) cmdBans(string) tea.Cmd {
	return m.ask("listing the bans", func(ctx context.Context) doneMsg {
		bans, err := m.chat.Moderation().Bans(ctx)
		return doneMsg{err: err, page: dialog.Bans(bans, m.term.Location())}
	})
}

func (m *Model) cmdAudit(string) tea.Cmd {
	return m.ask("reading the audit log", func(ctx context.Context) doneMsg {
		entries, err := m.chat.Moderation().Audit(ctx, auditShown)
		return doneMsg{err: err, page: dialog.Audit(entries, m.term.Location())}
	})
}
