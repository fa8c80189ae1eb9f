package chat

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"confab/app/text"
)

// Contacts are the other users of the server, from the view of a session's user. See
// [Session.Contacts].
type Contacts struct{ *session }

// GroupInvitation asks an account to join a group, because its sender may not add the
// account without asking (see [DecideContact]).
type GroupInvitation struct {
	Conversation Conversation
	From         User
	At           time.Time
	Members      int // the number of members of the group
}

// Block is a user whom an account has blocked.
type Block struct {
	User User
	At   time.Time
}

// InvitationsChanged says that an account was invited to a group, or that it has
// answered an invitation.
type InvitationsChanged struct{}

func (InvitationsChanged) event() {}

const (
	// invitationLasts is how long an invitation can be accepted. Until then, nobody can
	// send another one to the same group, even if the first one was declined.
	invitationLasts = 30 * 24 * time.Hour
	// maxInvitations is how many invitations one account may send to another in that
	// time, so that nobody is flooded with them.
	maxInvitations = 10
	// invitationsShown is how many of its invitations an account sees in the list.
	invitationsShown = 100
	// maxBlocks is how many people an account may block.
	maxBlocks = 1000
)

func (s *service) invitedSince() time.Time { return s.timestamp().Add(-invitationLasts) }

// Invitations returns the latest invitations of the session's user, the latest first,
// and the number of older ones.
func (s Groups) Invitations(ctx context.Context) (list []GroupInvitation, older int, err error) {
	if err := s.ask(ctx, costList); err != nil {
		return nil, 0, err
	}
	list, err = s.service.store.Invitations(ctx, s.user.ID, s.service.invitedSince(), invitationsShown)
	if err != nil || len(list) < invitationsShown {
		return list, 0, err
	}
	all, err := s.service.store.CountInvitationsOf(ctx, s.user.ID, s.service.invitedSince())
	return list, max(all-len(list), 0), err
}

// Invited returns the people who were invited to a group of the session's user and have
// not joined it. It includes people who declined, because nobody may learn that.
func (s Groups) Invited(ctx context.Context, id ConversationID) ([]User, error) {
	if err := s.ask(ctx, costList); err != nil {
		return nil, err
	}
	if _, _, err := s.access(ctx, s.service.store, id, ActionRead); err != nil {
		return nil, err
	}
	return s.service.store.InvitedTo(ctx, id, s.service.invitedSince())
}

// AcceptInvitation makes the session's user a member of a group that has invited it.
// The target is the name or the id of the group.
func (s Groups) AcceptInvitation(ctx context.Context, target string) (ConversationID, error) {
	var id ConversationID
	err := s.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		in, err := s.invitation(ctx, tx, target)
		if err != nil {
			return nil, err
		}
		id = in.Conversation.ID
		return s.join(ctx, tx, in.Conversation, Membership{Conversation: id, User: s.user.ID, Invited: true})
	})
	return id, err
}

// DeclineInvitation removes an invitation from the list of the session's user. It tells
// nobody.
func (s Groups) DeclineInvitation(ctx context.Context, target string) (GroupInvitation, error) {
	var in GroupInvitation
	err := s.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		var err error
		if in, err = s.invitation(ctx, tx, target); err != nil {
			return nil, err
		}
		return []Change{InvitationsOf{s.user.ID}}, tx.HideInvitation(ctx, in.Conversation.ID, s.user.ID)
	})
	return in, err
}

// invitation finds an invitation of the session's user by the name or id of its group.
func (s Groups) invitation(ctx context.Context, r Reader, target string) (GroupInvitation, error) {
	name := text.Lower(strings.TrimPrefix(strings.TrimSpace(target), "#"))
	uid, err := uuid.Parse(name)
	if err != nil {
		uid = uuid.Nil // no group has this id
	}
	in, err := r.InvitationTo(ctx, s.user.ID, s.service.invitedSince(), name, uid)
	if !errors.Is(err, ErrNotFound) {
		return in, err
	}
	return GroupInvitation{}, Refuse(ErrNotFound, "You have no invitation to %s.", text.CleanLine("#"+name, 40))
}

// Block stops direct messages, additions to groups and mentions from an account
// from reaching the session's user, and hides its pending invitations. Groups that both
// accounts are in stay as they are. Block does not tell the other account.
func (s Contacts) Block(ctx context.Context, name string) (User, error) {
	var other User
	err := s.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		var err error
		if other, err = userNamed(ctx, tx, name); err != nil {
			return nil, err
		}
		have, err := tx.Blocks(ctx, s.user.ID)
		switch {
		case err != nil:
			return nil, err
		case other.ID == s.user.ID:
			return nil, Refuse(text.ErrInvalid, "You can't block yourself.")
		case len(have) >= maxBlocks:
			return nil, Refuse(ErrTooLarge, "You have blocked %d people, the most that is possible: unblock somebody first.", len(have))
		}
		err = errors.Join(
			tx.InsertBlock(ctx, s.user.ID, other.ID, s.service.timestamp()),
			tx.HideInvitationsFrom(ctx, s.user.ID, other.ID),
		)
		return []Change{BlockSet{s.user.ID, other.ID, true}, InvitationsOf{s.user.ID}}, err
	})
	return other, err
}

