// Package theme has the means of drawing for all parts of the screen: it measures text as
// the terminal does, wraps it and cuts it to a width, and has the symbols and styles that
// suit the terminal. It knows nothing of conversations.
package theme

import (
	"strconv"
	"strings"

	"confab/app/chat"
)

// Theme holds the styles and symbols for one terminal. A style is the SGR
// sequence that turns it on, "" for the default style. [Paint] turns it off
// again, so every row begins and ends in the default style.
type Theme struct {
	Measure
	Kind
	RGB   bool // the terminal takes colours in red, green and blue
	ASCII bool
	Links bool // the terminal supports links

	Bold, Faint string
	Bar         string // for the status row and the rows of keys: quieter than all that is new
	Title       string // for the name in the header
	Header      string // for the rest of the header
	Current     string // for the open conversation in the list: quieter than what is new
	Chosen      string // for the mark at the selected message, and the selected line of a list
	Mark        string // the mark at a row of the selected message that begins with a blank
	Selected    string // the background of the selected message, "" for none
	Call        string // for what waits for the user in the status row
	Warn        string // for errors and warnings
	Match       string // for the words that a search found

	Vertical, Horizontal string // for lines
	Quote                string // before quoted text; code has Vertical
	Ellipsis             string
	Prompt, Lead         string // before the text being written; Lead is the prompt with its style
	Indent               string // spaces, as wide as the prompt
	Down                 string // there is more below
	System               string // before a line about the conversation
	File                 string // before a file's name
	Cut                  string // after shortened text, where its width does not matter

	// Ticks are told apart by their symbols, not by colour alone.
	Sending, Sent, Delivered, Read string
	Ticks                          [chat.TickRead + 1]string // with their styles

	Unread    string // style of the line above new messages, and of counts
	Mention   string // before the number of messages that mention the user
	EdgeMine  string // before the text of a message that mentions the user
	EdgeNamed string // before a row with another mention
	Open      string // before the open conversation in the list, and the rows of the selected message
	Folded    string // before the title of a section that is folded
	Unfolded  string
	Pinned    string
	Muted     string
	Draft     string
	Here      string // presence of the other member
	Away      string
	Gone      string
	Nobody    string // nobody uses the account
	HereStyle string
}

// Remeasured returns the theme with other widths.
func (th *Theme) Remeasured(m Measure) *Theme {
	copied := *th
	copied.Measure = m
	return &copied
}

// Reset ends all styles.
const Reset = "\x1b[m"

// New returns the theme for a terminal. It is large. All parts of a screen share it, and
// none of them changes it.
func New(t Terminal) *Theme {
	th := &Theme{
		Kind: t.Kind, RGB: t.RGB, ASCII: t.ASCII, Links: !t.old,
		Bold: "\x1b[1m", Faint: "\x1b[2m", Bar: "\x1b[2m", Title: "\x1b[1;4m", Header: "\x1b[4m", Chosen: "\x1b[7m", Mark: " ", Call: "\x1b[1m", Warn: "\x1b[1m", Match: "\x1b[1;4m",
		Vertical: "│", Quote: "┃", Horizontal: "─", Ellipsis: "…", Prompt: "› ", Down: "↓", System: "·", File: "📎", Cut: "…",
		Sending: "…", Sent: "✓", Delivered: "✓✓", Read: "✔✔",
		Unread: "\x1b[1m", Mention: "@", EdgeMine: "▌", EdgeNamed: "╎", Open: "▌", Folded: "▸", Unfolded: "▾", Pinned: "▴", Muted: "×", Draft: "✎", Here: "●", Away: "◐", Gone: "○", Nobody: "×",
	}
	readStyle := th.Bold
	switch p := t.palette(); {
	case p != nil:
		th.Title, th.Header = p.bar.style("1;"), p.bar.style("")
		th.Faint, th.Bar, th.Current, th.Chosen = p.faint.style(), p.bar.style(""), p.bar.style(""), p.chosen.style("")
		th.Call = p.call.style("1;")
		if p.selected != 0 {
			th.Selected = "\x1b[48;5;" + strconv.Itoa(int(p.selected)) + "m"
		}
		th.Warn, readStyle, th.Unread, th.HereStyle = p.warn.after("1;"), p.read.after("1;"), p.unread.after("1;"), p.here.style()
	case t.Colors == Colors16 && t.Ground == DarkGround:
		th.Warn, readStyle, th.Unread, th.HereStyle = "\x1b[1;91m", "\x1b[1;96m", "\x1b[1;91m", "\x1b[92m"
	case t.Colors == Colors16 && t.Ground == LightGround:
		th.Warn, readStyle, th.Unread, th.HereStyle = "\x1b[1;31m", "\x1b[1;34m", "\x1b[1;31m", "\x1b[35m"
	}
	if t.ASCII {
		th.Quote, th.Vertical, th.Horizontal, th.Ellipsis, th.Prompt, th.Down, th.System = ">", "|", "-", "~", "> ", "v", "*"
		th.File, th.Cut = "[file]", "..."
		th.Sending, th.Sent, th.Delivered, th.Read = "~", "+", "++", "##"
		th.EdgeMine, th.EdgeNamed, th.Mark = "@", ":", ">"
		th.Open, th.Folded, th.Unfolded, th.Draft = ">", "+", "-", "d"
		th.Pinned, th.Muted, th.Here, th.Away, th.Gone, th.Nobody = "^", "x", "*", "~", "-", "x"
	}
	th.Lead, th.Indent = Paint(th.Bold, th.Prompt), strings.Repeat(" ", th.Width(th.Prompt))
	th.Ticks = [...]string{
		chat.TickSent:      Paint(th.Faint, th.Sent),
		chat.TickDelivered: Paint(th.Faint, th.Delivered),
		chat.TickRead:      Paint(readStyle, th.Read),
	}
	return th
}

// Paint puts a style around a text.
func Paint(style, text string) string {
	if style == "" || text == "" {
		return text
	}
	return style + text + Reset
}

// Author returns the style of a user's name. The user's own name is the quietest, because
// it tells the user least. Every other name has a colour that depends on the account, so it
// is the same on every screen and stays the same when the name changes.
func (th *Theme) Author(id, self chat.UserID) string {
	switch p := th.palette(); {
	case p != nil && id == self:
		return th.Faint
	case p != nil:
		return p.names[int(id)%len(p.names)].style()
	case th.Colors == Colors16 && id != self:
		names := names16[th.Ground]
		return names[int(id)%len(names)]
	}
	return th.Bold
}
