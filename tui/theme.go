package tui

import (
	"strings"

	"confab/app/chat"
)

// theme is how things look on one terminal. A style is the SGR sequence that
// begins it ("" is the default one), and [paint] ends it, so every row begins
// and ends in the default style.
type theme struct {
	measure
	colors colors
	ascii  bool

	bold, faint, reverse string
	warn                 string // what went wrong
	match                string // what was looked for

	vertical, horizontal string // lines
	ellipsis             string
	prompt, lead         string // before what is being written; lead is how it is drawn
	indent               string // as wide
	down                 string // more below
	system               string // before a line about the conversation
	file                 string // before a file's name
	cut                  string // after what is shortened, unlike ellipsis of any width

	// Ticks, which differ without colour too.
	sending, sent, delivered, read string
	readStyle                      string
	ticks                          [chat.TickRead + 1]string // as they are drawn

	unread    string // the line above what is new, and counts
	mention   string // before the count of a conversation that names one
	pinned    string
	muted     string
	here      string // presence of the other one
	away      string
	gone      string
	hereStyle string
}

const reset = "\x1b[m"

func newTheme(t Terminal) theme {
	th := theme{
		colors: t.colors, ascii: t.ascii,
		bold: "\x1b[1m", faint: "\x1b[2m", reverse: "\x1b[7m", warn: "\x1b[1m", match: "\x1b[1;4m",
		vertical: "│", horizontal: "─", ellipsis: "…", prompt: "› ", down: "↓", system: "·", file: "📎", cut: "…",
		sending: "…", sent: "✓", delivered: "✓✓", read: "✔✔", readStyle: "\x1b[1m",
		unread: "\x1b[1m", mention: "@", pinned: "▴", muted: "×", here: "●", away: "◐", gone: "○",
	}
	switch t.colors {
	case colors16:
		th.warn, th.readStyle, th.unread, th.hereStyle = "\x1b[1;31m", "\x1b[1;36m", "\x1b[1;31m", "\x1b[32m"
	case colors256:
		th.warn, th.readStyle, th.unread, th.hereStyle = "\x1b[1;31m", "\x1b[1;38;5;39m", "\x1b[1;38;5;203m", "\x1b[38;5;35m"
	}
	if t.ascii {
		th.vertical, th.horizontal, th.ellipsis, th.prompt, th.down, th.system = "|", "-", "~", "> ", "v", "*"
		th.file, th.cut = "[file]", "..."
		th.sending, th.sent, th.delivered, th.read = "~", "+", "++", "##"
		th.pinned, th.muted, th.here, th.away, th.gone = "^", "x", "*", "~", "-"
	}
	th.lead, th.indent = paint(th.bold, th.prompt), strings.Repeat(" ", th.wide(th.prompt))
	th.ticks = [...]string{
		chat.TickSent:      paint(th.faint, th.sent),
		chat.TickDelivered: paint(th.faint, th.delivered),
		chat.TickRead:      paint(th.readStyle, th.read),
	}
	return th
}

// paint puts a style around a text.
func paint(style, text string) string {
	if style == "" || text == "" {
		return text
	}
	return style + text + reset
}

// author is the style of someone's name: one's own is bold in the default
// colour, everybody else's has a steady colour, chosen by account so that it is
// the same on every screen and after a change of name. The colours have enough
// contrast on light and on dark backgrounds; the basic ones are the
// terminal's own, without those (white, black, yellow) that vanish on some.
func (th *theme) author(id, self chat.UserID) string {
	if id == self || th.colors == noColors {
		return th.bold
	}
	if th.colors == colors16 {
		return palette16[int(id)%len(palette16)]
	}
	return palette256[int(id)%len(palette256)]
}

// The colours of names.
var (
	palette16  = [...]string{"\x1b[31m", "\x1b[32m", "\x1b[34m", "\x1b[35m", "\x1b[36m"}
	palette256 = [...]string{
		"\x1b[38;5;31m", "\x1b[38;5;166m", "\x1b[38;5;97m", "\x1b[38;5;64m", "\x1b[38;5;161m", "\x1b[38;5;67m", "\x1b[38;5;136m",
		"\x1b[38;5;133m", "\x1b[38;5;35m", "\x1b[38;5;130m", "\x1b[38;5;99m", "\x1b[38;5;172m", "\x1b[38;5;37m",
	}
)