// Unblock takes a block back. It does not deliver messages that the other account tried
// to send while it was blocked.
func (s Contacts) Unblock(ctx context.Context, name string) (User, error) {
	var other User
	err := s.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		var err error
		if other, err = userNamed(ctx, tx, name); err != nil {
			return nil, err
		}
		had, err := tx.DeleteBlock(ctx, s.user.ID, other.ID)
		if err == nil && !had {
			err = Refuse(ErrNotFound, "You have not blocked @%s.", other.Name)
		}
		return []Change{BlockSet{s.user.ID, other.ID, false}}, err
	})
	return other, err
}

// Blocked returns the users whom the session's user has blocked, by handle.
func (s Contacts) Blocked(ctx context.Context) ([]Block, error) {
	if err := s.ask(ctx, costList); err != nil {
		return nil, err
	}
	return s.service.store.Blocks(ctx, s.user.ID)
}

// HasBlocked reports whether the session's user has blocked somebody, as far as the
// session knows. It does not wait.
func (s Contacts) HasBlocked(user UserID) bool {
	return s.live.HasBlocked(user)
}

// learnBlocks tells the live side of a session which users its user has blocked.
func learnBlocks(ctx context.Context, r Reader, live LiveSession) error {
	list, err := r.Blocks(ctx, live.User())
	if err != nil {
		return err
	}
	set := make(map[UserID]struct{}, len(list))
	for _, b := range list {
		set[b.User.ID] = struct{}{}
	}
	live.SetBlocked(set)
	return nil
}

