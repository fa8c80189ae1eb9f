package sshd_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/testkit"
)

// silentStore is a store that cannot look up keys while silent is true.
type silentStore struct {
	chat.Store
	silent atomic.Bool
}

func (s *silentStore) UserByKey(ctx context.Context, fingerprint string) (chat.User, error) {
	if s.silent.Load() {
		return chat.User{}, errors.New("the database does not answer")
	}
	return s.Store.UserByKey(ctx, fingerprint)
}

// While the server cannot look up keys, nobody gets in, and nobody is taken for a stranger.
func TestAKeyThatCannotBeLookedUp(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann, unknown := h.member("ann"), testkit.Signer(t)
	h.store.silent.Store(true)
	for name, key := range map[string]ssh.Signer{"a member": ann, "a stranger": unknown} {
		session, err := h.connect(ssh.PublicKeys(key), asStranger()).NewSession()
		if err != nil {
			t.Fatal(err)
		}
		out, _ := session.CombinedOutput("")
		screen := string(out)
		if !strings.Contains(screen, "cannot look up your key at the moment") || strings.Contains(screen, "not known") || strings.Contains(screen, "no key") {
			t.Errorf("%s is told: %s", name, screen)
		}
	}
	h.log.Has(t, "looking up a key", "the database does not answer")
	if strings.Contains(h.log.String(), "connected") {
		t.Errorf("somebody got in: %s", h.log)
	}
	h.store.silent.Store(false)
	if out, status := h.runs(ann, "whoami", ""); status != 0 || !strings.HasPrefix(out, "ann") {
		t.Errorf("ann gets %q, status %d", out, status)
	}
}
