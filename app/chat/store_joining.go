package chat

import (
	"context"
	"time"
)

// joiningReader is the part of [Reader] about how people come in.
type joiningReader interface {
	// Setting returns what is set for the whole server, "" if nothing is.
	Setting(ctx context.Context, name string) (string, error)
	// Staff returns the owners and the admins of the server, oldest first.
	Staff(ctx context.Context) ([]User, error)
	// JoinRequest returns the request made with a key.
	JoinRequest(ctx context.Context, fingerprint string) (JoinRequest, error)
	// JoinRequestByID returns one request.
	JoinRequestByID(ctx context.Context, id int64) (JoinRequest, error)
	// PendingRequests returns at most limit requests that wait, oldest first.
	PendingRequests(ctx context.Context, limit int) ([]JoinRequest, error)
	// CountRequests counts the requests that wait.
	CountRequests(ctx context.Context) (int, error)
	// Codes returns the codes with this selector: one, but for collisions.
	Codes(ctx context.Context, selector []byte) ([]Code, error)
	// CountCodes counts the codes that there are.
	CountCodes(ctx context.Context) (int, error)
}

// joiningTx is the part of [Tx] about how people come in.
type joiningTx interface {
	// SetSetting sets something for the whole server.
	SetSetting(ctx context.Context, name, value string) error
	// PutRequest keeps a request, in place of the one of the same key.
	PutRequest(ctx context.Context, r JoinRequest) error
	// DeleteRequest removes the request of a key; that there is none is no error.
	DeleteRequest(ctx context.Context, fingerprint string) error
	// PruneRequests removes those from before a time and says how many there were.
	PruneRequests(ctx context.Context, before time.Time) (int, error)
	// InsertCode adds a code.
	InsertCode(ctx context.Context, c Code) error
	// DropKeyCodes removes the codes for an account that it has made itself.
	DropKeyCodes(ctx context.Context, user UserID, name string) error
	// UseCode takes one use off a code, which is removed with its last.
	UseCode(ctx context.Context, id int64) error
	// PruneCodes removes those that ended before a time.
	PruneCodes(ctx context.Context, before time.Time) error
}
