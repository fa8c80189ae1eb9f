package chat

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"confab/app/text"
	"confab/keys"
)

// Account is what belongs to a session's user alone: its names, keys and preferences,
// and a copy of its data. See [Session.Account].
type Account struct{ *session }

// Accounts are the accounts of a server and their keys, for its host. See
// [Service.Accounts].
type Accounts struct{ *service }

// hostActor stands in the audit log for the user of the command line on the server's own
// machine.
const hostActor = "host"

// KeysAdded says what [Accounts.AddKeys] did.
type KeysAdded struct {
	User    User
	NewUser bool
	Added   []keys.Key // now open the account
	Already []keys.Key // had been the account's before
}

// AddKeys authorizes keys for the account with this handle, and makes a missing
// account. The first account of a server becomes its owner. AddKeys adds all keys or
// changes nothing. It refuses a key that belongs to another account with
// [ErrConflict], and a malformed handle with [text.ErrInvalid].
func (s Accounts) AddKeys(ctx context.Context, name string, add []keys.Key) (KeysAdded, error) {
	return s.addKeysIf(ctx, name, false, add, nil)
}

// Add is AddKeys for a new account. It refuses a handle that is taken with
// [ErrConflict], so that a newcomer's key does not open somebody else's account by
// mistake.
func (s Accounts) Add(ctx context.Context, name string, add []keys.Key) (KeysAdded, error) {
	parsed, err := text.ParseHandle(name)
	if err != nil {
		return KeysAdded{}, Refuse(text.ErrInvalid, "%s", err)
	}
	done, err := s.addKeysIf(ctx, parsed, false, add, func(ctx context.Context, tx Tx) (bool, error) {
		_, err := tx.UserByName(ctx, parsed)
		switch {
		case errors.Is(err, ErrNotFound):
			return true, nil
		case err == nil:
			return false, Refuse(ErrConflict, "There is an account %s already: choose another name for a new one, or leave --new out to give that account one more key.", parsed)
		}
		return false, err
	})
	return done, err
}

// AddBot is AddKeys for the account of a program, which receipts leave out. It refuses
// the account of a person with [ErrConflict].
func (s Accounts) AddBot(ctx context.Context, name string, add []keys.Key) (KeysAdded, error) {
	return s.addKeysIf(ctx, name, true, add, nil)
}

// EnrolOwner is AddKeys for a server that has no owner yet. Otherwise it changes
// nothing and reports false.
func (s Accounts) EnrolOwner(ctx context.Context, name string, add []keys.Key) (KeysAdded, bool, error) {
	enrolled := false
	done, err := s.addKeysIf(ctx, name, false, add, func(ctx context.Context, tx Tx) (bool, error) {
		owners, err := tx.Owners(ctx)
		enrolled = len(owners) == 0
		return enrolled, err
	})
	return done, enrolled, err
}

// addKeysIf is AddKeys if the condition is nil or holds. It checks the condition in the
// transaction that adds the keys.
func (s Accounts) addKeysIf(ctx context.Context, name string, bot bool, add []keys.Key, condition func(context.Context, Tx) (bool, error)) (KeysAdded, error) {
	name, err := text.ParseHandle(name)
	if err != nil {
		return KeysAdded{}, Refuse(text.ErrInvalid, "%s", err)
	}
	if len(add) == 0 {
		return KeysAdded{}, Refuse(text.ErrInvalid, "There is no key to add.")
	}
	var done KeysAdded
	err = s.writer.doForHost(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
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
			added, err := s.insertKey(ctx, tx, hostActor, user, k)
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
func keyTaken(k keys.Key, have AuthorizedKey) error {
	return Refuse(ErrConflict, "The key %s belongs to %s already, and a key opens one account only: revoke it there first.", k.Fingerprint(), have.UserName)
}

// sortKeys separates new keys from keys that the account already has. For a key of
// another account it returns the refusal that taken makes.
func sortKeys(ctx context.Context, tx Tx, name string, add []keys.Key, taken func(keys.Key, AuthorizedKey) error) (fresh, already []keys.Key, err error) {
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
			return nil, nil, taken(k, have)
		}
	}
	return fresh, already, nil
}

