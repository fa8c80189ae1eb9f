package service

import (
	"context"
	"errors"
	"io"
	"time"

	"confab/app/chat"
	"confab/app/export"
	"confab/app/text"
	"confab/keys"
)

// Account has the use cases of a session for its own account: names, keys, preferences, and
// an export of the account's data. See [Session.Account].
type Account struct{ *session }

// Accounts has the use cases of the host for accounts and their keys. See [Service.Accounts].
type Accounts struct{ *service }

// KeysAdded says what [Accounts.AddKeys] did.
type KeysAdded struct {
	User    chat.User
	NewUser bool
	Claimed bool       // the account was imported, and somebody can use it now
	Added   []keys.Key // they open the account now
	Already []keys.Key // they opened the account before
}

// AddKeys authorizes keys for the account with this handle, and makes a missing
// account. The first account of a server becomes its owner. AddKeys adds all keys or
// changes nothing. It refuses a key that belongs to another account with
// [chat.ErrConflict], and a malformed handle with [text.ErrInvalid].
func (s Accounts) AddKeys(ctx context.Context, name string, add []keys.Key) (KeysAdded, error) {
	return s.addKeysIf(ctx, name, false, add, nil)
}

// Add is [Accounts.AddKeys] for a new account, which may be that of a program. It refuses a
// handle that is taken with [chat.ErrConflict], so that a newcomer's key does not open
// somebody else's account by mistake.
func (s Accounts) Add(ctx context.Context, name string, bot bool, add []keys.Key) (KeysAdded, error) {
	parsed, err := text.ParseHandle(name)
	if err != nil {
		return KeysAdded{}, chat.Refuse(text.ErrInvalid, "%s", err)
	}
	return s.addKeysIf(ctx, parsed, bot, add, func(ctx context.Context, tx chat.Tx) (bool, error) {
		err := nameIsNew(ctx, tx, parsed)
		return err == nil, err
	})
}

// nameIsNew refuses the handle of an account with [chat.ErrConflict].
func nameIsNew(ctx context.Context, r chat.Reader, name string) error {
	_, err := r.UserByName(ctx, name)
	switch {
	case errors.Is(err, chat.ErrNotFound):
		return nil
	case err == nil:
		return chat.Refuse(chat.ErrConflict, "An account %s already exists: choose another name.", name).With(chat.HintAddKey)
	}
	return err
}

// AddWithoutKey makes the account of a person whom only certificates let in. It refuses a
// handle that is taken with [chat.ErrConflict], and a server without an owner with
// [chat.ErrNotAllowed], because nobody could use the server if its CA were lost.
func (s Accounts) AddWithoutKey(ctx context.Context, name string) (user chat.User, err error) {
	name, err = text.ParseHandle(name)
	if err != nil {
		return user, chat.Refuse(text.ErrInvalid, "%s", err)
	}
	err = s.writer.DoForHost(ctx, func(ctx context.Context, tx chat.Tx) (changes []chat.Change, err error) {
		if owners, err := tx.Owners(ctx); err != nil {
			return nil, err
		} else if len(owners) == 0 {
			return nil, noOwner()
		}
		if err := nameIsNew(ctx, tx, name); err != nil {
			return nil, err
		}
		user, changes, err = s.ensureUser(ctx, tx, name, false, false)
		return changes, err
	})
	return user, err
}

// AddBot is [Accounts.AddKeys] for the account of a program, which receipts leave out. It
// refuses the account of a person with [chat.ErrConflict].
func (s Accounts) AddBot(ctx context.Context, name string, add []keys.Key) (KeysAdded, error) {
	return s.addKeysIf(ctx, name, true, add, nil)
}

// EnrolOwner is [Accounts.AddKeys] for a server that has no owner yet. On other servers it
// changes nothing and reports false.
func (s Accounts) EnrolOwner(ctx context.Context, name string, add []keys.Key) (KeysAdded, bool, error) {
	enrolled := false
	done, err := s.addKeysIf(ctx, name, false, add, func(ctx context.Context, tx chat.Tx) (bool, error) {
		owners, err := tx.Owners(ctx)
		enrolled = len(owners) == 0
		return enrolled, err
	})
	return done, enrolled, err
}

