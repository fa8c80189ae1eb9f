package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/importing"
	"confab/app/text"
	"confab/keys"
)

// Keys returns the keys that open the session's account, the oldest first.
func (s Account) Keys(ctx context.Context) ([]chat.AuthorizedKey, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return nil, err
	}
	return s.service.store.Keys(ctx, s.handle())
}

// Key returns the fingerprint of the key that opened the session.
func (s Account) Key() string { return s.login.Key }

// maxOwnKeys bounds how many keys users can have by adding them themselves.
const maxOwnKeys = 50

// keyCodeLasts is how long a code for another key of an account works.
const keyCodeLasts = time.Hour

// KeyCode makes a code that adds a key to the session's account. The code works once,
// within an hour, in every join mode. The user enters it on a connection with the new
// key, which proves that the user has the private half. Otherwise a user could add
// somebody else's public key, and that person's logins would open the wrong account. The
// server cannot show the code again. A new code replaces the one before.
func (s Account) KeyCode(ctx context.Context) (code string, expires time.Time, err error) {
	if code, err = s.service.newCode(); err != nil {
		return "", time.Time{}, err
	}
	expires = s.service.timestamp().Add(keyCodeLasts)
	err = s.do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		self, err := s.self(ctx, tx)
		if err != nil {
			return nil, err
		}
		if err := keyLimit(ctx, tx, self.Name); err != nil {
			return nil, err
		}
		if err := tx.DropKeyCodes(ctx, self.ID, self.Name); err != nil {
			return nil, err
		}
		made := chat.Code{Role: chat.RoleMember, User: self.ID, Uses: 1, ExpiresAt: expires, MadeBy: self.Name}
		if err := s.service.insertCode(ctx, tx, code, made); err != nil {
			return nil, err
		}
		return nil, s.service.audit(ctx, tx, self.Name, chat.AuditKeyCode, self.Name, "until "+expires.UTC().Format(time.RFC3339))
	})
	return code, expires, err
}

// keyLimit refuses another key for an account that has [maxOwnKeys] keys.
func keyLimit(ctx context.Context, r chat.Reader, name string) error {
	have, err := r.Keys(ctx, name)
	if err == nil && len(have) >= maxOwnKeys {
		return chat.Refuse(chat.ErrTooLarge, "An account has %d keys at most: remove one first.", maxOwnKeys)
	}
	return err
}

// RemoveKey removes one of the account's own keys and returns it. The sessions that it
// opened end at once. The server still accepts certificates of the key, which only the host
// can revoke. RemoveKey refuses an unknown key with [chat.ErrNotFound], and the last key
// with [chat.ErrNotAllowed], because the user could not connect without it.
func (s Account) RemoveKey(ctx context.Context, fingerprint string) (chat.AuthorizedKey, error) {
	var key chat.AuthorizedKey
	err := s.do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		var err error
		key, err = tx.Key(ctx, fingerprint)
		if errors.Is(err, chat.ErrNotFound) || err == nil && key.UserID != s.user.ID {
			return nil, chat.Refuse(chat.ErrNotFound, "No key of yours has the fingerprint %s.", text.CleanLine(fingerprint, 80))
		}
		if err != nil {
			return nil, err
		}
		have, err := tx.Keys(ctx, key.UserName)
		if err != nil {
			return nil, err
		}
		if len(have) == 1 {
			return nil, chat.Refuse(chat.ErrNotAllowed, "This is your last key: add another one first, or you could not connect again.")
		}
		if err := tx.DeleteKey(ctx, fingerprint); err != nil {
			return nil, err
		}
		return []chat.Change{chat.KeyRevoked{Fingerprint: fingerprint, Certificates: false}}, s.service.audit(ctx, tx, s.handle(), chat.AuditKeyRevoke, fingerprint, key.UserName)
	})
	return key, err
}

// settingAuthorities is the setting with the fingerprints of the authorities whose
// certificates the server accepts. Commands in other processes read it.
const settingAuthorities = "trusted-ca"

