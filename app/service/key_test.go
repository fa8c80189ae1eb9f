package service_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/keys"
)

// prove adds keys to an account as connections with them do, with a code for each.
func prove(ctx context.Context, s *service.Service, account *service.Session, add ...keys.Key) error {
	for _, k := range add {
		code, _, err := account.Account().KeyCode(ctx)
		if err != nil {
			return err
		}
		v := s.Joining().Visit(k, netip.MustParseAddr("192.0.2.1"), &service.CodeTries{})
		err = v.Redeem(ctx, code)
		v.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// A code adds the key of the connection on which it is entered to the account that has made
// the code. It works once and in every join mode, unless the account is banned or disabled.
func TestAKeyIsProved(t *testing.T) {
	s, c := openDoor(t)
	ctx := t.Context()
	testkit.Enrol(t, s, "ann", 1)
	bob := testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	made := func() string {
		t.Helper()
		code, _, err := bob.Account().KeyCode(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	opens := func(n int, name string) {
		t.Helper()
		if u, err := s.Accounts().UserByKey(ctx, testkit.Key(t, n).Fingerprint()); u.Name != name || (err != nil) != (name == "") {
			t.Errorf("key %d opens %q, %v", n, u.Name, err)
		}
	}
	for i, mode := range chat.JoinModes() {
		setJoin(t, s, mode)
		code := made()
		if err := knock(t, s, testkit.Key(t, 10+i)).Redeem(ctx, code); err != nil {
			t.Errorf("%s: %v", mode, err)
		}
		opens(10+i, "bob")
		refused(t, knock(t, s, testkit.Key(t, 20+i)).Redeem(ctx, code), chat.ErrNotFound, "does not work")
	}
	first := made()
	second := made() // replaces the first
	refused(t, knock(t, s, testkit.Key(t, 30)).Redeem(ctx, first), chat.ErrNotFound, "does not work")
	c.add(61 * time.Minute)
	refused(t, knock(t, s, testkit.Key(t, 30)).Redeem(ctx, second), chat.ErrNotFound, "does not work")
	last := made()
	if _, err := s.Host().Ban(ctx, "@bob", time.Hour, ""); err != nil {
		t.Fatal(err)
	}
	refused(t, knock(t, s, testkit.Key(t, 30)).Redeem(ctx, last), chat.ErrNotFound, "does not work")
	opens(30, "")
}

// A thief with a revoked key cannot make the key's certificates valid again by joining
// with it, or by adding it to an account.
func TestARevocationIsTheHostsToEnd(t *testing.T) {
	s, _ := openDoor(t)
	ctx := t.Context()
	testkit.Enrol(t, s, "ann", 1)
	bob := testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	setJoin(t, s, chat.JoinOpen)
	if err := s.Accounts().TrustAuthorities(ctx, []string{testkit.Key(t, 9).Fingerprint()}); err != nil {
		t.Fatal(err)
	}
	code, _, err := s.Accounts().ResetKey(ctx, "bob")
	if err != nil {
		t.Fatal(err)
	}
	for i, use := range []func(keys.Key) error{
		func(k keys.Key) error { return knock(t, s, k).Join(ctx, "eve") },
		func(k keys.Key) error { return prove(ctx, s, bob, k) },
		func(k keys.Key) error { return knock(t, s, k).Redeem(ctx, code) },
	} {
		stolen := testkit.Key(t, 10+i)
		if err := errors.Join(second(s.Accounts().RevokeKey(ctx, stolen.Fingerprint())), use(stolen)); err != nil {
			t.Fatal(err)
		}
		if revoked, err := s.Accounts().Revoked(ctx, stolen.Fingerprint()); !revoked || err != nil {
			t.Errorf("case %d: its certificates are good again: %v", i, err)
		}
		if err := second(s.Accounts().RevokeKey(ctx, stolen.Fingerprint())); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Accounts().AddKeys(ctx, "ann", []keys.Key{stolen}); err != nil {
			t.Fatal(err)
		}
		if revoked, err := s.Accounts().Revoked(ctx, stolen.Fingerprint()); revoked || err != nil {
			t.Errorf("case %d: what the host has added is revoked: %v", i, err)
		}
	}
}

func TestOnesOwnKeys(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	bob := testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	fingerprint := testkit.Key(t, 1).Fingerprint()
	if _, err := ann.Account().RemoveKey(t.Context(), fingerprint); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("the last key goes: %v", err)
	}
	if err := prove(t.Context(), s, ann, testkit.Key(t, 4)); err != nil {
		t.Fatal(err)
	}
	_ = prove(t.Context(), s, bob, testkit.Key(t, 4)) // ann's key
	if list, err := bob.Account().Keys(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("bob has %v, %v", list, err)
	}
	if _, err := bob.Account().RemoveKey(t.Context(), fingerprint); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("bob removes ann's key: %v", err)
	}
	if key, err := ann.Account().RemoveKey(t.Context(), fingerprint); err != nil || key.Fingerprint != fingerprint {
		t.Errorf("the other key stays: %v, %v", key, err)
	}
	many := make([]keys.Key, 60)
	for i := range many {
		many[i] = testkit.Key(t, 100+i)
	}
	if err := prove(t.Context(), s, ann, many...); !errors.Is(err, chat.ErrTooLarge) {
		t.Errorf("60 keys: %v", err)
	}
}
