package tui

import (
	"fmt"

	"confab/app"
)

// theme is how things look on one terminal. A style is the SGR sequence that
// begins it ("" is the default one), and [paint] ends it, so every row begins
// and ends in the default style.
type theme struct {
	colors colors

	bold, faint, reverse string
	warn                 string // what went wrong
	match                string // what was looked for

	vertical, horizontal string // lines
	ellipsis             string
	prompt               string
	down                 string // more below
	system               string // before a line about the conversation

	// Ticks, which differ without colour too.
	sending, sent, delivered, read string
	readStyle                      string

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
		colors: t.colors,
		bold:   "\x1b[1m", faint: "\x1b[2m", reverse: "\x1b[7m", warn: "\x1b[1m", match: "\x1b[1;4m",
		vertical: "│", horizontal: "─", ellipsis: "…", prompt: "› ", down: "↓", system: "·",
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
		th.sending, th.sent, th.delivered, th.read = "~", "+", "++", "##"
		th.pinned, th.muted, th.here, th.away, th.gone = "^", "x", "*", "~", "-"
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
func (th theme) author(id, self app.UserID) string {
	if id == self || th.colors == noColors {
		return th.bold
	}
	if th.colors == colors16 {
		return fmt.Sprintf("\x1b[3%dm", [...]int{1, 2, 4, 5, 6}[id%5])
	}
	palette := [...]int{31, 166, 97, 64, 161, 67, 136, 133, 35, 130, 99, 172, 37}
	return fmt.Sprintf("\x1b[38;5;%dm", palette[int(id)%len(palette)])
}
