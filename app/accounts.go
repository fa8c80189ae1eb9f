package app

import (
	"context"
	"errors"
	"fmt"

	"confab/keys"
)

// hostActor stands in the audit log for whoever runs the command line on the
// server's own machine.
const hostActor = "host"

// KeysAdded says what [Service.AddKeys] did.
type KeysAdded struct {
	User    User
	NewUser bool
	Added   []keys.Key // now open the account
	Already []keys.Key // had been the account's before
}

// AddKeys authorizes keys for the account with this handle, which is made if
// there is none; the first account of a server becomes its owner. Either all
// keys are the account's afterwards or nothing has changed. A key that belongs
// to another account is refused with an error that is [ErrConflict], a handle
// that cannot be one with [ErrInvalid].
func (s *Service) AddKeys(ctx context.Context, name string, add []keys.Key) (KeysAdded, error) {
	return s.addKeys(ctx, name, add, nil)
}

// EnrolOwner does as AddKeys does if the server has no account yet. Otherwise
// it changes nothing and reports false.
func (s *Service) EnrolOwner(ctx context.Context, name string, add []keys.Key) (KeysAdded, bool, error) {
	enrolled := false
	done, err := s.addKeys(ctx, name, add, func(owners []User) bool {
		enrolled = len(owners) == 0
		return enrolled
	})
	return done, enrolled, err
}

// addKeys is AddKeys if unless is nil or says yes to the owners there are. The
// question and the change are one transaction.
func (s *Service) addKeys(ctx context.Context, name string, add []keys.Key, unless func([]User) bool) (KeysAdded, error) {
	name, err := ParseName(name)
	if err != nil {
		return KeysAdded{}, Refuse(ErrInvalid, "%s", err)
	}
	if len(add) == 0 {
		return KeysAdded{}, Refuse(ErrInvalid, "There is no key to add.")
	}
	var done KeysAdded
	err = s.writer.do(ctx, func(ctx context.Context, tx Tx) ([]effect, error) {
		done = KeysAdded{}
		owners, err := tx.Owners(ctx)
		if err != nil {
			return nil, err
		}
		if unless != nil && !unless(owners) {
			return nil, nil
		}
		fresh, already, err := sortKeys(ctx, tx, name, add)
		if err != nil {
			return nil, err
		}
		user, come, err := s.ensureUser(ctx, tx, name, len(owners) == 0)
		if err != nil {
			return nil, err
		}
		for _, k := range fresh {
			if err := s.insertKey(ctx, tx, hostActor, user, k); err != nil {
				return nil, err
			}
		}
		done = KeysAdded{User: user, NewUser: come != nil, Added: fresh, Already: already}
		if come == nil {
			return nil, nil
		}
		return []effect{come}, nil
	})
	return done, err
}

// sortKeys tells the keys that are new from those that are the account's
// already, and refuses those of others.
func sortKeys(ctx context.Context, tx Tx, name string, add []keys.Key) (fresh, already []keys.Key, err error) {
	for _, k := range add {
		have, err := tx.Key(ctx, k.Fingerprint())
		switch {
		case errors.Is(err, ErrNotFound):
			fresh = append(fresh, k)
		case err != nil:
			return nil, nil, err
		case have.UserName == name:
			already = append(already, k)
		default:
			return nil, nil, Refuse(ErrConflict, "The key %s belongs to %s already, and a key opens one account only: revoke it there first.", k.Fingerprint(), have.UserName)
		}
	}
	return fresh, already, nil
}

// ensureUser returns the account with this handle, and if it was made now that
// it comes to #general.
func (s *Service) ensureUser(ctx context.Context, tx Tx, name string, first bool) (User, effect, error) {
	user, err := tx.UserByName(ctx, name)
	if !errors.Is(err, ErrNotFound) {
		return user, nil, err
	}
	if err := s.handleIsFree(ctx, tx, name, 0); err != nil {
		return User{}, nil, err
	}
	role := RoleMember
	if first {
		role = RoleOwner
	}
	return s.newUser(ctx, tx, hostActor, name, role)
}

