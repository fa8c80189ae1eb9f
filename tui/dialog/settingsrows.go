package dialog

import (
	"slices"
	"strings"

	"confab/tui/hint"
	"confab/tui/setting"
	"confab/tui/theme"
)

const (
	// settingHeadings is the smallest height of a page of settings with headings.
	settingHeadings = 16
	// settingColumns is the smallest width of one that explains each setting in its row.
	settingColumns = 78
	// settingValue is the width of the column of values then, if there is room for
	// settingAbout cells of explanation after it. It is never less than settingLeast.
	settingValue, settingLeast = 22, 10
	settingAbout               = 50
)

// Rows implements Dialog.
func (p *Settings) Rows(th *theme.Theme, width, height int) (rows []string, x, y int) {
	s := p.o.State()
	item := p.chosen(s)
	items := p.items(s)
	rows = make([]string, height)
	rows[0] = p.tabs(th, width, s)
	rows[height-1] = foot(th, width, p.keys(width, s, item))
	room := height - 2
	if p.whole {
		copy(rows[1:height-1], explained(th, width, room, item.Name+": "+p.shown(item, s), p.about(s, item)...))
		return rows, -1, 0
	}
	below := max(1, min(5, room/3))
	if p.note != "" {
		below = max(below, len(explained(th, width, room-1, "", paragraph{true, p.note})))
	}
	copy(rows[height-1-below:height-1], explained(th, width, below, "", p.about(s, item)...))
	if height >= settingHeadings { // a line between the list and the explanation
		below++
		rows[height-1-below] = theme.Paint(th.Faint, strings.Repeat(th.Horizontal, width))
	}
	list := rows[1 : height-1-below]
	lines, chosen := p.lines(items, height >= settingHeadings)
	first := max(0, min(chosen-len(list)/2, len(lines)-len(list)))
	x = -1
	columns := settingLayout(th, width, items)
	for i := range min(len(list), len(lines)-first) {
		switch l := lines[first+i]; {
		case l.heading != "":
			list[i] = " " + theme.Paint(th.Bold, th.FitMax(l.heading, width-1, th.Ellipsis))
		case first+i == chosen && p.editing:
			list[i], x = p.editRow(th, width, columns, items[l.item])
			y = 1 + i
		default:
			list[i] = p.row(th, width, columns, s, items[l.item], first+i == chosen)
		}
	}
	return rows, x, y
}

// settingLine is a row of the list: a heading, or the setting with an index.
type settingLine struct {
	heading string
	item    int
}

// lines returns the rows of the list, and which of them is chosen.
func (p *Settings) lines(items []setting.Item, headings bool) (lines []settingLine, chosen int) {
	section := ""
	for i, item := range items {
		if headings && item.Section != section {
			section = item.Section
			lines = append(lines, settingLine{heading: section})
		}
		if i == p.at[p.tab()] {
			chosen = len(lines)
		}
		lines = append(lines, settingLine{item: i})
	}
	return lines, chosen
}

// tabs is the first row: the user's own settings and those of the open conversation, with
// brackets around the ones that are shown.
func (p *Settings) tabs(th *theme.Theme, width int, s setting.State) string {
	words := "You"
	if s.Open != nil {
		words = "[You]  " + s.Open.Title()
		if p.here {
			words = "You  [" + s.Open.Title() + "]"
		}
	}
	if width >= 40 {
		words = "Settings  " + words
	}
	return title(th, width, words)
}

// keys are the words of the last row.
func (p *Settings) keys(width int, s setting.State, item setting.Item) string {
	switch {
	case p.whole:
		return "any key: back"
	case p.editing:
		return "Enter: save  Ctrl+U: clear  Esc: cancel"
	case width < settingColumns:
		return "Enter: change  Tab: more  ?: what it does  Esc: close"
	}
	keys := "Left, Right, Enter: change"
	switch {
	case item.Takes != "" && len(item.Values) < 2:
		keys = "Enter: edit"
	case item.Takes != "":
		keys = "Left, Right: change  Enter: edit"
	}
	if s.Open != nil {
		other := s.Open.Title()
		if p.here {
			other = "your own"
		}
		keys += "  Tab: " + other
	}
	return keys + "  ?: what it does  Esc: close"
}

