// Package principal keeps the members of some groups as the certificates of a CA say. A
// principal such as "ops:member" in the certificate of a user says that the user is in #ops,
// and in which role. The host says which groups the certificates decide on.
//
// A certificate changes only what is different from the certificate before it. So what people
// change in between stays, until the CA says something else about that group.
package principal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
)

// maxGroups bounds how many groups of one certificate count, because all other changes wait
// for the one that it makes.
const maxGroups = 100

// Certificate is what a certificate says about the groups of its user.
type Certificate struct {
	From  time.Time            // when it became valid
	Roles map[string]chat.Role // by the name of the group
}

// Parse reads the principals of a certificate that say GROUP:ROLE. It leaves out all others.
// If several are for the same group, the highest role counts. The result is never nil.
func Parse(principals []string) map[string]chat.Role {
	roles := make(map[string]chat.Role)
	for _, p := range principals {
		group, word, _ := strings.Cut(p, ":")
		name, err := text.ParseConversationName(group)
		if err != nil || name != group {
			continue
		}
		role, err := chat.ParseRole(word)
		if err == nil && rank(role) > rank(roles[name]) && (len(roles) < maxGroups || roles[name] != "") {
			roles[name] = role
		}
	}
	return roles
}

// Format returns roles as principals.
func Format(roles map[string]chat.Role) []string {
	var principals []string
	for _, name := range slices.Sorted(maps.Keys(roles)) {
		principals = append(principals, name+":"+string(roles[name]))
	}
	return principals
}

func rank(r chat.Role) int {
	return slices.Index([]chat.Role{"", chat.RoleMember, chat.RoleAdmin, chat.RoleOwner}, r)
}

// Groups are the groups whose members certificates decide on, by the names that they have in
// principals.
type Groups map[string]chat.ConversationID

// Add adds a group. It refuses #general with [chat.ErrNotAllowed].
func (g Groups) Add(c chat.Conversation) error {
	if c.General() {
		return chat.Refuse(chat.ErrNotAllowed, "Everyone on this server is a member of #%s.", c.Name)
	}
	g[c.Name] = c.ID
	return nil
}

// Backing is what the package needs of the use cases to change members.
type Backing struct {
	Log *slog.Logger
	// Full refuses one more member of a group that is full.
	Full func(context.Context, chat.Tx, chat.Conversation) error
	// Admit makes a user a member, and tells the others.
	Admit func(context.Context, chat.Tx, chat.Conversation, chat.User, chat.Role) ([]chat.Change, error)
	// Line posts a line of the host in a group.
	Line  func(ctx context.Context, tx chat.Tx, id chat.ConversationID, notice chat.Notice, body string) (chat.Change, error)
	Audit func(ctx context.Context, tx chat.Tx, actor, action, target, detail string) error
}

// said is what the last certificate of an account said. It is kept as JSON in the account's
// [chat.CertificatePreference], which users cannot set.
type said struct {
	From  int64                   `json:"from"` // when it became valid, in seconds since 1970
	Roles map[uuid.UUID]chat.Role `json:"roles"`
}

func lastSaid(ctx context.Context, r chat.PreferenceReader, user chat.UserID) (said, error) {
	last := said{Roles: map[uuid.UUID]chat.Role{}}
	kept, err := r.Preferences(ctx, user)
	if err != nil || kept[chat.CertificatePreference] == "" {
		return last, err
	}
	if err := json.Unmarshal([]byte(kept[chat.CertificatePreference]), &last); err != nil {
		return last, fmt.Errorf("reading what the last certificate of an account said: %w", err)
	}
	return last, nil
}

// step is what a certificate changes in one group.
type step struct {
	group    chat.Conversation
	now, new chat.Role // of the user; "" for no member
	last     bool      // the user is the last owner, and so stays one
}

