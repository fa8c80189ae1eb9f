package keymap

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"confab/app/text"
)

// namedKeys are the keys that have a name and no character. F1 to F63 are named
// too, and not listed here.
var namedKeys = []string{
	"enter", "tab", "backspace", "esc", "space", "up", "down", "left", "right",
	"begin", "find", "insert", "delete", "select", "pgup", "pgdown", "home", "end",
}

// Parse returns the name that Bubble Tea gives to a key that a user wrote:
// "Shift+Alt+Up" is "alt+shift+up". It returns "" for a key that doesn't exist.
func Parse(s string) string {
	modifiers := []string{"ctrl", "alt", "shift", "meta", "hyper", "super"} // in its order
	var held []string
	base := strings.ToLower(s)
	for {
		mod, rest, more := strings.Cut(base, "+")
		if !more || rest == "" || !slices.Contains(modifiers, mod) {
			break
		}
		held, base = append(held, mod), rest
	}
	n, err := strconv.Atoi(strings.TrimPrefix(base, "f"))
	function := len(base) > 1 && base[0] == 'f' && err == nil && n >= 1 && n <= 63
	character := utf8.RuneCountInString(base) == 1 && text.CleanLine(base, 1) == base
	if !function && !character && !slices.Contains(namedKeys, base) {
		return ""
	}
	slices.SortFunc(held, func(a, b string) int { return slices.Index(modifiers, a) - slices.Index(modifiers, b) })
	return strings.Join(append(slices.Compact(held), base), "+")
}

// Bindable says why the key of this name cannot be bound; "" if it can.
func Bindable(key string) string {
	plain := strings.TrimPrefix(key, "shift+")
	switch {
	case key == "" || Parse(key) != key || len(key) > 30:
		return "That is not a key. Write keys as /bind shows them, such as alt+x or f5."
	case key == "ctrl+c" || key == "esc" || key == "enter":
		return "Ctrl+C, Esc and Enter cannot be bound: they always do the same, so that you can get out."
	case plain == "space" || utf8.RuneCountInString(plain) == 1:
		return "A key that types something cannot be bound: use it with ctrl+ or alt+."
	default:
		return ""
	}
}

// Title makes the name of a key readable: "ctrl+k" becomes "Ctrl+K".
func Title(key string) string {
	parts := strings.Split(key, "+")
	for i, p := range parts {
		switch p {
		case "pgup":
			parts[i] = "PgUp"
		case "pgdown":
			parts[i] = "PgDn"
		default:
			parts[i] = strings.ToUpper(p[:min(1, len(p))]) + p[min(1, len(p)):]
		}
	}
	return strings.Join(parts, "+")
}

// AltDigit returns the digit of Alt+1 to Alt+9.
func AltDigit(k tea.KeyPressMsg) (int, bool) {
	return int(k.Code - '0'), k.Mod == tea.ModAlt && k.Code >= '1' && k.Code <= '9'
}

// IsText reports whether a key types text.
func IsText(k tea.KeyPressMsg) bool {
	return k.Text != "" && k.Mod&(tea.ModCtrl|tea.ModAlt|tea.ModMeta|tea.ModHyper|tea.ModSuper) == 0
}
