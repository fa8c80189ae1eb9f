package chat

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"confab/app/text"
)

// Groups are the conversations of a session's user, both groups and direct ones, and
// their members. See [Session.Groups].
type Groups struct{ *session }

// PublicGroup is a group that everyone may join, for a list.
type PublicGroup struct {
	Name    string // without the #
	Topic   string
	Members int
}

// maxTopic is the longest topic, in characters: a line of a wide screen.
const maxTopic = 200

// Direct returns the direct conversation with another account, and makes a missing one.
// Both accounts share this conversation.
func (s Groups) Direct(ctx context.Context, name string) (ConversationID, error) {
	other, err := userNamed(ctx, s.service.store, name)
	if err != nil {
		return 0, err
	}
	if other.ID == s.user.ID {
		return 0, Refuse(text.ErrInvalid, "You can't write to yourself.")
	}
	key := DirectName(s.user.ID, other.ID)
	var id ConversationID
	err = s.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		have, err := tx.ConversationByName(ctx, key)
		if !errors.Is(err, ErrNotFound) {
			id = have.ID
			return nil, err
		}
		if err := s.hasRoom(ctx, tx); err != nil {
			return nil, err
		}
		c, err := s.newConversation(ctx, tx, Conversation{Kind: KindDirect, Name: key})
		if err != nil {
			return nil, err
		}
		id = c.ID
		own, err := s.admitSelf(ctx, tx, c, RoleMember)
		if err != nil {
			return nil, err
		}
		theirs, err := admit(ctx, tx, c, other, RoleMember, true)
		return []Change{own, theirs}, err
	})
	return id, err
}

// NewGroup makes a group that the session's user owns. The named people become members
// or are invited (see [DecideContact]).
func (s Groups) NewGroup(ctx context.Context, name string, public bool, members []string) (ConversationID, error) {
	name, err := text.ParseConversationName(name)
	if err != nil {
		return 0, err
	}
	members, err = s.naming(ctx, members)
	if err != nil {
		return 0, err
	}
	var id ConversationID
	err = s.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		if err := s.nameIsFree(ctx, tx, 0, name); err != nil {
			return nil, err
		}
		users, err := s.usersNamed(ctx, tx, members)
		if err != nil {
			return nil, err
		}
		if err := s.hasRoom(ctx, tx); err != nil {
			return nil, err
		}
		others, err := s.sortAdditions(ctx, tx, Conversation{}, users)
		if err != nil {
			return nil, err
		}
		if err := s.takes(ctx, tx, Conversation{Name: name}, 1+len(others.now)); err != nil {
			return nil, err
		}
		c, err := s.newConversation(ctx, tx, Conversation{Kind: KindGroup, Name: name, Public: public})
		if err != nil {
			return nil, err
		}
		id = c.ID
		own, err := s.admitSelf(ctx, tx, c, RoleOwner)
		if err != nil {
			return nil, err
		}
		created, err := s.announce(ctx, tx, c.ID, NoticeCreated, "")
		if err != nil {
			return nil, err
		}
		come, err := s.admitAll(ctx, tx, c, others)
		return append([]Change{own, created}, come...), err
	})
	return id, err
}

func (s Groups) newConversation(ctx context.Context, tx Tx, c Conversation) (Conversation, error) {
	uid, err := s.service.newID()
	if err != nil {
		return c, err
	}
	c.UID, c.CreatedAt = uid, s.service.timestamp()
	return tx.InsertConversation(ctx, c)
}

// nameIsFree refuses a name for a group that looks like the name of another group that
// the session's user may know of: a public group, or one that it is in. Otherwise names
// would tell people about private groups of others.
func (s Groups) nameIsFree(ctx context.Context, r Reader, id ConversationID, name string) error {
	like, err := r.GroupsLike(ctx, s.user.ID, text.Skeleton(name))
	if err != nil {
		return err
	}
	for _, c := range like {
		switch {
		case c.ID == id:
		case c.Name == name:
			return Refuse(ErrConflict, "#%s exists already: choose another name.", name)
		default:
			return Refuse(ErrConflict, "The name #%s looks like #%s, which exists: choose one that looks different.", name, c.Name)
		}
	}
	return nil
}

