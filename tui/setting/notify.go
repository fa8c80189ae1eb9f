package setting

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"confab/app/text"
)

const (
	// Notify is how the user is notified: one of the kinds of package screen, or [Off].
	Notify = "notify"
	// NotifyText is the text of a notification.
	NotifyText = "notify-text"
	// TextContent has the message too, and not only its author.
	TextContent = "content"
	// Start is the conversation in which a session begins.
	Start = "start"
)

// The values of [Start].
const (
	StartLast    = "last"    // where the session before was
	StartUnread  = "unread"  // at the first unread message
	StartGeneral = "general" // in #general
)

// The preferences of [Notices], and of the place where a session ended.
const (
	dndPreference  = "dnd"
	wordPreference = "word."
	Place          = "place"
)

const (
	maxWords = 20 // keywords of an account
	maxWord  = 40 // characters of one
	// ringEvery is the shortest time between two notifications of a session.
	ringEvery = 5 * time.Second
)

// Notices decides whether to notify the user of a session now. The zero value always
// notifies.
type Notices struct {
	until time.Time // of do-not-disturb
	words []string
	rang  time.Time
}

// Load takes the settings from the preferences of an account.
func (n *Notices) Load(preferences map[string]string) {
	n.until, n.words = time.Time{}, nil
	if seconds, err := strconv.ParseInt(preferences[dndPreference], 10, 64); err == nil {
		n.until = time.Unix(seconds, 0)
	}
	for name := range preferences {
		if word, ok := strings.CutPrefix(name, wordPreference); ok {
			n.words = append(n.words, word)
		}
	}
	slices.Sort(n.words)
}

// Words returns the keywords, in order.
func (n *Notices) Words() []string { return n.words }

// Has reports whether a text has one of the keywords.
func (n *Notices) Has(body string) bool { return text.HasKeyword(body, n.words) }

// Until returns when do-not-disturb ends, the zero time if it is off.
func (n *Notices) Until(now time.Time) time.Time {
	if now.Before(n.until) {
		return n.until
	}
	return time.Time{}
}

// Ring reports whether to notify the user now. If so, the next notification comes a few
// seconds later at the earliest.
func (n *Notices) Ring(now time.Time) bool {
	if now.Before(n.until) || !n.rang.IsZero() && now.Sub(n.rang) < ringEvery {
		return false
	}
	n.rang = now
	return true
}

// Disturb sets the end of do-not-disturb. The zero time ends it now. It returns the
// preference to store.
func (n *Notices) Disturb(until time.Time) (name, value string) {
	n.until = until
	if until.IsZero() {
		return dndPreference, ""
	}
	return dndPreference, strconv.FormatInt(until.Unix(), 10)
}

// Add adds a keyword. It returns the preference to store, or the reason why it cannot.
func (n *Notices) Add(word string) (name, refused string) {
	word = strings.ToLower(text.CleanLine(word, maxWord+1))
	switch {
	case word == "" || strings.Contains(word, " "):
		return "", "A keyword is one word: add them one by one."
	case len([]rune(word)) > maxWord || len(word) > 2*maxWord:
		return "", "That is too long: a keyword can have " + strconv.Itoa(maxWord) + " characters."
	case slices.Contains(n.words, word):
		return "", "You are notified of " + word + " already."
	case len(n.words) >= maxWords:
		return "", "You have " + strconv.Itoa(maxWords) + " keywords, which is the limit: remove one first, with /notify remove WORD."
	}
	n.words = append(slices.Clone(n.words), word)
	slices.Sort(n.words)
	return wordPreference + word, ""
}

// Remove removes a keyword. It returns the preference to remove, or the reason why it
// cannot.
func (n *Notices) Remove(word string) (name, refused string) {
	word = strings.ToLower(word)
	if !slices.Contains(n.words, word) {
		return "", "There is no such keyword: /notify lists yours."
	}
	n.words = slices.DeleteFunc(slices.Clone(n.words), func(w string) bool { return w == word })
	return wordPreference + word, ""
}
