package chat

import (
	"strconv"
	"strings"
	"time"
)

// Word is a text of the host for everybody on the server. The zero Word says nothing.
type Word struct {
	Text string    `json:"text,omitempty"`
	At   time.Time `json:"at"` // when the host wrote it
}

// Set reports whether there is such a text.
func (w Word) Set() bool { return !w.At.IsZero() }

// MaxWord is the longest text of the host to everybody, in characters.
const MaxWord = 4000

// Words are the texts of the host for everybody. The value never changes, and all sessions
// share it.
type Words struct {
	Rules        Word `json:"rules"` // strangers read them before they join
	Motd         Word `json:"motd"`  // the message of the day
	Announcement Word `json:"announcement"`
	// Maintenance says that only owners and admins of the server can write, and why. Its text
	// may be empty.
	Maintenance Word `json:"maintenance"`
}

// WordKind is what a text of the host is for.
type WordKind string

// The kinds of texts.
const (
	WordRules        WordKind = "rules"
	WordMotd         WordKind = "motd"
	WordAnnouncement WordKind = "announcement"
	WordMaintenance  WordKind = "maintenance"
)

// Of returns the text of a kind.
func (w *Words) Of(kind WordKind) *Word {
	switch kind {
	case WordRules:
		return &w.Rules
	case WordMotd:
		return &w.Motd
	case WordAnnouncement:
		return &w.Announcement
	default:
		return &w.Maintenance
	}
}

// shownOnce returns the kinds of texts that each account is shown once.
func shownOnce() []WordKind { return []WordKind{WordRules, WordMotd, WordAnnouncement} }

// toldPreference is followed by a kind. The preference keeps which text of this kind an
// account was shown.
const toldPreference = "told."

// Told returns the preferences that keep that an account was shown these texts.
func (w Words) Told() map[string]string {
	told := make(map[string]string)
	for _, kind := range shownOnce() {
		if one := w.Of(kind); one.Set() {
			told[toldPreference+string(kind)] = strconv.FormatInt(one.At.UnixMilli(), 10)
		}
	}
	return told
}

// Untold returns the texts that an account with these preferences was not shown yet. It
// leaves out announcements from before the account was created, and maintenance.
func (w Words) Untold(preferences map[string]string, created time.Time) Words {
	w.Maintenance = Word{}
	for preference, value := range w.Told() {
		if preferences[preference] == value {
			*w.Of(WordKind(strings.TrimPrefix(preference, toldPreference))) = Word{}
		}
	}
	if w.Announcement.At.Before(created) {
		w.Announcement = Word{}
	}
	return w
}

// Halt keeps a member from writing while the server is in maintenance, unless the member is
// an owner or admin of the server.
func (w *Words) Halt(m *Membership) {
	if w.Maintenance.Set() && !m.Staff {
		m.Halt = &w.Maintenance
	}
}

// HaltedText tells people why they cannot write during maintenance.
func (w Word) HaltedText() string {
	words := "The server is read-only for maintenance"
	if w.Text != "" {
		words += ": " + strings.TrimSuffix(w.Text, ".")
	}
	return words
}
