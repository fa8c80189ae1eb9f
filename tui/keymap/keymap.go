// Package keymap maps the keys of the screens to actions: by default, and as an account has
// bound them itself.
package keymap

import (
	"maps"
	"slices"
	"strings"
)

// Action is the effect of a key, apart from typing.
type Action string

// The actions, by the names that /bind knows them by.
const (
	None          Action = "" // the key types its character, if it has one
	Nothing       Action = "none"
	Send          Action = "send"
	Newline       Action = "newline"
	Backspace     Action = "backspace"
	Delete        Action = "delete"
	DeleteOrQuit  Action = "delete-or-quit"
	Left          Action = "left"
	Right         Action = "right"
	Up            Action = "up"
	Down          Action = "down"
	WordLeft      Action = "word-left"
	WordRight     Action = "word-right"
	LineStart     Action = "line-start"
	LineEnd       Action = "line-end"
	Home          Action = "home"
	End           Action = "end"
	KillWordLeft  Action = "kill-word-left"
	KillWordRight Action = "kill-word-right"
	KillLineStart Action = "kill-line-start"
	Yank          Action = "yank"
	Undo          Action = "undo"
	Complete      Action = "complete"
	CompleteBack  Action = "complete-back"
	SentLines     Action = "sent-lines"
	PageUp        Action = "page-up"
	PageDown      Action = "page-down"
	Mouse         Action = "mouse"
	Redraw        Action = "redraw"
	Help          Action = "help"
	Interrupt     Action = "interrupt"
	Escape        Action = "escape"
	Switcher      Action = "switcher"
	Search        Action = "search"
	Next          Action = "next"
	Previous      Action = "previous"
	NextUnread    Action = "next-unread"
	PrevUnread    Action = "previous-unread"
	UnreadLine    Action = "unread-line"
	Last          Action = "last"
	Sidebar       Action = "sidebar"
	Info          Action = "info"
)

// Description describes an action, for the help.
type Description struct {
	Act  Action
	Does string
}

// Listed returns the actions that the help lists besides those that edit text.
func Listed() []Description {
	return []Description{
		{Switcher, "go to a conversation, a person or a command"},
		{Search, "search messages; again: the last search"},
		{Next, "next conversation"},
		{Previous, "previous conversation"},
		{NextUnread, "next unread conversation"},
		{PrevUnread, "previous unread conversation"},
		{UnreadLine, "first unread message"},
		{Last, "back to the conversation that you had open before"},
		{Sidebar, "hide or show the list"},
		{Info, "who has received and read the selected message, or your newest"},
		{Mouse, "let the mouse scroll, or select text"},
		{Redraw, "draw the screen again"},
		{Help, "this page; also ? while nothing is typed"},
	}
}

// defaultKeys has the default actions of keys, by the names that Bubble Tea gives them. The
// line-editing keys are readline's; terminal chats share the others. Alt+1 to Alt+9 are not
// in it, see [AltDigit]. All screens share this table, and nothing changes it.
var defaultKeys = map[string]Action{
	"enter":     Send,
	"alt+enter": Newline, "shift+enter": Newline, "ctrl+j": Newline,
	"backspace": Backspace, "ctrl+h": Backspace, "shift+backspace": Backspace,
	"delete": Delete, "ctrl+d": DeleteOrQuit,
	"left": Left, "right": Right, "up": Up, "down": Down,
	"alt+b": WordLeft, "ctrl+left": WordLeft, "alt+left": WordLeft,
	"alt+f": WordRight, "ctrl+right": WordRight, "alt+right": WordRight,
	"ctrl+a": LineStart, "ctrl+e": LineEnd, "home": Home, "end": End,
	"ctrl+w": KillWordLeft, "alt+backspace": KillWordLeft, "ctrl+backspace": KillWordLeft,
	"alt+d": KillWordRight, "ctrl+u": KillLineStart, "ctrl+y": Yank,
	"ctrl+_": Undo, "ctrl+/": Undo, "ctrl+shift+-": Undo,
	"tab": Complete, "shift+tab": CompleteBack, "ctrl+r": SentLines,
	"pgup": PageUp, "pgdown": PageDown,
	"alt+m": Mouse, "ctrl+l": Redraw, "f1": Help, "ctrl+c": Interrupt, "esc": Escape,
	"ctrl+k": Switcher, "ctrl+g": Switcher, "ctrl+f": Search,
	"alt+down": Next, "ctrl+n": Next, "alt+up": Previous, "ctrl+p": Previous,
	"alt+shift+down": NextUnread, "alt+a": NextUnread, "alt+shift+up": PrevUnread,
	"alt+u": UnreadLine, "alt+/": Last, "ctrl+b": Sidebar, "alt+i": Info,
}

