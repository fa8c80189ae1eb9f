package tui

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"confab/app/text"
)

// bindPrefix is before the name of a preference that binds a key.
const bindPrefix = "key."

// preferencesMsg has what the account has set.
type preferencesMsg struct {
	set map[string]string
	err error
}

func (m *Model) readPreferences() tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), ioTimeout)
		defer cancel()
		set, err := m.chat.Preferences(ctx)
		return preferencesMsg{set, err}
	}
}

func (m *Model) prefer(msg preferencesMsg) {
	if msg.err != nil {
		m.fail("reading preferences", msg.err)
		return
	}
	for name, value := range msg.set {
		if key, ok := strings.CutPrefix(name, bindPrefix); ok {
			if act := action(value); bindable(key) == "" && (act == actNothing || known(act)) {
				m.keys.bind(key, act)
			}
		}
	}
}

// known reports whether there is such an action.
func known(act action) bool {
	return act != actNone && slices.Contains(slices.Collect(maps.Values(defaultKeys)), act)
}

// namedKeys are the keys that have a name and no character, beside F1 and its
// like.
var namedKeys = []string{
	"enter", "tab", "backspace", "esc", "space", "up", "down", "left", "right",
	"begin", "find", "insert", "delete", "select", "pgup", "pgdown", "home", "end",
}

// parseKey returns the name that Bubble Tea gives to a key as someone writes
// it: "Shift+Alt+Up" is "alt+shift+up". It returns "" if there is no such key.
func parseKey(s string) string {
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

// bindable says why a key, by its name, cannot be bound; "" if it can.
func bindable(key string) string {
	plain := strings.TrimPrefix(key, "shift+")
	switch {
	case key == "" || parseKey(key) != key || len(key) > 30:
		return "That is no key: write it as in /bind, such as alt+x or f5."
	case key == "ctrl+c" || key == "esc" || key == "enter":
		return "Ctrl+C, Esc and Enter always do the same, so that one can get out."
	case plain == "space" || utf8.RuneCountInString(plain) == 1:
		return "A key that types something cannot be bound: use it with ctrl+ or alt+."
	default:
		return ""
	}
}

// cmdBind shows the keys, or binds one: /bind ctrl+o switcher. "none" makes a
// key do nothing, "default" what it did at first.
func (m *Model) cmdBind(rest string) tea.Cmd {
	w := words(strings.ToLower(rest))
	if len(w) == 0 {
		m.overlay = newPage("Keys", m.bindings())
		return nil
	}
	if len(w) != 2 {
		return m.refuse("Write /bind KEY ACTION, such as /bind ctrl+o switcher; /bind shows all.")
	}
	key, act := parseKey(w[0]), action(w[1])
	if why := bindable(key); why != "" {
		return m.refuse(why)
	}
	first := defaultKeys[key]
	switch {
	case act == "default":
		act = first
	case act != actNothing && !known(act):
		return m.refuse("There is no action " + text.CleanLine(string(act), 30) + ": /bind shows all.")
	}
	value, does := string(act), string(act)
	switch act {
	case first:
		value = "" // nothing to remember
	case actNothing:
		does = "nothing"
	}
	was := m.keys.action(key)
	undo := func(m *Model) { m.keys.bind(key, was) }
	notice := keyTitle(key) + " is bound to " + does + "."
	if act == actNone {
		notice = keyTitle(key) + " is not bound any more."
	}
	m.keys.bind(key, act)
	return m.ask("binding a key", func(ctx context.Context) doneMsg {
		return doneMsg{err: m.chat.SetPreference(ctx, bindPrefix+key, value), notice: notice, undo: undo}
	})
}

// bindings are all actions with their keys.
func (m *Model) bindings() []helpLine {
	all := slices.Sorted(maps.Values(defaultKeys))
	all = slices.Compact(all)
	lines := make([]helpLine, 0, len(all)+1)
	for _, a := range all {
		lines = append(lines, helpLine{string(a), m.keysFor(a)})
	}
	return append(lines, helpLine{"/bind KEY ACTION", "binds one; the action none takes a key away, default gives it back"})
}
