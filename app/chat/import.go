package chat

import (
	"context"
	"errors"
	"fmt"

	"confab/app/text"
	"confab/keys"
)

// ImportedKey is one of many keys that are added at once.
type ImportedKey struct {
	From string // where it stands, for errors: a file, or a file and a line
	Name string // of the account, as it was written
	Key  keys.Key
}

// ImportKeys lets many keys open the accounts that they name, which are made if
// they are not there; all of them, or none: then the error joins (see
// [errors.Join]) one for each key that is refused. The server must have an owner.
func (s Accounts) ImportKeys(ctx context.Context, in []ImportedKey) (added, users int, err error) {
	err = s.writer.doForHost(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		added, users = 0, 0
		if owners, err := tx.Owners(ctx); err != nil {
			return nil, err
		} else if len(owners) == 0 {
			return nil, noOwner()
		}
		names, err := s.checkImport(ctx, tx, in)
		if err != nil {
			return nil, err
		}
		var changes []Change
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
			} else if !errors.Is(err, ErrNotFound) {
				return nil, err
			}
			user, come, err := s.ensureUser(ctx, tx, names[i], false, false)
			if err != nil {
				return nil, err
			}
			if come != nil {
				users++
			}
			key, err := s.insertKey(ctx, tx, hostActor, user, k.Key)
			if err != nil {
				return nil, err
			}
			changes = append(append(changes, come...), key)
			added++
		}
		requests, err := s.requestsWaiting(ctx, tx)
		return append(changes, requests), err
	})
	return added, users, err
}

// checkImport returns the handles that the keys are for, or what is wrong with
// each that is refused.
func (s Accounts) checkImport(ctx context.Context, tx Tx, in []ImportedKey) ([]string, error) {
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
		if err != nil && !IsRefusal(err) {
			return nil, err
		}
		if err != nil {
			bad = append(bad, fmt.Errorf("%s: %w", k.From, err))
		}
	}
	return names, errors.Join(bad...)
}

func (s Accounts) checkImported(ctx context.Context, tx Tx, name string, key keys.Key, looks, owners map[string]string) error {
	if _, err := tx.UserByName(ctx, name); errors.Is(err, ErrNotFound) {
		if err := s.handleIsFree(ctx, tx, name, 0); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	if other, ok := looks[text.Skeleton(name)]; ok && other != name {
		return Refuse(ErrConflict, "The name %s looks like %s, which is in here too: change one of them.", name, other)
	}
	looks[text.Skeleton(name)] = name
	if other, ok := owners[key.Fingerprint()]; ok && other != name {
		return Refuse(ErrConflict, "The key is in here for %s too, and a key opens one account only.", other)
	}
	owners[key.Fingerprint()] = name
	_, _, err := sortKeys(ctx, tx, name, []keys.Key{key}, keyTaken)
	return err
}
