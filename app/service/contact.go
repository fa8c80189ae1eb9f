package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
)

// Contacts has the use cases of a session for the other users of the server: finding and
// blocking them. See [Session.Contacts].
type Contacts struct{ *session }

const (
	// invitationLasts is how long an invitation can be accepted. Until then, nobody can
	// send another one to the same group, even if the first one was declined.
	invitationLasts = 30 * 24 * time.Hour
	// maxInvitations is how many invitations one account may send to another in that time,
	// so that nobody is flooded with them.
	maxInvitations = 10
	// invitationsShown is how many of its invitations an account sees in the list.
	invitationsShown = 100
	// maxBlocks is how many people an account may block.
	maxBlocks = 1000
)

func (s *service) invitedSince() time.Time { return s.timestamp().Add(-invitationLasts) }

// Invitations returns the latest invitations of the session's user, the latest first,
// and the number of older ones.
func (s Groups) Invitations(ctx context.Context) (list []chat.GroupInvitation, older int, err error) {
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
func (s Groups) Invited(ctx context.Context, id chat.ConversationID) ([]chat.User, error) {
	if err := s.ask(ctx, costList); err != nil {
		return nil, err
	}
	if _, _, err := s.access(ctx, s.service.store, id, chat.ActionRead); err != nil {
		return nil, err
	}
	return s.service.store.InvitedTo(ctx, id, s.service.invitedSince())
}

// AcceptInvitation makes the session's user a member of a group to which they were invited.
// The target is the name or the id of the group. Without such an invitation the error is
// [chat.ErrNotFound].
func (s Groups) AcceptInvitation(ctx context.Context, target string) (chat.ConversationID, error) {
	var id chat.ConversationID
	err := s.do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		in, err := s.invitation(ctx, tx, target)
		if err != nil {
			return nil, err
		}
		id = in.Conversation.ID
		return s.join(ctx, tx, in.Conversation, chat.Membership{Conversation: id, User: s.user.ID, Invited: true})
	})
	return id, err
}

// DeclineInvitation removes an invitation from the list of the session's user, and tells
// nobody. Without such an invitation the error is [chat.ErrNotFound].
func (s Groups) DeclineInvitation(ctx context.Context, target string) (chat.GroupInvitation, error) {
	var in chat.GroupInvitation
	err := s.do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		var err error
		if in, err = s.invitation(ctx, tx, target); err != nil {
			return nil, err
		}
		return []chat.Change{chat.InvitationsOf{User: s.user.ID}}, tx.HideInvitation(ctx, in.Conversation.ID, s.user.ID)
	})
	return in, err
}

// invitation finds an invitation of the session's user by the name or id of its group.
func (s Groups) invitation(ctx context.Context, r chat.Reader, target string) (chat.GroupInvitation, error) {
	name := text.Lower(strings.TrimPrefix(strings.TrimSpace(target), "#"))
	uid, err := uuid.Parse(name)
	if err != nil {
		uid = uuid.Nil // no group has this id
	}
	in, err := r.InvitationTo(ctx, s.user.ID, s.service.invitedSince(), name, uid)
	if !errors.Is(err, chat.ErrNotFound) {
		return in, err
	}
	return chat.GroupInvitation{}, chat.Refuse(chat.ErrNotFound, "You have no invitation to %s.", text.CleanLine("#"+name, 40))
}

// Block stops direct messages, invitations and mentions of another account from reaching
// the session's user, and hides invitations that it has sent. Groups that both accounts are
// in stay as they are. Block does not tell the other account.
func (s Contacts) Block(ctx context.Context, name string) (chat.User, error) {
	var other chat.User
	err := s.do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		var err error
		if other, err = s.userNamed(ctx, tx, name); err != nil {
			return nil, err
		}
		have, err := tx.Blocks(ctx, s.user.ID)
		switch {
		case err != nil:
			return nil, err
		case other.ID == s.user.ID:
			return nil, chat.Refuse(text.ErrInvalid, "You can't block yourself.")
		case len(have) >= maxBlocks:
			return nil, chat.Refuse(chat.ErrTooLarge, "You have blocked %d people, which is the limit: unblock somebody first.", len(have))
		}
		err = errors.Join(
			tx.InsertBlock(ctx, s.user.ID, other.ID, s.service.timestamp()),
			tx.HideInvitationsFrom(ctx, s.user.ID, other.ID),
		)
		return []chat.Change{chat.BlockSet{User: s.user.ID, Other: other.ID, On: true}, chat.InvitationsOf{User: s.user.ID}}, err
	})
	return other, err
}

