package chat

import (
	"context"
	"fmt"
	"strings"
	"time"

	"confab/app/text"
)

// What an invitation is if nothing else is said, and its bounds.
const (
	inviteLasts   = 7 * 24 * time.Hour
	maxInvite     = 365 * 24 * time.Hour
	maxInviteUses = 1000
)

// Invitation is what a code is to be good for.
type Invitation struct {
	Uses  int           // how many can join with it; 0 is one
	Lasts time.Duration // 0 is seven days
	Role  Role          // of those who join; "" is [RoleMember]
}

func (i Invitation) checked() (Invitation, error) {
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

// Invite makes a code with which people join, for the host, and returns it with
// when it ends. It is shown this once: only its hash is kept.
func (s Joining) Invite(ctx context.Context, in Invitation) (code string, expires time.Time, err error) {
	return s.invite(ctx, in, func(context.Context, Reader) (string, error) { return hostActor, nil })
}

// Invite makes a code with which people join.
func (s Admission) Invite(ctx context.Context, in Invitation) (code string, expires time.Time, err error) {
	return s.service.invite(ctx, in, func(ctx context.Context, r Reader) (string, error) {
		self, err := s.manages(ctx, r, inviting(in.Role))
		return self.Name, err
	})
}

// inviting is what one must be allowed to do to invite people who get a role.
func inviting(role Role) ServerAction {
	if role == RoleOwner || role == RoleAdmin {
		return ServerSetRole
	}
	return ServerAdmit
}

func (s *service) invite(ctx context.Context, in Invitation, by func(context.Context, Reader) (string, error)) (string, time.Time, error) {
	in, err := in.checked()
	if err != nil {
		return "", time.Time{}, err
	}
	code, err := s.newCode()
	if err != nil {
		return "", time.Time{}, err
	}
	expires := s.timestamp().Add(in.Lasts)
	err = s.writer.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		actor, err := by(ctx, tx)
		if err != nil {
			return nil, err
		}
		if err := s.insertCode(ctx, tx, code, Code{Role: in.Role, Uses: in.Uses, ExpiresAt: expires, MadeBy: actor}); err != nil {
			return nil, err
		}
		detail := fmt.Sprintf("uses %d, until %s", in.Uses, expires.UTC().Format(time.RFC3339))
		return nil, s.audit(ctx, tx, actor, AuditInvite, string(in.Role), detail)
	})
	return code, expires, err
}

// ParseExpiry reads after how long a code ends, as [ParseSpan] does; none is good
// forever. An error is an [ErrInvalid].
func ParseExpiry(s string) (time.Duration, error) {
	span, ok := ParseSpan(text.Lower(strings.TrimSpace(s)))
	if !ok || span == 0 {
		return 0, Refuse(text.ErrInvalid, "%q is not a time: write a number with m, h, d or w, such as 12h or 7d.", text.CleanLine(s, 20))
	}
	return span, nil
}
