package service_test

import (
	"strings"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
)

// If the record no longer has all changes that a server has missed, the server and its
// sessions read everything again.
func TestMissedChangesAreReadFromTheStore(t *testing.T) {
	dir := t.TempDir()
	store := testkit.OpenStore(t, dir)
	defer store.Close()
	server := testkit.Start(t, store, service.Options{})
	defer server.Close("the test is over")
	other := testkit.Open(t, dir)
	ann, bob, cyd := testkit.Enrol(t, other, "ann", 1), testkit.Enrol(t, other, "bob", 2), testkit.Enrol(t, other, "cyd", 3)
	a, b, c := testkit.Connect(t, server, ann), testkit.Connect(t, server, bob), testkit.Connect(t, server, cyd)
	in, err := a.Groups().NewGroup(t.Context(), "ops", true, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Groups().Join(t.Context(), "ops"); err != nil {
		t.Fatal(err)
	}
	visit(t, a, in)
	visit(t, b, in)

	away := testkit.Connect(t, other, ann)
	if err := away.Groups().RemoveMember(t.Context(), in, "bob"); err != nil {
		t.Fatal(err)
	}
	if _, err := testkit.Connect(t, other, cyd).Groups().Join(t.Context(), "ops"); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Host().Ban(t.Context(), "198.51.100.0/24", 0, ""); err != nil {
		t.Fatal(err)
	}
	err = store.Update(t.Context(), func(tx chat.Tx) error {
		return tx.PruneChanges(t.Context(), time.Now().Add(time.Hour), 1<<40)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*service.Session{a, b, c} {
		s.Mailbox().Drain()
	}
	if err := server.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*service.Session{a, b, c} {
		if got := s.Mailbox().Drain(); !got.Resync || got.Ended != "" {
			t.Errorf("%s is told %+v, want a resync", s.User().Name, got)
		}
	}
	v := visit(t, a, in)
	var names []string
	for _, m := range v.Receipts.Members {
		names = append(names, m.Name)
	}
	if got := strings.Join(names, " "); got != "ann cyd" {
		t.Errorf("the members are %s, want ann and cyd", got)
	}
	m := testkit.Send(t, a, in, "hello")
	if got := received(c, 1); got[0] != m {
		t.Errorf("cyd gets %+v", got[0])
	}
	if got := b.Mailbox().Drain(); len(got.Events) > 0 {
		t.Errorf("bob, who was removed, gets %+v", got.Events)
	}
	if b, err := server.Host().Bans(t.Context()); err != nil || len(b) != 1 {
		t.Errorf("the bans are %v, %v", b, err)
	}

	// The session of a user whose key was revoked meanwhile has ended.
	if _, err := other.Accounts().RevokeKey(t.Context(), cyd.Fingerprint()); err != nil {
		t.Fatal(err)
	}
	if err := other.Host().Unban(t.Context(), "198.51.100.0/24"); err != nil {
		t.Fatal(err)
	}
	err = store.Update(t.Context(), func(tx chat.Tx) error {
		return tx.PruneChanges(t.Context(), time.Now().Add(time.Hour), 1<<40)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := c.Mailbox().Drain().Ended; got == "" {
		t.Error("the session of a revoked key goes on")
	}
	if got := a.Mailbox().Drain(); got.Ended != "" || !got.Resync {
		t.Errorf("ann is told %+v", got)
	}
}
