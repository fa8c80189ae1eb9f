package join

import (
	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/screen"
	"confab/tui/theme"
)

// labels are shown before the fields. labelWidth is the width of their column.
var labels = [fieldCount]string{"Name", "About you", "Code"}

const labelWidth = 11

// View implements tea.Model, for the stock renderer.
func (j *Model) View() tea.View { return j.Frame().View() }

// sheet collects rows, and the position of the cursor in them.
type sheet struct {
	theme.Sheet
	x, y int
}

// Frame implements screen.Model.
func (j *Model) Frame() screen.Frame {
	f := screen.Frame{W: j.width, H: j.height, Title: "confab"}
	if j.reading() {
		return j.rules(f)
	}
	// If the screen is too small, the least needed paragraphs are left out.
	var s *sheet
	for leave := range 4 {
		s = j.sheet(leave < 3, leave < 2, leave < 1)
		if len(s.Rows) < j.height {
			break
		}
	}
	rows := make([]string, j.height)
	first := max(0, min(s.y-j.height/2, len(s.Rows)-(j.height-1)))
	copy(rows[:j.height-1], s.Rows[min(first, len(s.Rows)):])
	for i, row := range rows { // a screen may be narrower than an indent, or than one emoji after it
		rows[i], _ = j.theme.Widths.Cut(row, j.width)
	}
	foot := " Enter: go on  Tab: next field  Ctrl+C: leave"
	if len(j.shown()) < 2 {
		foot = " Enter: go on  Ctrl+C: leave"
	}
	if len(j.shown()) == 0 {
		foot = " Ctrl+C: leave"
	}
	rows[j.height-1] = theme.Paint(j.theme.Bar, j.theme.Fit(foot, j.width, j.theme.Ellipsis))
	f.Panes = []screen.Pane{{W: j.width, H: j.height, Rows: rows}}
	f.Cursor = screen.Cursor{X: s.x, Y: s.y - first, Shown: j.has(j.at)}
	return f
}

func (j *Model) sheet(welcome, keys, host bool) *sheet {
	s := &sheet{Sheet: theme.Sheet{Theme: j.theme, Width: j.width}}
	if welcome {
		s.Text(1, j.theme.Bold, "Welcome. You are not known here yet.")
	}
	for _, why := range j.o.Causes {
		s.Blank()
		s.Text(1, j.theme.Warn, why)
	}
	if keys {
		s.Blank()
		s.Text(1, "", "Your ssh proved that it has:")
		for _, k := range j.o.Keys {
			s.Text(3, "", k)
		}
		if len(j.o.Keys) > 1 {
			s.Text(1, "", "The first of them will open your account.")
		}
	}
	if j.standing == nil {
		s.Blank()
		s.Text(1, j.theme.Warn, j.notice)
		return s
	}
	s.Blank()
	s.Text(1, "", Explain(*j.standing))
	s.Blank()
	for _, f := range j.shown() {
		j.field(s, f)
	}
	if j.notice != "" {
		s.Text(1, j.theme.Warn, j.notice)
	}
	if host {
		s.Blank()
		line := "   " + j.o.HostLine(j.name())
		if j.theme.Width(line) > j.width { // nobody could copy it from two rows
			s.Text(1, j.theme.Faint, "The host can also let you in with a command. Ctrl+C leaves, and shows it in one piece to copy.")
			return s
		}
		s.Text(1, j.theme.Faint, "The host can also let you in by running this; it is shown again when you leave:")
		s.Rows = append(s.Rows, theme.Paint(j.theme.Faint, line))
	}
	return s
}

// Explain tells a stranger how to join now.
func Explain(st chat.Standing) string {
	switch {
	case st.Invited && st.Request != nil && st.Request.State == chat.RequestApproved:
		return "You are let in, but the name " + st.Request.Name + " is taken by now: choose another."
	case st.Invited:
		return "The code is good. Choose the name that others will know you by."
	case st.Waits():
		return "You have asked to be let in as " + st.Request.Name + ". You'll be let in here as soon as an admin accepts. " +
			"You can also leave and connect again later."
	case st.Mode == chat.JoinByRequest:
		return "To join, choose a name and say in a line who you are: the host is asked, and you can wait here. If you have a code, give only that."
	case st.Mode == chat.JoinOpen:
		return "To join, choose the name that others will know you by."
	case st.Mode == chat.JoinByInvite:
		return "To join you need a code from somebody who is here: type or paste it."
	default:
		return "Only the host lets new people in at present: send the host the command that adds your key. " +
			"A code that the host gave you for a lost key, or that adds a key to your account, works here."
	}
}

// field adds one field, and the cursor if it is in that field.
func (j *Model) field(s *sheet, f field) {
	c := &j.fields[f]
	label := labels[f]
	style := j.theme.Faint
	if f == j.at {
		style = j.theme.Bold
	}
	lead := " " + theme.Paint(style, j.theme.Fit(label, labelWidth, j.theme.Ellipsis)) + j.theme.Prompt
	indent := 1 + labelWidth + j.theme.Width(j.theme.Prompt)
	lines, row, column := c.Layout(j.theme.Measure, max(1, j.width-indent-1))
	for i, l := range lines {
		if i == row && f == j.at {
			s.x, s.y = indent+column, len(s.Rows)
		}
		text := theme.ExpandTabs(c.Text()[l.Start:l.End])
		if f == fieldName && c.Empty() && j.o.Name != "" {
			text = theme.Paint(j.theme.Faint, j.theme.FitMax("("+j.o.Name+")", max(1, j.width-indent-1), j.theme.Ellipsis))
		}
		s.Rows = append(s.Rows, lead+text)
		lead = j.theme.Fit("", indent, "")
	}
	if f != fieldName {
		return
	}
	switch {
	case j.bad != "":
		s.Text(min(indent, 16), j.theme.Warn, j.bad)
	case j.good && c.Empty():
		s.Text(min(indent, 16), j.theme.Faint, "Enter takes "+j.o.Name+"; or type another.")
	case j.good:
		s.Text(min(indent, 16), j.theme.Faint, "is a good name")
	default:
		s.Text(min(indent, 16), j.theme.Faint, "2 to 32 of a-z, 0-9, - _ and .")
	}
}
