package chat

import (
	"context"
	"time"

	"confab/app/text"
)

// KeyProof returns the refusal to add a key when only its public half is given. The refusal
// is [text.ErrInvalid].
func KeyProof() error {
	return Refuse(text.ErrInvalid, "A public key alone proves nothing.").With(HintProveKey)
}

// KeyReader is the part of [Reader] about keys.
type KeyReader interface {
	// Key returns the key with this fingerprint.
	Key(ctx context.Context, fingerprint string) (AuthorizedKey, error)
	// Keys returns the authorized keys of the account with this handle, or of all accounts
	// for "". They are ordered by handle and then by age.
	Keys(ctx context.Context, name string) ([]AuthorizedKey, error)
	// CertificatesRevoked reports whether the server refuses certificates of a key and
	// certificates that this key has signed.
	CertificatesRevoked(ctx context.Context, fingerprint string) (bool, error)
	// RevokedKeys returns the keys whose certificates the server refuses, the oldest
	// revocation first.
	RevokedKeys(ctx context.Context) ([]RevokedKey, error)
}

// RevokedKey is a key whose certificates the server refuses. It also refuses certificates
// that the key has signed.
type RevokedKey struct {
	Fingerprint string
	At          time.Time
}

// KeyTx is the part of [Tx] about keys.
type KeyTx interface {
	// InsertKey adds an authorized key.
	InsertKey(ctx context.Context, k AuthorizedKey) error
	// DeleteKey removes an authorized key.
	DeleteKey(ctx context.Context, fingerprint string) error
	// UseKey stores when a key was last used.
	UseKey(ctx context.Context, fingerprint string, at time.Time) error
	// RevokeCertificates makes the server refuse certificates of a key and certificates
	// that this key has signed.
	RevokeCertificates(ctx context.Context, fingerprint string, at time.Time) error
	// TakeCertificates makes the server accept them again.
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
