package service

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"

	"confab/app/chat"
	"confab/app/refusal"
	"confab/app/text"
	"confab/app/word"
	"confab/keys"
)

// CodeTries counts the wrong codes of one connection, which may have several sessions. The
// zero value is ready for use. Several goroutines may use it.
type CodeTries struct{ wrong atomic.Int32 }

// Stranger is somebody at the join screen, who has proved a key that opens no account.
// Several goroutines may call its methods, but only one at a time Redeem, Ask and Join.
type Stranger struct {
	service *service
	key     keys.Key
	address netip.Addr
	ended   atomic.Pointer[string] // why the visit is over
	wake    chan struct{}
	leave   func() // removes the stranger from the join queue

	code  atomic.Pointer[string] // a good code that the stranger entered; joining uses it
	tries *CodeTries             // of the connection
}

// Visit begins the visit of a stranger at the join screen. The caller must have seen a
// signature by the key. address is the client's address, and tries counts the wrong codes
// of its connection. [Stranger.Close] ends the visit.
func (s Joining) Visit(key keys.Key, address netip.Addr, tries *CodeTries) *Stranger {
	v := &Stranger{service: s.service, key: key, address: address, tries: tries, wake: make(chan struct{}, 1)}
	v.leave = s.live.JoinQueue().Enter(key.Fingerprint(), v.look)
	return v
}

// Close ends the visit. A request to join stays.
func (v *Stranger) Close() { v.leave() }

// End makes the join screen end. The stranger sees the reason.
func (v *Stranger) End(reason string) {
	v.ended.Store(&reason)
	v.look()
}

// look makes the join screen call [Stranger.Standing] again.
func (v *Stranger) look() {
	select {
	case v.wake <- struct{}{}:
	default: // it is about to look
	}
}

// letters returns the letters of the code that the stranger entered, or "".
func (v *Stranger) letters() string {
	if c := v.code.Load(); c != nil {
		return *c
	}
	return ""
}

// Key returns the key that the stranger has proved, which will open the account.
func (v *Stranger) Key() keys.Key { return v.key }

// Wake returns a channel that receives when the result of [Stranger.Standing] may have changed.
func (v *Stranger) Wake() <-chan struct{} { return v.wake }

// Standing says how far the stranger has come with joining. The error is [chat.ErrClosed]
// after the server has stopped or the visit was ended, and [chat.ErrNotAllowed] if the key
// or the address is banned.
func (v *Stranger) Standing(ctx context.Context) (chat.Standing, error) {
	if why := v.service.live.JoinQueue().Closed(); why != "" {
		return chat.Standing{}, chat.Refuse(chat.ErrClosed, "%s", why)
	}
	if why := v.ended.Load(); why != nil {
		return chat.Standing{}, chat.Refuse(chat.ErrClosed, "%s", *why)
	}
	return v.standing(ctx, v.service.store)
}

// barred refuses a stranger who is banned.
func (v *Stranger) barred(ctx context.Context, r chat.Reader) error {
	return v.service.keptOut(ctx, r, chat.User{}, chat.Login{Key: v.key.Fingerprint(), From: v.address})
}

func (v *Stranger) standing(ctx context.Context, r chat.Reader) (chat.Standing, error) {
	st := chat.Standing{Rules: v.service.live.Words().Rules.Text}
	if err := v.barred(ctx, r); err != nil {
		return st, err
	}
	var err error
	if st.Mode, err = joinMode(ctx, r); err != nil {
		return st, err
	}
	_, err = r.UserByKey(ctx, v.key.Fingerprint())
	st.Member = err == nil
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		return st, err
	}
	asked, err := r.JoinRequest(ctx, v.key.Fingerprint())
	if err == nil && asked.Counts(v.service.now()) {
		st.Request = &asked
	} else if err != nil && !errors.Is(err, chat.ErrNotFound) {
		return st, err
	}
	st.Invited = v.letters() != "" || st.Request != nil && st.Request.State == chat.RequestApproved
	return st, nil
}

// CheckName returns an error if the stranger cannot have a handle. Only strangers who can
// already join learn which handles are taken, because that reveals who is here.
func (v *Stranger) CheckName(ctx context.Context, name string) error {
	name, err := text.CheckHandle(name)
	if err != nil {
		return err
	}
	st, err := v.Standing(ctx)
	if err != nil || !st.Invited && st.Mode != chat.JoinOpen {
		return err
	}
	return v.service.handleIsFree(ctx, v.service.store, name, 0)
}

