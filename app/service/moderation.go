package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"confab/app/chat"
	"confab/app/text"
	"confab/app/writer"
)

// Moderation has the use cases for moderating the server: for its host at the command line,
// and for its owners and admins on their screens. [chat.DecideServer] decides whether the
// actor may do something, and the error is [chat.ErrNotAllowed] if not. Each action is in
// the audit log, takes effect at once on open connections, even those of a server in
// another process (see [Service.TailChanges]), and stays in force after a restart. Several
// goroutines may call the methods.
type Moderation struct {
	service *service
	actor   chat.UserID // 0 for the host
	name    string
}

// Host returns the moderation for the command line on the server's own machine, where
// everything is allowed.
func (s *Service) Host() Moderation { return Moderation{service: s.service, name: chat.HostActor} }

func (s *session) moderation() Moderation {
	return Moderation{service: s.service, actor: s.user.ID, name: s.handle()}
}

// maxReason is the longest reason, in characters.
const maxReason = 200

// allowed decides whether the actor may do something now.
func (m Moderation) allowed(ctx context.Context, r chat.Reader, action chat.ServerAction, target *chat.User) error {
	if m.actor == 0 {
		return nil
	}
	_, err := decided(ctx, r, m.actor, action, target)
	return err
}

// decided returns an account as it is now, if it may do something to the server or to
// another account.
func decided(ctx context.Context, r chat.Reader, actor chat.UserID, action chat.ServerAction, target *chat.User) (chat.User, error) {
	user, err := r.UserByID(ctx, actor)
	if err != nil {
		return user, err
	}
	return user, chat.DecideServer(user, action, target)
}

// Group returns a group if the actor may do something there, with the errors of
// [Moderation.ChangeGroup].
func (m Moderation) Group(ctx context.Context, id chat.ConversationID, action chat.Action) (chat.Conversation, error) {
	return m.group(ctx, m.service.store, id, action)
}

// Reader returns the store, for a package that keeps something for groups. The package asks
// [Moderation.Group] before it shows what it has read.
func (m Moderation) Reader() chat.Reader { return m.service.store }

func (m Moderation) group(ctx context.Context, r chat.Reader, id chat.ConversationID, action chat.Action) (chat.Conversation, error) {
	if m.actor == 0 {
		return r.Conversation(ctx, id)
	}
	_, c, err := m.as().access(ctx, r, id, action)
	return c, err
}

// Programs returns the use cases for programs that have no session.
func (m Moderation) Programs() Programs { return Programs{m.service} }

// as returns a session with which the actor can be checked, and nothing else.
func (m Moderation) as() *session {
	return &session{service: m.service, user: chat.User{ID: m.actor, Name: m.name}}
}

// Actor returns the account that acts, 0 for the host, and its handle.
func (m Moderation) Actor() (chat.UserID, string) { return m.actor, m.name }

// auditedAction has the target and the details of an action for the audit log, and the
// changes that it has made.
type auditedAction struct {
	target, detail string
	changes        []chat.Change
}

// audited carries out an action and adds it to the audit log, in one transaction.
func (m Moderation) audited(ctx context.Context, action string, do func(ctx context.Context, tx chat.Tx) (auditedAction, error)) error {
	written := func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		d, err := do(ctx, tx)
		if err != nil {
			return nil, err
		}
		return d.changes, m.service.audit(ctx, tx, m.name, action, d.target, d.detail)
	}
	return m.service.writer.CarryOut(ctx, &writer.Job{Do: written, Of: do, Host: m.actor == 0})
}

// Kick ends the open sessions of an account. Its user may connect again.
func (m Moderation) Kick(ctx context.Context, name, reason string) error {
	return m.audited(ctx, chat.AuditUserKick, func(ctx context.Context, tx chat.Tx) (auditedAction, error) {
		user, err := userNamed(ctx, tx, name)
		if err != nil {
			return auditedAction{}, err
		}
		reason := text.CleanLine(reason, maxReason)
		kicked := chat.UserKicked{User: user.ID, By: m.name, Reason: reason, At: m.service.timestamp()}
		return auditedAction{user.Name, reason, []chat.Change{kicked}}, m.allowed(ctx, tx, chat.ServerModerate, &user)
	})
}

// Audit returns the newest entries of the audit log, the newest first.
func (m Moderation) Audit(ctx context.Context, limit int) ([]chat.AuditEntry, error) {
	if err := m.allowed(ctx, m.service.store, chat.ServerModerate, nil); err != nil {
		return nil, err
	}
	return m.service.store.AuditNewest(ctx, limit)
}

// Users returns all accounts, by handle.
func (m Moderation) Users(ctx context.Context) ([]chat.User, error) {
	return m.service.store.Users(ctx)
}

