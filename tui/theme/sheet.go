package theme

import "strings"

// Sheet collects the rows of a page.
type Sheet struct {
	Theme *Theme
	Width int
	Rows  []string
}

// Text adds a paragraph, wrapped and indented, in a style.
func (s *Sheet) Text(indent int, style, text string) {
	pad := strings.Repeat(" ", indent)
	for _, l := range s.Theme.Wrap(text, max(1, s.Width-indent-1)) {
		s.Rows = append(s.Rows, pad+Paint(style, s.Theme.Isolate(text[l.Start:l.End])))
	}
}

// Blank adds an empty row, unless the sheet is empty or its last row is.
func (s *Sheet) Blank() {
	if n := len(s.Rows); n > 0 && s.Rows[n-1] != "" {
		s.Rows = append(s.Rows, "")
	}
}
