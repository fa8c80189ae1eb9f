package service_test

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/keys"
)

// watched makes the service apply the changes of other processes.
func watched(t *testing.T, s *service.Service) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.TailChanges(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	// Wait until the service follows the record of changes.
	const nobody = "198.51.100.77"
	if _, err := s.Host().Ban(t.Context(), nobody, 0, ""); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "a ban to hold", func() bool { return s.BarredAddress(netip.MustParseAddr(nobody)) != "" })
	if err := s.Host().Unban(t.Context(), nobody); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "it to be taken back", func() bool { return s.BarredAddress(netip.MustParseAddr(nobody)) == "" })
}

// endsWith waits until a session has ended, and returns the reason.
func endsWith(t *testing.T, s *service.Session) string {
	t.Helper()
	late := time.After(testkit.Patience)
	for {
		if b := s.Mailbox().Drain(); b.Ended != "" {
			return b.Ended
		}
		select {
		case <-s.Mailbox().Wake():
		case <-late:
			t.Fatal("the session does not end")
		}
	}
}

func goesOn(t *testing.T, s *service.Session) {
	t.Helper()
	if why := s.Mailbox().Drain().Ended; why != "" {
		t.Errorf("%s's session has ended: %s", s.User().Name, why)
	}
}

// moderated is a server with an owner ann, an admin bob and the members eve and joe.
func moderated(t *testing.T) (s *service.Service, key map[string]keys.Key) {
	t.Helper()
	s = testkit.Open(t, t.TempDir())
	key = map[string]keys.Key{}
	for i, name := range []string{"ann", "bob", "eve", "joe"} {
		key[name] = testkit.Enrol(t, s, name, i+1)
	}
	watched(t, s)
	if err := s.Host().SetRole(t.Context(), "bob", chat.RoleAdmin); err != nil {
		t.Fatal(err)
	}
	return s, key
}

func TestKickingAndDisabling(t *testing.T) {
	t.Parallel()
	s, key := moderated(t)
	ctx := t.Context()
	bob := testkit.Connect(t, s, key["bob"]).Moderation()
	eve, joe := testkit.Connect(t, s, key["eve"]), testkit.Connect(t, s, key["joe"])
	if err := bob.Kick(ctx, "@eve", "calm down"); err != nil {
		t.Fatal(err)
	}
	if why := endsWith(t, eve); why != "bob has ended your session (calm down). You may connect again." {
		t.Errorf("it is told %q", why)
	}
	eve = testkit.Connect(t, s, key["eve"])
	if err := s.Host().SetDisabled(ctx, "eve", true, "left the company"); err != nil {
		t.Fatal(err)
	}
	if why := endsWith(t, eve); !strings.HasPrefix(why, "This account is disabled") {
		t.Errorf("it is told %q", why)
	}
	openFails(t, s, key["eve"])
	if err := s.Host().SetDisabled(ctx, "eve", true, ""); !errors.Is(err, chat.ErrConflict) {
		t.Errorf("disabling twice gets the answer %v", err)
	}
	if err := s.Host().SetDisabled(ctx, "eve", false, ""); err != nil {
		t.Fatal(err)
	}
	goesOn(t, testkit.Connect(t, s, key["eve"]))
	goesOn(t, joe)
	// The last owner cannot lose that role.
	for what, err := range map[string]error{
		"disabling": s.Host().SetDisabled(ctx, "ann", true, ""),
		"role":      s.Host().SetRole(ctx, "ann", chat.RoleMember),
	} {
		if !errors.Is(err, chat.ErrNotAllowed) {
			t.Errorf("%s of the last owner gets the answer %v", what, err)
		}
	}
	var log []string
	entries, err := bob.Audit(ctx, 4)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		log = append(log, e.Actor+" "+e.Text())
	}
	want := []string{"host user.enable eve", "host user.disable eve: left the company", "bob user.kick eve: calm down", "host user.role bob: admin"}
	if !slices.Equal(log, want) {
		t.Errorf("the audit log has %q, want %q", log, want)
	}
}