// addKeysIf is [Accounts.AddKeys], unless condition is given and returns false. It checks
// the condition in the transaction that adds the keys.
func (s Accounts) addKeysIf(ctx context.Context, name string, bot bool, add []keys.Key, condition func(context.Context, chat.Tx) (bool, error)) (KeysAdded, error) {
	name, err := text.ParseHandle(name)
	if err != nil {
		return KeysAdded{}, chat.Refuse(text.ErrInvalid, "%s", err)
	}
	if len(add) == 0 {
		return KeysAdded{}, chat.Refuse(text.ErrInvalid, "There is no key to add.")
	}
	var done KeysAdded
	err = s.writer.DoForHost(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		done = KeysAdded{}
		if condition != nil {
			if holds, err := condition(ctx, tx); err != nil || !holds {
				return nil, err
			}
		}
		owners, err := tx.Owners(ctx)
		if err != nil {
			return nil, err
		}
		fresh, already, err := sortKeys(ctx, tx, name, add, keyTaken)
		if err != nil {
			return nil, err
		}
		user, changes, err := s.ensureUser(ctx, tx, name, bot, len(owners) == 0 && !bot)
		if err != nil {
			return nil, err
		}
		newUser := changes != nil
		for _, k := range fresh {
			added, err := s.insertKey(ctx, tx, chat.HostActor, user, k)
			if err != nil {
				return nil, err
			}
			changes = append(changes, added)
		}
		for _, k := range add {
			if err := tx.TakeCertificates(ctx, k.Fingerprint()); err != nil {
				return nil, err
			}
		}
		done = KeysAdded{User: user, NewUser: newUser, Added: fresh, Already: already}
		requests, err := s.requestsWaiting(ctx, tx)
		return append(changes, requests), err
	})
	return done, err
}

// keyTaken tells the host that a key belongs to another account.
func keyTaken(k keys.Key, have chat.AuthorizedKey) error {
	return chat.Refuse(chat.ErrConflict, "The key %s already belongs to %s, and a key can open only one account: revoke it there first.", k.Fingerprint(), have.UserName)
}

// sortKeys separates new keys from keys that the account already has. For a key of
// another account it returns the refusal that taken makes.
func sortKeys(ctx context.Context, tx chat.Tx, name string, add []keys.Key, taken func(keys.Key, chat.AuthorizedKey) error) (fresh, already []keys.Key, err error) {
	for _, k := range add {
		have, err := tx.Key(ctx, k.Fingerprint())
		switch {
		case errors.Is(err, chat.ErrNotFound):
			fresh = append(fresh, k)
		case err != nil:
			return nil, nil, err
		case have.UserName == name:
			already = append(already, k)
		default:
			return nil, nil, taken(k, have)
		}
	}
	return fresh, already, nil
}

// ensureUser returns the account with this handle. If it has to make the account, it
// also returns the changes.
func (s Accounts) ensureUser(ctx context.Context, tx chat.Tx, name string, bot, first bool) (chat.User, []chat.Change, error) {
	user, err := tx.UserByName(ctx, name)
	if err == nil && bot && !user.Bot {
		return user, nil, chat.Refuse(chat.ErrConflict, "%s is the account of a person: give the bot a name of its own.", name)
	}
	if !errors.Is(err, chat.ErrNotFound) {
		return user, nil, err
	}
	if err := s.handleIsFree(ctx, tx, name, 0); err != nil {
		return chat.User{}, nil, err
	}
	role := chat.RoleMember
	if first {
		role = chat.RoleOwner
	}
	return s.newUser(ctx, tx, chat.HostActor, chat.User{Name: name, Role: role, Bot: bot})
}

