package chat

import (
	"context"
	"errors"
	"fmt"
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
	// KindDirect is the only direct conversation of two people.
	KindDirect Kind = "direct"
	// KindGroup has a name and any number of members.
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
	LastSeq     Seq    // of its newest message, 0 without messages
	Expired     Seq    // of the last message that has expired, 0 if none has
	// Keep is how long messages are kept here, 0 for the server's own limit.
	Keep      time.Duration
	LastAt    time.Time
	CreatedAt time.Time
}

// general reports whether this is #general.
func (c Conversation) general() bool { return c.Kind == KindGroup && c.Name == GeneralName }

// ConversationSummary is a conversation as a member sees it in a list.
type ConversationSummary struct {
	Conversation
	Mine      Membership
	Other     User     // the other member of a direct conversation
	Presence  Presence // of Other
	Unread    int      // at most [UnreadLimit]
	Mentioned bool     // one of the unread messages names the member
	Draft     string   // the member's unsent text
}

// Title is the conversation's name as people write it: #ops, or @ann.
func (l ConversationSummary) Title() string {
	if l.Kind == KindDirect {
		return "@" + l.Other.Name
	}
	return "#" + l.Name
}

// Floor is the last message that the member may not see.
func (l ConversationSummary) Floor() Seq { return floor(l.Mine, l.Conversation) }

// DirectName returns the name of the direct conversation of two people. No group can
// have such a name.
func DirectName(a, b UserID) string { return fmt.Sprintf("@%d:%d", min(a, b), max(a, b)) }

// Find returns a conversation of the session's user by its name in scripts: "#name",
// "@name", or its [Conversation.UID]. A name without a sign is the name of a group. The
// result has no counts and no presence. If the user is not in such a conversation, Find
// refuses with [ErrNotFound].
func (s Groups) Find(ctx context.Context, target string) (ConversationSummary, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return ConversationSummary{}, err
	}
	store := s.service.store
	var c Conversation
	var other User
	var err error
	target = strings.TrimSpace(target)
	if uid, bad := uuid.Parse(target); bad == nil {
		c, err = store.ConversationByUID(ctx, uid)
	} else if strings.HasPrefix(target, "@") {
		if other, err = userNamed(ctx, store, target); err != nil {
			return ConversationSummary{}, err
		}
		c, err = store.ConversationByName(ctx, DirectName(s.user.ID, other.ID))
	} else {
		var name string
		if name, err = text.ParseConversationName(target); err != nil {
			return ConversationSummary{}, err
		}
		if c, err = s.ownGroup(ctx, store, name); errors.Is(err, ErrNotFound) {
			c, err = store.ConversationByName(ctx, name)
		}
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return ConversationSummary{}, err
	}
	return s.listed(ctx, store, c.ID)
}

// ownGroup returns the group of the session's user with this name. Private groups may
// have the same name. The user then has to give the id.
func (s Groups) ownGroup(ctx context.Context, r Reader, name string) (Conversation, error) {
	own, err := r.GroupsNamed(ctx, s.user.ID, name)
	switch {
	case err != nil:
		return Conversation{}, err
	case len(own) == 0:
		return Conversation{}, ErrNotFound
	case len(own) > 1:
		return Conversation{}, Refuse(ErrConflict, "You are in %d groups called #%s: give the id of the one you mean.", len(own), name).With(HintIDs)
	}
	return own[0], nil
}

// listed returns a conversation of the session's user, as Find does.
func (s *session) listed(ctx context.Context, r Reader, id ConversationID) (ConversationSummary, error) {
	m, c, err := s.access(ctx, r, id, ActionRead)
	if err != nil {
		return ConversationSummary{}, err
	}
	l := ConversationSummary{Conversation: c, Mine: m}
	if c.Kind != KindDirect {
		return l, nil
	}
	members, err := r.Members(ctx, id)
	if err != nil {
		return l, err
	}
	for _, o := range members {
		if o.User != s.user.ID {
			l.Other, err = r.UserByID(ctx, o.User)
		}
	}
	return l, err
}

// Message returns a message by its id, with its conversation as [Groups.Find] returns
// it. It refuses an unknown message, and one that the session's user may not see, with
// the same [ErrNotFound].
func (s Messages) Message(ctx context.Context, id uuid.UUID) (*Message, ConversationSummary, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return nil, ConversationSummary{}, err
	}
	none := Refuse(ErrNotFound, "There is no message with the id %s, or you may not see it.", id)
	m, err := s.service.store.MessageByID(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil, ConversationSummary{}, none
	}
	if err != nil {
		return nil, ConversationSummary{}, err
	}
	l, err := s.listed(ctx, s.service.store, m.Conversation)
	if errors.Is(err, ErrNotFound) || err == nil && m.Seq <= l.Floor() {
		return nil, ConversationSummary{}, none
	}
	return m, l, err
}

// Position returns the place of a message among all messages. The session's user may
// have left its conversation, and can still go on from the last message that it got.
// This tells nothing new, because only people who have seen a message know its id.
func (s Messages) Position(ctx context.Context, id uuid.UUID) (int64, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return 0, err
	}
	m, err := s.service.store.MessageByID(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return 0, Refuse(ErrNotFound, "There is no message with the id %s to go on from.", id)
	}
	if err != nil {
		return 0, err
	}
	return m.Position, nil
}

// LastPosition returns the position of the newest message of all. Messages that are
// committed later have higher positions.
func (s Messages) LastPosition(ctx context.Context) (int64, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return 0, err
	}
	return s.service.store.LastPosition(ctx)
}

// SeqAt returns the number of the newest message of a conversation up to a position, or
// 0 without one.
func (s Messages) SeqAt(ctx context.Context, id ConversationID, position int64) (Seq, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return 0, err
	}
	if _, _, err := s.access(ctx, s.service.store, id, ActionRead); err != nil {
		return 0, err
	}
	return s.service.store.SeqAt(ctx, id, position)
}

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
	// ListOf returns the conversations in a user's list, the latest activity first,
	// without [ConversationSummary.Presence].
	ListOf(ctx context.Context, user UserID) ([]ConversationSummary, error)
}

// ConversationTx is the part of [Tx] about the same.
type ConversationTx interface {
	// InsertConversation adds a conversation and returns it with its id.
	InsertConversation(ctx context.Context, c Conversation) (Conversation, error)
	// UpdateConversation changes the name, the topic and the settings.
	UpdateConversation(ctx context.Context, c Conversation) error
	// SetKeep sets how long a conversation's messages are kept, 0 for the server's own
	// limit.
	SetKeep(ctx context.Context, id ConversationID, keep time.Duration) error
}