// Ask makes a request to join with a handle. The note is a line in which strangers say who
// they are. A new request replaces an earlier one. For a stranger who has become a member
// meanwhile, Ask does nothing.
func (v *Stranger) Ask(ctx context.Context, name, note string) error {
	name, err := text.CheckHandle(name)
	if err != nil {
		return err
	}
	if text.HasCode(note) { // the staff would read it
		return text.CodeRefused("give it as the code, and say who you are without it")
	}
	note = text.CleanLine(note, maxNote)
	if note == "" {
		return chat.Refuse(text.ErrInvalid, "Say in a line who you are, so that the host knows whom to let in.")
	}
	s := v.service
	return s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		st, err := v.standing(ctx, tx)
		if err != nil || st.Member {
			return nil, err
		}
		waiting, err := tx.PendingRequests(ctx, maxRequests)
		if err != nil {
			return nil, err
		}
		near := slices.DeleteFunc(slices.Clone(waiting), func(r chat.JoinRequest) bool { return !r.Near(v.address) })
		switch {
		case st.Mode != chat.JoinByRequest:
			return nil, chat.Refuse(chat.ErrNotAllowed, "This server no longer takes requests: ask the host to let you in.")
		case st.Request != nil && st.Request.State == chat.RequestRefused:
			return nil, chat.Refuse(chat.ErrNotAllowed, "The host has refused your request.")
		case st.Request != nil: // replace it
			// The new request gets another id, so that nobody approves it who has read only
			// the former one.
			if err := tx.DeleteRequest(ctx, v.key.Fingerprint()); err != nil {
				return nil, err
			}
		case len(waiting) >= maxRequests, len(near) >= maxRequestsHere:
			s.refusals.Note(v.refused(refusal.Joins, "too many people are waiting to be let in", "answer them: confab requests list{data} shows who they are"))
			return nil, chat.Refuse(chat.ErrTooLarge, "Too many people are waiting to be let in: try again tomorrow, or ask the host directly.")
		}
		err = tx.PutRequest(ctx, chat.JoinRequest{
			Fingerprint: v.key.Fingerprint(), KeyLine: v.key.Line(), Name: name, Note: note,
			Address: v.address.String(), State: chat.RequestPending, AskedAt: s.timestamp(),
		})
		if err != nil {
			return nil, err
		}
		requests, err := s.requestsWaiting(ctx, tx)
		requests.Other = st.Request != nil
		return []chat.Change{requests}, err
	})
}

// Join makes the stranger's account. It needs an open server, a redeemed code or an
// approved request, and refuses others with [chat.ErrNotAllowed]. A handle that is taken is
// refused with [chat.ErrConflict].
func (v *Stranger) Join(ctx context.Context, name string) error {
	name, err := text.CheckHandle(name)
	if err != nil {
		return err
	}
	s, spent := v.service, false
	err = s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		spent = false
		st, err := v.standing(ctx, tx)
		if err != nil || st.Member {
			return nil, err
		}
		role, actor, code := chat.RoleMember, name, chat.Code{}
		if letters := v.letters(); letters != "" {
			if code, err = s.findCode(ctx, tx, letters); err != nil {
				spent = chat.IsRefusal(err)
				return nil, err
			}
			role, actor = code.Role, code.MadeBy
		} else if !st.Invited && st.Mode != chat.JoinOpen {
			return nil, chat.Refuse(chat.ErrNotAllowed, "This server is no longer open to everyone: ask the host to let you in.")
		} else if !st.Invited && !s.live.JoinQueue().MayJoin(v.address) {
			s.refusals.Note(v.refused(refusal.Joins, "too many people have joined from there in an hour", "invite them with a code, or close the server with confab join{data}"))
			return nil, chat.Refuse(chat.ErrTooFast, "Too many people have joined from your network in the last hour: try again later, or ask the host for a code.")
		}
		then, err := s.enrol(ctx, tx, actor, name, v.key.Line(), role)
		switch {
		case err != nil:
			return nil, err
		case code.ID != 0:
			return then, v.used(ctx, tx, code, name)
		case st.Request != nil && st.Request.State == chat.RequestApproved:
			told, err := s.requestNamed(ctx, tx, *st.Request, name)
			return append(then, told), err
		}
		return then, nil
	})
	if spent { // the code no longer works, and the stranger may enter another
		v.code.Store(nil)
	}
	return err
}