// newUser makes an account and adds it to #general.
func (s *service) newUser(ctx context.Context, tx chat.Tx, actor string, user chat.User) (chat.User, []chat.Change, error) {
	var err error
	if user.UID, err = s.newID(); err != nil {
		return chat.User{}, nil, err
	}
	user.CreatedAt = s.now()
	user, err = tx.InsertUser(ctx, user)
	if err != nil {
		return chat.User{}, nil, err
	}
	general, err := tx.ConversationByName(ctx, chat.GeneralName)
	if err != nil {
		return chat.User{}, nil, err
	}
	// The new member can read older messages, but they don't count as unread.
	come, err := admit(ctx, tx, general, user, user.Role, 0)
	if err != nil {
		return chat.User{}, nil, err
	}
	detail := string(user.Role)
	if user.Bot {
		detail = "bot"
	}
	return user, []chat.Change{come}, s.audit(ctx, tx, actor, chat.AuditUserAdd, user.Name, detail)
}

// insertKey lets a key open an account, and deletes a request to join with that key. If the
// key's certificates are revoked, only the host can make them valid again. Otherwise a
// thief could join with a stolen key, or add it to an account, to make the owner's
// certificates valid.
func (s *service) insertKey(ctx context.Context, tx chat.Tx, actor string, user chat.User, k keys.Key) (chat.Change, error) {
	if is, err := isAuthority(ctx, tx, k.Fingerprint()); err != nil {
		return nil, err
	} else if is {
		return nil, chat.Refuse(chat.ErrConflict, "The key %s belongs to a CA that this server trusts, so it can't open an account.", k.Fingerprint()).With(chat.HintUnrevoke)
	}
	err := tx.InsertKey(ctx, chat.AuthorizedKey{
		Fingerprint: k.Fingerprint(),
		UserID:      user.ID,
		Type:        k.Type(),
		Line:        k.Line(),
		Comment:     k.Comment,
		AddedAt:     s.now(),
	})
	if err := errors.Join(err, tx.DeleteRequest(ctx, k.Fingerprint())); err != nil {
		return nil, err
	}
	return chat.KeyAdded{Fingerprint: k.Fingerprint()}, s.audit(ctx, tx, actor, chat.AuditKeyAdd, k.Fingerprint(), user.Name)
}

// audit adds an entry to the audit log.
func (s *service) audit(ctx context.Context, tx chat.Tx, actor, action, target, detail string) error {
	return tx.AppendAudit(ctx, chat.AuditEntry{At: s.now(), Actor: actor, Action: action, Target: target, Detail: detail})
}

// Keys returns the authorized keys of an account, or of all accounts for "". For an
// account that does not exist the error is [chat.ErrNotFound].
func (s Accounts) Keys(ctx context.Context, name string) ([]chat.AuthorizedKey, error) {
	if name != "" {
		if _, err := s.store.UserByName(ctx, name); errors.Is(err, chat.ErrNotFound) {
			return nil, chat.Refuse(chat.ErrNotFound, "There is no account %q.", text.CleanLine(name, 40)).With(chat.HintKeys)
		} else if err != nil {
			return nil, err
		}
	}
	return s.store.Keys(ctx, name)
}

// RevokeKey removes the key with this fingerprint, and returns it. The server also stops
// accepting certificates of the key. On a server that accepts certificates, the key may
// also be one without an account, or that of an authority. Then the result has only the
// fingerprint. The error is [chat.ErrNotFound] for an unknown key. The sessions that the
// key opened end at once, even if another process serves them (see [Service.TailChanges]).
func (s Accounts) RevokeKey(ctx context.Context, fingerprint string) (chat.AuthorizedKey, error) {
	var key chat.AuthorizedKey
	err := s.writer.DoForHost(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		var err error
		key, err = tx.Key(ctx, fingerprint)
		if errors.Is(err, chat.ErrNotFound) {
			if certified, err := s.revokeCertified(ctx, tx, fingerprint); err != nil || certified {
				key = chat.AuthorizedKey{Fingerprint: fingerprint}
				return []chat.Change{chat.KeyRevoked{Fingerprint: fingerprint, Certificates: true}}, err
			}
			return nil, chat.Refuse(chat.ErrNotFound, "No account has a key with the fingerprint %s.", text.CleanLine(fingerprint, 80)).With(chat.HintKeys)
		}
		if err != nil {
			return nil, err
		}
		if err := errors.Join(tx.DeleteKey(ctx, fingerprint), tx.RevokeCertificates(ctx, fingerprint, s.now())); err != nil {
			return nil, err
		}
		return []chat.Change{chat.KeyRevoked{Fingerprint: fingerprint, Certificates: true}}, s.audit(ctx, tx, chat.HostActor, chat.AuditKeyRevoke, fingerprint, key.UserName)
	})
	return key, err
}