// mayWriteTo refuses an action in a direct conversation if one of its members has
// blocked the other.
func (s *session) mayWriteTo(ctx context.Context, r Reader, c Conversation, action Action) error {
	members, err := r.Members(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, m := range members {
		if m.User == s.user.ID {
			continue
		}
		k, err := s.contact(ctx, r, User{ID: m.User, Name: m.Name})
		if err != nil {
			return err
		}
		if _, err := DecideContact(k, action); err != nil {
			return err
		}
	}
	return nil
}

// contact finds out whether the session's user or the other one has blocked the other.
func (s *session) contact(ctx context.Context, r Reader, other User) (Contact, error) {
	blocks, err1 := r.HasBlocked(ctx, s.user.ID, other.ID)
	blocked, err2 := r.HasBlocked(ctx, other.ID, s.user.ID)
	return Contact{Other: other, Blocks: blocks, Blocked: blocked}, errors.Join(err1, err2)
}

// additions are the people whom a user wants to add to a group.
type additions struct {
	now   []User // they become members
	asked []User // they are invited
	// hidden has the people in asked who do not see their invitation.
	hidden map[UserID]bool
	// waiting are the people who already have an invitation.
	waiting []User
}

// sortAdditions decides for each user whether it becomes a member of a group or is
// invited. It leaves out members, and writes nothing.
func (s Groups) sortAdditions(ctx context.Context, tx Tx, c Conversation, users []User) (additions, error) {
	a := additions{hidden: make(map[UserID]bool)}
	invited := make(map[UserID]bool)
	before, err := tx.InvitedTo(ctx, c.ID, s.service.invitedSince())
	if err != nil {
		return a, err
	}
	for _, u := range before {
		invited[u.ID] = true
	}
	named := map[UserID]bool{s.user.ID: true}
	for _, u := range users {
		m, err := tx.Membership(ctx, c.ID, u.ID)
		if err != nil {
			return a, err
		}
		if m.Member() || named[u.ID] {
			continue
		}
		named[u.ID] = true
		consent, err := s.consent(ctx, tx, c, u)
		switch {
		case err != nil:
			return a, err
		case consent == ConsentGiven:
			a.now = append(a.now, u)
		case invited[u.ID]:
			a.waiting = append(a.waiting, u)
		default:
			n, err := tx.CountInvitations(ctx, u.ID, s.user.ID, s.service.invitedSince())
			if err != nil {
				return a, err
			}
			if n >= maxInvitations {
				return a, Refuse(ErrTooLarge, "You have invited @%s to %d groups in the last 30 days, the most that is possible.", u.Name, n)
			}
			a.asked = append(a.asked, u)
			a.hidden[u.ID] = consent == ConsentRefused
		}
	}
	return a, nil
}

// consent finds out what the session's user needs to add somebody to a group.
func (s Groups) consent(ctx context.Context, tx Tx, c Conversation, u User) (Consent, error) {
	k, err := s.contact(ctx, tx, u)
	if err != nil {
		return ConsentRefused, err
	}
	var err1, err2, err3 error
	var added int
	k.Acquainted, err1 = tx.Acquainted(ctx, s.user.ID, u.ID)
	k.HasLeft, err2 = tx.HasLeft(ctx, c.ID, u.ID)
	_, added, err3 = tx.CountConversations(ctx, u.ID)
	if err := errors.Join(err1, err2, err3); err != nil {
		return ConsentRefused, err
	}
	limit := s.service.limits.Conversations
	k.Full = limit > 0 && added >= limit
	return DecideContact(k, ActionAdd)
}

// invite invites users to a group, and posts a line about it there.
func (s Groups) invite(ctx context.Context, tx Tx, id ConversationID, a additions) ([]Change, error) {
	var changes []Change
	var names []string
	for _, u := range a.asked {
		if err := tx.InsertInvitation(ctx, id, u.ID, s.user.ID, s.service.timestamp(), a.hidden[u.ID]); err != nil {
			return nil, err
		}
		names = append(names, u.Name)
		if !a.hidden[u.ID] {
			changes = append(changes, InvitationsOf{u.ID})
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	line, err := s.announce(ctx, tx, id, NoticeInvited, strings.Join(names, ", "))
	return append(changes, line), err
}

// ContactReader is the part of [Reader] about acquaintances, blocks and invitations.
type ContactReader interface {
	// Acquainted reports whether two accounts share a conversation that both chose: a
	// group other than #general, or a direct conversation in which both have written.
	Acquainted(ctx context.Context, one, other UserID) (bool, error)
	// HasBlocked reports whether a user has blocked another one.
	HasBlocked(ctx context.Context, user, other UserID) (bool, error)
	// Blocks returns the users whom a user has blocked, by handle.
	Blocks(ctx context.Context, user UserID) ([]Block, error)
	// HasLeft reports whether a user has left a conversation by itself and has not
	// returned.
	HasLeft(ctx context.Context, conversation ConversationID, user UserID) (bool, error)
	// CountConversations returns the number of a user's conversations, and how many of
	// them somebody else has added it to.
	CountConversations(ctx context.Context, user UserID) (all, added int, err error)
	// Invitations returns at most limit invitations that a user got after a time, the
	// latest first, without hidden ones.
	Invitations(ctx context.Context, user UserID, since time.Time, limit int) ([]GroupInvitation, error)
	// CountInvitationsOf returns how many of these invitations there are.
	CountInvitationsOf(ctx context.Context, user UserID, since time.Time) (int, error)
	// InvitationTo returns the latest of these invitations to a group with this name or
	// id. Without one, the error is [ErrNotFound].
	InvitationTo(ctx context.Context, user UserID, since time.Time, name string, id uuid.UUID) (GroupInvitation, error)
	// InvitedTo returns the users who were invited to a group after a time and have not
	// joined it, by handle. It includes users from whom the invitation is hidden.
	InvitedTo(ctx context.Context, conversation ConversationID, since time.Time) ([]User, error)
	// CountInvitations returns how many invitations a user got from another user after
	// a time, including hidden ones.
	CountInvitations(ctx context.Context, user, from UserID, since time.Time) (int, error)
}

// ContactTx is the part of [Tx] about the same.
type ContactTx interface {
	// InsertBlock blocks a user for another. Blocking twice is no error.
	InsertBlock(ctx context.Context, user, other UserID, at time.Time) error
	// DeleteBlock removes a block and reports whether there was one.
	DeleteBlock(ctx context.Context, user, other UserID) (bool, error)
	// InsertDeparture stores that a user has left a conversation by itself, until
	// [Tx.InsertMembership] makes it a member again.
	InsertDeparture(ctx context.Context, conversation ConversationID, user UserID, at time.Time) error
	// InsertInvitation adds an invitation, which may be hidden from the invited user, and
	// replaces an older one to the same group. [Tx.InsertMembership] removes it.
	InsertInvitation(ctx context.Context, conversation ConversationID, user, from UserID, at time.Time, hidden bool) error
	// HideInvitation hides an invitation from the invited user.
	HideInvitation(ctx context.Context, conversation ConversationID, user UserID) error
	// HideInvitationsFrom hides all invitations that one user has sent to another.
	HideInvitationsFrom(ctx context.Context, user, from UserID) error
	// DeleteInvitationsTo removes all invitations to a group.
	DeleteInvitationsTo(ctx context.Context, conversation ConversationID) error
	// PruneInvitations removes invitations that are older than a time.
	PruneInvitations(ctx context.Context, before time.Time) error
}
