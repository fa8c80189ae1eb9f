package command

import (
	"context"
	"time"

	"confab/app/chat"
	"confab/tui/dialog"
	"confab/tui/setting"
)

// Chat has the parts of the chat that commands need.
type Chat struct {
	Messages  Messages
	Groups    Groups
	Contacts  Contacts
	Receipts  Receipts
	Account   Account
	Admission Admission
	Later     Later
	// Hooks returns the webhooks of groups.
	Hooks func() Hooks
	// Moderation returns the actions on the whole server.
	Moderation func() Moderation
}

// Messages looks up messages.
type Messages interface {
	// FirstSince returns the number of the first message that was sent at a time or later.
	FirstSince(ctx context.Context, id chat.ConversationID, at time.Time) (chat.Seq, error)
}

// Groups changes conversations and their members.
type Groups interface {
	setting.Groups
	Direct(ctx context.Context, name string) (chat.ConversationID, error)
	NewGroup(ctx context.Context, name string, public bool, members []string) (chat.ConversationID, error)
	PublicGroups(context.Context) ([]chat.PublicGroup, error)
	Join(ctx context.Context, name string) (chat.ConversationID, error)
	Leave(context.Context, chat.ConversationID) error
	Members(context.Context, chat.ConversationID) ([]chat.Member, error)
	// Invited returns the people who were invited to a group and have not joined.
	Invited(context.Context, chat.ConversationID) ([]chat.User, error)
	AddMembers(ctx context.Context, id chat.ConversationID, names []string) error
	RemoveMember(ctx context.Context, id chat.ConversationID, name string) error
	SetRole(ctx context.Context, id chat.ConversationID, name string, role chat.Role) error
	// AcceptInvitation makes the user a member of a group, given by name or id.
	AcceptInvitation(ctx context.Context, target string) (chat.ConversationID, error)
	// DeclineInvitation removes an invitation from the list.
	DeclineInvitation(ctx context.Context, target string) (chat.GroupInvitation, error)
}

// Contacts looks up other people, and blocks them.
type Contacts interface {
	// People returns all accounts that somebody can use, with their presence.
	People(context.Context) ([]chat.Person, error)
	// Person returns one account by its handle.
	Person(ctx context.Context, name string) (chat.Person, error)
	Block(ctx context.Context, name string) (chat.User, error)
	Unblock(ctx context.Context, name string) (chat.User, error)
	Blocked(context.Context) ([]chat.Block, error)
}

// Receipts changes what the user has read, and whether others see it.
type Receipts interface {
	setting.Receipts
	// ReadAll marks everything read.
	ReadAll(context.Context) error
}

// Account changes the names and preferences of the user's account.
type Account interface {
	dialog.Exporter
	setting.Account
	// Words returns what the host tells everybody.
	Words() *chat.Words
	// NoteTold stores that the user was shown texts of the host.
	NoteTold(context.Context, chat.Words) error
	// FormerNames returns an account with its former names.
	FormerNames(ctx context.Context, name string) (chat.User, []chat.FormerName, error)
}

// Admission decides how people join the server.
type Admission interface {
	JoinMode(context.Context) (chat.JoinMode, error)
	SetJoinMode(context.Context, chat.JoinMode) error
	// Invite makes a code with which people join.
	Invite(context.Context, chat.Invitation) (code string, expires time.Time, err error)
}

// Moderation has the actions of the server's owners and admins.
type Moderation interface {
	Kick(ctx context.Context, name, reason string) error
	Ban(ctx context.Context, target string, span time.Duration, reason string) (chat.BanMade, error)
	Unban(ctx context.Context, target string) error
	// Silence keeps an account from writing.
	Silence(ctx context.Context, name string, span time.Duration, reason string) (chat.BanMade, error)
	Unsilence(ctx context.Context, name string) error
	// Announce tells everybody something.
	Announce(ctx context.Context, words string) error
	Bans(context.Context) ([]chat.Ban, error)
	Audit(ctx context.Context, limit int) ([]chat.AuditEntry, error)
}
