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

// ConversationID identifies a conversation inside this server; outside it is
// known by its name or its [Conversation.UID].
type ConversationID int64

// Seq numbers the messages of one conversation: 1, 2, 3… without gaps, given
// when a message is committed. 0 is before the first.
type Seq int64

// GeneralName is the conversation that every account is a member of.
const GeneralName = "general"

// UnreadLimit is where unread messages stop being counted: this many stand for
// "as many or more", and are shown as 99+. Counts without an end were 43 % of
// late.sh's database time.
const UnreadLimit = 100

// Kind is what sort of conversation one is. All are kept and handled alike.
type Kind string

const (
	// KindDirect is the one conversation of two people.
	KindDirect Kind = "direct"
	// KindGroup has a name and any number of members.
	KindGroup Kind = "group"
)

// Conversation is where messages go: a sequence of them and the members who
// may see it.
type Conversation struct {
	ID          ConversationID
	UID         uuid.UUID // UUIDv7
	Kind        Kind
	Name        string // of a group, without the #; for a direct one a key that is never shown
	Topic       string // one clean line
	Public      bool   // every account may find and join it
	MembersAdd  bool   // every member may add others, not only owners and admins
	OpenHistory bool   // who joins sees what was said before
	LastSeq     Seq    // of its newest message, 0 if it has none
	Expired     Seq    // of the last that is not kept any more, 0 if all are
	// Keep is how long messages are kept here, 0 for as long as the server does.
	Keep      time.Duration
	LastAt    time.Time
	CreatedAt time.Time
}

// general reports whether it is the conversation that everyone is in.
func (c Conversation) general() bool { return c.Kind == KindGroup && c.Name == GeneralName }

// ConversationSummary is a conversation as one of its members sees it in a list.
type ConversationSummary struct {
	Conversation
	Mine      Membership
	Other     User     // the other one, if it is direct
	Presence  Presence // of Other
	Unread    int      // at most [UnreadLimit]
	Mentioned bool     // one of the unread messages names the member
	Draft     string   // what the member was writing
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

// DirectName is the key of the one conversation of two people. No group can
// have such a name.
func DirectName(a, b UserID) string { return fmt.Sprintf("@%d:%d", min(a, b), max(a, b)) }

// What scripts name things by.

// Find returns a conversation of the session's user by what a script calls it:
// "#name", "@name", or its [Conversation.UID]. A name alone is a group's. The
// result has no counts and no presence. What there is not, or is not the
// user's, is refused with [ErrNotFound].
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

// ownGroup is the group with a name that the session's user is in. Private ones may be
// called the same: then it has to be named by its id.
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

// listed is a conversation of the session's user, as Find returns it.
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

// Message returns a message by its id, with its conversation as [Groups.Find]
// returns it. One that the session's user may not see is refused with
// [ErrNotFound] like one that there is not.
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

// Position returns the place among all messages of the one with this id. It may
// be of a conversation that the session's user is not in any more, so that it
// can go on from what it got last: whoever has the id has seen the message.
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

// LastPosition returns the position of the newest message of all: what is
// committed later has a higher one.
func (s Messages) LastPosition(ctx context.Context) (int64, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return 0, err
	}
	return s.service.store.LastPosition(ctx)
}

// SeqAt returns the number of the newest message of a conversation whose
// position is not above one, 0 if there is none.
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
	// ConversationByName returns a public group, or the conversation of two with a
	// [DirectName].
	ConversationByName(ctx context.Context, name string) (Conversation, error)
	// ConversationByUID returns one conversation.
	ConversationByUID(ctx context.Context, uid uuid.UUID) (Conversation, error)
	// ConversationIDs returns the conversations of a user, and which of them are
	// direct ones.
	ConversationIDs(ctx context.Context, user UserID) (all, direct []ConversationID, err error)
	// GroupsNamed returns the groups with a name that an account is in: one, unless
	// several private ones are called the same.
	GroupsNamed(ctx context.Context, user UserID, name string) ([]Conversation, error)
	// GroupsLike returns the groups whose names look like that, of those that an
	// account may know of: the public ones, and those that it is in.
	GroupsLike(ctx context.Context, user UserID, skeleton string) ([]Conversation, error)
	// PublicGroups returns the groups that everyone may join, by name.
	PublicGroups(ctx context.Context) ([]PublicGroup, error)
	// ListOf returns the conversations of a user as it sees them, the latest
	// activity first, without [ConversationSummary.Presence].
	ListOf(ctx context.Context, user UserID) ([]ConversationSummary, error)
}

// ConversationTx is the part of [Tx] about the same.
type ConversationTx interface {
	// InsertConversation adds a conversation and returns it with its id.
	InsertConversation(ctx context.Context, c Conversation) (Conversation, error)
	// UpdateConversation changes the name, the topic and the settings.
	UpdateConversation(ctx context.Context, c Conversation) error
	// SetKeep sets how long a conversation's messages are kept, 0 for as long
	// as the server keeps them.
	SetKeep(ctx context.Context, id ConversationID, keep time.Duration) error
}