// TrustAuthorities stores the fingerprints of the authorities whose certificates the server
// accepts.
func (s Accounts) TrustAuthorities(ctx context.Context, fingerprints []string) error {
	return s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		return nil, tx.SetSetting(ctx, settingAuthorities, strings.Join(fingerprints, "\n"))
	})
}

// isAuthority reports whether a key belongs to an authority whose certificates the server
// accepts. Such a key may not open an account as well, so that a thief of one key does
// not get both.
func isAuthority(ctx context.Context, r chat.Reader, fingerprint string) (bool, error) {
	trusted, err := r.Setting(ctx, settingAuthorities)
	return slices.Contains(strings.Split(trusted, "\n"), fingerprint), err
}

// Unrevoke makes the server accept certificates of a key, and certificates that it has
// signed, again. It does not let the key itself open an account. If the certificates were
// not revoked, the error is [chat.ErrNotFound].
func (s Accounts) Unrevoke(ctx context.Context, fingerprint string) error {
	return s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		if is, err := tx.CertificatesRevoked(ctx, fingerprint); err != nil {
			return nil, err
		} else if !is {
			return nil, chat.Refuse(chat.ErrNotFound, "Certificates of %s are not revoked.", text.CleanLine(fingerprint, 80))
		}
		if err := tx.TakeCertificates(ctx, fingerprint); err != nil {
			return nil, err
		}
		return nil, s.audit(ctx, tx, chat.HostActor, chat.AuditKeyUnrevoke, fingerprint, "certificates")
	})
}

// Revoked reports whether certificates of one of these keys, or certificates that one of
// them has signed, are revoked.
func (s Accounts) Revoked(ctx context.Context, fingerprints ...string) (bool, error) {
	return revoked(ctx, s.store, fingerprints...)
}

func revoked(ctx context.Context, r chat.Reader, fingerprints ...string) (bool, error) {
	for _, f := range fingerprints {
		if is, err := r.CertificatesRevoked(ctx, f); is || err != nil {
			return is, err
		}
	}
	return false, nil
}

// UserByPrincipal returns the account for a certificate with this principal, which is valid
// from a time on. If there is none, the error is [chat.ErrNotFound]. The principal must be
// the exact handle, because an authority may give "ANN" to somebody else than "ann". The
// certificate is for the account that had the handle at that time: if another account has
// given the handle up since, the present one is not meant.
func (s Accounts) UserByPrincipal(ctx context.Context, name string, valid time.Time) (chat.User, error) {
	none := chat.Refuse(chat.ErrNotFound, "There is no account of that name.")
	if parsed, err := text.ParseHandle(name); err != nil || parsed != name {
		return chat.User{}, none
	}
	user, err := s.store.UserByName(ctx, name)
	if err != nil {
		return chat.User{}, err
	}
	given, err := s.store.NamesKeptBack(ctx, text.Skeleton(name), valid)
	if err != nil {
		return chat.User{}, err
	}
	if slices.ContainsFunc(given, func(f chat.FormerName) bool { return f.Name == name && f.User != user.ID }) {
		return chat.User{}, none
	}
	return user, nil
}

// certifiedUser returns the account that a login with a certificate opens.
func certifiedUser(ctx context.Context, r chat.Reader, l chat.Login) (chat.User, error) {
	if is, err := revoked(ctx, r, l.Key, l.Authority); err != nil {
		return chat.User{}, err
	} else if is {
		return chat.User{}, chat.ErrNotFound
	}
	user, err := r.UserByID(ctx, l.User)
	if err == nil && user.Name == chat.DeletedName {
		err = chat.ErrNotFound
	}
	return user, err
}

