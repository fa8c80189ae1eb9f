package service_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/keys"
)

// openDoor is a service whose clock the test moves.
func openDoor(t *testing.T) (*service.Service, *clock) {
	t.Helper()
	c := &clock{now: time.UnixMilli(1_800_000_000_000)}
	return openAt(t, c), c
}

func knock(t testing.TB, s *service.Service, key keys.Key) *service.Stranger {
	t.Helper()
	v := s.Joining().Visit(key, netip.MustParseAddr("192.0.2.1"), &service.CodeTries{})
	t.Cleanup(v.Close)
	return v
}

func setJoin(t testing.TB, s *service.Service, mode chat.JoinMode) {
	t.Helper()
	if err := s.Joining().SetMode(t.Context(), mode); err != nil {
		t.Fatal(err)
	}
}

// refused checks that an error is a refusal with a text.
func refused(t testing.TB, err error, kind error, says string) {
	t.Helper()
	if !chat.IsRefusal(err) || !errors.Is(err, kind) || !strings.Contains(err.Error(), says) {
		t.Errorf("the answer is %v, want a refusal (%v) that says %q", err, kind, says)
	}
}

func TestWhoMayJoinHow(t *testing.T) {
	s, _ := openDoor(t)
	testkit.Enrol(t, s, "ann", 1)
	ctx := t.Context()
	if mode, err := s.Joining().Mode(ctx); mode != chat.JoinByRequest || err != nil {
		t.Errorf("at first it is %s, %v", mode, err)
	}
	for i, mode := range chat.JoinModes() {
		setJoin(t, s, mode)
		v := knock(t, s, testkit.Key(t, 100+i))
		name := fmt.Sprint("new-", mode)
		if err := v.Ask(ctx, name, "it is me"); (err == nil) != (mode == chat.JoinByRequest) {
			t.Errorf("%s: asking gets the answer %v", mode, err)
		}
		if err := v.Join(ctx, name); (err == nil) != (mode == chat.JoinOpen) {
			t.Errorf("%s: joining gets the answer %v", mode, err)
		}
		code, _, err := s.Joining().Invite(ctx, chat.Invitation{})
		if err != nil {
			t.Fatal(err)
		}
		w := knock(t, s, testkit.Key(t, 200+i))
		if err := w.Redeem(ctx, code); (err == nil) != (mode != chat.JoinClosed) {
			t.Errorf("%s: a code gets the answer %v", mode, err)
		}
		if err := w.Join(ctx, "coded-"+string(mode)); (err == nil) != (mode != chat.JoinClosed) {
			t.Errorf("%s: joining with a code gets the answer %v", mode, err)
		}
	}
}

// Nobody becomes the owner of a server by being the first to find it.
func TestTheFirstStrangerIsNotTheOwner(t *testing.T) {
	s, _ := openDoor(t)
	setJoin(t, s, chat.JoinOpen)
	v := knock(t, s, testkit.Key(t, 1))
	refused(t, v.Join(t.Context(), "eve"), chat.ErrNotAllowed, "no owner yet")
	if users, err := s.Accounts().Owners(t.Context()); len(users) != 0 || err != nil {
		t.Errorf("the owners are %v, %v", users, err)
	}
}

// A banned stranger cannot ask, join or use a code, and sees the ban on the join screen.
func TestTheBannedDoNotJoin(t *testing.T) {
	s, _ := openDoor(t)
	ctx := t.Context()
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	watched(t, s)
	setJoin(t, s, chat.JoinByRequest)
	code, _, err := s.Accounts().ResetKey(ctx, "ann")
	if err != nil {
		t.Fatal(err)
	}
	v := knock(t, s, testkit.Key(t, 10))
	if err := v.Ask(ctx, "eve", "let me in"); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{testkit.Key(t, 10).Fingerprint(), "192.0.2.0/24"} {
		if _, err := ann.Moderation().Ban(ctx, target, time.Hour, "spam"); err != nil {
			t.Fatal(err)
		}
		testkit.Eventually(t, "the stranger to be told", func() bool {
			select {
			case <-v.Wake():
				_, err := v.Standing(ctx)
				return errors.Is(err, chat.ErrNotAllowed)
			default:
				return false
			}
		})
		_, err := v.Standing(ctx)
		refused(t, err, chat.ErrNotAllowed, "(spam)")
		refused(t, v.Ask(ctx, "eve", "again"), chat.ErrNotAllowed, "(spam)")
		refused(t, v.Redeem(ctx, code), chat.ErrNotAllowed, "(spam)")
		setJoin(t, s, chat.JoinOpen)
		refused(t, v.Join(ctx, "eve"), chat.ErrNotAllowed, "(spam)")
		if err := ann.Moderation().Unban(ctx, target); err != nil {
			t.Fatal(err)
		}
		testkit.Eventually(t, "the ban to end", func() bool { _, err := v.Standing(ctx); return err == nil })
	}
	if err := v.Join(ctx, "eve"); err != nil {
		t.Error(err)
	}
}

// Even on an open server, the number of people who can join from one network in an hour is
// limited, because accounts are permanent.
func TestHowManyJoinByThemselves(t *testing.T) {
	s, c := openDoor(t)
	ctx := t.Context()
	testkit.Enrol(t, s, "ann", 1)
	setJoin(t, s, chat.JoinOpen)
	n := 0
	join := func(address string) error {
		n++
		v := s.Joining().Visit(testkit.Key(t, 10+n), netip.MustParseAddr(address), &service.CodeTries{})
		defer v.Close()
		return v.Join(ctx, fmt.Sprintf("name-%d", n))
	}
	for i := range 50 {
		if err := join(fmt.Sprintf("2001:db8::%x", i)); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, join("2001:db8::ffff"), chat.ErrTooFast, "Too many people have joined from your network")
	if err := errors.Join(join("192.0.2.1"), join("2001:db8:0:1::1")); err != nil {
		t.Errorf("others: %v", err)
	}
	// The limit does not apply to people with a code or an approved request.
	code, _, err := s.Joining().Invite(ctx, chat.Invitation{})
	if err != nil {
		t.Fatal(err)
	}
	guest := s.Joining().Visit(testkit.Key(t, 500), netip.MustParseAddr("2001:db8::1"), &service.CodeTries{})
	defer guest.Close()
	if err := errors.Join(guest.Redeem(ctx, code), guest.Join(ctx, "guest-1")); err != nil {
		t.Errorf("with a code: %v", err)
	}
	c.add(time.Hour)
	if err := s.PruneJoining(ctx); err != nil {
		t.Fatal(err)
	}
	if err := join("2001:db8::1"); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}