// All returns the actions that some key has by default, in alphabetical order.
func All() []Action { return slices.Compact(slices.Sorted(maps.Values(defaultKeys))) }

// Known reports whether an action exists.
func Known(act Action) bool { return slices.Contains(All(), act) }

// Default returns the default action of a key.
func Default(key string) Action { return defaultKeys[key] }

// Map has the actions of the keys for one account. New makes one.
type Map struct {
	bound map[string]Action
	own   bool // this account has a copy of its own in bound
}

// New returns the map of an account that has bound nothing.
func New() Map { return Map{bound: defaultKeys} }

// Bind gives a key an action. [None] removes the key's action.
func (k *Map) Bind(key string, act Action) {
	if !k.own {
		k.bound, k.own = maps.Clone(k.bound), true
	}
	if act == None {
		delete(k.bound, key)
		return
	}
	k.bound[key] = act
}

// preferencePrefix is before the key in the name of a preference that binds it.
const preferencePrefix = "key."

// Preference returns the name of the preference that binds a key.
func Preference(key string) string { return preferencePrefix + key }

// Load binds keys as the preferences of an account say.
func (k *Map) Load(preferences map[string]string) {
	for key, act := range Bound(preferences) {
		k.Bind(key, act)
	}
}

// Bound returns the bindings in the preferences of an account. It leaves out keys and
// actions that can no longer be bound.
func Bound(preferences map[string]string) map[string]Action {
	found := make(map[string]Action)
	for name, value := range preferences {
		if key, ok := strings.CutPrefix(name, preferencePrefix); ok {
			if act := Action(value); Bindable(key) == "" && (act == Nothing || Known(act)) {
				found[key] = act
			}
		}
	}
	return found
}

// Choose returns the action that a user has named for a key, and the value of the
// preference that stores it. The word "default" is the key's original action, whose value
// is "". [Nothing] turns the key off. Choose reports false for a word that is not an
// action.
func Choose(key, word string) (act Action, value string, ok bool) {
	first := Default(key)
	if act = Action(word); word == "default" {
		act = first
	}
	switch {
	case act == first:
		return act, "", true
	case act == Nothing || Known(act):
		return act, word, true
	default:
		return None, "", false
	}
}

// Action returns the action of a key, by the name that Bubble Tea gives it.
func (k Map) Action(key string) Action { return k.bound[key] }

// KeysFor lists the keys of an action for the help. Keys that work in every
// terminal come first.
func (k *Map) KeysFor(act Action) string {
	var keys []string
	for key, a := range k.bound {
		if a == act && !slices.Contains(sameKeys, key) {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b string) int {
		if n := strings.Count(a, "alt+") - strings.Count(b, "alt+"); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	for i, key := range keys {
		keys[i] = Title(key)
	}
	if len(keys) == 0 {
		return "(no key)"
	}
	return strings.Join(keys[:min(len(keys), maxKeys)], ", ")
}

// sameKeys are other names that terminals give to a key. The help leaves them out.
var sameKeys = []string{"ctrl+h", "shift+backspace", "ctrl+/", "ctrl+shift+-"}

// maxKeys is how many keys of an action the help shows.
const maxKeys = 3
