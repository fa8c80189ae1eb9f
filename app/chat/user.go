package chat

import (
	"time"

	"github.com/google/uuid"

	"confab/app/text"
)

// UserID identifies an account inside this server. It never leaves it: outside
// an account is known by its handle or its [User.UID].
type UserID int64

// Role is what someone may do: an account on the whole server, or a member in
// a conversation.
type Role string

// The roles. The first account of a server is its owner, and so is who makes a
// conversation. [DecideServer] and [Decide] say what they may do.
const (
	RoleOwner  Role = "owner"
	RoleAdmin  Role = "admin"
	RoleMember Role = "member"
)

// ParseRole reads the name of a role. An error is an [text.ErrInvalid].
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
	Name string    // the handle, see [ParseHandle]
	// DisplayName is what the account calls itself besides, "" for nothing. It is
	// not unique and proves nothing: it is shown beside the handle only.
	DisplayName string
	Role        Role
	CreatedAt   time.Time
	// ReceiptsOff says that the account neither shows what it has read nor
	// sees what others have.
	ReceiptsOff bool
	Bot         bool // a program, which counts for no receipts
	// Disabled says that it may not be used.
	Disabled bool
}

// AuthorizedKey is a public key that opens an account. A key belongs to one
// account only.
type AuthorizedKey struct {
	Fingerprint string // "SHA256:…", as OpenSSH prints it
	UserID      UserID
	UserName    string
	Type        string // "ssh-ed25519", …
	Line        string // the key as an authorized_keys line, without options
	Comment     string
	AddedAt     time.Time
	LastUsedAt  time.Time // when a session was last opened with it, the zero time if never
}
