package chat

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"confab/app/text"
)

// JoinMode says how people whose key opens no account can join.
type JoinMode string

// The join modes. In every mode the host can add keys, and codes that add a key to an
// existing account work.
const (
	// JoinClosed: only the host lets people in.
	JoinClosed JoinMode = "closed"
	// JoinByRequest: people ask, and wait for the decision of an owner or admin.
	JoinByRequest JoinMode = "request"
	// JoinByInvite: people need a code from the host, an owner or an admin.
	JoinByInvite JoinMode = "invite"
	// JoinOpen: everyone can choose a name and join.
	JoinOpen JoinMode = "open"
)

// JoinModes returns all modes, for help and errors.
func JoinModes() []JoinMode { return []JoinMode{JoinClosed, JoinByRequest, JoinByInvite, JoinOpen} }

// ParseJoinMode reads the name of a mode as a user types it. Errors are
// [text.ErrInvalid].
func ParseJoinMode(s string) (JoinMode, error) {
	word := JoinMode(text.Lower(strings.TrimSpace(s)))
	names := make([]string, 0, len(JoinModes()))
	for _, m := range JoinModes() {
		if m == word {
			return m, nil
		}
		names = append(names, string(m))
	}
	return "", Refuse(text.ErrInvalid, "Unknown mode %q. Choose %s or %s.", text.CleanLine(s, 20), strings.Join(names[:len(names)-1], ", "), names[len(names)-1])
}

// Does explains the mode in a sentence.
func (m JoinMode) Does() string {
	switch m {
	case JoinClosed:
		return "Only the host can add people."
	case JoinByInvite:
		return "People with a code can join."
	case JoinOpen:
		return "Anyone who connects can choose a name and join."
	default:
		return "People who connect can ask to be let in."
	}
}

// Hint tells owners and admins how to let people in while the server has this mode.
func (m JoinMode) Hint() Hint {
	switch m {
	case JoinClosed:
		return HintAddPeople
	case JoinByInvite:
		return HintInvite
	case JoinOpen:
		return NoHint
	default:
		return HintRequests
	}
}

// codeSelector is the length of the part of the hash, in bytes, by which the store finds a
// code. The whole hash is then compared in constant time.
const codeSelector = 4

// Code is the stored part of a code that lets a stranger in. It does not contain the code itself.
type Code struct {
	ID        int64
	Hash      []byte // SHA-256 of its letters
	Role      Role   // of the account that it makes
	User      UserID // the account to which it adds a key, 0 for a new account
	Uses      int    // how many are left
	ExpiresAt time.Time
	MadeBy    string // the maker's present handle, or "host"
}

// Selector returns the part of the hash by which the store finds a code.
func (c Code) Selector() []byte { return c.Hash[:codeSelector] }

// The default duration of an invitation, and the bounds on its duration and uses.
const (
	inviteLasts   = 7 * 24 * time.Hour
	maxInvite     = 365 * 24 * time.Hour
	maxInviteUses = 1000
)

// Invitation says what a new code allows.
type Invitation struct {
	Uses  int           // how many people can join with it; 0 stands for 1
	Lasts time.Duration // 0 stands for seven days
	Role  Role          // of the people who join; "" stands for [RoleMember]
}

// Checked fills in the defaults. It returns [text.ErrInvalid] for uses, durations and roles
// that a code cannot have.
func (i Invitation) Checked() (Invitation, error) {
	if i.Uses == 0 {
		i.Uses = 1
	}
	if i.Lasts == 0 {
		i.Lasts = inviteLasts
	}
	if i.Role == "" {
		i.Role = RoleMember
	}
	switch {
	case i.Uses < 1 || i.Uses > maxInviteUses:
		return i, Refuse(text.ErrInvalid, "A code can be used 1 to %d times.", maxInviteUses)
	case i.Lasts < time.Minute || i.Lasts > maxInvite:
		return i, Refuse(text.ErrInvalid, "A code is good for a minute to 365 days, such as 12h or 7d.")
	}
	_, err := ParseRole(string(i.Role))
	return i, err
}

// ParseExpiry reads how long a code works, in the form that [ParseSpan] reads, but without
// "forever". Errors are [text.ErrInvalid].
func ParseExpiry(s string) (time.Duration, error) {
	span, ok := ParseSpan(text.Lower(strings.TrimSpace(s)))
	if !ok || span == 0 {
		return 0, Refuse(text.ErrInvalid, "%q is not a time: write a number with m, h, d or w, such as 12h or 7d.", text.CleanLine(s, 20))
	}
	return span, nil
}

// CodeReader is the part of [Reader] about codes.
type CodeReader interface {
	// Codes returns the codes with this selector. Only a collision gives more than one.
	Codes(ctx context.Context, selector []byte) ([]Code, error)
	// AllCodes returns all codes, oldest first, even those that have expired.
	AllCodes(ctx context.Context) ([]Code, error)
	// CountCodes counts all codes.
	CountCodes(ctx context.Context) (int, error)
}

