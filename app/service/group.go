package service

import (
	"context"
	"errors"
	"strings"

	"confab/app/chat"
	"confab/app/text"
)

// Groups has the use cases of a session for its conversations, both groups and direct ones,
// and for their members. See [Session.Groups].
type Groups struct{ *session }

// maxTopic is the longest topic, in characters: a line of a wide screen.
const maxTopic = 200

// Direct returns the direct conversation with another account. If there is none, it makes
// it, for both accounts. For "me" and for the user's own handle, it is the user's notes,
// which nobody else sees. The error is [chat.ErrNotFound] for an unknown handle.
func (s Groups) Direct(ctx context.Context, name string) (chat.ConversationID, error) {
	other, err := s.userNamed(ctx, s.service.store, name)
	if err != nil {
		return 0, err
	}
	key := chat.DirectName(s.user.ID, other.ID)
	var id chat.ConversationID
	err = s.do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		have, err := tx.ConversationByName(ctx, key)
		if !errors.Is(err, chat.ErrNotFound) {
			id = have.ID
			return nil, err
		}
		if err := s.conversationLimit(ctx, tx); err != nil {
			return nil, err
		}
		c, err := s.newConversation(ctx, tx, chat.Conversation{Kind: chat.KindDirect, Name: key})
		if err != nil {
			return nil, err
		}
		id = c.ID
		own, err := s.admitSelf(ctx, tx, c, chat.RoleMember)
		if err != nil || other.ID == s.user.ID {
			return []chat.Change{own}, err
		}
		theirs, err := admit(ctx, tx, c, other, chat.RoleMember, s.user.ID)
		return []chat.Change{own, theirs}, err
	})
	return id, err
}

// NewGroup makes a group that the session's user owns. The named people become members or
// are invited (see [chat.DecideContact]). The error is [chat.ErrConflict] if the name looks
// like that of another group that the user may know of.
func (s Groups) NewGroup(ctx context.Context, name string, public bool, members []string) (chat.ConversationID, error) {
	name, err := text.ParseConversationName(name)
	if err != nil {
		return 0, err
	}
	members, err = s.naming(ctx, members)
	if err != nil {
		return 0, err
	}
	var id chat.ConversationID
	err = s.do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		if err := s.nameIsFree(ctx, tx, 0, name); err != nil {
			return nil, err
		}
		users, err := s.usersNamed(ctx, tx, members)
		if err != nil {
			return nil, err
		}
		if err := s.conversationLimit(ctx, tx); err != nil {
			return nil, err
		}
		others, err := s.sortAdditions(ctx, tx, chat.Conversation{}, users)
		if err != nil {
			return nil, err
		}
		if err := s.memberLimit(ctx, tx, chat.Conversation{Name: name}, 1+len(others.now)); err != nil {
			return nil, err
		}
		c, err := s.newConversation(ctx, tx, chat.Conversation{Kind: chat.KindGroup, Name: name, Public: public})
		if err != nil {
			return nil, err
		}
		id = c.ID
		own, err := s.admitSelf(ctx, tx, c, chat.RoleOwner)
		if err != nil {
			return nil, err
		}
		created, err := s.announce(ctx, tx, c.ID, chat.NoticeCreated, "")
		if err != nil {
			return nil, err
		}
		come, err := s.admitAll(ctx, tx, c, others)
		return append([]chat.Change{own, created}, come...), err
	})
	return id, err
}

func (s Groups) newConversation(ctx context.Context, tx chat.Tx, c chat.Conversation) (chat.Conversation, error) {
	if c.Name != chat.DirectName(s.user.ID, s.user.ID) {
		if err := s.mayWrite(ctx, tx); err != nil {
			return c, err
		}
	}
	uid, err := s.service.newID()
	if err != nil {
		return c, err
	}
	c.UID, c.CreatedAt = uid, s.service.timestamp()
	return tx.InsertConversation(ctx, c)
}

// mayWrite refuses a session whose account is silenced, or may not write during maintenance.
func (s *session) mayWrite(ctx context.Context, r chat.Reader) error {
	m, err := s.membership(ctx, r, s.service.general)
	if err != nil {
		return err
	}
	return chat.DecideSilence(m, s.service.now())
}

// nameIsFree refuses a group's name that looks like the name of a public group, or of a
// group that the session's user is in. It does not compare it with other groups, because
// the answer would reveal private groups of others.
func (s Groups) nameIsFree(ctx context.Context, r chat.Reader, id chat.ConversationID, name string) error {
	return groupNameIsFree(ctx, r, s.user.ID, id, name)
}

