package chat

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"confab/app/text"
)

// Contacts are the other users of the server, as a session's user sees them. See
// [Session.Contacts].
type Contacts struct{ *session }

// GroupInvitation asks an account to join a group, since the one who wanted to add it
// may not simply do so (see [DecideContact]).
type GroupInvitation struct {
	Conversation Conversation
	From         User
	At           time.Time
	Members      int // how many the group has
}

// Block says that an account wants to hear nothing from a user.
type Block struct {
	User User
	At   time.Time
}

// InvitationsChanged says that an account was invited to a group, or that it has
// answered an invitation.
type InvitationsChanged struct{}

func (InvitationsChanged) event() {}

const (
	// invitationLasts is how long an invitation can be accepted. Nobody is invited to
	// the same group again before that, whatever became of the first invitation.
	invitationLasts = 30 * 24 * time.Hour
	// maxInvitations is how many invitations one account may have sent to another
	// one in that time: nobody is flooded with them.
	maxInvitations = 10
	// invitationsShown is how many of its invitations an account is shown.
	invitationsShown = 100
	// maxBlocks is how many people an account may block.
	maxBlocks = 1000
)

func (s *service) invitedSince() time.Time { return s.timestamp().Add(-invitationLasts) }

// Invitations returns the groups that the session's user is invited to, the latest
// first, and how many older ones are not among them.
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

// Invited returns who was invited to a group of the session's user and has not
// joined it. People who declined are among them: that is for nobody to know.
func (s Groups) Invited(ctx context.Context, id ConversationID) ([]User, error) {
	if err := s.ask(ctx, costList); err != nil {
		return nil, err
	}
	if _, _, err := s.access(ctx, s.service.store, id, ActionRead); err != nil {
		return nil, err
	}
	return s.service.store.InvitedTo(ctx, id, s.service.invitedSince())
}

// AcceptInvitation makes the session's user a member of a group that it is invited
// to, given by its name or id.
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

// DeclineInvitation takes an invitation off the session's user's list. Nobody is
// told.
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

// invitation finds one of the session's user's by the name or the id of the group.
func (s Groups) invitation(ctx context.Context, r Reader, target string) (GroupInvitation, error) {
	name := text.Lower(strings.TrimPrefix(strings.TrimSpace(target), "#"))
	uid, err := uuid.Parse(name)
	if err != nil {
		uid = uuid.Nil // which no group has
	}
	in, err := r.InvitationTo(ctx, s.user.ID, s.service.invitedSince(), name, uid)
	if !errors.Is(err, ErrNotFound) {
		return in, err
	}
	return GroupInvitation{}, Refuse(ErrNotFound, "You have no invitation to %s.", text.CleanLine("#"+name, 40))
}

// Block stops direct messages, additions to groups and mentions from an account
// from reaching the session's user, and hides its pending invitations. Groups that both
// are in go on. The other account is not told.
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

// Unblock takes a block back. Messages that the other account tried to send while it was
// blocked are not delivered.
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

// Blocked returns whom the session's user has blocked, by handle.
func (s Contacts) Blocked(ctx context.Context) ([]Block, error) {
	if err := s.ask(ctx, costList); err != nil {
		return nil, err
	}
	return s.service.store.Blocks(ctx, s.user.ID)
}

// HasBlocked reports whether the session's user has blocked somebody, as far as the
// session has been told. It waits for nothing.
func (s Contacts) HasBlocked(user UserID) bool {
	return s.live.HasBlocked(user)
}

// learnBlocks lets the live side of a session know whom its user has blocked.
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

// mayWriteTo refuses to write in a direct conversation if one of the two has
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

// contact finds out who has blocked whom.
func (s *session) contact(ctx context.Context, r Reader, other User) (Contact, error) {
	blocks, err1 := r.HasBlocked(ctx, s.user.ID, other.ID)
	blocked, err2 := r.HasBlocked(ctx, other.ID, s.user.ID)
	return Contact{Other: other, Blocks: blocks, Blocked: blocked}, errors.Join(err1, err2)
}

