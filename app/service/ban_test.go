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

func TestABanHoldsAtOnceAndUntilItEnds(t *testing.T) {
	t.Parallel()
	s, key := moderated(t)
	ctx := t.Context()
	bob := testkit.Connect(t, s, key["bob"]).Moderation()
	eve, joe := testkit.Connect(t, s, key["eve"]), testkit.Connect(t, s, key["joe"])
	tomorrow := func() string { return time.Now().Add(24 * time.Hour).UTC().Format("2006-01-02 ") }
	before := tomorrow()
	if _, err := bob.Ban(ctx, "@Eve", 24*time.Hour, "spam\x1b[31m"); err != nil {
		t.Fatal(err)
	}
	after := tomorrow() // which is another day if midnight has just passed
	for what, why := range map[string]string{"the open session": endsWith(t, eve), "a new one": openFails(t, s, key["eve"])} {
		until, banned := strings.CutPrefix(why, "You are banned from this server until ")
		if !banned || !strings.HasPrefix(until, before) && !strings.HasPrefix(until, after) || !strings.Contains(why, "(spam") ||
			!strings.HasSuffix(why, ": ask bob about it, or its host.") || strings.Contains(why, "\x1b") {
			t.Errorf("%s is told %q", what, why)
		}
	}
	goesOn(t, joe)
	if bans, err := bob.Bans(ctx); err != nil || len(bans) != 1 || bans[0].Title() != "@eve" || bans[0].MadeBy != "bob" {
		t.Errorf("bans: %v, %v", bans, err)
	}
	if err := bob.Unban(ctx, "@eve"); err != nil {
		t.Fatal(err)
	}
	if err := bob.Unban(ctx, "@eve"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("unbanning twice gets the answer %v", err)
	}
	testkit.Connect(t, s, key["eve"])
	if _, err := bob.Ban(ctx, key["eve"].Fingerprint(), time.Nanosecond, ""); err != nil { // over already
		t.Fatal(err)
	}
	testkit.Connect(t, s, key["eve"])
	if bans, err := bob.Bans(ctx); err != nil || len(bans) != 0 {
		t.Errorf("bans: %v, %v", bans, err)
	}
	if _, err := bob.Ban(ctx, key["eve"].Fingerprint(), 0, ""); err != nil {
		t.Fatal(err)
	}
	if why := openFails(t, s, key["eve"]); why != "This key is banned from this server: ask bob about it, or its host." {
		t.Errorf("it is told %q", why)
	}
}

func openFails(t *testing.T, s *service.Service, key keys.Key) string {
	t.Helper()
	_, err := s.Open(t.Context(), key.Fingerprint())
	if !errors.Is(err, chat.ErrNotAllowed) || !chat.IsRefusal(err) {
		t.Errorf("opening a session gets the answer %v", err)
	}
	return chat.UserText(err)
}

func TestANetworkIsBanned(t *testing.T) {
	t.Parallel()
	s, key := moderated(t)
	ctx, addr := t.Context(), netip.MustParseAddr
	from := func(name, a string) (*service.Session, error) {
		session, err := s.OpenAs(ctx, chat.Login{Key: key[name].Fingerprint(), From: addr(a)})
		if err == nil {
			t.Cleanup(session.Close)
		}
		return session, err
	}
	eve, err := from("eve", "192.0.2.7")
	if err != nil {
		t.Fatal(err)
	}
	joe, err := from("joe", "192.0.3.7")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Host().Ban(ctx, "192.0.2.1/24", 0, ""); err != nil {
		t.Fatal(err)
	}
	const text = "Connections from your address are banned from this server: ask its host about it."
	if why := endsWith(t, eve); why != text {
		t.Errorf("an open session is told %q", why)
	}
	goesOn(t, joe)
	for a, want := range map[string]string{"192.0.2.255": text, "192.0.3.0": "", "::1": ""} {
		if got := s.BarredAddress(addr(a)); got != want {
			t.Errorf("%s: %q, want %q", a, got, want)
		}
	}
	if _, err := from("ann", "192.0.2.9"); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("a new session from there gets the answer %v", err)
	}
	for _, bad := range []string{"", "eve", "0.0.0.0/0", "10.0.0.0/7", "::/0", "127.0.0.1", "127.0.0.0/8", "::1", "::/16", "::ffff:192.0.2.0/120", "192.0.2", "SHA256:x", "@nobody.here"} {
		if _, err := s.Host().Ban(ctx, bad, 0, ""); err == nil || !chat.IsRefusal(err) {
			t.Errorf("a ban of %q gets the answer %v", bad, err)
		}
	}
	if err := s.Host().Unban(ctx, "192.0.2.0/24"); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "it to be taken back", func() bool { return s.BarredAddress(addr("192.0.2.255")) == "" })
}

