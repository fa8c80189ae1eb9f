package chat

import (
	"context"
	"errors"
	"time"

	"confab/app/text"
)

// Keys returns the keys that open the session's account, the oldest first.
func (s Account) Keys(ctx context.Context) ([]AuthorizedKey, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return nil, err
	}
	return s.service.store.Keys(ctx, s.handle())
}

// Key is the fingerprint of the key that opened the session.
func (s Account) Key() string { return s.login.Key }

// maxOwnKeys bounds how many keys one may have by adding them oneself.
const maxOwnKeys = 50

// keyCodeLasts is how long a code for a key of one's own is good.
const keyCodeLasts = time.Hour

// KeyCode makes a code with which one key more opens the session's account, good once
// and for an hour, whatever the way to join is. It is given on a connection with that
// key, which proves that one has it: with a public key alone, which everybody may
// have, one could have another's logins end in one's own account. It is shown this
// once, and takes the place of one that was made before.
func (s Account) KeyCode(ctx context.Context) (code string, expires time.Time, err error) {
	if code, err = s.service.newCode(); err != nil {
		return "", time.Time{}, err
	}
	expires = s.service.timestamp().Add(keyCodeLasts)
	err = s.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		self, err := s.self(ctx, tx)
		if err != nil {
			return nil, err
		}
		if err := keyRoom(ctx, tx, self.Name); err != nil {
			return nil, err
		}
		if err := tx.DropKeyCodes(ctx, self.ID, self.Name); err != nil {
			return nil, err
		}
		made := Code{Role: RoleMember, User: self.ID, Uses: 1, ExpiresAt: expires, MadeBy: self.Name}
		if err := s.service.insertCode(ctx, tx, code, made); err != nil {
			return nil, err
		}
		return nil, s.service.audit(ctx, tx, self.Name, AuditKeyCode, self.Name, "until "+expires.UTC().Format(time.RFC3339))
	})
	return code, expires, err
}

// keyRoom refuses an account that has all the keys that it may have.
func keyRoom(ctx context.Context, r Reader, name string) error {
	have, err := r.Keys(ctx, name)
	if err == nil && len(have) >= maxOwnKeys {
		return Refuse(ErrTooLarge, "An account has %d keys at most: remove one first.", maxOwnKeys)
	}
	return err
}

// KeyProof is the answer to somebody who wants to add a key by its public half only:
// an [ErrInvalid].
func KeyProof() error {
	return Refuse(text.ErrInvalid, "A public key alone proves nothing.").With(HintProveKey)
}

// RemoveKey takes one of the account's own keys away and returns what it was.
// The sessions that it opened end at once. Certificates of the key are still taken: to
// revoke those is for the host. The last key stays, or nobody could come in any more.
func (s Account) RemoveKey(ctx context.Context, fingerprint string) (AuthorizedKey, error) {
	var key AuthorizedKey
	err := s.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		var err error
		key, err = tx.Key(ctx, fingerprint)
		if errors.Is(err, ErrNotFound) || err == nil && key.UserID != s.user.ID {
			return nil, Refuse(ErrNotFound, "No key of yours has the fingerprint %s.", text.CleanLine(fingerprint, 80))
		}
		if err != nil {
			return nil, err
		}
		have, err := tx.Keys(ctx, key.UserName)
		if err != nil {
			return nil, err
		}
		if len(have) == 1 {
			return nil, Refuse(ErrNotAllowed, "This is your last key: add another one first, or you could not connect again.")
		}
		if err := tx.DeleteKey(ctx, fingerprint); err != nil {
			return nil, err
		}
		return []Change{KeyRevoked{fingerprint, false}}, s.service.audit(ctx, tx, s.handle(), AuditKeyRevoke, fingerprint, key.UserName)
	})
	return key, err
}