// admit makes a user a member of a conversation, from its next message on. added says
// that somebody else adds the user.
func admit(ctx context.Context, tx Tx, c Conversation, user User, role Role, added bool) (Change, error) {
	m := Membership{Conversation: c.ID, User: user.ID, Role: role, Joined: c.LastSeq, Markers: markersAt(c.LastSeq), Added: added}
	if err := tx.InsertMembership(ctx, m); err != nil {
		return nil, err
	}
	return MemberJoined{
		Conversation: c.ID, Direct: c.Kind == KindDirect, User: user.ID, Name: user.Name, Role: role, Joined: c.LastSeq,
		Bot: user.Bot, Disabled: user.Disabled, ReceiptsOff: user.ReceiptsOff,
	}, nil
}

// admitSelf is admit for the session's user. It reads the account again, because the
// user may have turned receipts on or off since the session was opened.
func (s Groups) admitSelf(ctx context.Context, tx Tx, c Conversation, role Role) (Change, error) {
	user, err := tx.UserByID(ctx, s.user.ID)
	if err != nil {
		return nil, err
	}
	return admit(ctx, tx, c, user, role, false)
}

// admitAll adds members, invites others, and posts lines about it to the conversation.
// The new members see these lines.
func (s Groups) admitAll(ctx context.Context, tx Tx, c Conversation, a additions) ([]Change, error) {
	c, err := tx.Conversation(ctx, c.ID) // with the number of its newest message
	if err != nil {
		return nil, err
	}
	var changes []Change
	var names []string
	for _, u := range a.now {
		come, err := admit(ctx, tx, c, u, RoleMember, true)
		if err != nil {
			return nil, err
		}
		changes = append(changes, come)
		names = append(names, u.Name)
	}
	if len(names) > 0 {
		line, err := s.announce(ctx, tx, c.ID, NoticeAdded, strings.Join(names, ", "))
		if err != nil {
			return nil, err
		}
		changes = append(changes, line)
	}
	invited, err := s.invite(ctx, tx, c.ID, a)
	return append(changes, invited...), err
}

// foldedName returns the handle for a name that a user has typed, with or without an @.
func foldedName(name string) string {
	return text.Lower(strings.TrimPrefix(strings.TrimSpace(name), "@"))
}

// userNamed finds an account by its handle, with or without an @.
func userNamed(ctx context.Context, r Reader, name string) (User, error) {
	name = foldedName(name)
	u, err := r.UserByName(ctx, name)
	if errors.Is(err, ErrNotFound) {
		return u, Refuse(ErrNotFound, "There is no account %s.", text.CleanLine("@"+name, 40)).With(HintPeople)
	}
	return u, err
}

func (s *session) usersNamed(ctx context.Context, r Reader, names []string) ([]User, error) {
	users := make([]User, 0, len(names))
	for _, name := range names {
		u, err := userNamed(ctx, r, name)
		if err != nil {
			return nil, err
		}
		users = append(users, u)
	}
	return users, nil
}

// Join makes the session's user a member of a public group.
func (s Groups) Join(ctx context.Context, name string) (ConversationID, error) {
	name, err := text.ParseConversationName(name)
	if err != nil {
		return 0, err
	}
	var id ConversationID
	err = s.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		c, err := tx.ConversationByName(ctx, name)
		if errors.Is(err, ErrNotFound) { // the user may be in a private group of that name
			c, err = s.ownGroup(ctx, tx, name)
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		id = c.ID
		m, err := tx.Membership(ctx, c.ID, s.user.ID)
		if err != nil {
			return nil, err
		}
		return s.join(ctx, tx, c, m)
	})
	return id, err
}

