package theme

import (
	"strings"

	"confab/tui/highlight"
)

// Look is the style of a piece of a message. Looks combine.
type Look uint8

const (
	LookBold Look = 1 << iota
	LookItalic
	LookStrike
	LookCode
	LookLink
	LookNamed   // a mention
	LookNamesMe // a mention of the user
)

// Style returns the style of a look. No look depends on colours alone.
func (th *Theme) Style(look Look) string {
	if look == 0 {
		return ""
	}
	italic, code := "3", "7"
	switch th.Colors {
	case NoColors:
		italic = "3;4" // the oldest terminals know no italics
	case Colors256:
		code = "2;7"
	}
	var set []string
	for i, parameters := range [...]string{"1", italic, "2;9", code, "4", "1;4", "1;7"} {
		if look&(1<<i) != 0 {
			set = append(set, parameters)
		}
	}
	return "\x1b[" + strings.Join(set, ";") + "m"
}

// ShowsStrike reports whether the terminal is likely to strike text through. Without
// the line or signs, struck text would say the opposite.
func (th *Theme) ShowsStrike() bool { return th.Colors == Colors256 }

// Syntax returns the style of a class of code.
func (th *Theme) Syntax(class highlight.Class) string { return syntax[th.Colors][class] }

// syntax has the styles of code. The colours are among those of names.
var syntax = [...][highlight.Removed + 1]string{
	NoColors: {highlight.Keyword: "\x1b[1m", highlight.Comment: "\x1b[2m"},
	Colors16: {
		highlight.Keyword: "\x1b[1;35m", highlight.Name: "\x1b[36m", highlight.String: "\x1b[32m", highlight.Number: "\x1b[31m",
		highlight.Comment: "\x1b[2m", highlight.Added: "\x1b[32m", highlight.Removed: "\x1b[31m",
	},
	Colors256: {
		highlight.Keyword: "\x1b[1;38;5;133m", highlight.Name: "\x1b[38;5;31m", highlight.String: "\x1b[38;5;64m", highlight.Number: "\x1b[38;5;166m",
		highlight.Comment: "\x1b[2m", highlight.Added: "\x1b[38;5;35m", highlight.Removed: "\x1b[38;5;161m",
	},
}

// Link puts a link around a text, if the terminal supports links.
func (th *Theme) Link(target, text string) string {
	if !th.Links || target == "" {
		return text
	}
	return "\x1b]8;" + linkID(target) + ";" + target + "\x1b\\" + text + "\x1b]8;;\x1b\\"
}

// linkID returns an id by which terminals recognize the pieces of one link in several rows.
func linkID(target string) string {
	const digits = "0123456789abcdefghijklmnopqrstuv"
	hash := uint32(2166136261) // FNV-1a
	for i := range len(target) {
		hash = (hash ^ uint32(target[i])) * 16777619
	}
	id := []byte("id=")
	for ; hash > 0; hash >>= 5 {
		id = append(id, digits[hash&31])
	}
	return string(id)
}