// The role at the time of an action counts, not the one at the time when the session was opened.
func TestARoleCountsAtOnce(t *testing.T) {
	t.Parallel()
	s, key := moderated(t)
	ctx := t.Context()
	bob := testkit.Connect(t, s, key["bob"])
	if err := s.Host().SetRole(ctx, "bob", chat.RoleMember); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"kick":  bob.Moderation().Kick(ctx, "eve", ""),
		"unban": bob.Moderation().Unban(ctx, "@eve"),
		"role":  bob.Moderation().SetRole(ctx, "bob", chat.RoleOwner),
		"off":   bob.Moderation().SetDisabled(ctx, "eve", true, ""),
		"bans":  second(bob.Moderation().Bans(ctx)),
		"audit": second(bob.Moderation().Audit(ctx, 1)),
		"ban":   second(bob.Moderation().Ban(ctx, "@eve", 0, "")),
	} {
		if !errors.Is(err, chat.ErrNotAllowed) {
			t.Errorf("%s of a member gets the answer %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// Owners and admins of the server can moderate public groups, but not private ones.
func TestModeratingAPublicGroup(t *testing.T) {
	t.Parallel()
	s, key := moderated(t)
	ctx := t.Context()
	eve, bob, joe := testkit.Connect(t, s, key["eve"]), testkit.Connect(t, s, key["bob"]), testkit.Connect(t, s, key["joe"])
	meet(t, eve, "joe", "bob", "ann")
	public, err := eve.Groups().NewGroup(ctx, "public", true, []string{"joe", "bob", "ann"})
	if err != nil {
		t.Fatal(err)
	}
	private, err := eve.Groups().NewGroup(ctx, "private", false, []string{"joe", "bob"})
	if err != nil {
		t.Fatal(err)
	}
	if err := bob.Groups().RemoveMember(ctx, private, "joe"); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("from a private group: %v", err)
	}
	if err := joe.Groups().RemoveMember(ctx, public, "bob"); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("by a member: %v", err)
	}
	if err := bob.Groups().RemoveMember(ctx, public, "ann"); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("an owner of the server: %v", err)
	}
	for _, name := range []string{"joe", "eve"} { // eve is the group's owner
		if err := bob.Groups().RemoveMember(ctx, public, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if entries, err := bob.Moderation().Audit(ctx, 1); err != nil || entries[0].Text() != "member.remove eve: from #public" {
		t.Errorf("the audit log has %v, %v", entries, err)
	}
}

// A ban or a kick of an account also ends its scripts.
func TestModerationEndsScripts(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	watched(t, s)
	testkit.Enrol(t, s, "owen", 1)
	key := testkit.Enrol(t, s, "bob", 2).Fingerprint()
	from := netip.MustParseAddr("198.51.100.9")
	opened := func() *service.Session {
		t.Helper()
		session, err := s.OpenScriptAs(t.Context(), chat.Login{Key: key, From: from})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(session.Close)
		return session
	}
	refused := func(want string) {
		t.Helper()
		if _, err := s.OpenScriptAs(t.Context(), chat.Login{Key: key, From: from}); !errors.Is(err, chat.ErrNotAllowed) || !strings.Contains(chat.UserText(err), want) {
			t.Errorf("a script is opened with %v", err)
		}
	}
	m := s.Host()
	open := opened()
	if err := m.Kick(t.Context(), "bob", "noise"); err != nil {
		t.Fatal(err)
	}
	if got := endsWith(t, open); !strings.Contains(got, "(noise)") {
		t.Errorf("it ends with %q", got)
	}
	for _, target := range []string{"@bob", key, "198.51.100.0/24"} {
		open := opened()
		if _, err := m.Ban(t.Context(), target, time.Hour, "spam"); err != nil {
			t.Fatal(err)
		}
		if got := endsWith(t, open); !strings.Contains(got, "(spam)") {
			t.Errorf("%s: it ends with %q", target, got)
		}
		refused("(spam)")
		if err := m.Unban(t.Context(), target); err != nil {
			t.Fatal(err)
		}
		testkit.Eventually(t, "the ban to be taken back", func() bool { return s.BarredAddress(from) == "" })
	}
	open = opened()
	if err := m.SetDisabled(t.Context(), "bob", true, ""); err != nil {
		t.Fatal(err)
	}
	if got := endsWith(t, open); !strings.Contains(got, "disabled") {
		t.Errorf("it ends with %q", got)
	}
	refused("disabled")
}

// Receipts do not count disabled accounts.
func TestTheDisabledCountForNoReceipts(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	watched(t, s)
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	testkit.Enrol(t, s, "bob", 2)
	id := testkit.General(t, ann)
	m := testkit.Send(t, ann, id, "hello")
	if _, err := ann.Receipts().Visit(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	var receipts *chat.Receipts
	of := func() (live, read int) {
		t.Helper()
		if r := ann.Mailbox().Drain().Receipts; r != nil {
			receipts = r
		}
		d, err := ann.Receipts().Details(t.Context(), id, m.Seq)
		if err != nil {
			t.Fatal(err)
		}
		return receipts.Tally(ann.User().ID, m.Seq).DeliveredOf, len(d.Members)
	}
	for _, disabled := range []bool{true, false, true} {
		if err := s.Host().SetDisabled(t.Context(), "bob", disabled, ""); err != nil {
			t.Fatal(err)
		}
		want := 1
		if disabled {
			want = 0
		}
		testkit.Eventually(t, "the receipts", func() bool { live, read := of(); return live == want && read == want })
	}
}

// A script's session also learns the new handle of its account.
func TestAScriptKnowsItsName(t *testing.T) {
	t.Parallel()
	s, key := moderated(t)
	script, err := s.OpenScript(t.Context(), key["eve"].Fingerprint())
	if err != nil {
		t.Fatal(err)
	}
	defer script.Close()
	if err := testkit.Connect(t, s, key["eve"]).Account().SetHandle(t.Context(), "eva"); err != nil {
		t.Fatal(err)
	}
	if got := script.User().Name; got != "eva" {
		t.Errorf("it is %s", got)
	}
}

// Adding somebody's public key and removing it again does not revoke the certificates of
// that key, or those of a CA.
func TestNobodyRevokesWhatOthersHave(t *testing.T) {
	t.Parallel()
	s, key := moderated(t)
	ctx := t.Context()
	ca, certified := testkit.Key(t, 60), testkit.Key(t, 61)
	if err := s.Accounts().TrustAuthorities(ctx, []string{ca.Fingerprint()}); err != nil {
		t.Fatal(err)
	}
	eve := testkit.Connect(t, s, key["eve"])
	joe, err := s.OpenAs(ctx, chat.Login{Key: certified.Fingerprint(), Authority: ca.Fingerprint(), User: testkit.Connect(t, s, key["joe"]).User().ID})
	if err != nil {
		t.Fatal(err)
	}
	defer joe.Close()
	refused(t, prove(ctx, s, eve, ca), chat.ErrConflict, "belongs to a CA that this server trusts, so it can't open an account")
	for _, k := range []keys.Key{certified} {
		if err := errors.Join(prove(ctx, s, eve, k), second(eve.Account().RemoveKey(ctx, k.Fingerprint()))); err != nil {
			t.Fatal(err)
		}
		if revoked, err := s.Accounts().Revoked(ctx, k.Fingerprint()); revoked || err != nil {
			t.Errorf("certificates are revoked, %v", err)
		}
	}
	// Removing a key that the account has used does not revoke them either: only the host
	// can do that.
	own := testkit.Key(t, 62)
	if err := prove(ctx, s, eve, own); err != nil {
		t.Fatal(err)
	}
	other := testkit.Connect(t, s, own)
	if _, err := eve.Account().RemoveKey(ctx, own.Fingerprint()); err != nil {
		t.Fatal(err)
	}
	endsWith(t, other) // so the earlier changes were applied too
	goesOn(t, joe)
	if revoked, err := s.Accounts().Revoked(ctx, own.Fingerprint()); revoked || err != nil {
		t.Errorf("certificates of a key that was one's own are not revoked, %v", err)
	}
	if _, err := s.Accounts().RevokeKey(ctx, certified.Fingerprint()); err != nil {
		t.Fatal(err)
	}
	endsWith(t, joe)
}

// In #general everybody has the role that they have on the server. So a former owner can
// no longer delete messages of others there.
func TestTheServersRolesHoldInGeneral(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 3, "ann", "bob", "eve")
	ctx := t.Context()
	in := testkit.General(t, x[1])
	for _, c := range []struct {
		role chat.Role
		kind error
	}{{chat.RoleOwner, nil}, {chat.RoleMember, chat.ErrNotAllowed}, {chat.RoleAdmin, nil}} {
		if err := s.Host().SetRole(ctx, "bob", c.role); err != nil {
			t.Fatal(err)
		}
		m := testkit.Send(t, x[2], in, "what eve wrote")
		if err := remove(x[1], in, m.Seq); !errors.Is(err, c.kind) {
			t.Errorf("as %s bob deletes it: %v, want %v", c.role, err, c.kind)
		}
	}
	if err := x[0].Groups().SetRole(ctx, in, "eve", chat.RoleAdmin); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("a role of #general alone: %v", err)
	}
}
