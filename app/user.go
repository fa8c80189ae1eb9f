package app

import (
	"time"

	"github.com/google/uuid"
)

// UserID identifies an account inside this server. It never leaves it: outside
// an account is known by its handle or its [User.UID].
type UserID int64

// Role is what an account may do on the whole server.
type Role string

// The roles of an account. The first account of a server is its owner.
const (
	RoleOwner  Role = "owner"
	RoleMember Role = "member"
)

// User is an account: a handle and the keys that open it.
type User struct {
	ID        UserID
	UID       uuid.UUID // UUIDv7, what the outside may see
	Name      string    // the handle, see [ParseName]
	Role      Role
	CreatedAt time.Time
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
}
