package chat

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"time"

	"confab/app/text"
)

// codeSelector is how many bytes of the hash find a code in the store. All of it
// is then compared in constant time.
const codeSelector = 4

// maxCodes bounds how many codes there are at a time.
const maxCodes = 1000

// Code is what is kept of a code that lets a stranger in: not the code itself.
type Code struct {
	ID        int64
	Hash      []byte // SHA-256 of its letters
	Role      Role   // of the account that it makes
	User      UserID // whose account it adds a key to, 0 for a new one
	Uses      int    // left
	ExpiresAt time.Time
	MadeBy    string // the handle now, or "host"
}

// Selector is the part of the hash by which the store finds a code.
func (c Code) Selector() []byte { return c.Hash[:codeSelector] }

// errCode is the one answer to every code that does not work, whether it never
// was, has ended, or was used up, or whoever made it may not any more.
func errCode() error {
	return Refuse(ErrNotFound, "This code does not work: check it letter by letter, or ask for a new one.")
}

// newCode makes a code and returns it as people see it: 16 letters in groups of
// four.
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

// findCode returns the code that these letters are, if it can be used. Whatever
// is wrong with it, the answer is the same; to find it takes one lookup and one
// comparison.
func (s *service) findCode(ctx context.Context, r Reader, letters string) (Code, error) {
	hash := hashCode(letters)
	found, err := r.Codes(ctx, hash[:codeSelector])
	if err != nil {
		return Code{}, err
	}
	var match Code
	ok := 0
	for _, c := range append(found, Code{Hash: make([]byte, len(hash))}) {
		same := subtle.ConstantTimeCompare(c.Hash, hash)
		if same == 1 {
			match = c
		}
		ok |= same
	}
	mode, err := joinMode(ctx, r)
	if err != nil {
		return Code{}, err
	}
	// A closed server lets nobody new in, but gives those back what is theirs.
	shut := mode == JoinClosed && match.User == 0
	if ok == 0 || shut || match.Uses < 1 || !s.now().Before(match.ExpiresAt) {
		return Code{}, errCode()
	}
	return match, s.vouched(ctx, r, match)
}

// vouched refuses a code whose maker could not make it now: what was done to an
// owner or an admin is not to be undone with a code from before.
func (s *service) vouched(ctx context.Context, r Reader, c Code) error {
	if c.MadeBy == hostActor {
		return nil
	}
	maker, err := r.UserByName(ctx, c.MadeBy)
	if notFound(err) {
		return errCode()
	}
	if err != nil {
		return err
	}
	why, err := s.barred(ctx, r, maker, "")
	if err != nil {
		return err
	}
	own := c.User == maker.ID // which is for a key of its own
	if why != "" || !own && DecideServer(maker, inviting(c.Role), nil) != nil {
		return errCode()
	}
	return nil
}

// insertCode makes a code and keeps what is needed to know it again.
func (s *service) insertCode(ctx context.Context, tx Tx, code string, c Code) error {
	if n, err := tx.CountCodes(ctx); err != nil {
		return err
	} else if n >= maxCodes {
		return Refuse(ErrTooLarge, "There are %d codes already: wait for some to be used or to expire.", maxCodes)
	}
	letters, _ := text.ParseCode(code)
	c.Hash = hashCode(letters)
	return tx.InsertCode(ctx, c)
}

// Redeem takes a code. With one that invites the stranger needs a name next; one
// for a lost key makes it a member at once. A code that does not work is refused,
// always in the same words.
func (v *Stranger) Redeem(ctx context.Context, code string) error {
	if v.tries.wrong.Load() >= MaxCodeTries {
		return Refuse(ErrTooLarge, "Too many codes were wrong: connect again with the right one.")
	}
	letters, ok := text.ParseCode(code)
	if !ok {
		return Refuse(text.ErrInvalid, "A code has %d letters and digits, as in 7K2M-Q9XV-4TBN-H0RD.", text.CodeLength)
	}
	if !v.service.live.JoinQueue().MayTryCode(v.address) {
		return Refuse(ErrTooFast, "Too many wrong codes came from your address: try again in some minutes.")
	}
	c, err := v.service.findCode(ctx, v.service.store, letters)
	if IsRefusal(err) {
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
