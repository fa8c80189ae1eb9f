package tui

import (
	"maps"
	"slices"
	"strings"
)

// action is what a key does, apart from typing.
type action string

// The actions, by the names that /bind knows them by.
const (
	actNone          action = "" // types, if the key does
	actNothing       action = "none"
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
// common. Alt+1 to Alt+9 are not in it. All screens share it, so it is never
// changed.
var defaultKeys = map[string]action{
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

// keymap is what keys do for one account.
type keymap struct {
	bound map[string]action
	own   bool // bound is not shared any more
}

func newKeymap() keymap { return keymap{bound: defaultKeys} }

// bind gives a key an action, or with [actNone] takes it away.
func (k *keymap) bind(key string, act action) {
	if !k.own {
		k.bound, k.own = maps.Clone(k.bound), true
	}
	if act == actNone {
		delete(k.bound, key)
		return
	}
	k.bound[key] = act
}

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
