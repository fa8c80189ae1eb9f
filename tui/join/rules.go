package join

import (
	"confab/tui/keymap"
	"confab/tui/screen"
	"confab/tui/theme"
)

// reading reports whether the stranger has to read the rules of the server before the form is
// shown. Rules that change meanwhile are shown again.
func (j *Model) reading() bool {
	return j.standing != nil && j.standing.Rules != j.accepted && j.standing.Rules != "" && j.has(fieldName)
}

// read handles a key while the rules are shown.
func (j *Model) read(act keymap.Action) {
	page := max(1, j.height-2)
	switch act {
	case keymap.Send:
		j.accepted, j.top = j.standing.Rules, 0
	case keymap.Up:
		j.top--
	case keymap.Down:
		j.top++
	case keymap.PageUp:
		j.top -= page
	case keymap.PageDown:
		j.top += page
	}
}

// rules are the rows of the rules.
func (j *Model) rules(f screen.Frame) screen.Frame {
	s := theme.Sheet{Theme: j.theme, Width: j.width}
	s.Text(1, j.theme.Bold, "The rules of this server")
	s.Blank()
	s.Text(1, "", j.standing.Rules)
	room := max(0, j.height-1)
	most := max(0, len(s.Rows)-room)
	j.top = max(0, min(j.top, most))
	foot := " Enter: I accept them  Ctrl+C: leave"
	if j.top < most {
		foot = " PgDn: more  Enter: I accept them  Ctrl+C: leave"
	}
	rows := make([]string, room, room+1)
	copy(rows, s.Rows[j.top:])
	rows = append(rows, theme.Paint(j.theme.Bar, j.theme.Fit(foot, j.width, j.theme.Ellipsis)))
	f.Panes = []screen.Pane{{W: j.width, H: j.height, Rows: rows}}
	return f
}