// revokeCertified revokes the certificates of a key without an account, if the server
// accepts certificates at all.
func (s Accounts) revokeCertified(ctx context.Context, tx chat.Tx, fingerprint string) (bool, error) {
	if trusted, err := tx.Setting(ctx, settingAuthorities); err != nil || trusted == "" {
		return false, err
	}
	if err := tx.RevokeCertificates(ctx, fingerprint, s.now()); err != nil {
		return false, err
	}
	return true, s.audit(ctx, tx, chat.HostActor, chat.AuditKeyRevoke, fingerprint, "certificates")
}

// ImportedKey is one of many keys that are added at once.
type ImportedKey struct {
	From string // where it was read, for errors: a file, or a file and a line
	Name string // of the account, as it was written
	Key  keys.Key
}

// AddedKey is a key that an import has added.
type AddedKey struct {
	Name    string // of the account
	NewUser bool   // the key made the account
	Key     keys.Key
}

// ImportKeys lets many keys open the accounts that they name, and makes missing accounts.
// It adds all keys or none, and returns those that opened no account before, in order. If it
// refuses keys, the error joins one error for each of them (see [errors.Join]). A server
// without an owner is refused with [chat.ErrNotAllowed].
func (s Accounts) ImportKeys(ctx context.Context, in []ImportedKey) (added []AddedKey, err error) {
	err = s.writer.DoForHost(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		added = nil
		if owners, err := tx.Owners(ctx); err != nil {
			return nil, err
		} else if len(owners) == 0 {
			return nil, noOwner()
		}
		names, err := s.checkImport(ctx, tx, in)
		if err != nil {
			return nil, err
		}
		var changes []chat.Change
		done := make(map[string]bool)
		for i, k := range in {
			if done[k.Key.Fingerprint()] {
				continue
			}
			done[k.Key.Fingerprint()] = true
			if err := tx.TakeCertificates(ctx, k.Key.Fingerprint()); err != nil {
				return nil, err
			}
			if _, err := tx.Key(ctx, k.Key.Fingerprint()); err == nil {
				continue // the account's already
			} else if !errors.Is(err, chat.ErrNotFound) {
				return nil, err
			}
			user, come, err := s.ensureUser(ctx, tx, names[i], false, false)
			if err != nil {
				return nil, err
			}
			key, err := s.insertKey(ctx, tx, chat.HostActor, user, k.Key)
			if err != nil {
				return nil, err
			}
			changes = append(append(changes, come...), key)
			added = append(added, AddedKey{names[i], come != nil, k.Key})
		}
		requests, err := s.requestsWaiting(ctx, tx)
		return append(changes, requests), err
	})
	return added, err
}

// checkImport returns the handles of the accounts that the keys are for, or an error for
// each refused key.
func (s Accounts) checkImport(ctx context.Context, tx chat.Tx, in []ImportedKey) ([]string, error) {
	names := make([]string, len(in))
	looks := make(map[string]string)  // by skeleton: the handle in this import
	owners := make(map[string]string) // by fingerprint
	var bad []error
	for i, k := range in {
		name, err := text.ParseHandle(k.Name)
		if err == nil {
			names[i] = name
			err = s.checkImported(ctx, tx, name, k.Key, looks, owners)
		}
		if err != nil && !chat.IsRefusal(err) {
			return nil, err
		}
		if err != nil {
			bad = append(bad, fmt.Errorf("%s: %w", k.From, err))
		}
	}
	return names, errors.Join(bad...)
}

