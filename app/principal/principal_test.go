package principal_test

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/principal"
	"confab/app/service"
	"confab/app/testkit"
)

func TestParse(t *testing.T) {
	many := make([]string, 0, 300)
	for i := range 300 {
		many = append(many, "g"+time.Duration(i).String()+":member")
	}
	if got := principal.Parse(many); len(got) != 100 {
		t.Errorf("of 300 groups, %d count", len(got))
	}
	got := principal.Parse([]string{
		"ann", "ann@example.com", "ops:admin", "ops:member", "dev:member", "dev:owner", // the highest role counts
		"a:", ":owner", "b:root", "b:member:x", "B:member", "#b:member", " b:member", "b :member", "-b:member", "b\n:member", "b\x1b:member", "ü:member", "",
	})
	if want := map[string]chat.Role{"ops": chat.RoleAdmin, "dev": chat.RoleOwner}; !maps.Equal(got, want) {
		t.Errorf("it is %v, want %v", got, want)
	}
	if again := principal.Parse(principal.Format(got)); !maps.Equal(got, again) {
		t.Errorf("formatted and parsed again it is %v, not %v", again, got)
	}
}

// A certificate changes a membership only where it differs from the certificate before it.
func TestRoles(t *testing.T) {
	const none = chat.Role("")
	for _, c := range []struct {
		name                string
		before, byHand, now chat.Role
		want                chat.Role
	}{
		{"it puts its user in", none, none, chat.RoleAdmin, chat.RoleAdmin},
		{"it raises a member", none, chat.RoleMember, chat.RoleAdmin, chat.RoleAdmin},
		{"it does not lower what people gave", none, chat.RoleAdmin, chat.RoleMember, chat.RoleAdmin},
		{"it lowers what a certificate gave", chat.RoleOwner, chat.RoleOwner, chat.RoleMember, chat.RoleMember},
		{"a role that people gave since stays", chat.RoleMember, chat.RoleOwner, chat.RoleAdmin, chat.RoleOwner},
		{"a role that people took since stays away", chat.RoleAdmin, chat.RoleMember, chat.RoleAdmin, chat.RoleMember},
		{"who was removed since stays out", chat.RoleAdmin, none, chat.RoleAdmin, none},
		{"something else puts them back", chat.RoleAdmin, none, chat.RoleMember, chat.RoleMember},
		{"it takes its user out", chat.RoleMember, chat.RoleMember, none, none},
		{"it takes its user out, whatever people gave", chat.RoleMember, chat.RoleOwner, none, none},
		{"it leaves alone what no certificate gave", none, chat.RoleMember, none, chat.RoleMember},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := begin(t)
			f.follow(1, c.before)
			f.byHand(c.byHand)
			f.follow(2, c.now)
			f.is(c.want)
			f.follow(1, chat.RoleOwner) // an older certificate counts no more
			f.is(c.want)
		})
	}
}

// The last owner of a group stays one, and a group that is full gets no more members.
func TestWhatNoCertificateDoes(t *testing.T) {
	f := begin(t)
	f.follow(1, chat.RoleOwner)
	if err := f.ada.Groups().Leave(t.Context(), f.group); err != nil {
		t.Fatal(err)
	}
	f.follow(2, "")
	f.is(chat.RoleOwner)
	f.follow(3, chat.RoleMember)
	f.is(chat.RoleOwner)

	f = begin(t)
	f.s.Accounts().SetLimits(service.Limits{Members: 1}, service.FileOptions{}, 0)
	f.follow(1, chat.RoleMember)
	f.is("")
	f.s.Accounts().SetLimits(service.Limits{Members: 2}, service.FileOptions{}, 0)
	f.follow(1, chat.RoleMember)
	f.is(chat.RoleMember)
}

