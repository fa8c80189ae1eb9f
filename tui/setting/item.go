package setting

import (
	"context"
	"slices"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/text"
)

// Scope says whom a setting concerns.
type Scope int

const (
	// Own settings are those of the user, in all conversations.
	Own Scope = iota
	// Here settings are those of the user for one conversation. Nobody else sees them.
	Here
	// Group settings are those of a group, for all its members.
	Group
)

// Item describes a setting: its name, its values, what it does, and how it is read and
// changed. The pages of settings, /settings, "ssh host settings", completion and
// docs/settings.md are all made from [Items].
type Item struct {
	Scope   Scope
	Section string // the heading that it is listed under
	Name    string
	Values  []string // the words that it can be set to; of a setting that takes only words, the default first
	Takes   string   // a placeholder for what else can be written, "" if nothing can
	Form    string   // the same in words, such as "a time such as 30d"
	Does    string

	value  func(State) string
	change func(ctx context.Context, c Chat, s State, value string) error
	action chat.Action // what a member has to be allowed to do to change a [Group] setting
	anew   bool        // its value is typed anew each time, because it is shown in another form
}

// Brief returns what the setting does in a few words: Does without what follows a semicolon or
// a colon. It fits a row of a list on a screen of 80 columns.
func (i Item) Brief() string {
	if end := strings.IndexAny(i.Does, ";:"); end >= 0 {
		return i.Does[:end]
	}
	return i.Does
}

// State is what the values of settings are read from.
type State struct {
	Self          chat.User
	Set           Set
	Notifications chat.Notifications
	Open          *chat.ConversationSummary // the conversation for [Here] and [Group]; nil if there is none
	Now           time.Time                 // in the time zone of the user
	Stamp         func(time.Time) string    // formats a time; nil for the form that people read
}

// until says when something ends.
func (s State) until(at time.Time) string {
	if s.Stamp != nil {
		return "until " + s.Stamp(at)
	}
	return chat.Notifications{Until: at}.UntilText(s.Now.Location(), s.Now)
}

// Chat changes what the settings are about.
type Chat struct {
	Account  Account
	Receipts Receipts
	Groups   Groups
}

// Account changes an account.
type Account interface {
	SetHandle(ctx context.Context, name string) error
	SetDisplayName(ctx context.Context, name string) error
	// SetStatus makes the user away, or back with the zero value.
	SetStatus(ctx context.Context, status chat.Status) error
	// SetPreference stores a preference. The value "" removes it.
	SetPreference(ctx context.Context, name, value string) error
	// AddKeyword adds a keyword for notifications, and returns it in its stored form.
	AddKeyword(ctx context.Context, word string) (string, error)
	RemoveKeyword(ctx context.Context, word string) (string, error)
	// SetQuiet turns do-not-disturb on until a time, or off for the zero time.
	SetQuiet(ctx context.Context, until time.Time) error
}

// Receipts turns read receipts on and off.
type Receipts interface {
	// ShareReceipts turns receipts on or off, everywhere if id is 0.
	ShareReceipts(ctx context.Context, id chat.ConversationID, on bool) error
}

// Groups changes conversations.
type Groups interface {
	Rename(ctx context.Context, id chat.ConversationID, name string) error
	SetTopic(ctx context.Context, id chat.ConversationID, topic string) error
	Configure(ctx context.Context, id chat.ConversationID, setting chat.Setting, on bool) error
	// SetMentionAll sets who may use @all and @here.
	SetMentionAll(ctx context.Context, id chat.ConversationID, who chat.MentionRight) error
	// SetSlow sets the least time between two messages of a member, 0 for none.
	SetSlow(ctx context.Context, id chat.ConversationID, slow time.Duration) error
	SetKeep(ctx context.Context, id chat.ConversationID, keep time.Duration) error
	KeepAtTop(ctx context.Context, id chat.ConversationID, pinned bool) error
	Mute(ctx context.Context, id chat.ConversationID, until time.Time) error
}

// Items returns all settings in the order of their pages.
func Items() []Item { return append(own(), ofConversation()...) }

// ItemsFor returns the settings of the user in a conversation, and those of the
// conversation if it is a group.
func ItemsFor(l *chat.ConversationSummary) []Item {
	return slices.DeleteFunc(ofConversation(), func(i Item) bool {
		return i.Scope == Group && l.Kind != chat.KindGroup || i.Name == receiptsHere && l.Notes()
	})
}

// OwnItems returns the user's own settings.
func OwnItems() []Item { return own() }

// ItemNamed finds a setting.
func ItemNamed(name string) (Item, bool) {
	all := Items()
	i := slices.IndexFunc(all, func(i Item) bool { return i.Name == name })
	if i < 0 {
		return Item{}, false
	}
	return all[i], true
}

// Nearest returns the name of a setting that looks like a word, or "".
func Nearest(word string) string {
	var names []string
	for _, i := range Items() {
		names = append(names, i.Name)
	}
	return text.Nearest(word, names)
}

// Value returns the present value. It is "" for a text that is not set.
func (i Item) Value(s State) string { return i.value(s) }

// Edited returns the text with which editing the value begins.
func (i Item) Edited(s State) string {
	if i.anew {
		return ""
	}
	return i.value(s)
}

// Locked returns the reason why the user may not change the setting, nil if they may.
func (i Item) Locked(s State) error {
	if i.Scope != Group {
		return nil
	}
	return chat.Decide(s.Open.Mine, s.Open.Conversation, i.action, s.Now)
}

// Accepts reports whether a value can be one of the setting, as far as that can be told
// before the chat is asked.
func (i Item) Accepts(value string) bool {
	return i.Takes != "" || slices.Contains(i.Values, text.Lower(value))
}

// Choices lists in words what the setting can be.
func (i Item) Choices() string {
	words := strings.Join(i.Values, ", ")
	switch {
	case words == "":
		return i.Form
	case i.Form == "":
		return words
	default:
		return words + ", or " + i.Form
	}
}

// Usage returns the name and the values, as completion and the documentation write them:
// "keep off|30d".
func (i Item) Usage() string {
	values := slices.Clone(i.Values)
	if i.Takes != "" {
		values = append(values, i.Takes)
	}
	return i.Name + " " + strings.Join(values, "|")
}

// Change gives the setting a value that a user has typed or chosen. It refuses a value that
// the setting cannot have with [text.ErrInvalid]. The chat decides whether the user may
// change the setting.
func (i Item) Change(ctx context.Context, c Chat, s State, value string) error {
	value = strings.TrimSpace(value)
	switch word := text.Lower(value); {
	case slices.Contains(i.Values, word):
		value = word
	case i.Takes == "":
		return chat.Refuse(text.ErrInvalid, "%s can be one of these: %s.", i.Name, i.Choices())
	}
	return i.change(ctx, c, s, value)
}
