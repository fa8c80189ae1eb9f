package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/app/text"
	"confab/tui/ask"
	"confab/tui/command"
	"confab/tui/dialog"
	"confab/tui/keymap"
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
		set, err := ask.For(m.chat.Preferences.Preferences)
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
			if act := keymap.Action(value); keymap.Bindable(key) == "" && (act == keymap.Nothing || keymap.Known(act)) {
				m.keys.Bind(key, act)
			}
		}
	}
}

// cmdBind shows the keys, or binds one: /bind ctrl+o switcher. "none" makes a
// key do nothing, "default" what it did at first.
func (m *Model) cmdBind(rest string) tea.Cmd {
	w := command.Words(strings.ToLower(rest))
	if len(w) == 0 {
		return m.cover(dialog.Bindings(m.keys))
	}
	if len(w) != 2 {
		return m.refuse("Write /bind KEY ACTION, such as /bind ctrl+o switcher; /bind shows all.")
	}
	key, act := keymap.Parse(w[0]), keymap.Action(w[1])
	if why := keymap.Bindable(key); why != "" {
		return m.refuse(why)
	}
	first := keymap.Default(key)
	switch {
	case act == "default":
		act = first
	case act != keymap.Nothing && !keymap.Known(act):
		return m.refuse("There is no action " + text.CleanLine(string(act), 30) + ": /bind shows all.")
	}
	value, does := string(act), string(act)
	switch act {
	case first:
		value = "" // nothing to remember
	case keymap.Nothing:
		does = "nothing"
	}
	was := m.keys.Action(key)
	undo := func(m *Model) { m.keys.Bind(key, was) }
	notice := keymap.Title(key) + " is bound to " + does + "."
	if act == keymap.None {
		notice = keymap.Title(key) + " is no longer bound."
	}
	m.keys.Bind(key, act)
	return m.ask("binding a key", func(ctx context.Context) doneMsg {
		return doneMsg{Answer: command.Answer{Err: m.chat.Preferences.SetPreference(ctx, bindPrefix+key, value), Notice: notice}, undo: undo}
	})
}
