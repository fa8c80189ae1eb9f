package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// DeletedName is shown in place of the handle of a deleted account.
const DeletedName = "deleted user"

// DeletedReason is the sentence for the user of a deleted account.
const DeletedReason = "This account has been deleted."

// UserDeleted tells everyone that an account was deleted. Purged says that its messages
// were deleted too.
type UserDeleted struct {
	User   UserID
	Purged bool
	At     time.Time
}

func (UserDeleted) event() {}

// DeleteUser deletes an account: its keys, memberships, preferences and name, which
// nobody can have for 30 days. Its messages stay, as those of a deleted user. With purge
// they are deleted too, as [Messages.Delete] does. If the account was the last owner of
// a group, another member becomes its owner.
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
			for n := purgePage; n == purgePage; { // messages that it has written in the meantime
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

// deletable finds an account that the actor may delete.
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

// purgePage is how many messages are deleted in one transaction. Between two of them, a
// server in another process can write.
const purgePage = 500

// purge deletes the messages of an account. If it is interrupted, the account is still
// there, and can be purged again.
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

// purgeSome deletes the next messages of an account, and returns their number.
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

// leaveAll ends the memberships of an account in groups, and closes groups in which it
// was the only member. It returns the changes of owners. Direct conversations stay as
// they are for the other member.
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

// heirOf returns the member who becomes the owner of a group when its last owner goes:
// the oldest admin, or the oldest account in a group without admins.
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

// self returns the session's account as it is now. It refuses a deleted account: its
// session ends in a moment, and must not store anything of the account until then.
func (s *session) self(ctx context.Context, r Reader) (User, error) {
	self, err := r.UserByID(ctx, s.user.ID)
	if err == nil && self.Name == DeletedName {
		err = Refuse(ErrNotAllowed, DeletedReason)
	}
	return self, err
}

// NobodyThere refuses a message to a deleted account with [ErrNotAllowed].
func NobodyThere() error {
	return Refuse(ErrNotAllowed, "This account has been deleted, so nobody would read it: nothing was sent.")
}

// somebodyThere refuses a direct conversation whose other account was deleted.
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