// ensureUser returns the account with this handle. If it has to make the account, it
// also returns the changes.
func (s Accounts) ensureUser(ctx context.Context, tx Tx, name string, bot, first bool) (User, []Change, error) {
	user, err := tx.UserByName(ctx, name)
	if err == nil && bot && !user.Bot {
		return user, nil, Refuse(ErrConflict, "%s is the account of a person: give the bot a name of its own.", name)
	}
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
	return s.newUser(ctx, tx, hostActor, User{Name: name, Role: role, Bot: bot})
}

// newUser makes an account and adds it to #general.
func (s *service) newUser(ctx context.Context, tx Tx, actor string, user User) (User, []Change, error) {
	var err error
	if user.UID, err = s.newID(); err != nil {
		return User{}, nil, err
	}
	user.CreatedAt = s.now()
	user, err = tx.InsertUser(ctx, user)
	if err != nil {
		return User{}, nil, err
	}
	general, err := tx.ConversationByName(ctx, GeneralName)
	if err != nil {
		return User{}, nil, err
	}
	// The new member can read older messages, but they don't count as unread.
	come, err := admit(ctx, tx, general, user, user.Role, false)
	if err != nil {
		return User{}, nil, err
	}
	detail := string(user.Role)
	if user.Bot {
		detail = "bot"
	}
	return user, []Change{come}, s.audit(ctx, tx, actor, AuditUserAdd, user.Name, detail)
}

