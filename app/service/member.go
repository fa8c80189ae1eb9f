package service

import (
	"context"
	"errors"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/text"
	"confab/app/writer"
)

// Members returns the members of a conversation, by user.
func (s Groups) Members(ctx context.Context, id chat.ConversationID) ([]chat.Member, error) {
	if err := s.ask(ctx, costList); err != nil {
		return nil, err
	}
	_, c, err := s.access(ctx, s.service.store, id, chat.ActionRead)
	if err != nil {
		return nil, err
	}
	members, err := s.service.store.Members(ctx, id)
	if err != nil {
		return nil, err
	}
	s.owe(len(members))
	users := make([]chat.UserID, len(members))
	for i, m := range members {
		users[i] = m.User
	}
	for i, p := range s.service.live.Presences(users) {
		members[i].Presence = p
		// Only receipts tell how far other members are.
		if m := &members[i]; m.User != s.user.ID {
			m.Markers, m.Pinned, m.MutedUntil = chat.Markers{}, false, time.Time{}
			if c.Kind == chat.KindDirect {
				if m.LastSeen, err = s.lastSeen(ctx, chat.User{ID: m.User}); err != nil {
					return nil, err
				}
			}
		}
	}
	return members, s.hideStatuses(ctx, len(members), func(i int) (chat.UserID, *chat.Status) { return members[i].User, &members[i].Status })
}

// AddMembers makes accounts members of a group, or invites them (see [chat.DecideContact]).
// Members stay as they are. If nobody is added or invited, the error is [chat.ErrConflict].
func (s Groups) AddMembers(ctx context.Context, id chat.ConversationID, names []string) error {
	names, err := s.naming(ctx, names)
	if err != nil {
		return err
	}
	return s.do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		_, c, err := s.access(ctx, tx, id, chat.ActionAdd)
		if err != nil {
			return nil, err
		}
		users, err := s.usersNamed(ctx, tx, names)
		if err != nil {
			return nil, err
		}
		others, err := s.sortAdditions(ctx, tx, c, users)
		if err != nil {
			return nil, err
		}
		switch {
		case len(others.now)+len(others.asked) > 0:
		case len(others.waiting) > 0:
			return nil, chat.Refuse(chat.ErrConflict, "@%s was invited already: wait for an answer.", others.waiting[0].Name)
		default:
			return nil, chat.Refuse(chat.ErrConflict, "Nobody was added: they are members already.")
		}
		if err := s.memberLimit(ctx, tx, c, len(others.now)); err != nil {
			return nil, err
		}
		return s.admitAll(ctx, tx, c, others)
	})
}

// RemoveMember ends the membership of somebody else in a group, on all their screens at
// once. Owners of the group may remove anyone, and its admins may remove members who have
// no such role. In public groups, owners and admins of the server may do it too.
func (s Groups) RemoveMember(ctx context.Context, id chat.ConversationID, name string) error {
	return s.do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		own, c, err := s.access(ctx, tx, id, chat.ActionRemove)
		if err != nil {
			return nil, err
		}
		user, theirs, err := s.memberNamed(ctx, tx, c, name)
		if err != nil {
			return nil, err
		}
		if user.ID == s.user.ID {
			return nil, chat.Refuse(text.ErrInvalid, "You can't remove yourself.").With(chat.HintLeave)
		}
		if s.asStaff(own, c, chat.ActionRemove) {
			if err := s.moderation().allowed(ctx, tx, chat.ServerModerate, &user); err != nil {
				return nil, err
			}
			if err := s.service.audit(ctx, tx, s.handle(), chat.AuditMemberRemove, user.Name, "from #"+c.Name); err != nil {
				return nil, err
			}
		} else if own.Role != chat.RoleOwner && theirs.Role != chat.RoleMember {
			return nil, chat.Refuse(chat.ErrNotAllowed, "%s is %s here, so only an owner can remove them.", user.Name, chat.RoleText(theirs.Role))
		}
		return s.depart(ctx, tx, id, user.ID, chat.NoticeRemoved, user.Name)
	})
}

// asStaff reports whether a member may do something in a public group only because it is an
// owner or admin of the server. The audit log records such actions.
func (s *session) asStaff(own chat.Membership, c chat.Conversation, action chat.Action) bool {
	own.Staff = false
	return chat.Decide(own, c, action, s.service.now()) != nil
}

// memberNamed finds a member of a group by its handle.
func (s Groups) memberNamed(ctx context.Context, tx chat.Tx, c chat.Conversation, name string) (chat.User, chat.Membership, error) {
	user, err := userNamed(ctx, tx, name)
	if err != nil {
		return user, chat.Membership{}, err
	}
	m, err := tx.Membership(ctx, c.ID, user.ID)
	if err == nil && !m.Member() {
		err = chat.Refuse(chat.ErrNotFound, "%s is not a member of #%s.", user.Name, c.Name).With(chat.HintMembers)
	}
	return user, m, err
}