// The text of a ban for strangers names no member.
func TestABanNamesNobodyToStrangers(t *testing.T) {
	t.Parallel()
	s, key := moderated(t)
	ctx := t.Context()
	bob := testkit.Connect(t, s, key["bob"]).Moderation()
	stolen, near := testkit.Key(t, 50), netip.MustParseAddr("198.51.100.1")
	for _, target := range []string{stolen.Fingerprint(), near.String()} {
		if _, err := bob.Ban(ctx, target, 0, "spam"); err != nil {
			t.Fatal(err)
		}
	}
	testkit.Eventually(t, "the ban of the address to hold", func() bool { return s.BarredAddress(near) != "" })
	_, err := s.Joining().Visit(stolen, netip.MustParseAddr("192.0.2.1"), &service.CodeTries{}).Standing(ctx)
	for what, got := range map[string]string{"the address": s.BarredAddress(near), "the key": chat.UserText(err)} {
		if !strings.HasSuffix(got, " banned from this server (spam): ask its host about it.") {
			t.Errorf("%s: it is told %q", what, got)
		}
	}
}

// A user cannot escape a ban or a kick by changing the handle.
func TestNobodyEscapesByAnotherName(t *testing.T) {
	t.Parallel()
	s, key := moderated(t)
	ctx := t.Context()
	bob := testkit.Connect(t, s, key["bob"]).Moderation()
	for i, do := range []func() error{
		func() error { return bob.Kick(ctx, "eve", "") },
		func() error { return second(bob.Ban(ctx, "@eve-1", 0, "")) },
		func() error { return s.Host().SetDisabled(ctx, "eve-2", true, "") },
	} {
		eve := testkit.Connect(t, s, key["eve"])
		// Nearly always, both are in the record before either is applied.
		if err := errors.Join(do(), eve.Account().SetHandle(ctx, fmt.Sprint("eve-", i+1))); err != nil {
			t.Fatal(err)
		}
		endsWith(t, eve)
		if i == 1 {
			if err := bob.Unban(ctx, "@eve-2"); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A second ban keeps what it is not told to change, and says what it has changed.
func TestBanningAgain(t *testing.T) {
	t.Parallel()
	s, _ := moderated(t)
	end := func(b chat.Ban) string { return "until " + b.EndsAt.UTC().Format("2006-01-02") }
	for _, c := range []struct {
		span   time.Duration
		reason string
		words  string // DAY stands for the first end, and LATER for the second one
	}{
		{48 * time.Hour, "loud", "@eve is banned DAY."},
		{chat.SameSpan, "very loud", "@eve was banned already. The ban is still DAY, and the reason is now: very loud (before: loud)."},
		{96 * time.Hour, "", "@eve was banned already. The ban is now LATER instead of DAY, and the reason is still: very loud."},
	} {
		b, err := s.Host().Ban(t.Context(), "@eve", c.span, c.reason)
		if err != nil {
			t.Fatal(err)
		}
		day := end(b.Ban)
		if b.Before != nil {
			day = end(*b.Before)
		}
		want := strings.NewReplacer("DAY", day, "LATER", end(b.Ban)).Replace(c.words)
		if got := b.Words(end); got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
	if _, err := s.Host().Ban(t.Context(), "@eve", chat.SameSpan, ""); !errors.Is(err, chat.ErrConflict) {
		t.Errorf("a ban that changes nothing gets the answer %v", err)
	}
	bans, err := s.Host().Bans(t.Context())
	if err != nil || len(bans) != 1 || bans[0].Reason != "very loud" {
		t.Errorf("the bans are %+v, %v", bans, err)
	}
}
