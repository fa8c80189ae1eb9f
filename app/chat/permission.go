package chat

import (
	"strconv"
	"time"

	"confab/app/text"
)

// Action is something that someone wants to do in a conversation.
type Action int

// The actions that [Decide] knows.
const (
	// ActionRead is to see the conversation's messages and its members.
	ActionRead Action = iota
	// ActionPost is to send a message to it.
	ActionPost
	// ActionJoin is to become a member without being added.
	ActionJoin
	// ActionLeave is to end your own membership.
	ActionLeave
	// ActionAdd is to make others members.
	ActionAdd
	// ActionRemove is to remove members.
	ActionRemove
	// ActionDescribe is to change the topic.
	ActionDescribe
	// ActionSetRole is to change a member's role.
	ActionSetRole
	// ActionKeep is to set how long messages are kept.
	ActionKeep
	// ActionConfigure is to change who may mention all its members together.
	ActionConfigure
	// ActionEdit is to change your own message.
	ActionEdit
	// ActionDelete is to delete your own message.
	ActionDelete
	// ActionDeleteOthers is to delete a message that somebody else wrote.
	ActionDeleteOthers
	// ActionReact is to react to a message, or to take a reaction back.
	ActionReact
	// ActionPin is to pin a message for all members, or to unpin one.
	ActionPin
	// ActionMentionAll is to mention the members of a group together, with @all or @here.
	ActionMentionAll
	// ActionRename is to change the name.
	ActionRename
	// ActionOpen is to change who may find it, add to it, and see its past.
	ActionOpen
	// ActionHook is to make webhooks that post here, and to list and revoke them.
	ActionHook
)

// Decide decides whether a member may do something in a conversation at a time. All use
// cases call it, whichever front end they work for. It returns nil, or a [Refusal] that says
// why not: [ErrNotFound] for people who must not know of the conversation, else
// [ErrNotAllowed].
//
// In public groups, owners and admins of the server can do what moderation needs, whatever
// their role in the group is. They cannot change roles, add members, or change who finds the
// group and how long it keeps its messages.
func Decide(m Membership, c Conversation, action Action, now time.Time) error {
	if action == ActionJoin {
		if m.Member() || m.Invited || c.Kind == KindGroup && c.Public {
			return nil
		}
		return Refuse(ErrNotFound, "No public group has that name.").With(HintPublicGroups)
	}
	if !m.Member() {
		if action == ActionPost {
			return Refuse(ErrNotAllowed, "You are no longer a member of this conversation, so this was not sent.")
		}
		// Strangers must not learn whether the conversation exists.
		return Refuse(ErrNotFound, "There is no such conversation, or you are not a member of it.")
	}
	if silenced(m, c, action, now) {
		return Refuse(ErrNotAllowed, "%s", m.Silence.Text())
	}
	if m.Halt != nil && writes(action) {
		return Refuse(ErrNotAllowed, "%s. You can read everything meanwhile; try again later.", m.Halt.HaltedText())
	}
	switch action {
	case ActionPost, ActionEdit:
		if c.ReadOnly && !m.moderates(c) {
			return Refuse(ErrNotAllowed, "Only owners and admins can write in #%s.", c.Name)
		}
		return nil
	case ActionRead, ActionDelete, ActionReact:
		return nil
	}
	if c.Kind == KindDirect {
		return decideDirect(action)
	}
	if action == ActionMentionAll {
		return decideMentionAll(m, c)
	}
	if c.General() {
		switch action {
		case ActionAdd, ActionRemove:
			return Refuse(ErrNotAllowed, "Everyone on this server is a member of #%s.", c.Name)
		case ActionLeave:
			return Refuse(ErrNotAllowed, "You can't leave #%s: everyone on this server is a member.", c.Name).With(HintMute)
		case ActionSetRole:
			return Refuse(ErrNotAllowed, "In #%s all members have the same role as on the server.", c.Name)
		case ActionRename:
			return Refuse(ErrNotAllowed, "#%s can't be renamed: everyone is in it.", c.Name)
		case ActionOpen:
			return Refuse(ErrNotAllowed, "#%s is always open to everyone: you can't change that.", c.Name)
		}
	}
	switch {
	case action == ActionLeave, m.Role == RoleOwner:
		return nil
	case action == ActionAdd && (c.MembersAdd || m.mayManage()):
		return nil
	case action == ActionAdd:
		return Refuse(ErrNotAllowed, "Only owners and admins can add members here.").With(HintAskManagers)
	case action == ActionSetRole:
		return Refuse(ErrNotAllowed, "Only an owner can change roles.").With(HintAskManagers)
	case action == ActionDeleteOthers && !m.moderates(c):
		return Refuse(ErrNotAllowed, "Only owners and admins can delete messages of others.").With(HintAskManagers)
	case action == ActionPin && !m.moderates(c):
		return Refuse(ErrNotAllowed, "Only owners and admins can pin messages here.").With(HintAskManagers)
	case action == ActionKeep:
		return Refuse(ErrNotAllowed, "Only an owner can change how long messages are kept.").With(HintAskManagers)
	case m.mayManage(), action != ActionOpen && m.moderates(c):
		return nil
	default:
		return Refuse(ErrNotAllowed, "Only owners and admins can do that here.").With(HintAskManagers)
	}
}