// enrol makes an account for a stranger with a key, without deciding whether that is
// allowed. It refuses a handle that is taken before it changes anything.
func (s *service) enrol(ctx context.Context, tx chat.Tx, actor, name, keyLine string, role chat.Role) ([]chat.Change, error) {
	if err := s.handleIsFree(ctx, tx, name, 0); err != nil {
		return nil, err
	}
	if owners, err := tx.Owners(ctx); err != nil {
		return nil, err
	} else if len(owners) == 0 {
		return nil, noOwner()
	}
	found, err := keys.ParseAuthorized(strings.NewReader(keyLine))
	if err != nil {
		return nil, fmt.Errorf("reading the key of a request: %w", err)
	}
	fresh, _, err := sortKeys(ctx, tx, name, found, func(k keys.Key, _ chat.AuthorizedKey) error {
		return chat.Refuse(chat.ErrConflict, "The key %s opens an account already.", k.Fingerprint())
	})
	if err != nil {
		return nil, err
	}
	user, changes, err := s.newUser(ctx, tx, actor, chat.User{Name: name, Role: role})
	if err != nil {
		return nil, err
	}
	for _, k := range fresh {
		added, err := s.insertKey(ctx, tx, actor, user, k)
		if err != nil {
			return nil, err
		}
		changes = append(changes, added)
	}
	requests, err := s.requestsWaiting(ctx, tx)
	return append(changes, requests), errors.Join(err, word.NoteTold(ctx, tx, user.ID, chat.Words{Rules: s.live.Words().Rules})) // the join screen has shown them
}

// Redeem accepts a code. After a code that invites people, the stranger chooses a name.
// A code that adds a key opens the account at once. Redeem refuses all codes that do
// not work in the same words.
func (v *Stranger) Redeem(ctx context.Context, code string) error {
	if v.tries.wrong.Load() >= chat.MaxCodeTries {
		v.service.refusals.Note(v.refused(refusal.Codes, "too many wrong codes on one connection", "make a new code if the right one was lost"))
		return chat.Refuse(chat.ErrTooLarge, "Too many codes were wrong: connect again with the right one.")
	}
	letters, ok := text.ParseCode(code)
	if !ok {
		return chat.Refuse(text.ErrInvalid, "A code has %d letters and digits, as in 7K2M-Q9XV-4TBN-H0RD.", text.CodeLength)
	}
	if !v.service.live.JoinQueue().MayTryCode(v.address) {
		v.service.refusals.Note(v.refused(refusal.Codes, "too many wrong codes from there", "wait an hour, or ban the address if somebody guesses codes"))
		return chat.Refuse(chat.ErrTooFast, "Too many wrong codes came from your address: try again in a few minutes.")
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

// refused describes a refusal for the host.
func (v *Stranger) refused(reason refusal.Reason, why, do string) refusal.Refusal {
	return refusal.Refusal{
		Reason: reason, Who: chat.Vicinity(v.address).String(), Why: why, Do: do,
		About: []any{"address", v.address.String(), "key", v.key.Fingerprint()},
	}
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
		if err := keyLimit(ctx, tx, user.Name); err != nil && c.MadeBy != chat.HostActor {
			return nil, err
		}
		if err := v.used(ctx, tx, c, user.Name); err != nil {
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

// used takes one use off a code. What happens through a code is done by its maker, so the
// maker is the actor in the audit log, which also notes who came from where.
func (v *Stranger) used(ctx context.Context, tx chat.Tx, c chat.Code, name string) error {
	detail := fmt.Sprintf("code %d, from %s", c.ID, v.address)
	return errors.Join(tx.UseCode(ctx, c.ID), v.service.audit(ctx, tx, c.MadeBy, chat.AuditCodeUse, name, detail))
}

// ListedCode is a code as the host sees it in a list.
type ListedCode struct {
	chat.Code

	For string // the handle of the account to which it adds a key; "" if it makes a new account
}

// Codes returns the codes that can still be used, oldest first.
func (s Joining) Codes(ctx context.Context) ([]ListedCode, error) { return s.codes(ctx, s.store) }

func (s Joining) codes(ctx context.Context, r chat.Reader) ([]ListedCode, error) {
	all, err := r.AllCodes(ctx)
	var found []ListedCode
	for _, c := range all {
		if !s.now().Before(c.ExpiresAt) {
			continue
		}
		listed := ListedCode{Code: c}
		if c.User != 0 {
			user, err := r.UserByID(ctx, c.User)
			if err != nil {
				return nil, err
			}
			listed.For = user.Name
		}
		found = append(found, listed)
	}
	return found, err
}

// Code returns one of [Joining.Codes]. The error is [chat.ErrNotFound] if no code has this
// number.
func (s Joining) Code(ctx context.Context, id int64) (ListedCode, error) {
	return s.listedCode(ctx, s.store, id)
}

func (s Joining) listedCode(ctx context.Context, r chat.Reader, id int64) (ListedCode, error) {
	codes, err := s.codes(ctx, r)
	for _, c := range codes {
		if c.ID == id {
			return c, err
		}
	}
	if err == nil {
		err = chat.Refuse(chat.ErrNotFound, "There is no code with the number %d: it was used up, revoked, or has expired.", id).With(chat.HintInvite)
	}
	return ListedCode{}, err
}