// A key without a certificate changes nothing, and neither does a user who is banned or a key
// that is revoked.
func TestWhoseCertificateCounts(t *testing.T) {
	f := begin(t)
	plain := f.login
	plain.Authority = ""
	says := principal.Certificate{From: time.Unix(1, 0), Roles: map[string]chat.Role{"ops": chat.RoleOwner}}
	if err := f.s.Accounts().FollowCertificate(t.Context(), plain, says, f.groups); err != nil {
		t.Error(err)
	}
	f.is("")
	if err := f.s.Host().SetDisabled(t.Context(), "ann", true, ""); err != nil {
		t.Fatal(err)
	}
	if err := f.s.Accounts().FollowCertificate(t.Context(), f.login, says, f.groups); !chat.IsRefusal(err) {
		t.Errorf("a disabled user: %v", err)
	}
	f.is("")
	if err := errors.Join(f.s.Host().SetDisabled(t.Context(), "ann", false, ""), f.s.Accounts().TrustAuthorities(t.Context(), []string{f.login.Authority})); err != nil {
		t.Fatal(err)
	}
	if _, err := f.s.Accounts().RevokeKey(t.Context(), f.login.Authority); err != nil {
		t.Fatal(err)
	}
	if err := f.s.Accounts().FollowCertificate(t.Context(), f.login, says, f.groups); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("a revoked CA: %v", err)
	}
	f.is("")
	if err := (principal.Groups{}).Add(chat.Conversation{Kind: chat.KindGroup, Name: chat.GeneralName}); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("#general: %v", err)
	}
}

// following is a server on which ada owns #ops, and ann has certificates.
type following struct {
	t      *testing.T
	s      *service.Service
	ada    *service.Session
	group  chat.ConversationID
	groups principal.Groups
	login  chat.Login
}

func begin(t *testing.T) *following {
	t.Helper()
	f := &following{t: t, s: testkit.Open(t, t.TempDir())}
	f.ada = testkit.Connect(t, f.s, testkit.Enrol(t, f.s, "ada", 1))
	ann, err := f.s.Accounts().AddWithoutKey(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	if f.group, err = f.ada.Groups().NewGroup(t.Context(), "ops", false, nil); err != nil {
		t.Fatal(err)
	}
	f.groups = principal.Groups{"ops": f.group}
	f.login = chat.Login{Key: testkit.Key(t, 2).Fingerprint(), Authority: testkit.Key(t, 3).Fingerprint(), User: ann.ID}
	return f
}

// follow makes ann log in with a certificate, twice.
func (f *following) follow(from int64, role chat.Role) {
	f.t.Helper()
	says := principal.Certificate{From: time.Unix(from, 0), Roles: map[string]chat.Role{"other": chat.RoleOwner}}
	if role != "" {
		says.Roles["ops"] = role
	}
	audited := f.audited()
	for range 2 {
		was := f.role()
		if err := f.s.Accounts().FollowCertificate(f.t.Context(), f.login, says, f.groups); err != nil {
			f.t.Fatal(err)
		}
		if changed := f.role() != was; changed != (f.audited() > audited) {
			f.t.Errorf("changed %v, but the audit log has %d entries after %d", changed, f.audited(), audited)
		}
		audited = f.audited()
	}
}

func (f *following) audited() int {
	f.t.Helper()
	all, err := f.s.Host().Audit(f.t.Context(), 100)
	if err != nil {
		f.t.Fatal(err)
	}
	return len(slices.DeleteFunc(all, func(e chat.AuditEntry) bool { return e.Action != chat.AuditMemberCertificate }))
}

// byHand makes ada give ann a role.
func (f *following) byHand(role chat.Role) {
	f.t.Helper()
	ctx, groups := f.t.Context(), f.ada.Groups()
	now := f.role()
	var err error
	switch {
	case now == role:
		return
	case role == "":
		err = groups.RemoveMember(ctx, f.group, "ann")
	case now == "":
		ann, failed := f.s.OpenScriptAs(ctx, f.login)
		if failed != nil {
			f.t.Fatal(failed)
		}
		defer ann.Close()
		if err = groups.AddMembers(ctx, f.group, []string{"ann"}); err == nil {
			_, err = ann.Groups().AcceptInvitation(ctx, "ops")
		}
		if err == nil && role != chat.RoleMember {
			err = groups.SetRole(ctx, f.group, "ann", role)
		}
	default:
		err = groups.SetRole(ctx, f.group, "ann", role)
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *following) role() chat.Role {
	f.t.Helper()
	m, err := f.s.Host().Reader().Membership(f.t.Context(), f.group, f.login.User)
	if err != nil {
		f.t.Fatal(err)
	}
	return m.Role
}

func (f *following) is(want chat.Role) {
	f.t.Helper()
	if got := f.role(); got != want {
		f.t.Errorf("ann's role is %q, want %q", got, want)
	}
}
