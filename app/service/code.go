package service

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"confab/app/chat"
	"confab/app/text"
)

// maxCodes bounds the number of unused codes.
const maxCodes = 1000

// errCode refuses every code that does not work in the same words, so that the answer
// tells nothing about codes: the code may be unknown, expired or used up, or its maker
// may have lost the right to make it.
func errCode() error {
	return chat.Refuse(chat.ErrNotFound, "This code does not work: check it letter by letter, or ask for a new one.")
}

// newCode makes a code in the form that people see: 16 letters in groups of four.
func (s *service) newCode() (string, error) {
	var b [text.CodeBytes]byte
	if _, err := s.random.Read(b[:]); err != nil {
		return "", fmt.Errorf("making a code: %w", err)
	}
	return text.FormatCode(b), nil
}

func hashCode(letters string) []byte {
	sum := sha256.Sum256([]byte(letters))
	return sum[:]
}

// findCode returns the code with these letters, if it can be used. It refuses every
// other code with the same answer, after one lookup and one comparison.
func (s *service) findCode(ctx context.Context, r chat.Reader, letters string) (chat.Code, error) {
	hash := hashCode(letters)
	found, err := r.Codes(ctx, chat.Code{Hash: hash}.Selector())
	if err != nil {
		return chat.Code{}, err
	}
	var match chat.Code
	ok := 0
	for _, c := range append(found, chat.Code{Hash: make([]byte, len(hash))}) {
		same := subtle.ConstantTimeCompare(c.Hash, hash)
		if same == 1 {
			match = c
		}
		ok |= same
	}
	mode, err := joinMode(ctx, r)
	if err != nil {
		return chat.Code{}, err
	}
	// A closed server lets no new people in, but its members can still add a key.
	shut := mode == chat.JoinClosed && match.User == 0
	if ok == 0 || shut || match.Uses < 1 || !s.now().Before(match.ExpiresAt) {
		return chat.Code{}, errCode()
	}
	return match, s.vouched(ctx, r, match)
}

// vouched refuses a code whose maker may no longer make such a code. A former owner or
// admin must not get back in with a code from before.
func (s *service) vouched(ctx context.Context, r chat.Reader, c chat.Code) error {
	if c.MadeBy == chat.HostActor {
		return nil
	}
	maker, err := r.UserByName(ctx, c.MadeBy)
	if errors.Is(err, chat.ErrNotFound) {
		return errCode()
	}
	if err != nil {
		return err
	}
	why, err := s.barred(ctx, r, maker, "")
	if err != nil {
		return err
	}
	own := c.User == maker.ID // the code adds a key to the maker's own account
	if why != "" || !own && chat.DecideServer(maker, inviting(c.Role), nil) != nil {
		return errCode()
	}
	return nil
}

// insertCode stores the hash of a code, by which the server recognizes the code later.
func (s *service) insertCode(ctx context.Context, tx chat.Tx, code string, c chat.Code) error {
	if n, err := tx.CountCodes(ctx); err != nil {
		return err
	} else if n >= maxCodes {
		return chat.Refuse(chat.ErrTooLarge, "There are %d codes already: wait for some to be used or to expire.", maxCodes)
	}
	letters, _ := text.ParseCode(code)
	c.Hash = hashCode(letters)
	return tx.InsertCode(ctx, c)
}

// Redeem accepts a code. After a code that invites people, the stranger chooses a name.
// A code that adds a key opens the account at once. Redeem refuses all codes that do
// not work in the same words.
func (v *Stranger) Redeem(ctx context.Context, code string) error {
	if v.tries.wrong.Load() >= chat.MaxCodeTries {
		return chat.Refuse(chat.ErrTooLarge, "Too many codes were wrong: connect again with the right one.")
	}
	letters, ok := text.ParseCode(code)
	if !ok {
		return chat.Refuse(text.ErrInvalid, "A code has %d letters and digits, as in 7K2M-Q9XV-4TBN-H0RD.", text.CodeLength)
	}
	if !v.service.live.JoinQueue().MayTryCode(v.address) {
		return chat.Refuse(chat.ErrTooFast, "Too many wrong codes came from your address: try again in some minutes.")
	}
	c, err := v.service.findCode(ctx, v.service.store, letters)
	if chat.IsRefusal(err) {
		v.tries.wrong.Add(1)
		v.service.live.JoinQueue().WrongCode(v.address)
	}
	if err != nil {
		return err
	}
	if c.User == 0 {
		v.code.Store(&letters)
		return nil
	}
	return v.service.recover(ctx, v, letters)
}

// Invite makes a code with which people join, for the host. It returns the code and the
// time when it expires. The server keeps only a hash, so it cannot show the code again.
func (s Joining) Invite(ctx context.Context, in chat.Invitation) (code string, expires time.Time, err error) {
	return s.invite(ctx, in, func(context.Context, chat.Reader) (string, error) { return chat.HostActor, nil })
}

// Invite is [Joining.Invite] for owners and admins.
func (s Admission) Invite(ctx context.Context, in chat.Invitation) (code string, expires time.Time, err error) {
	return s.service.invite(ctx, in, func(ctx context.Context, r chat.Reader) (string, error) {
		self, err := s.manages(ctx, r, inviting(in.Role))
		return self.Name, err
	})
}

// inviting returns the permission that inviting people with a role needs.
func inviting(role chat.Role) chat.ServerAction {
	if role == chat.RoleOwner || role == chat.RoleAdmin {
		return chat.ServerSetRole
	}
	return chat.ServerAdmit
}

func (s *service) invite(ctx context.Context, in chat.Invitation, by func(context.Context, chat.Reader) (string, error)) (string, time.Time, error) {
	in, err := in.Checked()
	if err != nil {
		return "", time.Time{}, err
	}
	code, err := s.newCode()
	if err != nil {
		return "", time.Time{}, err
	}
	expires := s.timestamp().Add(in.Lasts)
	err = s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		actor, err := by(ctx, tx)
		if err != nil {
			return nil, err
		}
		if err := s.insertCode(ctx, tx, code, chat.Code{Role: in.Role, Uses: in.Uses, ExpiresAt: expires, MadeBy: actor}); err != nil {
			return nil, err
		}
		detail := fmt.Sprintf("uses %d, until %s", in.Uses, expires.UTC().Format(time.RFC3339))
		return nil, s.audit(ctx, tx, actor, chat.AuditInvite, string(in.Role), detail)
	})
	return code, expires, err
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

// recover adds a stranger's key to the account that a code is for.
func (s *service) recover(ctx context.Context, v *Stranger, letters string) error {
	return s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		if err := v.barred(ctx, tx); err != nil {
			return nil, err
		}
		c, err := s.findCode(ctx, tx, letters)
		if err != nil {
			return nil, err
		}
		user, err := tx.UserByID(ctx, c.User)
		if errors.Is(err, chat.ErrNotFound) {
			return nil, errCode()
		}
		if err != nil {
			return nil, err
		}
		if _, err := tx.UserByKey(ctx, v.key.Fingerprint()); !errors.Is(err, chat.ErrNotFound) {
			return nil, err // the stranger has become a member in the meantime
		}
		if err := keyRoom(ctx, tx, user.Name); err != nil && c.MadeBy != chat.HostActor {
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
		return []chat.Change{added, requests}, err
	})
}