// CodeTx is the part of [Tx] about codes.
type CodeTx interface {
	// InsertCode adds a code.
	InsertCode(ctx context.Context, c Code) error
	// UseCode takes one use off a code, and removes the code after its last use.
	UseCode(ctx context.Context, id int64) error
	// DropCode removes a code.
	DropCode(ctx context.Context, id int64) error
	// DropKeyCodes removes the codes that an account has made for itself.
	DropKeyCodes(ctx context.Context, user UserID, name string) error
	// PruneCodes removes the codes that expired before a time.
	PruneCodes(ctx context.Context, before time.Time) error
}

// RequestsKept is how long the server keeps a request to join.
const RequestsKept = 14 * 24 * time.Hour

// RequestState says what was decided about a request to join.
type RequestState string

// The states. An approved request is deleted at once, unless somebody else has taken the
// name in it: then it is kept until the newcomer has chosen another name.
const (
	RequestPending  RequestState = "pending"
	RequestApproved RequestState = "approved"
	RequestRefused  RequestState = "refused"
)

// JoinRequest is the request of a stranger to join.
type JoinRequest struct {
	ID          int64
	Fingerprint string // of the key that the stranger proved, which identifies the request
	KeyLine     string // the key, as an authorized_keys line
	Name        string // the handle that the stranger asks for
	Note        string // one clean line in which strangers say who they are
	Address     string // from which the stranger connected
	State       RequestState
	AskedAt     time.Time
	// Conflict tells the staff why the handle is not available. It is "" if the handle is
	// available.
	Conflict string
}

// Near reports whether a request came from the [Vicinity] of an address.
func (r JoinRequest) Near(a netip.Addr) bool {
	from, err := netip.ParseAddr(r.Address)
	return err == nil && Vicinity(from) == Vicinity(a)
}

// Vicinity returns an IPv4 address itself, or the /64 network of an IPv6 address, which
// usually belongs to one customer. Limits for each address apply to vicinities.
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

// Counts reports whether the server still keeps the request at a time. Later, it is as if
// the stranger had not asked.
func (r JoinRequest) Counts(now time.Time) bool { return now.Sub(r.AskedAt) < RequestsKept }

// RequestsChanged tells owners and admins how many requests to join wait for them.
type RequestsChanged struct{ Waiting int }

func (RequestsChanged) event() {}

// RequestNamed tells owners and admins which handle a newcomer has chosen. The newcomer was
// let in, but had asked for a handle that was taken.
type RequestNamed struct{ Asked, Name string }

func (RequestNamed) event() {}

// RequestReader is the part of [Reader] about requests to join.
type RequestReader interface {
	// JoinRequest returns the request made with a key.
	JoinRequest(ctx context.Context, fingerprint string) (JoinRequest, error)
	// JoinRequestByID returns one request.
	JoinRequestByID(ctx context.Context, id int64) (JoinRequest, error)
	// PendingRequests returns at most limit requests that nobody has decided, oldest first.
	PendingRequests(ctx context.Context, limit int) ([]JoinRequest, error)
	// CountRequests counts the requests that nobody has decided.
	CountRequests(ctx context.Context) (int, error)
}

// RequestTx is the part of [Tx] about requests to join.
type RequestTx interface {
	// PutRequest stores a request. It replaces an earlier one with the same key.
	PutRequest(ctx context.Context, r JoinRequest) error
	// DeleteRequest removes the request of a key. A missing request is no error.
	DeleteRequest(ctx context.Context, fingerprint string) error
	// PruneRequests removes the requests from before a time and returns their number.
	PruneRequests(ctx context.Context, before time.Time) (int, error)
}

// MaxCodeTries is how many wrong codes may be tried on one connection, and from one address
// in an hour. Nobody can guess the 80 bits of a code: the limit keeps the attempts from
// loading the server.
const MaxCodeTries = 10

// Standing says how far a stranger has come with joining.
type Standing struct {
	Mode    JoinMode
	Request *JoinRequest // the stranger's request, nil without one
	Invited bool         // entered a good code, or was approved, and only has to choose a name
	Member  bool         // the stranger's key opens an account now
	Rules   string       // the rules of the server, "" without any
}

// Waits reports whether the stranger's request has not been answered yet.
func (s *Standing) Waits() bool {
	return !s.Invited && s.Mode == JoinByRequest && s.Request != nil && s.Request.State == RequestPending
}

// Refused reports whether the stranger's request was refused. Only a code helps then.
func (s *Standing) Refused() bool {
	return !s.Invited && s.Request != nil && s.Request.State == RequestRefused
}