// groupNameIsFree is [Groups.nameIsFree] for an account, or for the host with 0: then only
// public groups are compared, because private ones may have any name.
func groupNameIsFree(ctx context.Context, r chat.Reader, user chat.UserID, id chat.ConversationID, name string) error {
	like, err := r.GroupsLike(ctx, user, text.Skeleton(name))
	if err != nil {
		return err
	}
	for _, c := range like {
		switch {
		case c.ID == id:
		case c.Name == name:
			return chat.Refuse(chat.ErrConflict, "#%s exists already: choose another name.", name)
		default:
			return chat.Refuse(chat.ErrConflict, "The name #%s looks like #%s, which exists: choose one that looks different.", name, c.Name)
		}
	}
	return nil
}

// admit makes a user a member of a conversation, who sees its messages from the next one
// on. If somebody else has added the user, by is who.
func admit(ctx context.Context, tx chat.Tx, c chat.Conversation, user chat.User, role chat.Role, by chat.UserID) (chat.Change, error) {
	m := chat.Membership{Conversation: c.ID, User: user.ID, Role: role, Joined: c.LastSeq, Markers: chat.MarkersAt(c.LastSeq), Added: by != 0}
	if c.Kind == chat.KindGroup { // direct messages are listed once somebody writes
		m.AddedBy = by
	}
	if err := tx.InsertMembership(ctx, m); err != nil {
		return nil, err
	}
	return chat.MemberJoined{
		Conversation: c.ID, Direct: c.Kind == chat.KindDirect, User: user.ID, Name: user.Name, Role: role, Joined: c.LastSeq,
		Bot: user.Bot, Disabled: user.Disabled, ReceiptsOff: user.ReceiptsOff,
	}, nil
}

// joins makes an account a member of a group, and posts a line about it.
func (m Moderation) joins(ctx context.Context, tx chat.Tx, c chat.Conversation, user chat.User, role chat.Role) ([]chat.Change, error) {
	c, err := tx.Conversation(ctx, c.ID) // with the number of its newest message
	if err != nil {
		return nil, err
	}
	come, err := admit(ctx, tx, c, user, role, 0)
	if err != nil {
		return nil, err
	}
	line, err := m.service.announce(ctx, tx, c.ID, user, chat.NoticeJoined, "")
	return []chat.Change{come, line}, err
}

// admitSelf is admit for the session's user. It reads the account again, because the
// user may have turned receipts on or off since the session was opened.
func (s Groups) admitSelf(ctx context.Context, tx chat.Tx, c chat.Conversation, role chat.Role) (chat.Change, error) {
	user, err := tx.UserByID(ctx, s.user.ID)
	if err != nil {
		return nil, err
	}
	return admit(ctx, tx, c, user, role, 0)
}

// admitAll adds members, invites others, and posts lines about it to the conversation.
// The new members see these lines.
func (s Groups) admitAll(ctx context.Context, tx chat.Tx, c chat.Conversation, a additions) ([]chat.Change, error) {
	c, err := tx.Conversation(ctx, c.ID) // with the number of its newest message
	if err != nil {
		return nil, err
	}
	var changes []chat.Change
	var names []string
	for _, u := range a.now {
		come, err := admit(ctx, tx, c, u, chat.RoleMember, s.user.ID)
		if err != nil {
			return nil, err
		}
		changes = append(changes, come)
		names = append(names, u.Name)
	}
	if len(names) > 0 {
		line, err := s.announce(ctx, tx, c.ID, chat.NoticeAdded, strings.Join(names, ", "))
		if err != nil {
			return nil, err
		}
		changes = append(changes, line)
	}
	invited, err := s.invite(ctx, tx, c.ID, a)
	return append(changes, invited...), err
}