// SetRole changes the role of an account on the server. It refuses to leave the server
// without an owner, with [chat.ErrNotAllowed].
func (m Moderation) SetRole(ctx context.Context, name string, role chat.Role) error {
	if _, err := chat.ParseRole(string(role)); err != nil {
		return err
	}
	return m.audited(ctx, chat.AuditUserRole, func(ctx context.Context, tx chat.Tx) (auditedAction, error) {
		user, err := userNamed(ctx, tx, name)
		if err != nil {
			return auditedAction{}, err
		}
		if err := m.allowed(ctx, tx, chat.ServerSetRole, &user); err != nil {
			return auditedAction{}, err
		}
		if user.Role == role {
			return auditedAction{}, chat.Refuse(chat.ErrConflict, "%s is %s of this server already.", user.Name, chat.RoleText(role))
		}
		if err := anotherOwner(ctx, tx, user); err != nil {
			return auditedAction{}, err
		}
		// In #general everybody has the role that they have on the server.
		changes := []chat.Change{chat.MemberRoleChanged{Conversation: m.service.general, User: user.ID, Role: role}}
		return auditedAction{user.Name, string(role), changes}, tx.SetUserRole(ctx, user.ID, role)
	})
}

// SetDisabled disables an account, which nobody can use then, or enables it again.
// Everything else about the account stays as it is. SetDisabled refuses the last owner with
// [chat.ErrNotAllowed].
func (m Moderation) SetDisabled(ctx context.Context, name string, disabled bool, reason string) error {
	action := chat.AuditUserEnable
	if disabled {
		action = chat.AuditUserDisable
	}
	return m.audited(ctx, action, func(ctx context.Context, tx chat.Tx) (auditedAction, error) {
		user, err := userNamed(ctx, tx, name)
		if err != nil {
			return auditedAction{}, err
		}
		if err := m.allowed(ctx, tx, chat.ServerModerate, &user); err != nil {
			return auditedAction{}, err
		}
		if user.Disabled == disabled {
			state := "enabled"
			if disabled {
				state = "disabled"
			}
			return auditedAction{}, chat.Refuse(chat.ErrConflict, "The account %s is %s already.", user.Name, state)
		}
		if disabled {
			if err := anotherOwner(ctx, tx, user); err != nil {
				return auditedAction{}, err
			}
		}
		_, direct, err := tx.ConversationIDs(ctx, user.ID)
		changes := []chat.Change{chat.UserDisabled{User: user.ID, Disabled: disabled, Direct: direct}}
		return auditedAction{user.Name, text.CleanLine(reason, maxReason), changes}, errors.Join(err, tx.SetUserDisabled(ctx, user.ID, disabled))
	})
}

// anotherOwner refuses if the account is the only owner who is not disabled.
func anotherOwner(ctx context.Context, r chat.Reader, user chat.User) error {
	if user.Role != chat.RoleOwner {
		return nil
	}
	owners, err := r.Owners(ctx)
	if err != nil {
		return err
	}
	for _, o := range owners {
		if o.ID != user.ID && !o.Disabled {
			return nil
		}
	}
	return chat.Refuse(chat.ErrNotAllowed, "%s is the last owner of this server: make somebody else an owner first.", user.Name)
}

// DeleteUser deletes an account: its keys, memberships, notes, preferences and handle,
// which nobody can have for 30 days. Its other messages stay, shown as those of a deleted
// user. With purge they are deleted too, as [Messages.Delete] does. If the account was the
// last owner of a group, another member becomes its owner. DeleteUser refuses the last
// owner of the server with [chat.ErrNotAllowed].
func (m Moderation) DeleteUser(ctx context.Context, name string, purge bool) (chat.User, error) {
	var user chat.User
	parts := []eraser{eraseReactions, m.eraseNotes}
	if purge {
		parts = append(parts, m.purgeSome)
	}
	for _, some := range parts {
		if err := m.erase(ctx, name, some); err != nil {
			return user, err
		}
	}
	err := m.audited(ctx, chat.AuditUserDelete, func(ctx context.Context, tx chat.Tx) (auditedAction, error) {
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
		}
		for _, some := range parts { // things that it has added in the meantime
			for n := erasePage; n == erasePage; {
				if n, err = some(ctx, tx, user.ID); err != nil {
					return auditedAction{}, err
				}
			}
		}
		changes = append(changes, chat.UserDeleted{User: user.ID, Purged: purge, At: now})
		return auditedAction{user.Name, detail, changes}, errors.Join(
			tx.InsertFormerName(ctx, chat.FormerName{User: user.ID, Name: user.Name, EndedAt: now}),
			tx.EraseUser(ctx, user.ID),
		)
	})
	return user, err
}

