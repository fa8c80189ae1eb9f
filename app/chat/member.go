package chat

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"confab/app/text"
)

// MemberKey names the membership of a user in a conversation.
type MemberKey struct {
	Conversation ConversationID
	User         UserID
}

// Membership joins a user to a conversation.
type Membership struct {
	Conversation ConversationID
	User         UserID
	Role         Role // in the conversation; "" if the user is no member
	Joined       Seq  // the newest message when it joined
	Markers
	Added       bool // somebody else made the user a member, without asking it
	Invited     bool // and has not answered; not kept, see [Groups.AcceptInvitation]
	ReceiptsOff bool // keeps what it reads here to itself
	Pinned      bool
	MutedUntil  time.Time // the zero time if it is not muted
}

// Member reports whether the user is in the conversation.
func (m Membership) Member() bool { return m.Role != "" }

// Muted reports whether the member wants to hear nothing of the conversation.
func (m Membership) Muted(now time.Time) bool { return now.Before(m.MutedUntil) }

// mayManage reports whether the member's role is one that looks after others.
func (m Membership) mayManage() bool { return m.Role == RoleOwner || m.Role == RoleAdmin }

// Member is a membership with whose it is.
type Member struct {
	Membership
	UID  uuid.UUID // the user's
	Name string
	// DisplayName is [User.DisplayName].
	DisplayName string
	Bot         bool
	Disabled    bool
	Presence    Presence
	// AccountReceiptsOff is [User.ReceiptsOff].
	AccountReceiptsOff bool
}

// Counts reports whether anybody waits for the member to get or read anything: for
// programs, and for those who are kept out, nobody does.
func (m Member) Counts() bool { return !m.Bot && !m.Disabled }

// Shares reports whether the member tells others what it has read.
func (m Member) Shares() bool { return !m.ReceiptsOff && !m.AccountReceiptsOff }

// Members returns who is in a conversation, by user.
func (s Groups) Members(ctx context.Context, id ConversationID) ([]Member, error) {
	if err := s.ask(ctx, costList); err != nil {
		return nil, err
	}
	if _, _, err := s.access(ctx, s.service.store, id, ActionRead); err != nil {
		return nil, err
	}
	members, err := s.service.store.Members(ctx, id)
	if err != nil {
		return nil, err
	}
	s.owe(len(members))
	users := make([]UserID, len(members))
	for i, m := range members {
		users[i] = m.User
	}
	for i, p := range s.service.live.Presences(users) {
		members[i].Presence = p
		// Only receipts tell how far other members are.
		if m := &members[i]; m.User != s.user.ID {
			m.Markers, m.Pinned, m.MutedUntil = Markers{}, false, time.Time{}
		}
	}
	return members, nil
}

// AddMembers makes accounts members of a group, or invites them (see
// [DecideContact]). Those who are already stay as they are.
func (s Groups) AddMembers(ctx context.Context, id ConversationID, names []string) error {
	names, err := s.naming(ctx, names)
	if err != nil {
		return err
	}
	return s.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		_, c, err := s.access(ctx, tx, id, ActionAdd)
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
			return nil, Refuse(ErrConflict, "@%s was invited already: wait for an answer.", others.waiting[0].Name)
		default:
			return nil, Refuse(ErrConflict, "Nobody was added: they are members already.")
		}
		if err := s.takes(ctx, tx, c, len(others.now)); err != nil {
			return nil, err
		}
		return s.admitAll(ctx, tx, c, others)
	})
}

// RemoveMember takes a member out of a group, on all its open screens at once.
// An admin removes members, an owner anyone but itself, and so do, from public
// groups, those who look after the server.
func (s Groups) RemoveMember(ctx context.Context, id ConversationID, name string) error {
	return s.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		own, c, err := s.access(ctx, tx, id, ActionRemove)
		asModerator := err != nil && own.Member() && c.Public && !c.general() && s.moderation().allowed(ctx, tx, ServerModerate, nil) == nil
		if err != nil && !asModerator {
			return nil, err
		}
		user, theirs, err := s.memberNamed(ctx, tx, c, name)
		if err != nil {
			return nil, err
		}
		if user.ID == s.user.ID {
			return nil, Refuse(text.ErrInvalid, "You can't remove yourself.").With(HintLeave)
		}
		if asModerator {
			if err := s.moderation().allowed(ctx, tx, ServerModerate, &user); err != nil {
				return nil, err
			}
			if err := s.service.audit(ctx, tx, s.handle(), AuditMemberRemove, user.Name, "from #"+c.Name); err != nil {
				return nil, err
			}
		} else if own.Role != RoleOwner && theirs.Role != RoleMember {
			return nil, Refuse(ErrNotAllowed, "%s is %s here, so only an owner can remove them.", user.Name, roleText(theirs.Role))
		}
		return s.depart(ctx, tx, id, user.ID, NoticeRemoved, user.Name)
	})
}