// Join makes the session's user a member of a public group. If no public group has the
// name, the error is [chat.ErrNotFound].
func (s Groups) Join(ctx context.Context, name string) (chat.ConversationID, error) {
	name, err := text.ParseConversationName(name)
	if err != nil {
		return 0, err
	}
	var id chat.ConversationID
	err = s.do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		c, err := tx.ConversationByName(ctx, name)
		if errors.Is(err, chat.ErrNotFound) { // the user may be in a private group of that name
			c, err = s.ownGroup(ctx, tx, name)
		}
		if err != nil && !errors.Is(err, chat.ErrNotFound) {
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

// join makes the session's user a member of a group at their own wish. m is the user's
// membership before.
func (s Groups) join(ctx context.Context, tx chat.Tx, c chat.Conversation, m chat.Membership) ([]chat.Change, error) {
	if err := chat.Decide(m, c, chat.ActionJoin, s.service.now()); err != nil || m.Member() {
		return nil, err
	}
	if err := s.conversationLimit(ctx, tx); err != nil {
		return nil, err
	}
	if err := s.memberLimit(ctx, tx, c, 1); err != nil {
		return nil, err
	}
	come, err := s.admitSelf(ctx, tx, c, chat.RoleMember)
	if err != nil {
		return nil, err
	}
	line, err := s.announce(ctx, tx, c.ID, chat.NoticeJoined, "")
	return []chat.Change{come, line, chat.InvitationsOf{User: s.user.ID}}, err
}

// Leave ends the membership of the session's user. It refuses the last owner of a group
// with other members with [chat.ErrNotAllowed]. A group closes when its last member leaves.
func (s Groups) Leave(ctx context.Context, id chat.ConversationID) error {
	return s.do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		m, c, err := s.access(ctx, tx, id, chat.ActionLeave)
		if err != nil {
			return nil, err
		}
		if err := lastOwner(ctx, tx, m, "You are the last owner of #%s: make another member an owner first.", c.Name); err != nil {
			return nil, err
		}
		then, err := s.depart(ctx, tx, id, s.user.ID, chat.NoticeLeft, "")
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
func closeEmpty(ctx context.Context, tx chat.Tx, id chat.ConversationID) error {
	members, _, err := tx.CountMembers(ctx, id)
	if err != nil || members > 0 {
		return err
	}
	c, err := tx.Conversation(ctx, id)
	if err != nil || c.General() {
		return err
	}
	c.Name, c.Public = chat.LeftName(id), false
	return errors.Join(tx.UpdateConversation(ctx, c), tx.DeleteInvitationsTo(ctx, id))
}

// lastOwner refuses with a sentence if a member is the only owner of a group with other members.
func lastOwner(ctx context.Context, tx chat.Tx, m chat.Membership, format string, args ...any) error {
	members, owners, err := tx.CountMembers(ctx, m.Conversation)
	if err == nil && m.Role == chat.RoleOwner && owners == 1 && members > 1 {
		return chat.Refuse(chat.ErrNotAllowed, format, args...).With(chat.HintSetRole)
	}
	return err
}

// depart ends a membership and posts a line about it for the other members.
func (s Groups) depart(ctx context.Context, tx chat.Tx, id chat.ConversationID, user chat.UserID, notice chat.Notice, body string) ([]chat.Change, error) {
	if err := tx.DeleteMembership(ctx, id, user); err != nil {
		return nil, err
	}
	line, err := s.announce(ctx, tx, id, notice, body)
	return []chat.Change{chat.MemberLeft{Conversation: id, User: user}, line}, err
}

// PublicGroups returns the groups that everyone may join, by name.
func (s Groups) PublicGroups(ctx context.Context) ([]chat.PublicGroup, error) {
	if err := s.ask(ctx, costList); err != nil {
		return nil, err
	}
	groups, err := s.service.store.PublicGroups(ctx)
	s.owe(len(groups))
	return groups, err
}

// RenameGroup changes the name of a group, as [Groups.Rename] does.
func (h Contents) RenameGroup(ctx context.Context, name, to string) error {
	to, err := text.ParseConversationName(to)
	if err != nil {
		return err
	}
	return h.host.audited(ctx, chat.AuditGroupRename, func(ctx context.Context, tx chat.Tx) (auditedAction, error) {
		g, err := groupNamed(ctx, tx, name)
		if err != nil {
			return auditedAction{}, err
		}
		// The host may do what an owner of the group may.
		if err := chat.Decide(chat.Membership{Role: chat.RoleOwner}, g.Conversation, chat.ActionRename, h.host.service.now()); err != nil {
			return auditedAction{}, err
		}
		if err := groupNameIsFree(ctx, tx, 0, g.ID, to); err != nil {
			return auditedAction{}, err
		}
		was := g.Name
		g.Name = to
		if err := tx.UpdateConversation(ctx, g.Conversation); err != nil {
			return auditedAction{}, err
		}
		line, err := h.line(ctx, tx, g.ID, chat.NoticeRenamed, to)
		return auditedAction{"#" + to, "was #" + was, []chat.Change{chat.ConversationChanged{Conversation: g.ID}, line}}, err
	})
}

// ensureGeneral creates the group of all members if it is missing.
func (s *Service) ensureGeneral(ctx context.Context) error {
	_, err := s.store.ConversationByName(ctx, chat.GeneralName)
	if !errors.Is(err, chat.ErrNotFound) {
		return err
	}
	return s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		// Another process may have been first.
		if _, err := tx.ConversationByName(ctx, chat.GeneralName); !errors.Is(err, chat.ErrNotFound) {
			return nil, err
		}
		uid, err := s.newID()
		if err != nil {
			return nil, err
		}
		_, err = tx.InsertConversation(ctx, chat.Conversation{
			UID: uid, Kind: chat.KindGroup, Name: chat.GeneralName, Public: true, OpenHistory: true, CreatedAt: s.now(),
		})
		return nil, err
	})
}
