package chat

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"confab/app/text"
)

// ConversationID identifies a conversation inside this server. Outside, the name and the
// [Conversation.UID] identify it.
type ConversationID int64

// Seq numbers the messages of one conversation: 1, 2, 3… without gaps, in the order of
// their commits. 0 is before the first message.
type Seq int64

// GeneralName is the name of the conversation that has every account as a member.
const GeneralName = "general"

// UnreadLimit is where the count of unread messages stops. It stands for "as many or
// more", and screens show it as 99+. Counts without a limit took 43 % of late.sh's
// database time.
const UnreadLimit = 100

// Kind distinguishes direct conversations from groups. Both are stored and handled alike.
type Kind string

const (
	// KindDirect: a conversation of two people, or the notes of one. Two people have at most
	// one.
	KindDirect Kind = "direct"
	// KindGroup: a conversation with a name and any number of members.
	KindGroup Kind = "group"
)

// Conversation is a sequence of messages, and the settings for its members.
type Conversation struct {
	ID          ConversationID
	UID         uuid.UUID // UUIDv7
	Kind        Kind
	Name        string // of a group, without the #; of a direct conversation its [DirectName], which nobody sees
	Topic       string // one clean line
	Public      bool   // every account may find and join it
	MembersAdd  bool   // every member may add others, not only owners and admins
	OpenHistory bool   // new members see older messages
	MentionAll  MentionRight
	ReadOnly    bool          // only its owners and admins post
	Slow        time.Duration // the least time between two messages of a member, 0 for none
	LastSeq     Seq           // of its newest message, 0 without messages
	Expired     Seq           // of the last message that has expired, 0 if none has
	// Keep is how long messages are kept here, 0 for the server's own limit.
	Keep      time.Duration
	LastAt    time.Time
	CreatedAt time.Time
}

// General reports whether this is #general.
func (c Conversation) General() bool { return c.Kind == KindGroup && c.Name == GeneralName }

// ConversationSummary is a conversation as a member sees it in a list.
type ConversationSummary struct {
	Conversation
	Mine     Membership
	Other    User     // the other member of a direct conversation; of notes their only member
	Presence Presence // of Other
	Unread   int      // at most [UnreadLimit]
	Mentions int      // of the member, in unread messages; at most [UnreadLimit]
	Draft    string   // the member's unsent text
	AddedBy  string   // the handle of [Membership.AddedBy], "" if that is 0
}

// New reports whether somebody has added the member to the group, and the member has not
// opened it yet. Such a group is unread, whether or not it has messages.
func (l ConversationSummary) New() bool { return l.Mine.AddedBy != 0 }

// Title returns the conversation's name as people write it, such as #ops or @ann.
func (l ConversationSummary) Title() string {
	if l.Kind == KindDirect {
		return "@" + l.Other.Name
	}
	return "#" + l.Name
}

// Notes reports whether the conversation is the member's with itself, for notes. There are
// no receipts in it, because nobody else reads it.
func (l ConversationSummary) Notes() bool {
	return l.Kind == KindDirect && l.Other.ID != 0 && l.Other.ID == l.Mine.User
}

// Unused reports whether nobody reads the direct messages, because nobody uses the other
// account: the host has disabled it, or it was imported from another chat and nobody has claimed
// it.
func (l ConversationSummary) Unused() bool { return l.Kind == KindDirect && l.Other.Disabled }

// Listed reports whether the conversation is in lists of the member's conversations. A direct
// conversation is listed once it has a message.
func (l *ConversationSummary) Listed() bool { return l.Kind != KindDirect || l.LastSeq != 0 }

// Slowed reports whether the member has to wait between two messages in the group.
func (l ConversationSummary) Slowed() bool { return l.Slow > 0 && !l.Mine.moderates(l.Conversation) }

// Rules names the rules of a group about who writes when, such as "read-only, slow 30s". It
// returns "" for none.
func (c Conversation) Rules() string {
	var rules []string
	if c.ReadOnly {
		rules = append(rules, string(SettingReadOnly))
	}
	if c.Slow > 0 {
		rules = append(rules, "slow "+SlowText(c.Slow))
	}
	return strings.Join(rules, ", ")
}

// Mentioned reports whether unread messages mention the member.
func (l ConversationSummary) Mentioned() bool { return l.Mentions > 0 }

// Floor returns the number of the last message that the member may not see, or 0.
func (l ConversationSummary) Floor() Seq { return Floor(l.Mine, l.Conversation) }

// DirectName returns the name of the direct conversation of two people, or of the notes of
// one. No group can have such a name.
func DirectName(a, b UserID) string { return fmt.Sprintf("@%d:%d", min(a, b), max(a, b)) }

// LeftName returns the name of a group that all members have left, which nobody sees. No
// group that people make can have such a name.
func LeftName(id ConversationID) string { return fmt.Sprintf("@left:%d", id) }