// silenced reports whether a silence keeps a member from doing something. The member's
// notes, which nobody else reads, stay as they are.
func silenced(m Membership, c Conversation, action Action, now time.Time) bool {
	if m.Silence == nil || !m.Silence.Active(now) || c.Kind == KindDirect && c.Name == DirectName(m.User, m.User) {
		return false
	}
	return writes(action)
}

// writes reports whether others see what an action adds to a conversation.
func writes(action Action) bool {
	switch action {
	case ActionRead, ActionJoin, ActionLeave, ActionDelete:
		return false
	default:
		return true
	}
}

// DecideSilence decides whether an account may do something that others see, outside of the
// conversations that it is in, such as to make a group.
func DecideSilence(m Membership, now time.Time) error {
	return Decide(m, Conversation{Kind: KindGroup}, ActionPost, now)
}

// DecideSlow decides whether a member who may post in a conversation, and has last done so
// at a time, may post again. In slow mode that takes a while, but not for those who moderate
// it. The error is nil or a [Refusal] that is [ErrTooFast] and says how long to wait.
func DecideSlow(m Membership, c Conversation, last, now time.Time) error {
	wait := min(last.Add(c.Slow).Sub(now), c.Slow)
	if c.Slow == 0 || last.IsZero() || wait <= 0 || m.moderates(c) {
		return nil
	}
	n, unit := int((wait+time.Second-1)/time.Second), "second"
	if wait > 2*time.Minute {
		n, unit = int((wait+time.Minute-1)/time.Minute), "minute"
	}
	left := strconv.Itoa(n) + " " + unit
	if n != 1 {
		left += "s"
	}
	return Refuse(ErrTooFast, "#%s is in slow mode, with one message every %s: you can send the next one in %s.", c.Name, SlowText(c.Slow), left)
}

// decideDirect is [Decide] for a member of a direct conversation and an action that not all
// members may do.
func decideDirect(action Action) error {
	switch action {
	case ActionPin:
		return nil
	case ActionAdd:
		return Refuse(ErrNotAllowed, "You can't add anyone to a direct message.").With(HintNewGroup)
	case ActionLeave:
		return Refuse(ErrNotAllowed, "You can't leave a direct message.").With(HintMute)
	case ActionDeleteOthers:
		return Refuse(ErrNotAllowed, "In a direct message you can delete only what you wrote.")
	default:
		return Refuse(ErrNotAllowed, "That works in groups only, and this is a direct message.")
	}
}

