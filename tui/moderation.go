package tui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
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
		return doneMsg{notice: b.Title() + " is banned " + m.banEnd(b) + ": /unban takes it back."}
	})
}

// banEnd says how long a ban holds.
func (m *Model) banEnd(b chat.Ban) string {
	if b.EndsAt.IsZero() {
		return "until it is taken back"
	}
	return "until " + b.EndsAt.In(m.term.Location()).Format("2006-01-02 15:04")
}

func (m *Model) cmdUnban(rest string) tea.Cmd {
	return m.ask("taking a ban back", func(ctx context.Context) doneMsg {
		return doneMsg{err: m.chat.Moderation().Unban(ctx, rest), notice: rest + " is not banned any more."}
	})
}

func (m *Model) cmdBans(string) tea.Cmd {
	return m.ask("listing the bans", func(ctx context.Context) doneMsg {
		bans, err := m.chat.Moderation().Bans(ctx)
		lines := []helpLine{}
		for _, b := range bans {
			does := m.banEnd(b) + ", by " + b.MadeBy
			if b.Reason != "" {
				does += ": " + b.Reason
			}
			lines = append(lines, helpLine{b.Title(), does})
		}
		if len(lines) == 0 {
			lines = append(lines, helpLine{"Nobody is banned.", ""})
		}
		return doneMsg{err: err, page: lines, title: "Bans"}
	})
}

func (m *Model) cmdAudit(string) tea.Cmd {
	return m.ask("reading the audit log", func(ctx context.Context) doneMsg {
		entries, err := m.chat.Moderation().Audit(ctx, auditShown)
		lines := []helpLine{}
		for _, e := range entries {
			lines = append(lines, helpLine{e.At.In(m.term.Location()).Format(time.DateTime) + " " + e.Actor, e.Text()})
		}
		return doneMsg{err: err, page: lines, title: "Audit log"}
	})
}
