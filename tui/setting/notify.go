package setting

import (
	"time"

	"confab/app/chat"
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

// Place is the preference of the place where a session ended.
const Place = "place"

// Welcome is the preference that decides whether the user sees the welcome. An account that
// has neither this preference nor a [Place] is new, and sees it.
const Welcome = "welcome"

// The values of [Welcome].
const (
	WelcomeDue  = "due"  // the user has not written anything yet
	WelcomeOver = "over" // the user has
)

// Folded is the preference that names the folded sections of the list of conversations.
const Folded = "folded"

// ringEvery is the shortest time between two notifications of a session.
const ringEvery = 5 * time.Second

// Notices decides whether the user of a session is to be notified now. The zero value
// notifies always.
type Notices struct {
	chat.Notifications
	rang time.Time
}

// Load takes the settings from the preferences of an account.
func (n *Notices) Load(preferences map[string]string) {
	n.Notifications = chat.NotificationsOf(preferences)
}

// Ring reports whether the user is to be notified now. If so, the next notification comes
// a few seconds later at the earliest.
func (n *Notices) Ring(now time.Time) bool {
	if n.Quiet(now) || !n.rang.IsZero() && now.Sub(n.rang) < ringEvery {
		return false
	}
	n.rang = now
	return true
}

// Sign says that the user does not want to be disturbed now, and until when if that is
// today or tomorrow night. It is "" otherwise.
func (n *Notices) Sign(in *time.Location, now time.Time) string {
	switch {
	case !n.Quiet(now):
		return ""
	case n.Until.Sub(now) < 24*time.Hour:
		return "dnd until " + n.Until.In(in).Format("15:04")
	case n.Endless(now):
		return "dnd"
	default:
		return "dnd until " + n.Until.In(in).Format("2 Jan")
	}
}
