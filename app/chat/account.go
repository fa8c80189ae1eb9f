package chat

import (
	"context"
	"time"

	"github.com/google/uuid"

	"confab/app/text"
)

// UserID identifies an account inside this server, and never leaves it. Outside, the
// handle and the [User.UID] identify an account.
type UserID int64

// Role decides what an account may do on the whole server, or what a member may do in a
// conversation.
type Role string

// The roles. The first account of a server is its owner. The maker of a group is the
// group's owner. [DecideServer] and [Decide] say what each role may do.
const (
	RoleOwner  Role = "owner"
	RoleAdmin  Role = "admin"
	RoleMember Role = "member"
)

// ParseRole reads the name of a role. Errors are [text.ErrInvalid].
func ParseRole(s string) (Role, error) {
	switch r := Role(s); r {
	case RoleOwner, RoleAdmin, RoleMember:
		return r, nil
	default:
		return "", Refuse(text.ErrInvalid, "Unknown role %q. Choose owner, admin or member.", text.CleanLine(s, 20))
	}
}

// User is an account: a handle and the keys that open it.
type User struct {
	ID   UserID
	UID  uuid.UUID // UUIDv7, what the outside may see
	Name string    // the handle, see [text.ParseHandle]
	// DisplayName is a name that the account has chosen besides its handle, or "". It
	// is not unique and proves nothing, so it is only shown beside the handle.
	DisplayName string
	Role        Role
	CreatedAt   time.Time
	// ReceiptsOff says that the account doesn't show others what it has read, and so
	// doesn't see what they have read.
	ReceiptsOff bool
	Bot         bool // a program, which receipts leave out
	// Disabled says that nobody may use the account.
	Disabled bool
}

// AccountReader is the part of [Reader] about accounts and their names.
type AccountReader interface {
	// UserByKey returns the account that the key with this fingerprint opens.
	UserByKey(ctx context.Context, fingerprint string) (User, error)
	// UserByName returns the account with this handle.
	UserByName(ctx context.Context, name string) (User, error)
	// UserByID returns one account.
	UserByID(ctx context.Context, id UserID) (User, error)
	// UserBySkeleton returns the account whose handle has this [text.Skeleton].
	UserBySkeleton(ctx context.Context, skeleton string) (User, error)
	// Users returns all accounts, by handle.
	Users(ctx context.Context) ([]User, error)
	// Owners returns the accounts with [RoleOwner], oldest first.
	Owners(ctx context.Context) ([]User, error)
	// Staff returns the owners and the admins of the server, oldest first.
	Staff(ctx context.Context) ([]User, error)
	// FormerNames returns the former handles of an account, oldest first.
	FormerNames(ctx context.Context, user UserID) ([]FormerName, error)
	// NamesKeptBack returns the former handles with this skeleton that their accounts gave
	// up after a time, the latest first. Handles of deleted accounts are kept for 30 days.
	NamesKeptBack(ctx context.Context, skeleton string, since time.Time) ([]FormerName, error)
}

// AccountTx is the part of [Tx] about accounts and their names.
type AccountTx interface {
	// InsertUser adds an account and returns it with its id.
	InsertUser(ctx context.Context, u User) (User, error)
	// SetUserRole changes what an account may do on the server, and so in #general.
	SetUserRole(ctx context.Context, user UserID, role Role) error
	// SetUserDisabled disables an account, or enables it.
	SetUserDisabled(ctx context.Context, user UserID, disabled bool) error
	// SetUserName changes a handle, also in the codes that the account has made.
	SetUserName(ctx context.Context, user UserID, name string) error
	// SetDisplayName changes a display name. The name "" removes it.
	SetDisplayName(ctx context.Context, user UserID, name string) error
	// InsertFormerName stores a former handle of an account.
	InsertFormerName(ctx context.Context, n FormerName) error
	// EraseUser deletes an account's keys, preferences and name, the codes for it, and
	// the codes that it made. The caller ends the memberships.
	EraseUser(ctx context.Context, user UserID) error
	// PruneErasedNames forgets the names of accounts that were deleted before a time.
	PruneErasedNames(ctx context.Context, before time.Time) error
}

// DisabledReason is the sentence for users of disabled accounts.
const DisabledReason = "This account is disabled: ask the server's host about it."

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

// NobodyThere refuses a message to a deleted account with [ErrNotAllowed].
func NobodyThere() error {
	return Refuse(ErrNotAllowed, "Nothing was sent: this account has been deleted.")
}

// RoleText returns a role as part of a sentence, such as "an owner".
func RoleText(r Role) string {
	switch r {
	case RoleOwner:
		return "an owner"
	case RoleAdmin:
		return "an admin"
	default:
		return "a member"
	}
}

// PreferenceReader is the part of [Reader] about the preferences of accounts.
type PreferenceReader interface {
	// Preferences returns the preferences of an account, by name.
	Preferences(ctx context.Context, user UserID) (map[string]string, error)
}

// PreferenceTx is the part of [Tx] about the preferences of accounts.
type PreferenceTx interface {
	// SetPreference stores a preference of an account. The value "" removes it.
	SetPreference(ctx context.Context, user UserID, name, value string) error
}

// FormerName is a former handle of an account.
type FormerName struct {
	User    UserID
	Name    string
	EndedAt time.Time
}

// UserRenamed tells everyone that an account has another handle or display name.
type UserRenamed struct {
	User        UserID
	Name        string
	DisplayName string
}

func (UserRenamed) event() {}