// Deletable returns an account that [Moderation.DeleteUser] would delete, or its error.
func (m Moderation) Deletable(ctx context.Context, name string) (chat.User, error) {
	return m.deletable(ctx, m.service.store, name)
}

// deletable finds an account that the actor may delete.
func (m Moderation) deletable(ctx context.Context, r chat.Reader, name string) (chat.User, error) {
	user, err := userNamed(ctx, r, name)
	if err != nil {
		return user, err
	}
	if err := m.allowed(ctx, r, chat.ServerSetRole, &user); err != nil {
		return user, err
	}
	return user, anotherOwner(ctx, r, user)
}

// erasePage is how much of an account is deleted in one transaction. Between two of them,
// a server in another process can write.
const erasePage = 500

// An eraser deletes the next [erasePage] things of an account, and returns their number.
type eraser func(ctx context.Context, tx chat.Tx, user chat.UserID) (int, error)

// erase deletes things of an account. If it is interrupted, the account is still there,
// and can be deleted again.
func (m Moderation) erase(ctx context.Context, name string, some eraser) error {
	for n := erasePage; n == erasePage; {
		err := m.service.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
			user, err := m.deletable(ctx, tx, name)
			if err != nil {
				return nil, err
			}
			n, err = some(ctx, tx, user.ID)
			return nil, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eraseNotes deletes the notes of an account to itself, which nobody else could read.
func (m Moderation) eraseNotes(ctx context.Context, tx chat.Tx, user chat.UserID) (int, error) {
	notes, err := notesOf(ctx, tx, user)
	if err != nil || notes == 0 {
		return 0, err
	}
	gone, err := tx.Expire(ctx, chat.Expiring{Conversation: notes, Before: m.service.now().AddDate(100, 0, 0)}, erasePage)
	return gone.Messages, err
}

// notesOf returns the conversation of an account with itself, 0 if there is none.
func notesOf(ctx context.Context, r chat.Reader, user chat.UserID) (chat.ConversationID, error) {
	c, err := r.ConversationByName(ctx, chat.DirectName(user, user))
	if errors.Is(err, chat.ErrNotFound) {
		return 0, nil
	}
	return c.ID, err
}

// purgeSome deletes messages of an account.
func (m Moderation) purgeSome(ctx context.Context, tx chat.Tx, user chat.UserID) (int, error) {
	page, err := tx.OwnMessages(ctx, user, 0, erasePage)
	if err != nil {
		return 0, err
	}
	at := m.service.timestamp()
	for _, o := range page {
		if err := tx.DeleteMessage(ctx, &chat.Message{Position: o.Row, Conversation: o.In, Seq: o.Seq, DeletedAt: at}); err != nil {
			return 0, err
		}
	}
	return len(page), nil
}

// leaveAll ends the memberships of an account in groups and in its notes, and closes those
// in which it was the only member. It returns the changes of owners. Direct conversations
// stay as they are for the other member.
func leaveAll(ctx context.Context, tx chat.Tx, user chat.UserID) ([]chat.Change, error) {
	all, direct, err := tx.ConversationIDs(ctx, user)
	if err != nil {
		return nil, err
	}
	notes, err := notesOf(ctx, tx, user)
	if err != nil {
		return nil, err
	}
	var changes []chat.Change
	for _, id := range all {
		if slices.Contains(direct, id) && id != notes {
			continue
		}
		members, err := tx.Members(ctx, id)
		if err != nil {
			return nil, err
		}
		if heir, ok := heirOf(members, user); ok {
			if err := tx.SetMemberRole(ctx, id, heir, chat.RoleOwner); err != nil {
				return nil, err
			}
			changes = append(changes, chat.MemberRoleChanged{Conversation: id, User: heir, Role: chat.RoleOwner})
		}
		if err := errors.Join(tx.DeleteMembership(ctx, id, user), closeEmpty(ctx, tx, id)); err != nil {
			return nil, err
		}
	}
	return changes, nil
}

// heirOf returns the member who becomes the owner of a group when its last owner goes:
// the oldest admin, or the oldest account in a group without admins.
func heirOf(members []chat.Member, goes chat.UserID) (chat.UserID, bool) {
	rest := slices.DeleteFunc(slices.Clone(members), func(m chat.Member) bool { return m.User == goes })
	owned := slices.ContainsFunc(members, func(m chat.Member) bool { return m.User == goes && m.Role == chat.RoleOwner })
	if !owned || len(rest) == 0 || slices.ContainsFunc(rest, func(m chat.Member) bool { return m.Role == chat.RoleOwner }) {
		return 0, false
	}
	return slices.MinFunc(rest, func(a, b chat.Member) int {
		rank := map[chat.Role]int{chat.RoleAdmin: -1}
		return cmp.Or(cmp.Compare(rank[a.Role], rank[b.Role]), cmp.Compare(a.User, b.User))
	}).User, true
}