// SetRole changes the role of a member in a group. It refuses to leave the group without an
// owner, with [chat.ErrNotAllowed].
func (s Groups) SetRole(ctx context.Context, id chat.ConversationID, name string, role chat.Role) error {
	if _, err := chat.ParseRole(string(role)); err != nil {
		return err
	}
	return s.do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		_, c, err := s.access(ctx, tx, id, chat.ActionSetRole)
		if err != nil {
			return nil, err
		}
		user, m, err := s.memberNamed(ctx, tx, c, name)
		if err != nil {
			return nil, err
		}
		if m.Role == role {
			return nil, chat.Refuse(chat.ErrConflict, "%s is %s here already.", user.Name, chat.RoleText(role))
		}
		if err := lastOwner(ctx, tx, m, "%s is the last owner of #%s: make somebody else an owner first.", user.Name, c.Name); err != nil {
			return nil, err
		}
		if err := tx.SetMemberRole(ctx, id, user.ID, role); err != nil {
			return nil, err
		}
		line, err := s.announce(ctx, tx, id, chat.NoticeRole, user.Name+" "+chat.RoleText(role))
		return []chat.Change{chat.MemberRoleChanged{Conversation: id, User: user.ID, Role: role}, line}, err
	})
}

// Rename changes the name of a group.
func (s Groups) Rename(ctx context.Context, id chat.ConversationID, name string) error {
	name, err := text.ParseConversationName(name)
	if err != nil {
		return err
	}
	return s.describe(ctx, id, chat.ActionRename, chat.NoticeRenamed, func(ctx context.Context, tx chat.Tx, c *chat.Conversation) (string, error) {
		if err := s.nameIsFree(ctx, tx, id, name); err != nil {
			return "", err
		}
		c.Name = name
		return name, nil
	})
}

// SetTopic changes the topic of a group. The topic "" removes it.
func (s Groups) SetTopic(ctx context.Context, id chat.ConversationID, topic string) error {
	topic = text.CleanLine(topic, maxTopic)
	return s.describe(ctx, id, chat.ActionDescribe, chat.NoticeTopic, func(_ context.Context, _ chat.Tx, c *chat.Conversation) (string, error) {
		c.Topic = topic
		return topic, nil
	})
}

// Configure turns a setting of a group on or off. It refuses an unknown setting with
// [text.ErrInvalid].
func (s Groups) Configure(ctx context.Context, id chat.ConversationID, setting chat.Setting, on bool) error {
	known := false
	var names []string
	for _, t := range chat.Settings() {
		known = known || t == setting
		names = append(names, string(t))
	}
	if !known {
		return chat.Refuse(text.ErrInvalid, "Unknown setting %q. Choose one of these: %s.", text.CleanLine(string(setting), 20), strings.Join(names, ", "))
	}
	return s.describe(ctx, id, setting.Action(), chat.NoticeSettings, func(ctx context.Context, tx chat.Tx, c *chat.Conversation) (string, error) {
		if setting == chat.SettingPublic && on {
			if err := s.nameIsFree(ctx, tx, id, c.Name); err != nil {
				return "", err
			}
		}
		setting.Set(c, on)
		word := " is off"
		if on {
			word = " is on"
		}
		return string(setting) + word, nil
	})
}

// SetSlow sets the least time between two messages of a member, 0 for none. It does not
// concern those who moderate the group.
func (s Groups) SetSlow(ctx context.Context, id chat.ConversationID, slow time.Duration) error {
	return s.describe(ctx, id, chat.ActionConfigure, chat.NoticeSettings, func(_ context.Context, _ chat.Tx, c *chat.Conversation) (string, error) {
		c.Slow = slow
		return "slow is " + chat.SlowText(slow), nil
	})
}

// describe changes a conversation, and posts a line about that. change makes the change and
// returns the text of the line.
func (s Groups) describe(ctx context.Context, id chat.ConversationID, action chat.Action, notice chat.Notice, change func(context.Context, chat.Tx, *chat.Conversation) (string, error)) error {
	return s.do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		own, c, err := s.access(ctx, tx, id, action)
		if err != nil {
			return nil, err
		}
		name := c.Name
		body, err := change(ctx, tx, &c)
		if err != nil {
			return nil, err
		}
		if s.asStaff(own, c, action) {
			if err := s.service.audit(ctx, tx, s.handle(), chat.AuditGroupChange, "#"+name, string(notice)+" "+body); err != nil {
				return nil, err
			}
		}
		if err := tx.UpdateConversation(ctx, c); err != nil {
			return nil, err
		}
		line, err := s.announce(ctx, tx, id, notice, body)
		return []chat.Change{chat.ConversationChanged{Conversation: id}, line}, err
	})
}

// KeepAtTop keeps a conversation at the top of the list, or stops doing so.
func (s Groups) KeepAtTop(ctx context.Context, id chat.ConversationID, pinned bool) error {
	return s.personal(ctx, id, func(ctx context.Context, tx chat.Tx) error { return tx.SetPinned(ctx, id, s.user.ID, pinned) })
}

// Mute mutes a conversation until a time. The zero time unmutes it.
func (s Groups) Mute(ctx context.Context, id chat.ConversationID, until time.Time) error {
	return s.personal(ctx, id, func(ctx context.Context, tx chat.Tx) error { return tx.SetMutedUntil(ctx, id, s.user.ID, until) })
}

