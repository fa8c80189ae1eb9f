package app

import (
	"context"
	"errors"

	"confab/keys"
)

// Keys returns the keys that open the session's account, the oldest first.
func (s *Session) Keys(ctx context.Context) ([]AuthorizedKey, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return nil, err
	}
	return s.service.store.Keys(ctx, s.handle())
}

// Key is the fingerprint of the key that opened the session.
func (s *Session) Key() string { return s.login.Key }

// maxOwnKeys bounds how many keys one may have by adding them oneself.
const maxOwnKeys = 50

// AddKeys makes keys open the session's account, all of them or none, and
// returns them as they are kept. A key of another account is refused with
// [ErrConflict].
func (s *Session) AddKeys(ctx context.Context, add []keys.Key) ([]AuthorizedKey, error) {
	if len(add) == 0 {
		return nil, Refuse(ErrInvalid, "There is no key to add.")
	}
	if len(add) > maxOwnKeys {
		return nil, Refuse(ErrTooLarge, "An account has %d keys at most, and these are %d: add fewer.", maxOwnKeys, len(add))
	}
	var kept []AuthorizedKey
	err := s.do(ctx, func(ctx context.Context, tx Tx) ([]effect, error) {
		kept = nil
		self, err := s.self(ctx, tx)
		if err != nil {
			return nil, err
		}
		fresh, _, err := sortKeys(ctx, tx, self.Name, add, func(k keys.Key, _ AuthorizedKey) error {
			// Whose it is, is not for others to know.
			return Refuse(ErrConflict, "The key %s opens another account already, and a key opens one only.", k.Fingerprint())
		})
		if err != nil {
			return nil, err
		}
		have, err := tx.Keys(ctx, self.Name)
		if err != nil {
			return nil, err
		}
		if len(have)+len(fresh) > maxOwnKeys {
			return nil, Refuse(ErrTooLarge, "An account has %d keys at most: remove some first.", maxOwnKeys)
		}
		for _, k := range fresh {
			if err := s.service.insertKey(ctx, tx, self.Name, self, k); err != nil {
				return nil, err
			}
		}
		for _, k := range add {
			one, err := tx.Key(ctx, k.Fingerprint())
			if err != nil {
				return nil, err
			}
			kept = append(kept, one)
		}
		return nil, nil
	})
	return kept, err
}

// RemoveKey takes one of the account's own keys away and returns what it was.
// The sessions that it opened end at once, and if it has opened any its certificates
// are not taken any more. The last key stays, or nobody could come in any more.
func (s *Session) RemoveKey(ctx context.Context, fingerprint string) (AuthorizedKey, error) {
	var key AuthorizedKey
	err := s.do(ctx, func(ctx context.Context, tx Tx) ([]effect, error) {
		var err error
		key, err = tx.Key(ctx, fingerprint)
		if errors.Is(err, ErrNotFound) || err == nil && key.UserID != s.user.ID {
			return nil, Refuse(ErrNotFound, "No key of yours has the fingerprint %s.", CleanLine(fingerprint, 80))
		}
		if err != nil {
			return nil, err
		}
		have, err := tx.Keys(ctx, key.UserName)
		if err != nil {
			return nil, err
		}
		if len(have) == 1 {
			return nil, Refuse(ErrNotAllowed, "This is your last key: add another one first, or you could not come in any more.")
		}
		if err := tx.DeleteKey(ctx, fingerprint); err != nil {
			return nil, err
		}
		// Anybody can add a public key. That it is one's own shows when it was used.
		if !key.LastUsedAt.IsZero() {
			if err := tx.RevokeCertificates(ctx, fingerprint, s.service.now()); err != nil {
				return nil, err
			}
		}
		return nil, s.service.audit(ctx, tx, s.handle(), AuditKeyRevoke, fingerprint, key.UserName)
	})
	return key, err
}
