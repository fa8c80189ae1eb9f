package theme

import (
	"strings"

	"confab/tui/highlight"
)

// Look is the style of a piece of a message. Looks combine.
type Look uint16

const (
	LookBold Look = 1 << iota
	LookItalic
	LookStrike
	LookCode
	LookLink
	LookNamed   // a mention
	LookNamesMe // a mention of the user
	LookActor   // the name of an author who is doing something; [Theme.Author] has its style
)

// Style returns the style of a look. No look depends on colours alone.
func (th *Theme) Style(look Look) string {
	if look == 0 {
		return ""
	}
	italic, code, me := "3", "", "7"
	if th.Colors == NoColors {
		italic = "3;4" // the oldest terminals know no italics
	}
	if p := th.palette(); p != nil && look&(LookCode|LookNamesMe) != 0 {
		code, me = p.bar.parameters(), p.mention.parameters()
	}
	if th.Colors == Colors16 {
		code = strings.TrimSuffix(strings.TrimPrefix(code16[th.Ground][highlight.String], "\x1b["), "m")
	}
	var set []string
	for i, parameters := range [...]string{"1", italic, "9", code, "4", "1;4", "1;" + me} {
		if look&(1<<i) != 0 && parameters != "" {
			set = append(set, parameters)
		}
	}
	if len(set) == 0 {
		return ""
	}
	return "\x1b[" + strings.Join(set, ";") + "m"
}

// ShowsCode reports whether code within a line has a background of its own. Without it, the
// backticks stay: reverse would make code the brightest on the screen.
func (th *Theme) ShowsCode() bool { return th.palette() != nil }

// ShowsStrike reports whether the terminal is likely to strike text through. Without
// the line or signs, struck text would say the opposite.
func (th *Theme) ShowsStrike() bool { return th.Colors == Colors256 }

// Syntax returns the style of a class of code.
func (th *Theme) Syntax(class highlight.Class) string {
	p := th.palette()
	switch {
	case class == highlight.Plain:
		return ""
	case p != nil && class == highlight.Keyword:
		return p.code[class].after("1;")
	case p != nil:
		return p.code[class].style()
	case class == highlight.Keyword:
		return th.Bold
	case class == highlight.Comment:
		return th.Faint
	case th.Colors == Colors16:
		return code16[th.Ground][class]
	}
	return ""
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