func (s Accounts) checkImported(ctx context.Context, tx chat.Tx, name string, key keys.Key, looks, owners map[string]string) error {
	if _, err := tx.UserByName(ctx, name); errors.Is(err, chat.ErrNotFound) {
		if err := s.handleIsFree(ctx, tx, name, 0); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	if other, ok := looks[text.Skeleton(name)]; ok && other != name {
		return chat.Refuse(chat.ErrConflict, "The name %s looks like %s, which you are also importing: change one of them.", name, other)
	}
	looks[text.Skeleton(name)] = name
	if other, ok := owners[key.Fingerprint()]; ok && other != name {
		return chat.Refuse(chat.ErrConflict, "The key is also listed for %s, and a key can open only one account.", other)
	}
	owners[key.Fingerprint()] = name
	_, _, err := sortKeys(ctx, tx, name, []keys.Key{key}, keyTaken)
	return err
}

// recoveryLasts is how long a code for a lost key works.
const recoveryLasts = 24 * time.Hour

// ResetKey makes a code that adds another key to an account, for a user who has lost
// theirs. The code works once, within a day, and the server cannot show it again. The
// account keeps its other keys. If a key was stolen, revoke it with
// [Accounts.RevokeKey].
func (s Accounts) ResetKey(ctx context.Context, name string) (code string, expires time.Time, err error) {
	if code, err = s.newCode(); err != nil {
		return "", time.Time{}, err
	}
	expires = s.timestamp().Add(recoveryLasts)
	err = s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		user, err := userNamed(ctx, tx, name)
		if err != nil {
			return nil, err
		}
		if err := s.insertCode(ctx, tx, code, chat.Code{Role: user.Role, User: user.ID, Uses: 1, ExpiresAt: expires, MadeBy: chat.HostActor}); err != nil {
			return nil, err
		}
		return nil, s.audit(ctx, tx, chat.HostActor, chat.AuditKeyReset, user.Name, "until "+expires.UTC().Format(time.RFC3339))
	})
	return code, expires, err
}

// Claim lets keys open an account that was imported from another chat. From then on it is an
// account like others. The error is [chat.ErrConflict] for other accounts, and the other
// errors are those of [Accounts.AddKeys].
func (s Accounts) Claim(ctx context.Context, name string, add []keys.Key) (KeysAdded, error) {
	var done KeysAdded
	err := s.writer.DoForHost(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		user, err := importing.Claimable(ctx, tx, name)
		if err == nil {
			err = importing.NotBegun(ctx, tx, user)
		}
		if err != nil {
			return nil, err
		}
		fresh, _, err1 := sortKeys(ctx, tx, user.Name, add, keyTaken)
		general, err2 := tx.Conversation(ctx, s.general)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		user.Disabled = false
		come, err1 := admit(ctx, tx, general, user, user.Role, 0)
		_, direct, err2 := tx.ConversationIDs(ctx, user.ID)
		err = errors.Join(err1, err2, tx.SetUserDisabled(ctx, user.ID, false), tx.SetPreference(ctx, user.ID, chat.ImportedPreference, ""))
		changes := []chat.Change{chat.UserDisabled{User: user.ID, Direct: direct}, come}
		for _, k := range fresh {
			added, failed := s.insertKey(ctx, tx, chat.HostActor, user, k)
			changes, err = append(changes, added), errors.Join(err, failed)
		}
		done = KeysAdded{User: user, Claimed: true, Added: fresh}
		return changes, errors.Join(err, s.audit(ctx, tx, chat.HostActor, chat.AuditClaim, user.Name, "by a key"))
	})
	return done, err
}

// RevokedKeys returns the keys whose certificates the server refuses, the oldest revocation
// first.
func (s Accounts) RevokedKeys(ctx context.Context) ([]chat.RevokedKey, error) {
	return s.store.RevokedKeys(ctx)
}

// Deleted returns the deleted accounts with their last handles, the latest first. The server
// forgets the handles after 30 days.
func (s Accounts) Deleted(ctx context.Context) ([]chat.FormerName, error) {
	return s.store.DeletedUsers(ctx)
}

// RevokeCode makes a code unusable. People who have entered it and have not chosen a name
// cannot join with it either. The errors are those of [Joining.Code].
func (s Joining) RevokeCode(ctx context.Context, id int64) error {
	return s.writer.DoForHost(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		c, err := s.listedCode(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		return nil, errors.Join(tx.DropCode(ctx, id), s.audit(ctx, tx, chat.HostActor, chat.AuditCodeRevoke, fmt.Sprint(id), "made by "+c.MadeBy))
	})
}