// about explains a setting: an error or the reason why it cannot be changed, what it does,
// and what it can be.
func (p *Settings) about(s setting.State, item setting.Item) (paragraphs []paragraph) {
	locked := item.Locked(s)
	switch {
	case p.note != "":
		paragraphs = append(paragraphs, paragraph{true, p.note})
	case locked != nil:
		paragraphs = append(paragraphs, paragraph{true, "You cannot change this. " + hint.Text(locked)})
	}
	paragraphs = append(paragraphs, paragraph{false, item.Does + "."})
	choices := item.Values
	if at := slices.Index(choices, p.shown(item, s)); at >= 0 {
		choices = slices.Clone(choices)
		choices[at] = "[" + choices[at] + "]"
	}
	words := strings.Join(choices, "  ")
	if item.Form != "" {
		words = strings.TrimLeft(words+"  or "+item.Form, " ")
		words = strings.TrimPrefix(words, "or ")
	}
	return append(paragraphs, paragraph{false, words})
}

// paragraph is a part of an explanation. A warning stands out.
type paragraph struct {
	warning bool
	text    string
}

// explained draws paragraphs below a heading, which may be "". What does not fit is cut, and
// the last row then says so.
func explained(th *theme.Theme, width, room int, heading string, paragraphs ...paragraph) []string {
	var lines []styledLine
	add := func(style, words string) {
		for _, l := range th.Wrap(words, max(1, width-2)) {
			lines = append(lines, styledLine{style, words[l.Start:l.End]})
		}
	}
	if heading != "" {
		add(th.Bold, heading)
	}
	for _, p := range paragraphs {
		style := th.Faint
		if p.warning {
			style = th.Warn
		}
		add(style, p.text)
	}
	if len(lines) > room {
		lines = lines[:room]
		last := &lines[room-1].words
		*last = th.FitMax(*last, width-2-th.Width(th.Ellipsis), "") + th.Ellipsis
	}
	rows := make([]string, len(lines))
	for i, l := range lines {
		rows[i] = " " + theme.Paint(l.style, l.words)
	}
	return rows
}

// styledLine is a row of text with its style.
type styledLine struct{ style, words string }

// settingLayout returns the widths of the columns of names and values. The second is 0 on
// screens that have no third column.
func settingLayout(th *theme.Theme, width int, items []setting.Item) [2]int {
	name := 0
	for _, i := range items {
		name = max(name, th.Width(i.Name))
	}
	if width < settingColumns {
		return [2]int{min(name, max(8, (width-3)/2))}
	}
	return [2]int{name, max(settingLeast, min(settingValue, width-name-5-settingAbout))}
}

// row draws a setting with its value, and on wide screens with what it does. Where that does not
// fit, it is said in fewer words, and a value that is wider than its column takes its place. A
// value that cannot be changed is in parentheses.
func (p *Settings) row(th *theme.Theme, width int, columns [2]int, s setting.State, item setting.Item, chosen bool) string {
	value, about, style := p.shown(item, s), item.Does, th.Bold
	space := width - columns[0] - columns[1] - 5
	if th.Width(about) > space {
		about = item.Brief()
	}
	if value == "" {
		value = "-"
	}
	if item.Locked(s) != nil {
		value, style = "("+value+")", ""
	}
	name := " " + th.Fit(item.Name, columns[0], th.Ellipsis) + "  "
	value = th.FitMax(th.Isolate(value), width-columns[0]-4, th.Ellipsis)
	if columns[1] == 0 || th.Width(value) > columns[1] {
		about = ""
	} else {
		about = "  " + th.FitMax(about, space, th.Ellipsis)
		value = th.Fit(value, columns[1], th.Ellipsis)
	}
	if chosen {
		return chosenRow(th, width, name+value+about)
	}
	return name + theme.Paint(style, value) + theme.Paint(th.Faint, about)
}

// editRow draws the chosen setting while its value is typed, and returns the column of the
// cursor.
func (p *Settings) editRow(th *theme.Theme, width int, columns [2]int, item setting.Item) (row string, x int) {
	x = columns[0] + 3
	cells := max(1, width-x-1)
	words, cursor := p.input.Text(), p.input.Cursor()
	start := 0
	for start < cursor && th.Width(words[start:cursor]) >= cells {
		n, _ := th.Next(words[start:])
		start += n
	}
	row = theme.Paint(th.Bold, " "+th.Fit(item.Name, columns[0], th.Ellipsis)+"  ") + th.FitMax(words[start:], cells, th.Ellipsis)
	return row, min(width-1, x+th.Width(words[start:cursor]))
}