// steps returns what a certificate changes, and what is to be stored for the next one. It
// returns no steps, and the same as before, for a certificate that is older than the last one:
// that may have taken away what the older one gives.
func (b Backing) steps(ctx context.Context, r chat.Reader, user chat.User, c Certificate, groups Groups) (_ []step, last, next said, err error) {
	last, err = lastSaid(ctx, r, user.ID)
	if err != nil {
		return nil, last, last, err
	}
	if c.From.Unix() < last.From {
		b.Log.Info("the certificate became valid before the last one of this account, so its groups do not count", "user", user.Name)
		return nil, last, last, nil
	}
	next = said{From: c.From.Unix(), Roles: maps.Clone(last.Roles)}
	var steps []step
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		group, err := r.Conversation(ctx, groups[name])
		if errors.Is(err, chat.ErrNotFound) || err == nil && group.Name == chat.LeftName(group.ID) {
			continue // the group was deleted
		}
		if err != nil {
			return nil, last, next, err
		}
		before, says := last.Roles[group.UID], c.Roles[name]
		if before == says {
			continue
		}
		m, err := r.Membership(ctx, group.ID, user.ID)
		if err != nil {
			return nil, last, next, err
		}
		s := step{group: group, now: m.Role, new: changed(m.Role, before, says)}
		if s.now == chat.RoleOwner && s.new != chat.RoleOwner {
			if _, owners, err := r.CountMembers(ctx, group.ID); err != nil {
				return nil, last, next, err
			} else if owners == 1 {
				s.new, s.last = s.now, true
			}
		}
		if next.Roles[group.UID] = says; says == "" {
			delete(next.Roles, group.UID)
		}
		if s.now != s.new || s.last {
			steps = append(steps, s)
		}
	}
	return steps, last, next, nil
}

// changed returns the role of a user in a group after a certificate that gives a role where the
// one before gave another. A role that people have given since is not lowered, unless the
// certificate takes the user out of the group.
func changed(now, before, says chat.Role) chat.Role {
	if says == "" || now == before || rank(says) > rank(now) {
		return says
	}
	return now
}

// Changes reports whether [Backing.Apply] has something to do or to store.
func (b Backing) Changes(ctx context.Context, r chat.Reader, user chat.User, c Certificate, groups Groups) (bool, error) {
	steps, last, next, err := b.steps(ctx, r, user, c, groups)
	return len(steps) > 0 || last.From != next.From || !maps.Equal(last.Roles, next.Roles), err
}

// Apply makes a user's memberships of the groups as a certificate says.
func (b Backing) Apply(ctx context.Context, tx chat.Tx, user chat.User, c Certificate, groups Groups) ([]chat.Change, error) {
	steps, _, next, err := b.steps(ctx, tx, user, c, groups)
	if err != nil {
		return nil, err
	}
	var changes []chat.Change
	for _, s := range steps {
		if s.last {
			b.Log.Warn("the last owner of a group stays one, although a certificate says otherwise; make somebody else an owner", "user", user.Name, "group", s.group.Name)
			continue
		}
		if s.now == "" {
			if err := b.Full(ctx, tx, s.group); chat.IsRefusal(err) {
				delete(next.Roles, s.group.UID) // the next login tries again
				continue
			} else if err != nil {
				return nil, err
			}
		}
		made, err := b.apply(ctx, tx, user, s)
		if err != nil {
			return nil, err
		}
		changes = append(changes, made...)
	}
	kept, err := json.Marshal(next)
	if err != nil {
		return nil, fmt.Errorf("storing what a certificate said: %w", err)
	}
	return changes, tx.SetPreference(ctx, user.ID, chat.CertificatePreference, string(kept))
}

func (b Backing) apply(ctx context.Context, tx chat.Tx, user chat.User, s step) ([]chat.Change, error) {
	detail := "out of #" + s.group.Name
	if s.new != "" {
		detail = chat.RoleText(s.new) + " of #" + s.group.Name
	}
	if err := b.Audit(ctx, tx, chat.HostActor, chat.AuditMemberCertificate, user.Name, detail); err != nil {
		return nil, err
	}
	id := s.group.ID
	switch "" {
	case string(s.now):
		return b.Admit(ctx, tx, s.group, user, s.new)
	case string(s.new):
		if err := tx.DeleteMembership(ctx, id, user.ID); err != nil {
			return nil, err
		}
		line, err := b.Line(ctx, tx, id, chat.NoticeRemoved, user.Name)
		return []chat.Change{chat.MemberLeft{Conversation: id, User: user.ID}, line}, err
	}
	if err := tx.SetMemberRole(ctx, id, user.ID, s.new); err != nil {
		return nil, err
	}
	line, err := b.Line(ctx, tx, id, chat.NoticeRole, user.Name+" "+chat.RoleText(s.new))
	return []chat.Change{chat.MemberRoleChanged{Conversation: id, User: user.ID, Role: s.new}, line}, err
}