// Preferences returns the preferences of the session's user, by name.
func (s Account) Preferences(ctx context.Context) (map[string]string, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return nil, err
	}
	return s.service.store.Preferences(ctx, s.user.ID)
}

// Self returns the session's account as it is now.
func (s Account) Self(ctx context.Context) (chat.User, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return chat.User{}, err
	}
	return s.self(ctx, s.service.store)
}

// SetPreference stores a preference of the session's user. The value "" removes it.
// The errors are those of [chat.CheckPreference].
func (s Account) SetPreference(ctx context.Context, name, value string) error {
	return s.prefer(ctx, func(map[string]string) (string, string, error) { return name, value, nil })
}

// prefer stores a preference that depends on the present ones.
func (s Account) prefer(ctx context.Context, which func(have map[string]string) (name, value string, err error)) error {
	return s.write(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		if _, err := s.self(ctx, tx); err != nil {
			return nil, err
		}
		have, err := tx.Preferences(ctx, s.user.ID)
		if err != nil {
			return nil, err
		}
		name, value, err := which(have)
		if err != nil {
			return nil, err
		}
		if err := chat.CheckPreference(have, name, value); err != nil {
			return nil, err
		}
		if name == chat.LastSeenPreference && value != "on" {
			// Turning it on again publishes nothing from before.
			if err := tx.SetLastSeen(ctx, s.user.ID, time.Time{}); err != nil {
				return nil, err
			}
		}
		return []chat.Change{chat.PreferencesChanged{User: s.user.ID}}, tx.SetPreference(ctx, s.user.ID, name, value)
	})
}

// UserByKey returns the account that a key opens, or an error that is
// [chat.ErrNotFound]. The caller must have seen a signature by that key.
func (s Accounts) UserByKey(ctx context.Context, fingerprint string) (chat.User, error) {
	return s.store.UserByKey(ctx, fingerprint)
}

// Owners returns the server's owners, oldest first.
func (s Accounts) Owners(ctx context.Context) ([]chat.User, error) { return s.store.Owners(ctx) }

// noOwner refuses people who come before the server has an owner. The first account is
// for the person who runs the server.
func noOwner() error {
	return chat.Refuse(chat.ErrNotAllowed, "This server has no owner yet: its host must add one first.").With(chat.HintAddOwner)
}

// Export writes the data of the session's account to w, as [export.Write] does.
func (s Account) Export(ctx context.Context, w io.Writer) error {
	if err := s.ask(ctx, costSearch); err != nil {
		return err
	}
	return s.service.export(ctx, s.user.ID, w, func(rows int) error {
		s.owe(rows)
		return s.ask(ctx, costPage)
	})
}

// Export is [Account.Export] for the host. The error is [chat.ErrNotFound] if there is no
// account with this handle.
func (s Accounts) Export(ctx context.Context, name string, w io.Writer) error {
	user, err := userNamed(ctx, s.store, name)
	if err != nil {
		return err
	}
	return s.export(ctx, user.ID, w, func(int) error { return nil })
}

// export writes an account's data. It calls took after each page that it reads, and took
// may wait before the next page.
func (s *service) export(ctx context.Context, id chat.UserID, to io.Writer, took func(rows int) error) error {
	if err := s.live.Markers().Flush(ctx); err != nil {
		return err
	}
	return export.Write(ctx, s.store, id, s.timestamp(), to, took)
}
