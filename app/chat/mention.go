package chat

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"confab/app/text"
)

// GroupMention is how a message mentions members of its group together.
type GroupMention string

const (
	// MentionsNobody: the message has neither @all nor @here, or its author may not use them.
	MentionsNobody GroupMention = ""
	// MentionsHere: it mentions the members who were connected when it was posted.
	MentionsHere GroupMention = text.MentionHere
	// MentionsAll: it mentions all members.
	MentionsAll GroupMention = text.MentionAll
)

// MentionRight says which members of a group may mention the others together.
type MentionRight string

const (
	MentionByEveryone   MentionRight = "everyone"
	MentionByModerators MentionRight = "moderators" // owners and admins of the group
	MentionByNobody     MentionRight = "nobody"
)

// ParseMentionRight reads the setting as a user types it. Errors are [text.ErrInvalid].
func ParseMentionRight(s string) (MentionRight, error) {
	switch r := MentionRight(text.Lower(s)); r {
	case MentionByEveryone, MentionByModerators, MentionByNobody:
		return r, nil
	}
	return "", Refuse(text.ErrInvalid, "Unknown value %q. Choose who can use @all and @here: everyone, moderators or nobody.", text.CleanLine(s, 20))
}

// MaxGroupMention is the largest group in which members can be mentioned together.
// Mentioning more would hold up everybody else's messages.
const MaxGroupMention = 1000

// decideMentionAll is [Decide] for mentioning the members of a group together.
func decideMentionAll(m Membership, c Conversation) error {
	switch {
	case c.Kind == KindDirect:
		return Refuse(ErrNotAllowed, "@all and @here work in groups only, and this is a direct message.")
	case c.MentionAll == MentionByNobody:
		return Refuse(ErrNotAllowed, "@all and @here are turned off in #%s.", c.Name)
	case c.MentionAll == MentionByEveryone || m.mayManage():
		return nil
	default:
		return Refuse(ErrNotAllowed, "Only owners and admins can use @all and @here in #%s.", c.Name)
	}
}

// Mentions reports whether a message mentions a user with this handle. The user's own
// messages never do, and neither do files.
func (m *Message) Mentions(user UserID, handle string) bool {
	if m.Author == user || m.File != nil || !m.Counts() {
		return false
	}
	if m.GroupMention != MentionsNobody {
		return true // @here, too: only the members who were connected get the message at once
	}
	return m.Names(handle)
}

// Names reports whether the text of a message mentions somebody with this handle, wherever
// the message is shown.
func (m *Message) Names(handle string) bool {
	for _, at := range text.Mentions(m.Body) {
		if at.Is(handle) {
			return true
		}
	}
	return false
}

// MentionOf is a message that mentions a user, for a list.
type MentionOf struct {
	Message      *Message
	Conversation ConversationSummary // without counts and presence
	Read         bool                // the user has seen the message, or has marked the mention read
}

// MentionReader is the part of [Reader] about mentions.
type MentionReader interface {
	// CountMentions counts the mentions of a user above seen that are not marked read,
	// at most [UnreadLimit].
	CountMentions(ctx context.Context, conversation ConversationID, user UserID, seen Seq) (int, error)
	// MentionsOf returns at most limit messages that mention a user and that the user may
	// see, the newest first, each with its [Conversation] and the user's [Membership].
	MentionsOf(ctx context.Context, user UserID, limit int) ([]MentionOf, error)
}

// MentionTx is the part of [Tx] about mentions.
type MentionTx interface {
	// InsertMention stores that a message mentions a member.
	InsertMention(ctx context.Context, conversation ConversationID, user UserID, seq Seq) error
	// InsertMentions stores that a message mentions all members of its conversation, except
	// its author and members who have blocked its author.
	InsertMentions(ctx context.Context, m *Message) error
	// ReadMention marks a mention as read. It does not move the markers.
	ReadMention(ctx context.Context, conversation ConversationID, user UserID, seq Seq) error
	// UnreadMentions makes the mentions of a user above a message unread again.
	UnreadMentions(ctx context.Context, conversation ConversationID, user UserID, above Seq) error
}

// GroupWord returns the widest group mention in a text, whether or not its author may use
// it.
func GroupWord(body string) GroupMention {
	found := MentionsNobody
	for _, at := range text.Mentions(body) {
		switch GroupMention(at.Name) {
		case MentionsAll:
			return MentionsAll
		case MentionsHere:
			found = MentionsHere
		}
	}
	return found
}

// WhyNotMentioned explains to the author why @all or @here in a message notified nobody. It
// returns "" if the message has neither, or if the mention counts.
func WhyNotMentioned(m *Message, l ConversationSummary) string {
	if l.Kind == KindDirect || m.File != nil || m.GroupMention != MentionsNobody || GroupWord(m.Body) == MentionsNobody {
		return ""
	}
	why := Decide(l.Mine, l.Conversation, ActionMentionAll, m.SentAt)
	if why == nil {
		why = Refuse(ErrTooLarge, "#%s has more than %d members, which is too many for @all and @here.", l.Name, MaxGroupMention)
	}
	return "The message is posted, but nobody was notified: " + why.Error()
}