// Contact describes how two accounts know each other. One of them, the actor, wants to
// write to the other directly or add it to a group.
type Contact struct {
	Other      User
	Acquainted bool // see [ContactReader.Acquainted]
	HasLeft    bool // the other has left the group, and was not removed
	Full       bool // others have added the other to as many conversations as they may
	Blocks     bool // the actor has blocked the other
	Blocked    bool // the other has blocked the actor
}

// Consent says whether an account that someone adds to a group is asked first.
type Consent int

const (
	// ConsentGiven: the account becomes a member at once.
	ConsentGiven Consent = iota
	// ConsentNeeded: the account gets an invitation, and becomes a member when its user accepts.
	ConsentNeeded
	// ConsentRefused: the account's user is not asked, because they have blocked the actor.
	// To everybody else it looks as if they were invited.
	ConsentRefused
)

// DecideContact decides whether the actor may do something that concerns one other person:
// add them to a group ([ActionAdd]), or do something in a direct conversation of which they
// are told ([ActionPost], [ActionEdit], [ActionReact], [ActionPin]). The error is nil or a
// [Refusal] that is [ErrNotAllowed]. The consent matters only for ActionAdd. DecideContact
// does not check what the actor may do in the group: [Decide] does.
func DecideContact(k Contact, action Action) (Consent, error) {
	switch {
	case k.Blocks:
		return ConsentRefused, Refuse(ErrNotAllowed, "You have blocked @%s: unblock them first.", k.Other.Name)
	case k.Blocked && action == ActionReact:
		return ConsentRefused, Refuse(ErrNotAllowed, "Your reaction could not be delivered to @%s.", k.Other.Name)
	case k.Blocked && action == ActionPin:
		return ConsentRefused, Refuse(ErrNotAllowed, "This could not be delivered to @%s, so nothing was pinned or unpinned.", k.Other.Name)
	case k.Blocked && action != ActionAdd:
		return ConsentRefused, Refuse(ErrNotAllowed, "Your message to @%s could not be delivered.", k.Other.Name)
	case k.Blocked:
		return ConsentRefused, nil
	case action == ActionAdd && (!k.Acquainted || k.HasLeft || k.Full):
		return ConsentNeeded, nil
	default:
		return ConsentGiven, nil
	}
}

// MaySeeLastSeen decides whether an account is shown when the user of another one was there
// last. Both must share that, and neither may have blocked the other. Presence needs no more:
// everybody sees who is online.
func MaySeeLastSeen(shares, otherShares bool, k Contact) bool {
	return shares && otherShares && !k.Blocks && !k.Blocked
}

// ServerAction is something that someone wants to do to the whole server.
type ServerAction int

// The actions that [DecideServer] knows.
const (
	// ServerModerate is to end sessions, to ban and silence and to undo both, to disable
	// accounts, to remove members from public groups, and to see the bans, the audit log and the former handles
	// of accounts.
	ServerModerate ServerAction = iota
	// ServerSetRole is to change what accounts may do on the server.
	ServerSetRole
	// ServerAnnounce is to tell everybody something.
	ServerAnnounce
	// ServerAdmit is to change how people join, to make codes for new members, and to see
	// and decide requests to join.
	ServerAdmit
)

// DecideServer decides whether an account may do something to the whole server or, unless
// target is nil, to another account. Roles in conversations do not matter. It returns nil,
// or a [Refusal] that says why not.
func DecideServer(actor User, action ServerAction, target *User) error {
	switch {
	case actor.Disabled || actor.Role != RoleOwner && actor.Role != RoleAdmin:
		return Refuse(ErrNotAllowed, "Only owners and admins of this server can do that.")
	case action == ServerSetRole && actor.Role != RoleOwner:
		return Refuse(ErrNotAllowed, "Only an owner of this server can change roles.")
	case target == nil:
		return nil
	case target.ID == actor.ID:
		return Refuse(text.ErrInvalid, "You can't do that to yourself.")
	case actor.Role == RoleAdmin && target.Role != RoleMember:
		return Refuse(ErrNotAllowed, "%s is %s of this server, so only an owner can do that.", target.Name, RoleText(target.Role))
	default:
		return nil
	}
}
