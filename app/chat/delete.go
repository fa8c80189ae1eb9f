package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// DeletedName is what stands where an account is no more.
const DeletedName = "deleted user"

// DeletedReason is what the user of a session sees whose account is no more.
const DeletedReason = "This account has been deleted."

// UserDeleted says that an account is no more, to everyone; Purged that what it
// wrote is gone too.
type UserDeleted struct {
	User   UserID
	Purged bool
	At     time.Time
}

func (UserDeleted) event() {}

// DeleteUser takes an account away: its keys, its memberships, what it had set
// and its name, which nobody can have for 30 days. What it wrote stays as a
// deleted user's, or with purge is deleted, as [Messages.Delete] does. In groups of
// which it was the last owner another member becomes one.
func (m Moderation) DeleteUser(ctx context.Context, name string, purge bool) (User, error) {
	var user User
	if purge {
		if err := m.purge(ctx, name); err != nil {
			return user, err
		}
	}
	err := m.audited(ctx, AuditUserDelete, func(ctx context.Context, tx Tx) (auditedAction, error) {
		var err error
		if user, err = m.deletable(ctx, tx, name); err != nil {
			return auditedAction{}, err
		}
		changes, err := leaveAll(ctx, tx, user.ID)
		if err != nil {
			return auditedAction{}, err
		}
		detail, now := fmt.Sprintf("account %d", user.ID), m.service.timestamp()
		if purge {
			detail += ", with all messages"
			for n := purgePage; n == purgePage; { // what it has written meanwhile
				if n, err = purgeSome(ctx, tx, user.ID, now); err != nil {
					return auditedAction{}, err
				}
			}
		}
		changes = append(changes, UserDeleted{user.ID, purge, now})
		return auditedAction{user.Name, detail, changes}, errors.Join(
			tx.InsertFormerName(ctx, FormerName{User: user.ID, Name: user.Name, EndedAt: now}),
			tx.EraseUser(ctx, user.ID),
		)
	})
	return user, err
}

// deletable finds an account that the actor may take away.
func (m Moderation) deletable(ctx context.Context, r Reader, name string) (User, error) {
	user, err := userNamed(ctx, r, name)
	if err != nil {
		return user, err
	}
	if err := m.allowed(ctx, r, ServerSetRole, &user); err != nil {
		return user, err
	}
	return user, anotherOwner(ctx, r, user)
}

// purgePage is how many messages are deleted in one transaction, so that a server
// in another process goes on between them.
const purgePage = 500

// purge deletes what an account wrote. If it is cut short the account is still
// there, and what is left can be purged again.
func (m Moderation) purge(ctx context.Context, name string) error {
	for n := purgePage; n == purgePage; {
		err := m.service.writer.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
			user, err := m.deletable(ctx, tx, name)
			if err != nil {
				return nil, err
			}
			n, err = purgeSome(ctx, tx, user.ID, m.service.timestamp())
			return nil, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// purgeSome deletes the next messages that an account wrote, and returns how many.
func purgeSome(ctx context.Context, tx Tx, user UserID, at time.Time) (int, error) {
	page, err := tx.OwnMessages(ctx, user, 0, purgePage)
	if err != nil {
		return 0, err
	}
	for _, m := range page {
		if err := tx.DeleteMessage(ctx, &Message{Position: m.Row, Conversation: m.In, Seq: m.Seq, DeletedAt: at}); err != nil {
			return 0, err
		}
	}
	return len(page), nil
}

// leaveAll ends the memberships of an account in groups, closes those in which it was
// the only member, and returns whom it makes an owner. Direct conversations stay as
// they are for the other one.
func leaveAll(ctx context.Context, tx Tx, user UserID) ([]Change, error) {
	all, direct, err := tx.ConversationIDs(ctx, user)
	if err != nil {
		return nil, err
	}
	var changes []Change
	for _, id := range all {
		if slices.Contains(direct, id) {
			continue
		}
		members, err := tx.Members(ctx, id)
		if err != nil {
			return nil, err
		}
		if heir, ok := heirOf(members, user); ok {
			if err := tx.SetMemberRole(ctx, id, heir, RoleOwner); err != nil {
				return nil, err
			}
			changes = append(changes, MemberRoleChanged{id, heir, RoleOwner})
		}
		if err := errors.Join(tx.DeleteMembership(ctx, id, user), closeEmpty(ctx, tx, id)); err != nil {
			return nil, err
		}
	}
	return changes, nil
}

// heirOf is who becomes the owner of a group when its last one goes: an admin if
// there is one, the oldest account else.
func heirOf(members []Member, goes UserID) (UserID, bool) {
	rest := slices.DeleteFunc(slices.Clone(members), func(m Member) bool { return m.User == goes })
	owned := slices.ContainsFunc(members, func(m Member) bool { return m.User == goes && m.Role == RoleOwner })
	if !owned || len(rest) == 0 || slices.ContainsFunc(rest, func(m Member) bool { return m.Role == RoleOwner }) {
		return 0, false
	}
	return slices.MinFunc(rest, func(a, b Member) int {
		rank := map[Role]int{RoleAdmin: -1}
		return cmp.Or(cmp.Compare(rank[a.Role], rank[b.Role]), cmp.Compare(a.User, b.User))
	}).User, true
}

// self is the session's account as it is now. If it is no more that is a refusal: the
// session ends in a moment, and nothing of the account is to come back meanwhile.
func (s *session) self(ctx context.Context, r Reader) (User, error) {
	self, err := r.UserByID(ctx, s.user.ID)
	if err == nil && self.Name == DeletedName {
		err = Refuse(ErrNotAllowed, DeletedReason)
	}
	return self, err
}

// NobodyThere is the answer to one who writes to an account that is no more: an
// [ErrNotAllowed].
func NobodyThere() error {
	return Refuse(ErrNotAllowed, "This account has been deleted, so nobody would read it: nothing was sent.")
}

// somebodyThere refuses a conversation of two of which the other account is no more.
func (s *session) somebodyThere(ctx context.Context, r Reader, id ConversationID) error {
	members, err := r.Members(ctx, id)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(members, func(m Member) bool { return m.User != s.user.ID && m.Name == DeletedName }) {
		return NobodyThere()
	}
	return nil
}
