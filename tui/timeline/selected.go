package timeline

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"confab/tui/theme"
)

// highlight shows a row as one of the selected message: its first word, or the blank before
// it, is marked, and the rest has a quiet background if the theme has one for it.
func (s *rowStyle) highlight(row string) string {
	plain := ansi.Strip(row)
	width := s.theme.Width(plain)
	word, mark := "", ""
	switch word, _, _ = strings.Cut(plain, " "); {
	case plain == "":
	case word == "":
		word, mark = " ", s.theme.Mark
	case len(word) > maxMark:
		word = ansi.Truncate(plain, 2, "")
		fallthrough
	default:
		mark = word
	}
	rest := ansi.TruncateLeft(row, ansi.StringWidth(word), "")
	if ground := s.theme.Selected; ground != "" {
		rest = ground + strings.ReplaceAll(rest, theme.Reset, theme.Reset+ground) + strings.Repeat(" ", max(0, s.width-width)) + theme.Reset
	}
	return theme.Paint(s.theme.Chosen, mark) + rest
}

// maxMark is the longest word that marks a row of the selected message.
const maxMark = 40