// Unblock removes a block. If there is none, the error is [chat.ErrNotFound].
func (s Contacts) Unblock(ctx context.Context, name string) (chat.User, error) {
	var other chat.User
	err := s.do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		var err error
		if other, err = userNamed(ctx, tx, name); err != nil {
			return nil, err
		}
		had, err := tx.DeleteBlock(ctx, s.user.ID, other.ID)
		if err == nil && !had {
			err = chat.Refuse(chat.ErrNotFound, "You have not blocked @%s.", other.Name)
		}
		return []chat.Change{chat.BlockSet{User: s.user.ID, Other: other.ID, On: false}}, err
	})
	return other, err
}

// Blocked returns the users whom the session's user has blocked, by handle.
func (s Contacts) Blocked(ctx context.Context) ([]chat.Block, error) {
	if err := s.ask(ctx, costList); err != nil {
		return nil, err
	}
	return s.service.store.Blocks(ctx, s.user.ID)
}

// HasBlocked reports whether the session's user has blocked somebody, as far as the
// session knows. It does not wait.
func (s Contacts) HasBlocked(user chat.UserID) bool {
	return s.live.HasBlocked(user)
}

// learnBlocks tells the live side of a session which users its user has blocked.
func learnBlocks(ctx context.Context, r chat.Reader, live chat.LiveSession) error {
	list, err := r.Blocks(ctx, live.User())
	if err != nil {
		return err
	}
	set := make(map[chat.UserID]struct{}, len(list))
	for _, b := range list {
		set[b.User.ID] = struct{}{}
	}
	live.SetBlocked(set)
	return nil
}

// mayWriteTo refuses an action in a direct conversation if one of its members has
// blocked the other.
func (s *session) mayWriteTo(ctx context.Context, r chat.Reader, c chat.Conversation, action chat.Action) error {
	members, err := r.Members(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, m := range members {
		if m.User == s.user.ID {
			continue
		}
		k, err := s.contact(ctx, r, chat.User{ID: m.User, Name: m.Name})
		if err != nil {
			return err
		}
		if _, err := chat.DecideContact(k, action); err != nil {
			return err
		}
	}
	return nil
}

// contact looks up whether the session's user has blocked the other account, and whether
// the other account has blocked the user.
func (s *session) contact(ctx context.Context, r chat.Reader, other chat.User) (chat.Contact, error) {
	blocks, err1 := r.HasBlocked(ctx, s.user.ID, other.ID)
	blocked, err2 := r.HasBlocked(ctx, other.ID, s.user.ID)
	return chat.Contact{Other: other, Blocks: blocks, Blocked: blocked}, errors.Join(err1, err2)
}

// additions are the people whom a user wants to add to a group.
type additions struct {
	now   []chat.User // they become members
	asked []chat.User // they are invited
	// hidden has the people in asked who do not see their invitation.
	hidden map[chat.UserID]bool
	// waiting are the people who already have an invitation.
	waiting []chat.User
}

// sortAdditions decides for each user whether they become members of a group or are
// invited. It leaves out members, and writes nothing.
func (s Groups) sortAdditions(ctx context.Context, tx chat.Tx, c chat.Conversation, users []chat.User) (additions, error) {
	a := additions{hidden: make(map[chat.UserID]bool)}
	invited := make(map[chat.UserID]bool)
	before, err := tx.InvitedTo(ctx, c.ID, s.service.invitedSince())
	if err != nil {
		return a, err
	}
	for _, u := range before {
		invited[u.ID] = true
	}
	named := map[chat.UserID]bool{s.user.ID: true}
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
		case consent == chat.ConsentGiven:
			a.now = append(a.now, u)
		case invited[u.ID]:
			a.waiting = append(a.waiting, u)
		default:
			n, err := tx.CountInvitations(ctx, u.ID, s.user.ID, s.service.invitedSince())
			if err != nil {
				return a, err
			}
			if n >= maxInvitations {
				return a, chat.Refuse(chat.ErrTooLarge, "You have invited @%s to %d groups in the last 30 days, which is the limit.", u.Name, n)
			}
			a.asked = append(a.asked, u)
			a.hidden[u.ID] = consent == chat.ConsentRefused
		}
	}
	return a, nil
}

