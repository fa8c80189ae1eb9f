package complete

import (
	"fmt"
	"strings"

	"confab/tui/theme"
)

// maxRows is how many choices are shown at once.
const maxRows = 6

// Height returns how many rows the list needs, at most the given number.
func (c *Completer) Height(room int) int {
	if !c.Open() {
		return 0
	}
	return max(0, min(len(c.list.shown), maxRows, room))
}

// Rows appends the rows of the list: those around the chosen one.
func (c *Completer) Rows(rows []string, th *theme.Theme, width, height int) []string {
	if height == 0 || !c.Open() {
		return rows
	}
	l := c.list
	first := max(0, min(l.at-height/2, len(l.shown)-height))
	for i := first; i < first+height; i++ {
		o, lead, count := l.shown[i], th.Indent, ""
		if i == l.at {
			lead = th.Open + " "
			if len(l.shown) > height {
				count = fmt.Sprintf(" %d/%d", i+1, len(l.shown))
			}
		}
		rows = append(rows, o.row(th, width, lead, count, i == l.at))
	}
	return rows
}

// row draws a choice.
func (o choice) row(th *theme.Theme, width int, lead, count string, chosen bool) string {
	room := max(1, width-th.Width(lead)-len(count))
	if room < 8 {
		room, count = room+len(count), ""
	}
	shown := th.FitMax(th.Isolate(o.show), room, th.Ellipsis)
	note := ""
	if left := room - th.Width(shown) - 2; left > 0 && o.note != "" && (!th.ASCII || isASCII(o.note)) {
		note = "  " + th.FitMax(th.Isolate(o.note), left, th.Ellipsis)
	}
	if !chosen {
		return lead + shown + theme.Paint(th.Faint, note)
	}
	space := max(0, room-th.Width(shown)-th.Width(note))
	return theme.Paint(th.Current+th.Bold, lead+shown+note+strings.Repeat(" ", space)+count)
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 })
}