// memberNamed finds a member of a group by its handle.
func (s Groups) memberNamed(ctx context.Context, tx Tx, c Conversation, name string) (User, Membership, error) {
	user, err := userNamed(ctx, tx, name)
	if err != nil {
		return user, Membership{}, err
	}
	m, err := tx.Membership(ctx, c.ID, user.ID)
	if err == nil && !m.Member() {
		err = Refuse(ErrNotFound, "%s is not a member of #%s.", user.Name, c.Name).With(HintMembers)
	}
	return user, m, err
}

// SetRole changes what a member may do in a group. There is always an owner.
func (s Groups) SetRole(ctx context.Context, id ConversationID, name string, role Role) error {
	if _, err := ParseRole(string(role)); err != nil {
		return err
	}
	return s.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		_, c, err := s.access(ctx, tx, id, ActionSetRole)
		if err != nil {
			return nil, err
		}
		user, m, err := s.memberNamed(ctx, tx, c, name)
		if err != nil {
			return nil, err
		}
		if m.Role == role {
			return nil, Refuse(ErrConflict, "%s is %s here already.", user.Name, roleText(role))
		}
		if err := lastOwner(ctx, tx, m, "%s is the last owner of #%s: make somebody else one first.", user.Name, c.Name); err != nil {
			return nil, err
		}
		if err := tx.SetMemberRole(ctx, id, user.ID, role); err != nil {
			return nil, err
		}
		line, err := s.announce(ctx, tx, id, NoticeRole, user.Name+" "+roleText(role))
		return []Change{MemberRoleChanged{id, user.ID, role}, line}, err
	})
}

// roleText is a role in a sentence.
func roleText(r Role) string {
	switch r {
	case RoleOwner:
		return "an owner"
	case RoleAdmin:
		return "an admin"
	default:
		return "a member"
	}
}

// Rename changes the name of a group.
func (s Groups) Rename(ctx context.Context, id ConversationID, name string) error {
	name, err := text.ParseConversationName(name)
	if err != nil {
		return err
	}
	return s.describe(ctx, id, ActionDescribe, NoticeRenamed, func(ctx context.Context, tx Tx, c *Conversation) (string, error) {
		if c.general() {
			return "", Refuse(ErrNotAllowed, "#%s keeps its name: everyone is in it.", c.Name)
		}
		if err := s.nameIsFree(ctx, tx, id, name); err != nil {
			return "", err
		}
		c.Name = name
		return name, nil
	})
}

// SetTopic changes the topic of a group; "" takes it away.
func (s Groups) SetTopic(ctx context.Context, id ConversationID, topic string) error {
	topic = text.CleanLine(topic, maxTopic)
	return s.describe(ctx, id, ActionDescribe, NoticeTopic, func(_ context.Context, _ Tx, c *Conversation) (string, error) {
		c.Topic = topic
		return topic, nil
	})
}

// Setting is the name of a group's setting.
type Setting string

// The settings of a group, all of which are on or off.
const (
	SettingPublic     Setting = "public"      // everyone may find and join it
	SettingMembersAdd Setting = "members-add" // every member may add others
	SettingHistory    Setting = "history"     // new members see older messages
)

// Settings returns all settings, for help and errors.
func Settings() []Setting { return []Setting{SettingPublic, SettingMembersAdd, SettingHistory} }

// Of returns what the setting is in a conversation.
func (t Setting) Of(c Conversation) bool { return *t.field(&c) }