// ConversationReader is the part of [Reader] about conversations.
type ConversationReader interface {
	// Conversation returns one conversation.
	Conversation(ctx context.Context, id ConversationID) (Conversation, error)
	// ConversationByName returns the public group with a name, or the direct
	// conversation with a [DirectName].
	ConversationByName(ctx context.Context, name string) (Conversation, error)
	// ConversationByUID returns one conversation.
	ConversationByUID(ctx context.Context, uid uuid.UUID) (Conversation, error)
	// ConversationIDs returns the conversations of a user, and the direct ones among
	// them.
	ConversationIDs(ctx context.Context, user UserID) (all, direct []ConversationID, err error)
	// GroupsNamed returns the groups of an account with this name. Several private
	// groups may have the same name.
	GroupsNamed(ctx context.Context, user UserID, name string) ([]Conversation, error)
	// GroupsLike returns the groups whose names have this [text.Skeleton]: public ones,
	// and those that the account is in.
	GroupsLike(ctx context.Context, user UserID, skeleton string) ([]Conversation, error)
	// PublicGroups returns the groups that everyone may join, by name.
	PublicGroups(ctx context.Context) ([]PublicGroup, error)
	// Groups returns all groups that have members, by name.
	Groups(ctx context.Context) ([]Group, error)
	// ListOf returns the conversations in a user's list, the latest activity first,
	// without [ConversationSummary.Presence].
	ListOf(ctx context.Context, user UserID) ([]ConversationSummary, error)
}

// ConversationTx is the part of [Tx] about conversations.
type ConversationTx interface {
	// InsertConversation adds a conversation and returns it with its id.
	InsertConversation(ctx context.Context, c Conversation) (Conversation, error)
	// UpdateConversation changes the name, the topic and the settings.
	UpdateConversation(ctx context.Context, c Conversation) error
	// MakeGroup turns a direct conversation into a private group. The caller gives it a name
	// and an owner.
	MakeGroup(ctx context.Context, id ConversationID) error
	// SetKeep sets how long a conversation's messages are kept, 0 for the server's own
	// limit.
	SetKeep(ctx context.Context, id ConversationID, keep time.Duration) error
}

// PublicGroup is a group that everyone may join, for a list.
type PublicGroup struct {
	Name    string // without the #
	Topic   string
	Members int
}

// Group is a group as the host sees it in a list.
type Group struct {
	Conversation
	Members int
	Owners  []string // the handles of its owners; for #general none, because its owners are those of the server
}

// Setting is the name of a group's setting.
type Setting string

// The settings of a group, all of which are on or off.
const (
	SettingPublic     Setting = "public"      // everyone may find and join it
	SettingMembersAdd Setting = "members-add" // every member may add others
	SettingHistory    Setting = "history"     // new members see older messages
	SettingReadOnly   Setting = "read-only"   // only owners and admins post
)

// Settings returns all settings, for help and errors.
func Settings() []Setting {
	return []Setting{SettingPublic, SettingMembersAdd, SettingHistory, SettingReadOnly}
}

// Action returns what a member must be allowed to do to change the setting.
func (t Setting) Action() Action {
	if t == SettingReadOnly {
		return ActionConfigure
	}
	return ActionOpen
}

// Of reports whether the setting is on in a conversation.
func (t Setting) Of(c Conversation) bool { return *t.field(&c) }

// Set turns the setting on or off in a conversation.
func (t Setting) Set(c *Conversation, on bool) { *t.field(c) = on }

func (t Setting) field(c *Conversation) *bool {
	switch t {
	case SettingPublic:
		return &c.Public
	case SettingMembersAdd:
		return &c.MembersAdd
	case SettingHistory:
		return &c.OpenHistory
	case SettingReadOnly:
		return &c.ReadOnly
	}
	panic("no such setting: " + string(t)) // a mistake in the program: users' words are checked before
}

// maxSlow is the longest time between two messages that a group can ask for.
const maxSlow = 24 * time.Hour

// ParseSlow reads the least time between two messages of a member, such as 30s, 5m or 1h.
// For "off" it returns 0. Errors are [text.ErrInvalid].
func ParseSlow(words string) (time.Duration, error) {
	if words == "off" || words == "" {
		return 0, nil
	}
	slow, err := time.ParseDuration(words)
	if err != nil || slow < time.Second || slow > maxSlow || slow%time.Second != 0 {
		return 0, Refuse(text.ErrInvalid, "%q is not a time between messages: write seconds, minutes or hours up to 24h, such as 30s or 5m, or off.", text.CleanLine(words, 20))
	}
	return slow, nil
}

// SlowText formats the least time between two messages, as [ParseSlow] reads it.
func SlowText(slow time.Duration) string {
	switch {
	case slow == 0:
		return "off"
	case slow%time.Hour == 0:
		return strconv.Itoa(int(slow/time.Hour)) + "h"
	case slow%time.Minute == 0:
		return strconv.Itoa(int(slow/time.Minute)) + "m"
	default:
		return strconv.Itoa(int(slow/time.Second)) + "s"
	}
}

// Floor returns the number of the last message that a member may not see, or 0 if the
// member may see all.
func Floor(m Membership, c Conversation) Seq {
	if c.OpenHistory {
		return c.Expired
	}
	return max(m.Joined, c.Expired)
}