// NearlyMentioned finds a mention in a text that means no member of a conversation. It
// returns the name in it, and the handle of the member whom its author most likely means.
// Both are "" if there is no such mention.
func NearlyMentioned(body string, members []MemberReceipt) (typed, meant string) {
	var names []string
	for _, m := range text.Mentions(body) {
		if m.Name == text.MentionAll || m.Name == text.MentionHere || slices.ContainsFunc(members, func(o MemberReceipt) bool { return m.Is(o.Name) }) {
			continue
		}
		if names == nil {
			for _, o := range members {
				names = append(names, o.Name)
			}
		}
		if meant := text.Nearest(m.Name, names); meant != "" {
			return m.Name, meant
		}
	}
	return "", ""
}

// MistypedText tells the author of a mention that nobody has the name in it, and that it is like
// the handle of a member.
func MistypedText(typed, meant string) string {
	return "Nobody is called @" + typed + ". If you mean @" + meant + ", edit the message, and they are mentioned."
}

const (
	// MaxKeywords is how many keywords an account can have.
	MaxKeywords = 20
	maxKeyword  = 40 // characters of a keyword
)

// The preferences in which [Notifications] are stored.
const (
	dndPreference     = "dnd"   // when do-not-disturb ends, in Unix seconds
	keywordPreference = "word." // followed by the keyword
)

// Notifications are an account's settings for notifications. The account is notified of
// direct messages and mentions in any case.
type Notifications struct {
	Keywords []string // words of which it is also notified, sorted
	// Until is when do-not-disturb ends. It is off if that is past, or the zero time.
	Until time.Time
}

// AwayPreference is the preference of accounts whose users want to hear of direct messages and
// mentions while they are not connected. Its values are [TellOn], and [TellText] for those who
// want to read the text too.
const (
	AwayPreference = "set.notify-away"
	TellOn         = "on"
	TellText       = "text"
)

// NotificationsOf reads the settings for notifications from an account's preferences.
func NotificationsOf(preferences map[string]string) (n Notifications) {
	if seconds, err := strconv.ParseInt(preferences[dndPreference], 10, 64); err == nil {
		n.Until = time.Unix(seconds, 0)
	}
	for name := range preferences {
		if word, ok := strings.CutPrefix(name, keywordPreference); ok {
			n.Keywords = append(n.Keywords, word)
		}
	}
	slices.Sort(n.Keywords)
	return n
}

// Has reports whether a text has one of the keywords.
func (n Notifications) Has(body string) bool { return text.HasKeyword(body, n.Keywords) }

// Quiet reports whether the user does not want to be disturbed now.
func (n Notifications) Quiet(now time.Time) bool { return now.Before(n.Until) }

// Endless reports whether do-not-disturb lasts until the user turns it off.
func (n Notifications) Endless(now time.Time) bool { return n.Until.After(now.AddDate(100, 0, 0)) }

// UntilText says when do-not-disturb ends, for people in a zone: "until Mon 2 Jan 15:04",
// or "until you turn it off".
func (n Notifications) UntilText(in *time.Location, now time.Time) string {
	if n.Endless(now) {
		return "until you turn it off"
	}
	return "until " + shortTime(n.Until.In(in), now.In(in))
}

// ParseQuiet reads until when do-not-disturb lasts: a time as [text.ParseUntil] reads it,
// "on" for a time without end, or "off" for the zero time. Errors are [text.ErrInvalid].
func ParseQuiet(words string, now time.Time) (until time.Time, err error) {
	switch text.Lower(words) {
	case "on":
		return now.AddDate(1000, 0, 0), nil
	case "off":
		return time.Time{}, nil
	}
	until, err = text.ParseUntil(words, now)
	if err == nil && until.After(now.AddDate(1, 0, 0)) {
		err = Refuse(text.ErrInvalid, "That is more than a year ahead: choose an earlier time.")
	}
	return until, err
}

// QuietPreference returns the preference that keeps when do-not-disturb ends. The zero time
// ends it now.
func QuietPreference(until time.Time) (name, value string) {
	if until.IsZero() {
		return dndPreference, ""
	}
	return dndPreference, strconv.FormatInt(until.Unix(), 10)
}

// Add returns a new keyword in the form in which it is stored, and its preference. It
// refuses a text that is not one word, or is too long, with [text.ErrInvalid], a keyword
// that the account has already with [ErrConflict], and more than [MaxKeywords] with
// [ErrTooLarge].
func (n Notifications) Add(word string) (kept, preference string, err error) {
	kept = text.Lower(text.CleanLine(word, maxKeyword+1))
	switch {
	case kept == "" || strings.Contains(kept, " "):
		err = Refuse(text.ErrInvalid, "A keyword is one word: add them one by one.")
	case len([]rune(kept)) > maxKeyword || len(kept) > 2*maxKeyword:
		err = Refuse(text.ErrInvalid, "That is too long: a keyword can have %d characters.", maxKeyword)
	case slices.Contains(n.Keywords, kept):
		err = Refuse(ErrConflict, "You are notified of %s already.", kept)
	case len(n.Keywords) >= MaxKeywords:
		err = Refuse(ErrTooLarge, "You have %d keywords, which is the limit: remove one first.", MaxKeywords)
	}
	return kept, keywordPreference + kept, err
}

// Remove returns a keyword in the form in which it is stored, and its preference, which the
// caller removes. If the account does not have the keyword, the error is [ErrNotFound].
func (n Notifications) Remove(word string) (kept, preference string, err error) {
	kept = text.Lower(text.CleanLine(word, maxKeyword+1))
	if !slices.Contains(n.Keywords, kept) {
		err = Refuse(ErrNotFound, "%s is not one of your keywords.", kept)
	}
	return kept, keywordPreference + kept, err
}