// insertKey lets a key open an account, and deletes a request to join with that key. If
// the key's certificates are revoked, they stay revoked until the host takes that back.
// Otherwise a thief could join with a stolen key, or add it to an account, to make the
// owner's certificates valid again.
func (s *service) insertKey(ctx context.Context, tx Tx, actor string, user User, k keys.Key) (Change, error) {
	if is, err := isAuthority(ctx, tx, k.Fingerprint()); err != nil {
		return nil, err
	} else if is {
		return nil, Refuse(ErrConflict, "The key %s belongs to a CA that this server trusts, so it can't open an account.", k.Fingerprint()).With(HintUnrevoke)
	}
	err := tx.InsertKey(ctx, AuthorizedKey{
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
	return KeyAdded{k.Fingerprint()}, s.audit(ctx, tx, actor, AuditKeyAdd, k.Fingerprint(), user.Name)
}

// audit notes in the audit log what somebody did.
func (s *service) audit(ctx context.Context, tx Tx, actor, action, target, detail string) error {
	return tx.AppendAudit(ctx, AuditEntry{At: s.now(), Actor: actor, Action: action, Target: target, Detail: detail})
}

// Keys returns the authorized keys of an account, or of all accounts for "". For an
// account that does not exist the error is [ErrNotFound].
func (s Accounts) Keys(ctx context.Context, name string) ([]AuthorizedKey, error) {
	if name != "" {
		if _, err := s.store.UserByName(ctx, name); errors.Is(err, ErrNotFound) {
			return nil, Refuse(ErrNotFound, "There is no account %q.", text.CleanLine(name, 40)).With(HintKeys)
		} else if err != nil {
			return nil, err
		}
	}
	return s.store.Keys(ctx, name)
}

// RevokeKey removes the key with this fingerprint, and returns it. The server also
// stops accepting certificates of the key. If the server accepts certificates, the key
// may be one without an account, or that of an authority. Then the result has only the
// fingerprint. The sessions that the key opened end at once, even if another process
// serves them (see [Service.TailChanges]).
func (s Accounts) RevokeKey(ctx context.Context, fingerprint string) (AuthorizedKey, error) {
	var key AuthorizedKey
	err := s.writer.doForHost(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		var err error
		key, err = tx.Key(ctx, fingerprint)
		if errors.Is(err, ErrNotFound) {
			if certified, err := s.revokeCertified(ctx, tx, fingerprint); err != nil || certified {
				key = AuthorizedKey{Fingerprint: fingerprint}
				return []Change{KeyRevoked{fingerprint, true}}, err
			}
			return nil, Refuse(ErrNotFound, "No account has a key with the fingerprint %s.", text.CleanLine(fingerprint, 80)).With(HintKeys)
		}
		if err != nil {
			return nil, err
		}
		if err := errors.Join(tx.DeleteKey(ctx, fingerprint), tx.RevokeCertificates(ctx, fingerprint, s.now())); err != nil {
			return nil, err
		}
		return []Change{KeyRevoked{fingerprint, true}}, s.audit(ctx, tx, hostActor, AuditKeyRevoke, fingerprint, key.UserName)
	})
	return key, err
}

// UserID identifies an account inside this server, and never leaves it. Outside, the
// handle and the [User.UID] identify an account.
type UserID int64

// Role decides what an account may do on the whole server, or what a member may do in a
// conversation.
type Role string

// The roles. The first account of a server is its owner. The maker of a group is the
// group's owner. [DecideServer] and [Decide] say what each role may do.
const (
	RoleOwner  Role = "owner"
	RoleAdmin  Role = "admin"
	RoleMember Role = "member"
)

// ParseRole reads the name of a role. Errors are [text.ErrInvalid].
func ParseRole(s string) (Role, error) {
	switch r := Role(s); r {
	case RoleOwner, RoleAdmin, RoleMember:
		return r, nil
	default:
		return "", Refuse(text.ErrInvalid, "Unknown role %q. Choose owner, admin or member.", text.CleanLine(s, 20))
	}
}

// User is an account: a handle and the keys that open it.
type User struct {
	ID   UserID
	UID  uuid.UUID // UUIDv7, what the outside may see
	Name string    // the handle, see [text.ParseHandle]
	// DisplayName is a name that the account has chosen besides its handle, or "". It
	// is not unique and proves nothing, so it is only shown beside the handle.
	DisplayName string
	Role        Role
	CreatedAt   time.Time
	// ReceiptsOff says that the account doesn't show others what it has read, and so
	// doesn't see what they have read.
	ReceiptsOff bool
	Bot         bool // a program, which receipts leave out
	// Disabled says that nobody may use the account.
	Disabled bool
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

// AccountReader is the part of [Reader] about accounts and their names.
type AccountReader interface {
	// UserByKey returns the account that the key with this fingerprint opens.
	UserByKey(ctx context.Context, fingerprint string) (User, error)
	// UserByName returns the account with this handle.
	UserByName(ctx context.Context, name string) (User, error)
	// UserByID returns one account.
	UserByID(ctx context.Context, id UserID) (User, error)
	// UserBySkeleton returns the account whose handle has this [text.Skeleton].
	UserBySkeleton(ctx context.Context, skeleton string) (User, error)
	// Users returns all accounts, by handle.
	Users(ctx context.Context) ([]User, error)
	// Owners returns the accounts with [RoleOwner], oldest first.
	Owners(ctx context.Context) ([]User, error)
	// Staff returns the owners and the admins of the server, oldest first.
	Staff(ctx context.Context) ([]User, error)
	// FormerNames returns the former handles of an account, oldest first.
	FormerNames(ctx context.Context, user UserID) ([]FormerName, error)
	// NamesKeptBack returns former handles that have this skeleton and were given up
	// after a time, the latest first. Handles of deleted accounts are kept for 30 days.
	NamesKeptBack(ctx context.Context, skeleton string, since time.Time) ([]FormerName, error)
}

// AccountTx is the part of [Tx] about the same.
type AccountTx interface {
	// InsertUser adds an account and returns it with its id.
	InsertUser(ctx context.Context, u User) (User, error)
	// SetUserRole changes what an account may do on the server, and so in #general.
	SetUserRole(ctx context.Context, user UserID, role Role) error
	// SetUserDisabled keeps an account out, or lets it in.
	SetUserDisabled(ctx context.Context, user UserID, disabled bool) error
	// SetUserName changes a handle, also in the codes that the account has made.
	SetUserName(ctx context.Context, user UserID, name string) error
	// SetDisplayName changes a display name; "" takes it away.
	SetDisplayName(ctx context.Context, user UserID, name string) error
	// InsertFormerName stores a former handle of an account.
	InsertFormerName(ctx context.Context, n FormerName) error
	// EraseUser deletes an account's keys, preferences and name, the codes for it, and
	// the codes that it made. The caller ends the memberships.
	EraseUser(ctx context.Context, user UserID) error
	// PruneErasedNames forgets the names of accounts that were deleted before a time.
	PruneErasedNames(ctx context.Context, before time.Time) error
}
