package dialog

import (
	"strconv"
	"time"

	"confab/app/chat"
)

// Bans returns the page of the bans and silences on the server.
func Bans(bans []chat.Ban, zone *time.Location) *Page {
	var lines []line
	for _, b := range bans {
		about := b.Done() + " " + BanEnd(b, zone) + ", by " + b.MadeBy
		if b.Reason != "" {
			about += ": " + b.Reason
		}
		lines = append(lines, line{b.Title(), about})
	}
	if len(lines) == 0 {
		lines = append(lines, line{"Nobody is banned or silenced.", ""})
	}
	return &Page{title: "Bans", lines: lines}
}

// BanEnd says how long a ban lasts.
func BanEnd(b chat.Ban, zone *time.Location) string {
	if b.EndsAt.IsZero() {
		return "until it is lifted"
	}
	return "until " + b.EndsAt.In(zone).Format("2006-01-02 15:04")
}

// Audit returns the page of the audit log.
func Audit(entries []chat.AuditEntry, zone *time.Location) *Page {
	var lines []line
	for _, e := range entries {
		lines = append(lines, line{e.At.In(zone).Format(time.DateTime) + " " + e.Actor, e.Text()})
	}
	return &Page{title: "Audit log", lines: lines}
}

// JoinCode returns the page of a new code, with which people join by this command. While the
// server is closed, the page says that the code does not work yet.
func JoinCode(code, command string, expires time.Time, mode chat.JoinMode, zone *time.Location) *Page {
	lines := []line{
		{code, "is the code; it is shown only now"},
		{"to join", "run the last line here, or type the code at the join screen of this server"},
		{"good until", expires.In(zone).Format("Monday, 2 January 2006, 15:04")},
	}
	if mode == chat.JoinClosed {
		lines = append(lines, line{"not yet", "the server is closed: the code works after /admin join invite"})
	}
	lines = append(lines, line{"", ""}, line{"", command}) // whole, so that it can be copied
	return &Page{title: "A code to join", lines: lines}
}

// Hooks returns the page of the webhooks of a group.
func Hooks(list []chat.Hook, group string, zone *time.Location) *Page {
	var lines []line
	for _, h := range list {
		used := "never used"
		if !h.UsedAt.IsZero() {
			used = "used " + h.UsedAt.In(zone).Format("2006-01-02 15:04")
		}
		lines = append(lines, line{strconv.FormatInt(h.Number, 10) + " " + h.BotName, "made " + h.MadeAt.In(zone).Format("2006-01-02") + " by " + h.Maker + ", " + used})
	}
	if len(lines) == 0 {
		lines = append(lines, line{"There are no webhooks here.", ""})
	}
	lines = append(lines,
		line{"/hooks add BOT", "makes one: another program can then post here as that bot"},
		line{"/hooks revoke NUMBER", "makes one unusable at once"})
	return &Page{title: "Webhooks of " + group, lines: lines}
}

// NewHook returns the page of a new webhook.
func NewHook(h chat.Hook, address string) *Page {
	return &Page{title: "A webhook", lines: []line{
		{"The address, which is shown only now:", ""},
		{address, ""},
		{"posts", "to #" + h.Group + " as " + h.BotName + ": plain text, or what Slack, GitHub, Gitea, Grafana and Alertmanager send"},
		{"secret", "everybody who knows the address can post; /hooks revoke " + strconv.FormatInt(h.Number, 10) + " ends that"},
	}}
}