func (t Setting) field(c *Conversation) *bool {
	switch t {
	case SettingPublic:
		return &c.Public
	case SettingMembersAdd:
		return &c.MembersAdd
	case SettingHistory:
		return &c.OpenHistory
	}
	panic("no such setting: " + string(t)) // a program's mistake: Configure lets none through
}

// Configure switches a setting of a group.
func (s Groups) Configure(ctx context.Context, id ConversationID, setting Setting, on bool) error {
	known := false
	var names []string
	for _, t := range Settings() {
		known = known || t == setting
		names = append(names, string(t))
	}
	if !known {
		return Refuse(text.ErrInvalid, "There is no setting %q: there are %s.", text.CleanLine(string(setting), 20), strings.Join(names, ", "))
	}
	return s.describe(ctx, id, ActionConfigure, NoticeSettings, func(ctx context.Context, tx Tx, c *Conversation) (string, error) {
		if c.general() {
			return "", Refuse(ErrNotAllowed, "#%s is open to everyone: that does not change.", c.Name)
		}
		if setting == SettingPublic && on {
			if err := s.nameIsFree(ctx, tx, id, c.Name); err != nil {
				return "", err
			}
		}
		*setting.field(c) = on
		word := " is off"
		if on {
			word = " is on"
		}
		return string(setting) + word, nil
	})
}

// describe changes a conversation and says so in it; change returns the text
// of the line.
func (s Groups) describe(ctx context.Context, id ConversationID, action Action, notice Notice, change func(context.Context, Tx, *Conversation) (string, error)) error {
	return s.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		_, c, err := s.access(ctx, tx, id, action)
		if err != nil {
			return nil, err
		}
		body, err := change(ctx, tx, &c)
		if err != nil {
			return nil, err
		}
		if err := tx.UpdateConversation(ctx, c); err != nil {
			return nil, err
		}
		line, err := s.announce(ctx, tx, id, notice, body)
		return []Change{ConversationChanged{id}, line}, err
	})
}

// Pin keeps a conversation at the top of the list, or stops doing so.
func (s Groups) Pin(ctx context.Context, id ConversationID, pinned bool) error {
	return s.personal(ctx, id, func(ctx context.Context, tx Tx) error { return tx.SetPinned(ctx, id, s.user.ID, pinned) })
}

// Mute keeps a conversation quiet until a time; the zero time ends it.
func (s Groups) Mute(ctx context.Context, id ConversationID, until time.Time) error {
	return s.personal(ctx, id, func(ctx context.Context, tx Tx) error { return tx.SetMutedUntil(ctx, id, s.user.ID, until) })
}

func (s Groups) personal(ctx context.Context, id ConversationID, change func(context.Context, Tx) error) error {
	return s.write(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		if _, _, err := s.access(ctx, tx, id, ActionRead); err != nil {
			return nil, err
		}
		return []Change{PersonalChanged{s.user.ID}}, change(ctx, tx)
	})
}

// MemberReader is the part of [Reader] about who is in a conversation.
type MemberReader interface {
	// Membership returns what a user is in a conversation; not to be in it, or
	// that it does not exist, is no error.
	Membership(ctx context.Context, conversation ConversationID, user UserID) (Membership, error)
	// Members returns the members of a conversation, by user, without
	// [Member.Presence].
	Members(ctx context.Context, conversation ConversationID) ([]Member, error)
	// CountMembers returns how many members a conversation has, and how many of
	// them are owners.
	CountMembers(ctx context.Context, conversation ConversationID) (members, owners int, err error)
}

// MemberTx is the part of [Tx] about the same.
type MemberTx interface {
	// InsertMembership makes a user a member; to be one already is no error. Whether
	// it was invited, or had left, is forgotten.
	InsertMembership(ctx context.Context, m Membership) error
	// DeleteMembership ends one, with all that was kept for it.
	DeleteMembership(ctx context.Context, conversation ConversationID, user UserID) error
	// SetMemberRole changes what a member may do.
	SetMemberRole(ctx context.Context, conversation ConversationID, user UserID, role Role) error
	// SetPinned keeps a conversation at the top of a member's list, or not.
	SetPinned(ctx context.Context, conversation ConversationID, user UserID, pinned bool) error
	// SetMutedUntil mutes a conversation for a member; the zero time ends it.
	SetMutedUntil(ctx context.Context, conversation ConversationID, user UserID, until time.Time) error
}
