package tui

import (
	"context"
	"maps"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/app"
)

// action is what a key does, apart from typing.
type action string

// The actions, by the names that /bind knows them by.
const (
	actNone          action = ""
	actSend          action = "send"
	actNewline       action = "newline"
	actBackspace     action = "backspace"
	actDelete        action = "delete"
	actDeleteOrQuit  action = "delete-or-quit"
	actLeft          action = "left"
	actRight         action = "right"
	actUp            action = "up"
	actDown          action = "down"
	actWordLeft      action = "word-left"
	actWordRight     action = "word-right"
	actLineStart     action = "line-start"
	actLineEnd       action = "line-end"
	actHome          action = "home"
	actEnd           action = "end"
	actKillWordLeft  action = "kill-word-left"
	actKillWordRight action = "kill-word-right"
	actKillLineStart action = "kill-line-start"
	actYank          action = "yank"
	actPageUp        action = "page-up"
	actPageDown      action = "page-down"
	actMouse         action = "mouse"
	actRedraw        action = "redraw"
	actHelp          action = "help"
	actInterrupt     action = "interrupt"
	actEscape        action = "escape"
	actSwitcher      action = "switcher"
	actSearch        action = "search"
	actNext          action = "next"
	actPrevious      action = "previous"
	actNextUnread    action = "next-unread"
	actPrevUnread    action = "previous-unread"
	actUnreadLine    action = "unread-line"
	actLast          action = "last"
	actSidebar       action = "sidebar"
	actInfo          action = "info"
)

// described is an action that the help and the palette list, with what it does.
type described struct {
	act  action
	does string
}

// actions are those that are worth listing beside the editing ones.
func actions() []described {
	return []described{
		{actSwitcher, "go to a conversation, a person or a command"},
		{actSearch, "search messages; again: the last search"},
		{actNext, "next conversation"},
		{actPrevious, "previous conversation"},
		{actNextUnread, "next unread conversation"},
		{actPrevUnread, "previous unread conversation"},
		{actUnreadLine, "first unread message"},
		{actLast, "back to the conversation before"},
		{actSidebar, "hide or show the list"},
		{actInfo, "who has got and read the selected message, or your newest"},
		{actMouse, "let the wheel scroll where it does not, and back"},
		{actRedraw, "draw the screen again"},
		{actHelp, "this page; also ? while nothing is typed"},
	}
}

// defaultKeys is what keys do, by the names that Bubble Tea gives them. The
// line-editing keys are readline's, the others are what terminal chats have in
// common. Alt+1 to Alt+9 are not in it.
func defaultKeys() map[string]action {
	return map[string]action{
		"enter":     actSend,
		"alt+enter": actNewline, "shift+enter": actNewline, "ctrl+j": actNewline,
		"backspace": actBackspace, "ctrl+h": actBackspace, "shift+backspace": actBackspace,
		"delete": actDelete, "ctrl+d": actDeleteOrQuit,
		"left": actLeft, "right": actRight, "up": actUp, "down": actDown,
		"alt+b": actWordLeft, "ctrl+left": actWordLeft, "alt+left": actWordLeft,
		"alt+f": actWordRight, "ctrl+right": actWordRight, "alt+right": actWordRight,
		"ctrl+a": actLineStart, "ctrl+e": actLineEnd, "home": actHome, "end": actEnd,
		"ctrl+w": actKillWordLeft, "alt+backspace": actKillWordLeft, "ctrl+backspace": actKillWordLeft,
		"alt+d": actKillWordRight, "ctrl+u": actKillLineStart, "ctrl+y": actYank,
		"pgup": actPageUp, "pgdown": actPageDown,
		"alt+m": actMouse, "ctrl+l": actRedraw, "f1": actHelp, "ctrl+c": actInterrupt, "esc": actEscape,
		"ctrl+k": actSwitcher, "ctrl+g": actSwitcher, "ctrl+f": actSearch,
		"alt+down": actNext, "ctrl+n": actNext, "alt+up": actPrevious, "ctrl+p": actPrevious,
		"alt+shift+down": actNextUnread, "alt+a": actNextUnread, "alt+shift+up": actPrevUnread,
		"alt+u": actUnreadLine, "alt+/": actLast, "ctrl+b": actSidebar, "alt+i": actInfo,
	}
}

// keymap is what keys do for one account.
type keymap struct{ bound map[string]action }

func newKeymap() keymap { return keymap{defaultKeys()} }

// action returns what a key does, by the name that Bubble Tea gives it.
func (k keymap) action(key string) action { return k.bound[key] }

// keysFor lists the keys of an action for the help, those first that work in
// every terminal.
func (m *Model) keysFor(act action) string {
	var keys []string
	for key, a := range m.keys.bound {
		if a == act && key != "ctrl+h" && key != "shift+backspace" {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b string) int {
		if n := strings.Count(a, "alt+") - strings.Count(b, "alt+"); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	for i, k := range keys {
		keys[i] = keyTitle(k)
	}
	if len(keys) == 0 {
		return "(no key)"
	}
	return strings.Join(keys[:min(len(keys), maxKeys)], ", ")
}

// maxKeys is how many keys of an action the help shows.
const maxKeys = 3

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
			m.keys.bound[key] = action(value)
		}
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
	key, act := w[0], action(w[1])
	before := defaultKeys()
	known := slices.Contains(slices.Collect(maps.Values(before)), act)
	switch {
	case len(key) > 30 || app.CleanLine(key, 30) != key:
		return m.refuse("That is no key: write it as in /bind, such as alt+x or f5.")
	case key == "ctrl+c" || key == "esc" || key == "enter":
		return m.refuse("Ctrl+C, Esc and Enter always do the same, so that one can get out.")
	case len(key) == 1:
		return m.refuse("A key that types something cannot be bound: use it with ctrl+ or alt+.")
	case act == "default":
		act = before[key]
		if act == actNone {
			act = "none"
		}
	case act != "none" && !known:
		return m.refuse("There is no action " + app.CleanLine(string(act), 30) + ": /bind shows all.")
	}
	value := string(act)
	if act == before[key] {
		value = ""
	}
	m.keys.bound[key] = act
	return m.ask("binding a key", func(ctx context.Context) doneMsg {
		return doneMsg{err: m.chat.SetPreference(ctx, bindPrefix+key, value), notice: keyTitle(key) + " is bound to " + string(act) + "."}
	})
}

// bindings are all actions with their keys.
func (m *Model) bindings() []helpLine {
	all := slices.Sorted(maps.Values(defaultKeys()))
	all = slices.Compact(all)
	lines := make([]helpLine, 0, len(all)+1)
	for _, a := range all {
		lines = append(lines, helpLine{string(a), m.keysFor(a)})
	}
	return append(lines, helpLine{"/bind KEY ACTION", "binds one; the action none takes a key away, default gives it back"})
}