func (s Groups) personal(ctx context.Context, id chat.ConversationID, change func(context.Context, chat.Tx) error) error {
	return s.write(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		if _, _, err := s.access(ctx, tx, id, chat.ActionRead); err != nil {
			return nil, err
		}
		return []chat.Change{chat.PersonalChanged{User: s.user.ID}}, change(ctx, tx)
	})
}

// maxNames is how many people one change may name, because changes run one after the
// other, and a slow one delays all others.
const maxNames = 100

// naming returns the names of a change without repetitions. Such a change delays others, so
// naming waits until the session's user may make one that names so many people.
func (s Groups) naming(ctx context.Context, names []string) ([]string, error) {
	names, err := distinctNames(names)
	if err != nil {
		return nil, err
	}
	return names, s.ask(ctx, costName*len(names))
}

// distinctNames returns the names without repetitions, and looks up none of them. It
// refuses too many names with [chat.ErrTooLarge].
func distinctNames(names []string) ([]string, error) {
	var distinct []string
	seen := make(map[string]bool)
	for _, name := range names {
		folded := foldedName(name)
		if seen[folded] {
			continue
		}
		if len(distinct) == maxNames {
			return nil, chat.Refuse(chat.ErrTooLarge, "You can name at most %d people at once: name the others in another command.", maxNames)
		}
		seen[folded] = true
		distinct = append(distinct, name)
	}
	return distinct, nil
}

// SetKeep sets how long messages of a group are kept, 0 for the server's own limit. The
// server's limit applies too, so a longer time has no effect.
func (s Groups) SetKeep(ctx context.Context, id chat.ConversationID, keep time.Duration) error {
	return s.describe(ctx, id, chat.ActionKeep, chat.NoticeSettings, func(ctx context.Context, tx chat.Tx, c *chat.Conversation) (string, error) {
		return "keep is " + chat.KeepText(keep), tx.SetKeep(ctx, c.ID, keep)
	})
}

// GroupChange is what [Moderation.ChangeGroup] did: the target and the detail for the audit
// log, and the changes for open sessions.
type GroupChange struct {
	Action, Target, Detail string
	Changes                []chat.Change
}

// ChangeGroup makes a change of a group for a package that keeps something for it, such as
// webhooks. It is one transaction with its entry in the audit log. [chat.Decide] decides
// whether the actor may do the action there; the host may do everything. Like every change,
// it counts as a message of the actor.
func (m Moderation) ChangeGroup(ctx context.Context, id chat.ConversationID, action chat.Action, do func(context.Context, chat.Tx, chat.Conversation) (GroupChange, error)) error {
	if m.actor != 0 {
		if err := m.service.pace.wait(ctx, m.actor, false, 0); err != nil {
			return err
		}
	}
	written := func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		c, err := m.group(ctx, tx, id, action)
		if err != nil {
			return nil, err
		}
		done, err := do(ctx, tx, c)
		if err != nil {
			return nil, err
		}
		return done.Changes, m.service.audit(ctx, tx, m.name, done.Action, done.Target, done.Detail)
	}
	return m.service.writer.CarryOut(ctx, &writer.Job{Do: written, Of: do, Host: m.actor == 0})
}

// Bot returns the account of a program, and makes it a member of a group. If no account has
// this handle, Bot makes one. It refuses the account of a person with
// [chat.ErrConflict]. An account with keys is that of somebody's program, so only the host
// can have it post elsewhere.
func (m Moderation) Bot(ctx context.Context, tx chat.Tx, c chat.Conversation, name string) (chat.User, []chat.Change, error) {
	bot, err := tx.UserByName(ctx, name)
	var changes []chat.Change
	switch {
	case errors.Is(err, chat.ErrNotFound):
		if err := m.service.handleIsFree(ctx, tx, name, 0); err != nil {
			return bot, nil, err
		}
		if bot, changes, err = m.service.newUser(ctx, tx, m.name, chat.User{Name: name, Role: chat.RoleMember, Bot: true}); err != nil {
			return bot, nil, err
		}
	case err != nil:
		return bot, nil, err
	case !bot.Bot:
		return bot, nil, chat.Refuse(chat.ErrConflict, "%s is the account of a person: give the bot a name of its own.", name)
	case m.actor != 0:
		own, err := tx.Keys(ctx, name)
		if err != nil {
			return bot, nil, err
		}
		if len(own) > 0 {
			return bot, nil, chat.Refuse(chat.ErrConflict, "%s is a bot that logs in with a key, so only the server's host can make a webhook for it: choose another name.", name)
		}
	}
	own, err := tx.Membership(ctx, c.ID, bot.ID)
	if err != nil || own.Member() {
		return bot, changes, err
	}
	if err := m.as().memberLimit(ctx, tx, c, 1); err != nil {
		return bot, nil, err
	}
	come, err := m.joins(ctx, tx, c, bot, chat.RoleMember)
	return bot, append(changes, come...), err
}
