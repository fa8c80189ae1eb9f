package chat

import (
	"context"
	"time"

	"confab/app/text"
)

// KeyProof refuses to add a key by its public half only. It is [text.ErrInvalid].
func KeyProof() error {
	return Refuse(text.ErrInvalid, "A public key alone proves nothing.").With(HintProveKey)
}

// KeyReader is the part of [Reader] about keys.
type KeyReader interface {
	// Key returns the key with this fingerprint.
	Key(ctx context.Context, fingerprint string) (AuthorizedKey, error)
	// Keys returns the authorized keys of one account, or of all for "",
	// ordered by handle and then by age.
	Keys(ctx context.Context, name string) ([]AuthorizedKey, error)
	// CertificatesRevoked reports whether certificates of a key, or made by it, are
	// not to be taken.
	CertificatesRevoked(ctx context.Context, fingerprint string) (bool, error)
}

// KeyTx is the part of [Tx] about the same.
type KeyTx interface {
	// InsertKey adds an authorized key.
	InsertKey(ctx context.Context, k AuthorizedKey) error
	// DeleteKey removes an authorized key.
	DeleteKey(ctx context.Context, fingerprint string) error
	// UseKey notes that a key was used.
	UseKey(ctx context.Context, fingerprint string, at time.Time) error
	// RevokeCertificates refuses certificates of a key, and those made by it, from
	// now on; TakeCertificates ends that.
	RevokeCertificates(ctx context.Context, fingerprint string, at time.Time) error
	TakeCertificates(ctx context.Context, fingerprint string) error
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
	LastUsedAt  time.Time // when it last opened a session; the zero time if it never has
}