// join makes the session's user, who asks for it, a member of a group. m is the user's
// membership before.
func (s Groups) join(ctx context.Context, tx Tx, c Conversation, m Membership) ([]Change, error) {
	if err := Decide(m, c, ActionJoin); err != nil || m.Member() {
		return nil, err
	}
	if err := s.hasRoom(ctx, tx); err != nil {
		return nil, err
	}
	if err := s.takes(ctx, tx, c, 1); err != nil {
		return nil, err
	}
	come, err := s.admitSelf(ctx, tx, c, RoleMember)
	if err != nil {
		return nil, err
	}
	line, err := s.announce(ctx, tx, c.ID, NoticeJoined, "")
	return []Change{come, line, InvitationsOf{s.user.ID}}, err
}

// Leave ends the membership of the session's user. The last owner of a group with other
// members has to make another member an owner first. A group closes when its last member
// leaves.
func (s Groups) Leave(ctx context.Context, id ConversationID) error {
	return s.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		m, c, err := s.access(ctx, tx, id, ActionLeave)
		if err != nil {
			return nil, err
		}
		if err := lastOwner(ctx, tx, m, "You are the last owner of #%s: make another member an owner first.", c.Name); err != nil {
			return nil, err
		}
		then, err := s.depart(ctx, tx, id, s.user.ID, NoticeLeft, "")
		if err != nil {
			return nil, err
		}
		if err := tx.InsertDeparture(ctx, id, s.user.ID, s.service.timestamp()); err != nil {
			return nil, err
		}
		return then, closeEmpty(ctx, tx, id)
	})
}

// closeEmpty closes a group without members, whether public or private. Then nobody can
// find or join it and read its messages, and its name is free.
func closeEmpty(ctx context.Context, tx Tx, id ConversationID) error {
	members, _, err := tx.CountMembers(ctx, id)
	if err != nil || members > 0 {
		return err
	}
	c, err := tx.Conversation(ctx, id)
	if err != nil || c.general() {
		return err
	}
	c.Name, c.Public = fmt.Sprintf("@left:%d", id), false
	return errors.Join(tx.UpdateConversation(ctx, c), tx.DeleteInvitationsTo(ctx, id))
}

// lastOwner refuses if a member is the only owner of a group with other members.
func lastOwner(ctx context.Context, tx Tx, m Membership, format string, args ...any) error {
	members, owners, err := tx.CountMembers(ctx, m.Conversation)
	if err == nil && m.Role == RoleOwner && owners == 1 && members > 1 {
		return Refuse(ErrNotAllowed, format, args...).With(HintSetRole)
	}
	return err
}

// depart ends a membership and posts a line about it for the other members.
func (s Groups) depart(ctx context.Context, tx Tx, id ConversationID, user UserID, notice Notice, body string) ([]Change, error) {
	if err := tx.DeleteMembership(ctx, id, user); err != nil {
		return nil, err
	}
	line, err := s.announce(ctx, tx, id, notice, body)
	return []Change{MemberLeft{id, user}, line}, err
}

// PublicGroups returns the groups that everyone may join, by name.
func (s Groups) PublicGroups(ctx context.Context) ([]PublicGroup, error) {
	if err := s.ask(ctx, costList); err != nil {
		return nil, err
	}
	groups, err := s.service.store.PublicGroups(ctx)
	s.owe(len(groups))
	return groups, err
}

// Person is an account with its presence.
type Person struct {
	User
	Presence Presence
}

// People returns all accounts with their presence, by handle.
func (s Contacts) People(ctx context.Context) ([]Person, error) {
	users, err := s.Users(ctx)
	if err != nil {
		return nil, err
	}
	people, ids := make([]Person, len(users)), make([]UserID, len(users))
	for i, u := range users {
		people[i].User, ids[i] = u, u.ID
	}
	for i, p := range s.service.live.Presences(ids) {
		people[i].Presence = p
	}
	return people, nil
}

// Users returns all accounts, by handle.
func (s Contacts) Users(ctx context.Context) ([]User, error) {
	if err := s.ask(ctx, costList); err != nil {
		return nil, err
	}
	users, err := s.service.store.Users(ctx)
	s.owe(len(users))
	return users, err
}

// UserNamed returns the account with a handle, with or without an @ in front. It refuses
// an unknown handle with [ErrNotFound].
func (s Contacts) UserNamed(ctx context.Context, name string) (User, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return User{}, err
	}
	return userNamed(ctx, s.service.store, name)
}