// consent finds out whether the session's user can add somebody to a group without asking them.
func (s Groups) consent(ctx context.Context, tx chat.Tx, c chat.Conversation, u chat.User) (chat.Consent, error) {
	k, err := s.contact(ctx, tx, u)
	if err != nil {
		return chat.ConsentRefused, err
	}
	var err1, err2, err3 error
	var added int
	k.Acquainted, err1 = tx.Acquainted(ctx, s.user.ID, u.ID)
	k.HasLeft, err2 = tx.HasLeft(ctx, c.ID, u.ID)
	_, added, err3 = tx.CountConversations(ctx, u.ID)
	if err := errors.Join(err1, err2, err3); err != nil {
		return chat.ConsentRefused, err
	}
	limit := s.service.pace.limits.Load().Conversations
	k.Full = limit > 0 && added >= limit
	return chat.DecideContact(k, chat.ActionAdd)
}

// invite invites users to a group, and posts a line about it there.
func (s Groups) invite(ctx context.Context, tx chat.Tx, id chat.ConversationID, a additions) ([]chat.Change, error) {
	var changes []chat.Change
	var names []string
	for _, u := range a.asked {
		if err := tx.InsertInvitation(ctx, id, u.ID, s.user.ID, s.service.timestamp(), a.hidden[u.ID]); err != nil {
			return nil, err
		}
		names = append(names, u.Name)
		if !a.hidden[u.ID] {
			changes = append(changes, chat.InvitationsOf{User: u.ID})
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	line, err := s.announce(ctx, tx, id, chat.NoticeInvited, strings.Join(names, ", "))
	return append(changes, line), err
}

// People returns all accounts that somebody can use, with their presence, by handle. So
// accounts that were imported are among them once they are claimed.
func (s Contacts) People(ctx context.Context) ([]chat.Person, error) {
	users, err := s.Users(ctx)
	if err != nil {
		return nil, err
	}
	users = slices.DeleteFunc(users, func(u chat.User) bool { return u.Disabled })
	people, ids := make([]chat.Person, len(users)), make([]chat.UserID, len(users))
	for i, u := range users {
		people[i].User, ids[i] = u, u.ID
	}
	for i, p := range s.service.live.Presences(ids) {
		people[i].Presence = p
	}
	return people, nil
}

// Person returns the account with a handle, with its presence and, if the session's user may know
// that, when its user was there last. It refuses an unknown handle with [chat.ErrNotFound].
func (s Contacts) Person(ctx context.Context, name string) (p chat.Person, err error) {
	if p.User, err = s.UserNamed(ctx, name); err != nil {
		return p, err
	}
	if p.Disabled {
		set, err := s.service.store.Preferences(ctx, p.ID)
		if err != nil {
			return p, err
		}
		p.Imported = set[chat.ImportedPreference] != ""
	}
	if p.Presence = s.service.live.Presences([]chat.UserID{p.ID})[0]; p.Presence != chat.Online {
		p.LastSeen, err = s.lastSeen(ctx, p.User)
	}
	return p, err
}

// Users returns all accounts, by handle.
func (s Contacts) Users(ctx context.Context) ([]chat.User, error) {
	known := int(s.service.accountCount.Load())
	if err := s.ask(ctx, costList+known/rowsPerUnit); err != nil {
		return nil, err
	}
	select {
	case s.service.listing <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting to list the accounts: %w", ctx.Err())
	}
	defer func() { <-s.service.listing }()
	users, err := s.service.store.Users(ctx)
	if err != nil {
		return nil, err
	}
	s.service.accountCount.Store(int64(len(users)))
	s.owe(len(users) - known)
	return users, s.hideStatuses(ctx, len(users), func(i int) (chat.UserID, *chat.Status) { return users[i].ID, &users[i].Status })
}

// UserNamed returns the account with a handle, with or without an @ in front, or that of the
// session's user for "me". It refuses an unknown handle with [chat.ErrNotFound].
func (s Contacts) UserNamed(ctx context.Context, name string) (chat.User, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return chat.User{}, err
	}
	u, err := s.userNamed(ctx, s.service.store, name)
	if err != nil {
		return u, err
	}
	return u, s.hideStatuses(ctx, 1, func(int) (chat.UserID, *chat.Status) { return u.ID, &u.Status })
}
