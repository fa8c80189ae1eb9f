// Package setting has the settings of users for all their screens, apart from the actions
// of keys.
package setting

import (
	"slices"
	"strings"
)

// Setting is one setting.
type Setting struct {
	Name   string
	Values []string // the first is the default
	Does   string
}

// Up is the action of ↑ in an empty composer.
const Up = "up"

// The values of [Up].
const (
	UpEdit   = "edit"   // edits the newest of the user's own messages
	UpRecall = "recall" // recalls lines that were sent
	UpScroll = "scroll"
)

// Markup turns the markup of messages on: *bold*, `code` and so on.
const Markup = "markup"

// Theme is the theme of the screen, one of those of package theme.
const Theme = "theme"

// Reactions turns notifications on for reactions to the user's own messages.
const Reactions = "reactions"

// Pictures is how pictures are shown.
const Pictures = "pictures"

// The values of [Pictures].
const (
	PicturesBlocks = "blocks" // drawn with characters
	PicturesKitty  = "kitty"  // by the terminal, if it can do that
)

// Plain opens plain mode in place of the screen.
const Plain = "plain"

// LastSeen is whether the user shares when it was there last. The chat reads it, too.
const LastSeen = "last-seen"

// NotifyAway is whether the host tells the user of messages while the user is away. The chat
// reads it, too.
const NotifyAway = "notify-away"

// The values of settings that are on or off.
const (
	On  = "on"
	Off = "off"
)

// all has the settings in the order of their page.
var all = []Setting{
	{Up, []string{UpEdit, UpRecall, UpScroll}, "what Up does while nothing is typed: edit your last message, recall the lines that you sent, or scroll"},
	{Markup, []string{On, Off}, "show the markup of messages as formatted text; *bold*, _italic_, ~strike~, `code` and quotes. off: as typed"},
	{Theme, []string{"auto", "dark", "light", "contrast", "16", "none"}, "the colours of the screen; auto: as suits your terminal's background; contrast: as much contrast as there can be; 16: your terminal's own colours; none: no colours"},
	{Notify, []string{"auto", "bell", "osc9", "osc777", "osc99", Off}, "how you are notified; of direct messages, mentions and the words of /notify. auto: as suits your terminal"},
	{NotifyText, []string{"sender", TextContent}, "the text of a notification: the author only, or the message too"},
	{NotifyAway, []string{Off, On, "text"}, "tell you of messages while you are not connected; of direct messages and mentions, in a way that the host has set up. text: with the message"},
	{Start, []string{StartLast, StartUnread, StartGeneral}, "where you begin when you connect: where you left, at the first unread message, or in #general"},
	{Pictures, []string{PicturesBlocks, PicturesKitty}, "how v shows a picture: drawn with blocks; kitty: by your terminal, if it knows kitty's graphics protocol (kitty, Ghostty, WezTerm)"},
	{Plain, []string{Off, On}, "open plain mode when you connect: the chat in lines of text, for screen readers, braille lines and slow links"},
	{LastSeen, []string{Off, On}, "share when you were last seen; you see it of people who share it too, and off forgets it"},
	{Reactions, []string{Off, On}, "tell you when somebody reacts to your messages; not while you are looking at them, or if you have muted the conversation"},
}

// All returns the settings in the order of their page. Nobody may change them.
func All() []Setting { return all }

// Named finds a setting.
func Named(name string) (Setting, bool) {
	i := slices.IndexFunc(all, func(s Setting) bool { return s.Name == name })
	if i < 0 {
		return Setting{}, false
	}
	return all[i], true
}

// Names returns the names of the settings.
func Names() []string {
	var names []string
	for _, s := range All() {
		names = append(names, s.Name)
	}
	return names
}

// Set has the settings of one account. The zero value has all defaults.
type Set struct{ values map[string]string }

// Value returns the value of a setting.
func (s Set) Value(name string) string {
	if v, ok := s.values[name]; ok {
		return v
	}
	known, _ := Named(name)
	return known.Values[0]
}

// Set gives a setting a value.
func (s *Set) Set(name, value string) {
	if s.values == nil {
		s.values = make(map[string]string)
	}
	s.values[name] = value
}

// preferencePrefix is before the name of a setting in the name of its preference.
const preferencePrefix = "set."

// Preference returns the name of the preference that keeps a setting.
func Preference(name string) string { return preferencePrefix + name }

// Load takes the settings from the preferences of an account. It ignores settings and
// values that no longer exist.
func (s *Set) Load(preferences map[string]string) {
	for name, value := range preferences {
		name, ok := strings.CutPrefix(name, preferencePrefix)
		if known, exists := Named(name); ok && exists && slices.Contains(known.Values, value) {
			s.Set(name, value)
		}
	}
}