// additions are the people whom somebody adds to a group.
type additions struct {
	now   []User // become members
	asked []User // are invited
	// hidden are those of asked who do not see it.
	hidden map[UserID]bool
	// waiting are those who were invited already.
	waiting []User
}

// sortAdditions finds out what becomes of each of the users that the session's user
// adds to a group, leaving out its members. It writes nothing.
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

// consent finds out whether the session's user may add somebody to a group.
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

// invite asks users to join a group, and says so in it.
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

// ContactReader is the part of [Reader] about what accounts have to do with each other.
type ContactReader interface {
	// Acquainted reports whether two accounts share a conversation that both chose:
	// a group other than #general, or a direct one in which both wrote.
	Acquainted(ctx context.Context, one, other UserID) (bool, error)
	// HasBlocked reports whether a user has blocked another one.
	HasBlocked(ctx context.Context, user, other UserID) (bool, error)
	// Blocks returns whom a user has blocked, by handle.
	Blocks(ctx context.Context, user UserID) ([]Block, error)
	// HasLeft reports whether a user left a conversation by itself and has not come
	// back.
	HasLeft(ctx context.Context, conversation ConversationID, user UserID) (bool, error)
	// CountConversations returns how many conversations a user is in, and to how many
	// of them somebody else added it.
	CountConversations(ctx context.Context, user UserID) (all, added int, err error)
	// Invitations returns at most limit groups that a user was asked to join after a
	// time, the latest first, without those that are hidden from it.
	Invitations(ctx context.Context, user UserID, since time.Time, limit int) ([]GroupInvitation, error)
	// CountInvitationsOf returns how many there are.
	CountInvitationsOf(ctx context.Context, user UserID, since time.Time) (int, error)
	// InvitationTo returns the latest of them to the group with a name or an id, or an
	// error that is [ErrNotFound].
	InvitationTo(ctx context.Context, user UserID, since time.Time, name string, id uuid.UUID) (GroupInvitation, error)
	// InvitedTo returns who was asked to join a group after a time and has not, by
	// handle, also those from whom it is hidden.
	InvitedTo(ctx context.Context, conversation ConversationID, since time.Time) ([]User, error)
	// CountInvitations returns how many of a user's invitations are from another one
	// and later than a time, with those that are hidden.
	CountInvitations(ctx context.Context, user, from UserID, since time.Time) (int, error)
}

// ContactTx is the part of [Tx] about the same.
type ContactTx interface {
	// InsertBlock blocks a user for another; to do so twice is no error.
	InsertBlock(ctx context.Context, user, other UserID, at time.Time) error
	// DeleteBlock takes that back and reports whether there was a block.
	DeleteBlock(ctx context.Context, user, other UserID) (bool, error)
	// InsertDeparture keeps that a user left a conversation by itself, until
	// [Tx.InsertMembership] makes it a member again.
	InsertDeparture(ctx context.Context, conversation ConversationID, user UserID, at time.Time) error
	// InsertInvitation adds an invitation in place of one to the same group, hidden
	// from the invited user or not. [Tx.InsertMembership] takes it away.
	InsertInvitation(ctx context.Context, conversation ConversationID, user, from UserID, at time.Time, hidden bool) error
	// HideInvitation hides an invitation from the invited user.
	HideInvitation(ctx context.Context, conversation ConversationID, user UserID) error
	// HideInvitationsFrom hides all that one user sent to another.
	HideInvitationsFrom(ctx context.Context, user, from UserID) error
	// DeleteInvitationsTo takes away all invitations to a group.
	DeleteInvitationsTo(ctx context.Context, conversation ConversationID) error
	// PruneInvitations takes away those that are older than a time.
	PruneInvitations(ctx context.Context, before time.Time) error
}
