package service

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/text"
)

// Joining has the use cases of the host for how new people join, and lets in strangers. See
// [Service.Joining].
type Joining struct{ *service }

// Admission has the use cases of owners and admins for letting new people in. Other users
// are refused with [chat.ErrNotAllowed]. See [Session.Admission].
type Admission struct{ *session }

const (
	settingJoin     = "join"      // the join mode
	settingJoinBy   = "join-by"   // the handle of whoever set it last, or joinBySetting
	settingJoinFlag = "join-flag" // the mode in the server's settings when they were last applied
	joinBySetting   = "(setting)" // stands for the server's settings, and is no handle
)

func joinMode(ctx context.Context, r chat.Reader) (chat.JoinMode, error) {
	set, err := r.Setting(ctx, settingJoin)
	if err != nil || set == "" {
		return chat.JoinByRequest, err
	}
	return chat.JoinMode(set), nil
}

// Mode returns the join mode of the server, [chat.JoinByRequest] by default.
func (s Joining) Mode(ctx context.Context) (chat.JoinMode, error) { return joinMode(ctx, s.store) }

// SetMode changes the join mode. Strangers at the join screen see the change at once.
func (s Joining) SetMode(ctx context.Context, mode chat.JoinMode) error {
	return s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		return s.setJoinMode(ctx, tx, chat.HostActor, mode)
	})
}

// ApplyMode applies the join mode in the server's settings, which are read at each start.
// It does so only if the setting has changed since the last start, so that a mode that was
// set with a command stays. If a command has closed the server, only a command opens it
// again. ApplyMode returns the mode that the server has afterwards.
func (s Joining) ApplyMode(ctx context.Context, mode chat.JoinMode) (chat.JoinMode, error) {
	now := mode
	err := s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		have, err1 := joinMode(ctx, tx)
		set, err2 := tx.Setting(ctx, settingJoin)
		by, err3 := tx.Setting(ctx, settingJoinBy)
		applied, err4 := tx.Setting(ctx, settingJoinFlag)
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			return nil, err
		}
		now = have
		if applied == string(mode) {
			return nil, nil
		}
		if err := tx.SetSetting(ctx, settingJoinFlag, string(mode)); err != nil {
			return nil, err
		}
		if set == string(chat.JoinClosed) && by != joinBySetting {
			return nil, nil
		}
		now = mode
		then, err := s.setJoinMode(ctx, tx, chat.HostActor, mode)
		return then, errors.Join(err, tx.SetSetting(ctx, settingJoinBy, joinBySetting))
	})
	return now, err
}

func (s *service) setJoinMode(ctx context.Context, tx chat.Tx, actor string, mode chat.JoinMode) ([]chat.Change, error) {
	have, err := joinMode(ctx, tx)
	if err != nil {
		return nil, err
	}
	err = errors.Join(tx.SetSetting(ctx, settingJoin, string(mode)), tx.SetSetting(ctx, settingJoinBy, actor))
	if err != nil || have == mode {
		return nil, err
	}
	return []chat.Change{chat.JoinModeChanged{}}, s.audit(ctx, tx, actor, chat.AuditJoinMode, string(mode), string(have))
}

// JoinMode returns the join mode of the server.
func (s Admission) JoinMode(ctx context.Context) (chat.JoinMode, error) {
	return joinMode(ctx, s.service.store)
}

// SetJoinMode changes the join mode, as [Joining.SetMode] does.
func (s Admission) SetJoinMode(ctx context.Context, mode chat.JoinMode) error {
	return s.write(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		self, err := s.manages(ctx, tx, chat.ServerAdmit)
		if err != nil {
			return nil, err
		}
		return s.service.setJoinMode(ctx, tx, self.Name, mode)
	})
}

// manages returns the session's account as it is now, if it may do something to the server.
func (s *session) manages(ctx context.Context, r chat.Reader, action chat.ServerAction) (chat.User, error) {
	return decided(ctx, r, s.user.ID, action, nil)
}

// Anybody on the network can make requests to join, so their number is bounded.
const (
	maxRequests     = 200 // in all
	maxRequestsHere = 20  // from one [chat.Vicinity], which all people at a school may share
	maxNote         = 200 // characters
)

// JoinRequests returns the requests that nobody has decided, oldest first.
func (s Admission) JoinRequests(ctx context.Context) ([]chat.JoinRequest, error) {
	if err := s.ask(ctx, costList); err != nil {
		return nil, err
	}
	if _, err := s.manages(ctx, s.service.store, chat.ServerAdmit); err != nil {
		return nil, err
	}
	return Joining{s.service}.Requests(ctx)
}

// Requests is [Admission.JoinRequests] for the host.
func (s Joining) Requests(ctx context.Context) ([]chat.JoinRequest, error) {
	list, err := s.store.PendingRequests(ctx, maxRequests)
	for i := range list {
		taken := s.handleIsFree(ctx, s.store, list[i].Name, 0)
		if taken != nil && !chat.IsRefusal(taken) {
			return nil, taken
		}
		list[i].Conflict, _, _ = strings.Cut(chat.UserText(taken), ":") // the rest tells the newcomer what to do
	}
	return list, err
}

