package chat

import (
	"context"
	"errors"
	"time"
)

// recoveryLasts is how long a code for a lost key is good.
const recoveryLasts = 24 * time.Hour

// ResetKey makes a code, good once and for a day, with which somebody with
// another key gets back into an account. It is shown this once. The account's
// keys stay; a stolen one is to be revoked.
func (s Accounts) ResetKey(ctx context.Context, name string) (code string, expires time.Time, err error) {
	if code, err = s.newCode(); err != nil {
		return "", time.Time{}, err
	}
	expires = s.timestamp().Add(recoveryLasts)
	err = s.writer.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		user, err := userNamed(ctx, tx, name)
		if err != nil {
			return nil, err
		}
		if err := s.insertCode(ctx, tx, code, Code{Role: user.Role, User: user.ID, Uses: 1, ExpiresAt: expires, MadeBy: hostActor}); err != nil {
			return nil, err
		}
		return nil, s.audit(ctx, tx, hostActor, AuditKeyReset, user.Name, "until "+expires.UTC().Format(time.RFC3339))
	})
	return code, expires, err
}

// recover lets a stranger's key open the account that a code is for.
func (s *service) recover(ctx context.Context, v *Stranger, letters string) error {
	return s.writer.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		if err := v.barred(ctx, tx); err != nil {
			return nil, err
		}
		c, err := s.findCode(ctx, tx, letters)
		if err != nil {
			return nil, err
		}
		user, err := tx.UserByID(ctx, c.User)
		if errors.Is(err, ErrNotFound) {
			return nil, errCode()
		}
		if err != nil {
			return nil, err
		}
		if _, err := tx.UserByKey(ctx, v.key.Fingerprint()); !errors.Is(err, ErrNotFound) {
			return nil, err // it has become a member meanwhile
		}
		if err := keyRoom(ctx, tx, user.Name); err != nil && c.MadeBy != hostActor {
			return nil, err
		}
		if err := tx.UseCode(ctx, c.ID); err != nil {
			return nil, err
		}
		added, err := s.insertKey(ctx, tx, c.MadeBy, user, v.key)
		if err != nil {
			return nil, err
		}
		requests, err := s.requestsWaiting(ctx, tx)
		return []Change{added, requests}, err
	})
}
