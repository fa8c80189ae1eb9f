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
	Pane          Action = "pane"
	Info          Action = "info"
	Fold          Action = "fold"
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
		{Fold, "fold or unfold the section of the list with the open conversation; a click on its title does that, too"},
		{Pane, "hide or show the right pane, in a window of 140 columns or more"},
		{Info, "who has received and read the selected message, or your newest"},
		{Mouse, "let the mouse scroll, or select text"},
		{Redraw, "draw the screen again"},
		{Help, "this page; also ? while nothing is typed"},
	}
}

// others describes the actions that [Listed] leaves out, or describes for the help alone.
var others = map[Action]string{
	Send: "send the message", Newline: "begin a new line", Backspace: "delete the character before", Delete: "delete the character after",
	DeleteOrQuit: "delete the character after, or leave while nothing is typed", Left: "one character to the left", Right: "one character to the right",
	Up: "up, or edit your last message", Down: "down", WordLeft: "one word to the left", WordRight: "one word to the right",
	LineStart: "to the start of the line", LineEnd: "to the end of the line", Home: "to the start of the line, or far up", End: "to the end of the line, or to the newest message",
	KillWordLeft: "delete the word before", KillWordRight: "delete the word after", KillLineStart: "delete the line up to the cursor, or a whole draft of several lines",
	Yank: "bring back what was deleted", Undo: "undo the last change of the draft", Complete: "complete a name or a command", CompleteBack: "the previous completion",
	SentLines: "find a line that you sent", PageUp: "scroll a page up", PageDown: "scroll a page down",
	Help: "show the help; also ? while nothing is typed", Interrupt: "clear the draft; twice: leave", Escape: "close what is open, or select a message",
}

// Does describes one of the actions in [All].
func Does(act Action) string {
	if does := others[act]; does != "" {
		return does
	}
	list := Listed()
	return list[slices.IndexFunc(list, func(d Description) bool { return d.Act == act })].Does
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
	"alt+u": UnreadLine, "alt+/": Last, "ctrl+b": Sidebar, "f3": Pane, "alt+i": Info, "alt+s": Fold,
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

// Keys returns the keys of an action by name, sorted as [Map.KeysFor] lists them.
func (k *Map) Keys(act Action) []string {
	var keys []string
	for key, a := range k.bound {
		if a == act {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b string) int {
		if n := strings.Count(a, "alt+") - strings.Count(b, "alt+"); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	return keys
}

// Changed returns the keys that do something else than by default, sorted.
func (k *Map) Changed() []string {
	var keys []string
	if !k.own {
		return nil
	}
	for key, act := range k.bound {
		if defaultKeys[key] != act {
			keys = append(keys, key)
		}
	}
	for key := range defaultKeys {
		if _, bound := k.bound[key]; !bound {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// KeysFor lists the keys of an action for the help. Keys that work in every
// terminal come first.
func (k *Map) KeysFor(act Action) string {
	keys := slices.DeleteFunc(k.Keys(act), func(key string) bool { return slices.Contains(sameKeys, key) })
	for i, key := range keys {
		keys[i] = Title(key)
	}
	if len(keys) == 0 {
		return NoKey
	}
	return strings.Join(keys[:min(len(keys), maxKeys)], ", ")
}

// NoKey stands for the keys of an action that has none.
const NoKey = "(no key)"

// sameKeys are other names that terminals give to a key. The help leaves them out.
var sameKeys = []string{"ctrl+h", "shift+backspace", "ctrl+/", "ctrl+shift+-"}

// maxKeys is how many keys of an action the help shows.
const maxKeys = 3

// LeadsAway reports whether an action goes somewhere else from any place. It closes a dialog,
// because what the user types next is for where they go.
func LeadsAway(a Action) bool {
	switch a {
	case Switcher, Search, NextUnread, PrevUnread, Last:
		return true
	default:
		return false
	}
}
