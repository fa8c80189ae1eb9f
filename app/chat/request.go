package chat

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"
)

// Bounds on the requests to join, which anybody on the network can make: in
// all, and from one address (people at a school or an office share one, and an IPv6
// customer has a /64 of them). Further, how long a request is kept, and the longest note,
// in characters.
const (
	maxRequests     = 200
	maxRequestsHere = 20
	requestsKept    = 14 * 24 * time.Hour
	maxNote         = 200
)

// RequestState is what has become of a request.
type RequestState string

// The states. An approved request is kept only while the name in it is taken by somebody
// else, until the newcomer has chosen another.
const (
	RequestPending  RequestState = "pending"
	RequestApproved RequestState = "approved"
	RequestRefused  RequestState = "refused"
)

// JoinRequest is somebody's wish to be let in.
type JoinRequest struct {
	ID          int64
	Fingerprint string // of the key that it proved, by which the request is known
	KeyLine     string // the key, as an authorized_keys line
	Name        string // the handle that it would like
	Note        string // a clean line about who it is
	Address     string // where it came from
	State       RequestState
	AskedAt     time.Time
	// Conflict says to the staff why the handle cannot be had, "" if it can.
	Conflict string
}

// near reports whether a request came from an address, or its IPv6 network.
func (r JoinRequest) near(a netip.Addr) bool {
	from, err := netip.ParseAddr(r.Address)
	return err == nil && Vicinity(from) == Vicinity(a)
}

// Vicinity is an IPv4 address, or the network that one IPv6 customer has. Limits on what
// comes from one address are for these.
func Vicinity(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil { // the zero address, of a connection that is not TCP
		return netip.Prefix{}
	}
	return p
}

// live reports whether the request still counts.
func (r JoinRequest) live(now time.Time) bool { return now.Sub(r.AskedAt) < requestsKept }

// RequestsChanged says how many wait to be let in, to those who can.
type RequestsChanged struct{ Waiting int }

func (RequestsChanged) event() {}

// RequestNamed tells those who let people in which handle a newcomer has chosen, who
// had asked for one that was taken and was let in.
type RequestNamed struct{ Asked, Name string }

func (RequestNamed) event() {}

// JoinRequests returns those who wait to be let in, oldest first.
func (s Admission) JoinRequests(ctx context.Context) ([]JoinRequest, error) {
	if err := s.ask(ctx, costList); err != nil {
		return nil, err
	}
	if _, err := s.manages(ctx, s.service.store, ServerAdmit); err != nil {
		return nil, err
	}
	list, err := s.service.store.PendingRequests(ctx, maxRequests)
	for i := range list {
		taken := s.service.handleIsFree(ctx, s.service.store, list[i].Name, 0)
		if taken != nil && !IsRefusal(taken) {
			return nil, taken
		}
		list[i].Conflict, _, _ = strings.Cut(UserText(taken), ":") // what to do is for the newcomer
	}
	return list, err
}

// AnswerRequest lets somebody in who asked, or refuses. If it waits at its screen
// it is told at once. If the handle is taken by now, it is let in as soon as it has
// chosen another: then named is false, nobody need be asked again, and the staff is
// told which one it is.
func (s Admission) AnswerRequest(ctx context.Context, id int64, approve bool) (named bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		self, err := s.manages(ctx, tx, ServerAdmit)
		if err != nil {
			return nil, err
		}
		r, err := tx.JoinRequestByID(ctx, id)
		if errors.Is(err, ErrNotFound) || err == nil && r.State != RequestPending {
			return nil, Refuse(ErrNotFound, "That request has been answered already, or it was withdrawn.")
		}
		if err != nil {
			return nil, err
		}
		then, enrolled, err := s.service.answer(ctx, tx, self.Name, r, approve)
		named = enrolled
		return then, err
	})
	return named, err
}

func (s *service) answer(ctx context.Context, tx Tx, actor string, r JoinRequest, approve bool) (_ []Change, named bool, _ error) {
	var changes []Change
	action := AuditRequestRefuse
	r.State = RequestRefused
	if approve {
		action, r.State = AuditRequestApprove, RequestApproved
		come, err := s.enrol(ctx, tx, actor, r.Name, r.KeyLine, RoleMember)
		if err != nil && !IsRefusal(err) {
			return nil, false, err
		}
		if err == nil { // else it is for the newcomer to choose another name
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
	return append(changes, requests, RequestAnswered{r.Fingerprint}), named, err
}

// requestNamed notes which handle somebody has chosen who was let in without one.
func (s *service) requestNamed(ctx context.Context, tx Tx, r JoinRequest, name string) (Change, error) {
	staff, err := staffOf(ctx, tx)
	return RequesterNamed{r.Name, name, staff}, errors.Join(err, s.audit(ctx, tx, name, AuditRequestName, r.Fingerprint, "asked to be "+r.Name))
}

// requestsWaiting is how many requests wait for the staff as it is now.
func (s *service) requestsWaiting(ctx context.Context, r Reader) (RequestsWaiting, error) {
	staff, err1 := staffOf(ctx, r)
	waiting, err2 := r.CountRequests(ctx)
	return RequestsWaiting{Waiting: waiting, Staff: staff}, errors.Join(err1, err2)
}

// staffOf are the owners and the admins of the server.
func staffOf(ctx context.Context, r Reader) ([]UserID, error) {
	users, err := r.Staff(ctx)
	var found []UserID
	for _, u := range users {
		found = append(found, u.ID)
	}
	return found, err
}

// pruneJoining forgets requests and codes that have ended, and what deleted
// accounts were called.
func (s *Service) pruneJoining(ctx context.Context, now time.Time) error {
	s.live.JoinQueue().Forget()
	return s.writer.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		gone, err := tx.PruneRequests(ctx, now.Add(-requestsKept))
		if err := errors.Join(err, tx.PruneCodes(ctx, now), tx.PruneErasedNames(ctx, now.Add(-nameKeptBack)), tx.PruneInvitations(ctx, now.Add(-invitationLasts))); err != nil || gone == 0 {
			return nil, err
		}
		requests, err := s.requestsWaiting(ctx, tx)
		return []Change{requests}, err
	})
}

// RequestReader is the part of [Reader] about requests to join.
type RequestReader interface {
	// JoinRequest returns the request made with a key.
	JoinRequest(ctx context.Context, fingerprint string) (JoinRequest, error)
	// JoinRequestByID returns one request.
	JoinRequestByID(ctx context.Context, id int64) (JoinRequest, error)
	// PendingRequests returns at most limit requests that wait, oldest first.
	PendingRequests(ctx context.Context, limit int) ([]JoinRequest, error)
	// CountRequests counts the requests that wait.
	CountRequests(ctx context.Context) (int, error)
}

// RequestTx is the part of [Tx] about the same.
type RequestTx interface {
	// PutRequest keeps a request, in place of the one of the same key.
	PutRequest(ctx context.Context, r JoinRequest) error
	// DeleteRequest removes the request of a key. A missing request is no error.
	DeleteRequest(ctx context.Context, fingerprint string) error
	// PruneRequests removes those from before a time and says how many there were.
	PruneRequests(ctx context.Context, before time.Time) (int, error)
}