// AnswerRequest approves or refuses a request. A stranger who waits at the join screen is
// told at once. If somebody else has taken the handle by now, named is false: the stranger
// is let in on choosing another one, without a new request, and owners and admins are told
// which one it is. The error is [chat.ErrNotFound] if the request was decided or withdrawn
// before.
func (s Admission) AnswerRequest(ctx context.Context, id int64, approve bool) (named bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		self, err := s.manages(ctx, tx, chat.ServerAdmit)
		if err != nil {
			return nil, err
		}
		then, enrolled, err := Joining{s.service}.answer(ctx, tx, self.Name, id, approve)
		named = enrolled
		return then, err
	})
	return named, err
}

// Answer is [Admission.AnswerRequest] for the host.
func (s Joining) Answer(ctx context.Context, id int64, approve bool) (named bool, err error) {
	err = s.writer.DoForHost(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		then, enrolled, err := s.answer(ctx, tx, chat.HostActor, id, approve)
		named = enrolled
		return then, err
	})
	return named, err
}

func (s Joining) answer(ctx context.Context, tx chat.Tx, actor string, id int64, approve bool) (_ []chat.Change, named bool, _ error) {
	r, err := tx.JoinRequestByID(ctx, id)
	if errors.Is(err, chat.ErrNotFound) || err == nil && r.State != chat.RequestPending {
		return nil, false, chat.Refuse(chat.ErrNotFound, "That request has been answered already, or it was withdrawn.")
	}
	if err != nil {
		return nil, false, err
	}
	var changes []chat.Change
	action := chat.AuditRequestRefuse
	r.State = chat.RequestRefused
	if approve {
		action, r.State = chat.AuditRequestApprove, chat.RequestApproved
		come, err := s.enrol(ctx, tx, actor, r.Name, r.KeyLine, chat.RoleMember)
		if err != nil && !chat.IsRefusal(err) {
			return nil, false, err
		}
		if err == nil { // else the newcomer has to choose another name
			changes, named = append(changes, come...), true
		}
	}
	if !named {
		if err := tx.PutRequest(ctx, r); err != nil {
			return nil, false, err
		}
	}
	if err := s.audit(ctx, tx, actor, action, r.Fingerprint, r.Name); err != nil {
		return nil, false, err
	}
	requests, err := s.requestsWaiting(ctx, tx)
	return append(changes, requests, chat.RequestAnswered{Fingerprint: r.Fingerprint}), named, err
}

// requestNamed notes which handle a newcomer has chosen whose request was approved without one.
func (s *service) requestNamed(ctx context.Context, tx chat.Tx, r chat.JoinRequest, name string) (chat.Change, error) {
	staff, err := staffOf(ctx, tx)
	return chat.RequesterNamed{Asked: r.Name, Name: name, Staff: staff}, errors.Join(err, s.audit(ctx, tx, name, chat.AuditRequestName, r.Fingerprint, "asked to be "+r.Name))
}

// requestsWaiting returns the number of undecided requests, and who can decide them now.
func (s *service) requestsWaiting(ctx context.Context, r chat.Reader) (chat.RequestsWaiting, error) {
	staff, err1 := staffOf(ctx, r)
	waiting, err2 := r.CountRequests(ctx)
	return chat.RequestsWaiting{Waiting: waiting, Staff: staff}, errors.Join(err1, err2)
}

// staffOf returns the owners and the admins of the server.
func staffOf(ctx context.Context, r chat.Reader) ([]chat.UserID, error) {
	users, err := r.Staff(ctx)
	var found []chat.UserID
	for _, u := range users {
		found = append(found, u.ID)
	}
	return found, err
}

// pruneJoining deletes old requests, codes and invitations, and the handles of accounts
// that were deleted long ago.
func (s *Service) pruneJoining(ctx context.Context, now time.Time) error {
	s.live.JoinQueue().Forget()
	return s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		gone, err := tx.PruneRequests(ctx, now.Add(-chat.RequestsKept))
		if err := errors.Join(err, tx.PruneCodes(ctx, now), tx.PruneErasedNames(ctx, now.Add(-nameKeptBack)), tx.PruneInvitations(ctx, now.Add(-invitationLasts))); err != nil || gone == 0 {
			return nil, err
		}
		requests, err := s.requestsWaiting(ctx, tx)
		return []chat.Change{requests}, err
	})
}

// maxCodes bounds the number of unused codes.
const maxCodes = 1000

// errCode returns the refusal of all codes that do not work: unknown, expired and used ones, and
// those whose maker has lost the right to make them. It is always the same, so that it
// reveals nothing about codes.
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

// findCode returns the code with these letters, if it can be used. It refuses all other
// codes with the same answer, and takes the same time for known and unknown ones.
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

// vouched refuses a code whose maker could not make it now. A former owner or
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