// newUser makes an account, which comes to #general.
func (s *Service) newUser(ctx context.Context, tx Tx, actor, name string, role Role) (User, effect, error) {
	uid, err := s.newID()
	if err != nil {
		return User{}, nil, fmt.Errorf("making an id: %w", err)
	}
	user, err := tx.InsertUser(ctx, User{UID: uid, Name: name, Role: role, CreatedAt: s.now()})
	if err != nil {
		return User{}, nil, err
	}
	general, err := tx.ConversationByName(ctx, GeneralName)
	if err != nil {
		return User{}, nil, err
	}
	// What was said before can be read, but nobody waits for it to be.
	come, err := admit(ctx, tx, general, user, role)
	if err != nil {
		return User{}, nil, err
	}
	return user, come, s.audit(ctx, tx, actor, AuditUserAdd, name, string(role))
}

// insertKey lets a key open an account. A request to join with it is answered by
// that, and a revocation ended.
func (s *Service) insertKey(ctx context.Context, tx Tx, actor string, user User, k keys.Key) error {
	err := tx.InsertKey(ctx, AuthorizedKey{
		Fingerprint: k.Fingerprint(),
		UserID:      user.ID,
		Type:        k.Type(),
		Line:        k.Line(),
		Comment:     k.Comment,
		AddedAt:     s.now(),
	})
	if err := errors.Join(err, tx.DeleteRequest(ctx, k.Fingerprint()), tx.TakeCertificates(ctx, k.Fingerprint())); err != nil {
		return err
	}
	return s.audit(ctx, tx, actor, AuditKeyAdd, k.Fingerprint(), user.Name)
}

// audit notes in the audit log what somebody did.
func (s *Service) audit(ctx context.Context, tx Tx, actor, action, target, detail string) error {
	return tx.AppendAudit(ctx, AuditEntry{At: s.now(), Actor: actor, Action: action, Target: target, Detail: detail})
}

// Keys returns the authorized keys of an account, or of all accounts for "".
// An account that does not exist is an error that is [ErrNotFound].
func (s *Service) Keys(ctx context.Context, name string) ([]AuthorizedKey, error) {
	if name != "" {
		if _, err := s.store.UserByName(ctx, name); errors.Is(err, ErrNotFound) {
			return nil, Refuse(ErrNotFound, "There is no account %q: confab keys list shows all.", CleanLine(name, 40))
		} else if err != nil {
			return nil, err
		}
	}
	return s.store.Keys(ctx, name)
}

// RevokeKey takes the key with this fingerprint away and returns what it was. Its
// certificates are not taken any more either. Where a server takes certificates it
// may also be a key that no account has, or that of an authority: then what is
// returned has the fingerprint only.
// The sessions that it opened end at once, also those of a server that runs in
// another process (see [Service.Watch]).
func (s *Service) RevokeKey(ctx context.Context, fingerprint string) (AuthorizedKey, error) {
	var key AuthorizedKey
	err := s.writer.do(ctx, func(ctx context.Context, tx Tx) ([]effect, error) {
		var err error
		key, err = tx.Key(ctx, fingerprint)
		if errors.Is(err, ErrNotFound) {
			if certified, err := s.revokeCertified(ctx, tx, fingerprint); err != nil || certified {
				key = AuthorizedKey{Fingerprint: fingerprint}
				return nil, err
			}
			return nil, Refuse(ErrNotFound, "No account has a key with the fingerprint %s: confab keys list shows all.", CleanLine(fingerprint, 80))
		}
		if err != nil {
			return nil, err
		}
		if err := errors.Join(tx.DeleteKey(ctx, fingerprint), tx.RevokeCertificates(ctx, fingerprint, s.now())); err != nil {
			return nil, err
		}
		return nil, s.audit(ctx, tx, hostActor, AuditKeyRevoke, fingerprint, key.UserName)
	})
	return key, err
}
