package service_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/app/text"
)

// The answer is the same for codes that are unknown, expired or used up, and for codes of a
// closed server.
func TestCodesThatDoNotWork(t *testing.T) {
	s, c := openDoor(t)
	ctx := t.Context()
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	invite := func(in chat.Invitation) string {
		code, _, err := ann.Admission().Invite(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	short, once, twice := invite(chat.Invitation{Lasts: time.Hour}), invite(chat.Invitation{}), invite(chat.Invitation{Uses: 2})
	for i, code := range []string{once, twice, twice} {
		v := knock(t, s, testkit.Key(t, 10+i))
		if err := errors.Join(v.Redeem(ctx, strings.ToLower(code)), v.Join(ctx, fmt.Sprint("guest-", i))); err != nil {
			t.Fatal(err)
		}
	}
	c.add(time.Hour)
	said := map[string]bool{}
	for i, code := range []string{"0000-0000-0000-0000", short, once, twice} {
		err := knock(t, s, testkit.Key(t, 20+i)).Redeem(ctx, code)
		refused(t, err, chat.ErrNotFound, "does not work")
		said[err.Error()] = true
	}
	if len(said) != 1 {
		t.Errorf("they can be told apart: %v", said)
	}
	// A connection has ten tries in all its sessions together, and so has an address.
	from := func(address string, tries *service.CodeTries) *service.Stranger {
		v := s.Joining().Visit(testkit.Key(t, 30), netip.MustParseAddr(address), tries)
		t.Cleanup(v.Close)
		return v
	}
	var connection service.CodeTries
	for range 5 {
		refused(t, from("198.51.100.1", &connection).Redeem(ctx, once), chat.ErrNotFound, "does not work")
		refused(t, from("198.51.100.1", &connection).Redeem(ctx, twice), chat.ErrNotFound, "does not work")
	}
	good := invite(chat.Invitation{})
	refused(t, from("198.51.100.1", &connection).Redeem(ctx, good), chat.ErrTooLarge, "Too many codes were wrong: connect again")
	refused(t, from("198.51.100.1", &service.CodeTries{}).Redeem(ctx, good), chat.ErrTooFast, "Too many wrong codes came from your address")
	refused(t, from("198.51.100.2", &connection).Redeem(ctx, good), chat.ErrTooLarge, "Too many codes were wrong")
	if err := from("198.51.100.2", &service.CodeTries{}).Redeem(ctx, good); err != nil {
		t.Error(err)
	}
	c.add(time.Hour)
	if err := from("198.51.100.1", &service.CodeTries{}).Redeem(ctx, good); err != nil {
		t.Error(err)
	}
	refused(t, knock(t, s, testkit.Key(t, 31)).Redeem(ctx, "hello"), text.ErrInvalid, "16 letters")
}

// If many strangers enter the same code at once, it lets in only as many as it has uses.
func TestACodeIsUsedUpOnce(t *testing.T) {
	s, _ := openDoor(t)
	ctx := t.Context()
	testkit.Enrol(t, s, "ann", 1)
	code, _, err := s.Joining().Invite(ctx, chat.Invitation{Uses: 3})
	if err != nil {
		t.Fatal(err)
	}
	var in atomic.Int32
	var all sync.WaitGroup
	strangers := make([]*service.Stranger, 10)
	for i := range strangers { // all enter it before the first one uses it
		strangers[i] = knock(t, s, testkit.Key(t, 10+i))
		if err := strangers[i].Redeem(ctx, code); err != nil {
			t.Fatal(err)
		}
	}
	for i, v := range strangers {
		all.Go(func() {
			if err := v.Join(context.Background(), fmt.Sprint("guest-", i)); err == nil {
				in.Add(1)
			} else if !chat.IsRefusal(err) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if in.Load() != 3 {
		t.Errorf("%d have joined, want 3", in.Load())
	}
}

func TestWhoMayInvite(t *testing.T) {
	s, _ := openDoor(t)
	ctx := t.Context()
	owner := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	join := func(n int, name string, in chat.Invitation) *service.Session {
		code, _, err := owner.Admission().Invite(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		v := knock(t, s, testkit.Key(t, n))
		if err := errors.Join(v.Redeem(ctx, code), v.Join(ctx, name)); err != nil {
			t.Fatal(err)
		}
		return testkit.Connect(t, s, testkit.Key(t, n))
	}
	admin, member := join(2, "bob", chat.Invitation{Role: chat.RoleAdmin}), join(3, "eve", chat.Invitation{})
	if admin.User().Role != chat.RoleAdmin || member.User().Role != chat.RoleMember {
		t.Errorf("bob is %s and eve %s", admin.User().Role, member.User().Role)
	}
	if _, _, err := admin.Admission().Invite(ctx, chat.Invitation{}); err != nil {
		t.Error(err)
	}
	for _, role := range []chat.Role{chat.RoleAdmin, chat.RoleOwner} {
		_, _, err := admin.Admission().Invite(ctx, chat.Invitation{Role: role})
		refused(t, err, chat.ErrNotAllowed, "Only an owner")
	}
	_, _, err := member.Admission().Invite(ctx, chat.Invitation{})
	refused(t, err, chat.ErrNotAllowed, "owners and admins")
	refused(t, member.Admission().SetJoinMode(ctx, chat.JoinOpen), chat.ErrNotAllowed, "owners and admins")
	if err := admin.Admission().SetJoinMode(ctx, chat.JoinOpen); err != nil {
		t.Error(err)
	}
	for _, in := range []chat.Invitation{{Uses: -1}, {Uses: 1001}, {Lasts: time.Second}, {Lasts: 366 * 24 * time.Hour}, {Role: "king"}} {
		_, _, err := owner.Admission().Invite(ctx, in)
		refused(t, err, text.ErrInvalid, "")
	}
}

// A code for a lost key adds one other key to the account. It works once, within a day,
// even on a closed server.
func TestALostKey(t *testing.T) {
	s, c := openDoor(t)
	ctx := t.Context()
	testkit.Enrol(t, s, "ann", 1)
	setJoin(t, s, chat.JoinClosed)
	code, _, err := s.Accounts().ResetKey(ctx, "@Ann")
	late, _, err2 := s.Accounts().ResetKey(ctx, "ann")
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	_, _, err = s.Accounts().ResetKey(ctx, "nobody.here")
	refused(t, err, chat.ErrNotFound, "no account")
	if err := knock(t, s, testkit.Key(t, 2)).Redeem(ctx, code); err != nil {
		t.Fatal(err)
	}
	refused(t, knock(t, s, testkit.Key(t, 3)).Redeem(ctx, code), chat.ErrNotFound, "does not work")
	for n := 1; n <= 2; n++ {
		if u, err := s.Accounts().UserByKey(ctx, testkit.Key(t, n).Fingerprint()); u.Name != "ann" || err != nil {
			t.Errorf("key %d opens %+v, %v", n, u, err)
		}
	}
	c.add(24 * time.Hour)
	refused(t, knock(t, s, testkit.Key(t, 3)).Redeem(ctx, late), chat.ErrNotFound, "does not work")
}

func FuzzCode(f *testing.F) {
	for _, s := range []string{"7K2M-Q9XV-4TBN-H0RD", "7k2mq9xv4tbnhord", "oil1-OIL0-0000-0000", "ann", "", "U---U"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		letters, ok := text.ParseCode(s)
		if !ok {
			if found, is := text.FindCode(s); is {
				if _, ok := text.ParseCode(found); !ok {
					t.Errorf("%q in %q is a code and cannot be read", found, s)
				}
			}
			return
		}
		if len(letters) != 16 || strings.Trim(letters, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") != "" {
			t.Errorf("%q is read as %q", s, letters)
		}
		if again, ok := text.ParseCode(strings.ToLower(letters)); again != letters || !ok {
			t.Errorf("%q is read as %q and that as %q", s, letters, again)
		}
	})
}

// A code loses its effect when its maker loses the right to make it.
func TestACodeOutlivesNobodysPower(t *testing.T) {
	s, c := openDoor(t)
	ctx := t.Context()
	testkit.Enrol(t, s, "ann", 1)
	host := s.Host()
	for i, power := range []struct {
		what       string
		take, back func(name string) error
	}{
		{"a role", func(name string) error { return host.SetRole(ctx, name, chat.RoleMember) }, func(name string) error { return host.SetRole(ctx, name, chat.RoleOwner) }},
		{"the account, for a time", func(name string) error { return host.SetDisabled(ctx, name, true, "") }, func(name string) error { return host.SetDisabled(ctx, name, false, "") }},
		{"to be let in", func(name string) error { return second(host.Ban(ctx, "@"+name, 0, "")) }, func(name string) error { return host.Unban(ctx, "@"+name) }},
		{"the account", func(name string) error { return second(host.DeleteUser(ctx, name, false)) }, nil},
	} {
		name := fmt.Sprintf("owner-%c", 'a'+i)
		key := testkit.Enrol(t, s, name, 10*i+10)
		if err := host.SetRole(ctx, name, chat.RoleOwner); err != nil {
			t.Fatal(err)
		}
		owner := testkit.Connect(t, s, key)
		code, _, err := owner.Admission().Invite(ctx, chat.Invitation{Role: chat.RoleOwner, Uses: 9, Lasts: 60 * 24 * time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		// A change of the maker's name does not matter.
		name += "-b"
		if err := owner.Account().SetHandle(ctx, name); err != nil {
			t.Fatal(err)
		}
		if err := knock(t, s, testkit.Key(t, 10*i+11)).Redeem(ctx, code); err != nil {
			t.Errorf("%s: before, the code gets the answer %v", power.what, err)
		}
		held := knock(t, s, testkit.Key(t, 10*i+12))
		if err := errors.Join(held.Redeem(ctx, code), power.take(name)); err != nil {
			t.Fatal(err)
		}
		refused(t, knock(t, s, testkit.Key(t, 10*i+13)).Redeem(ctx, code), chat.ErrNotFound, "does not work")
		refused(t, held.Join(ctx, "eve"), chat.ErrNotFound, "does not work")
		if power.back != nil {
			if err := errors.Join(power.back(name), knock(t, s, testkit.Key(t, 10*i+14)).Redeem(ctx, code)); err != nil {
				t.Errorf("%s: given back, the code gets the answer %v", power.what, err)
			}
			continue
		}
		// The next account with this name does not have the former one's codes.
		c.add(31 * 24 * time.Hour)
		testkit.Enrol(t, s, name, 10*i+15)
		if err := host.SetRole(ctx, name, chat.RoleOwner); err != nil {
			t.Fatal(err)
		}
		refused(t, knock(t, s, testkit.Key(t, 10*i+16)).Redeem(ctx, code), chat.ErrNotFound, "does not work")
	}
}

// A stranger whose code somebody else has used up may enter another code.
func TestACodeThatWasUsedUpMeanwhile(t *testing.T) {
	s, _ := openDoor(t)
	ctx := t.Context()
	testkit.Enrol(t, s, "ann", 1)
	invite := func() string {
		code, _, err := s.Joining().Invite(ctx, chat.Invitation{})
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	code, late, first := invite(), knock(t, s, testkit.Key(t, 10)), knock(t, s, testkit.Key(t, 11))
	if err := errors.Join(late.Redeem(ctx, code), first.Redeem(ctx, code), first.Join(ctx, "bob")); err != nil {
		t.Fatal(err)
	}
	refused(t, late.Join(ctx, "cleo"), chat.ErrNotFound, "does not work")
	if st, err := late.Standing(ctx); st.Invited || err != nil {
		t.Errorf("it stands at %+v, %v", st, err)
	}
	if err := late.CheckName(ctx, "bob"); err != nil {
		t.Errorf("a stranger who can no longer join learns who is here: %v", err)
	}
	if err := errors.Join(late.Redeem(ctx, invite()), late.Join(ctx, "cleo")); err != nil {
		t.Error(err)
	}
}
