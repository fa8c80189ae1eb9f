package sshd_test

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"confab/app/testkit"
)

// Only the signature identifies the user, and never a key that was merely offered
// (CVE-2024-45337), whatever the client sends before.
func TestWhoSignsIsWho(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann, bob := h.member("ann"), h.member("bob")
	unknown := testkit.Signer(t)
	sign := func(signers ...ssh.Signer) ssh.AuthMethod { return ssh.PublicKeys(signers...) }
	for _, c := range []struct {
		name    string
		methods []ssh.AuthMethod
		want    string
	}{
		{"ann signs", []ssh.AuthMethod{sign(ann)}, "ann"},
		{"ann is offered, bob signs", []ssh.AuthMethod{sign(newOffer(ann), bob)}, "bob"},
		{"bob is offered, ann signs", []ssh.AuthMethod{sign(newOffer(bob), ann)}, "ann"},
		{"both are offered, the last is ann, bob signs", []ssh.AuthMethod{sign(newOffer(bob), newOffer(ann), bob)}, "bob"},
		{"the same in two goes", []ssh.AuthMethod{sign(newOffer(bob), newOffer(ann)), sign(bob)}, "bob"},
		{"an unknown key signs, ann is offered, bob signs", []ssh.AuthMethod{sign(unknown, newOffer(ann), bob)}, "bob"},
		{"a stranger would come in, but bob signs first", []ssh.AuthMethod{sign(newOffer(ann)), sign(bob), asStranger()}, "bob"},
	} {
		client, err := h.dial(c.methods...)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := who(t, client); got != c.want {
			t.Errorf("%s: it is %s, want %s", c.name, got, c.want)
		}
	}
}

func TestAStrangerGetsNoChat(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann, bob, unknown := h.member("ann"), h.member("bob"), testkit.Signer(t)
	sign := func(signers ...ssh.Signer) ssh.AuthMethod { return ssh.PublicKeys(signers...) }
	password := func() ssh.AuthMethod { return ssh.Password("ann") }
	for name, methods := range map[string][]ssh.AuthMethod{
		"at once":                         {asStranger()},
		"an unknown key":                  {sign(unknown), asStranger()},
		"ann is offered":                  {sign(newOffer(ann)), asStranger()},
		"ann is offered last":             {sign(unknown, newOffer(ann)), asStranger()},
		"a password":                      {password(), asStranger()},
		"everything":                      {password(), sign(newOffer(ann)), password(), sign(unknown), asStranger()},
		"ann's key, when it is in by now": {asStranger(), sign(ann)},
	} {
		client, err := h.dial(methods...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for range 2 { // asking again does not help
			if got := who(t, client); got != stranger {
				t.Errorf("%s: it is %s", name, got)
			}
		}
		session, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		out, err := session.CombinedOutput("chat")
		if exit, ok := errors.AsType[*ssh.ExitError](err); !ok || exit.ExitStatus() != 1 {
			t.Errorf("%s: a command ends with %v and %q", name, err, out)
		}
	}
	for name, methods := range map[string][]ssh.AuthMethod{
		"nothing":           {},
		"an unknown key":    {sign(unknown)},
		"ann is offered":    {sign(newOffer(ann))},
		"a password":        {password()},
		"ann after so many": {sign(append(manyKeys(t, 25), ann)...)},
		// A signature by another key ends the connection.
		"signs for ann":                {sign(forger{unknown, ann.PublicKey()}), asStranger()},
		"signs for ann, then for bob":  {sign(forger{bob, ann.PublicKey()}, bob)},
		"signs for ann, bob's offered": {sign(newOffer(bob), forger{bob, ann.PublicKey()}), asStranger()},
	} {
		if _, err := h.dial(methods...); err == nil {
			t.Errorf("%s: is let in", name)
		}
	}
}

func manyKeys(t *testing.T, n int) []ssh.Signer {
	t.Helper()
	many := make([]ssh.Signer, n)
	for i := range many {
		many[i] = testkit.Signer(t)
	}
	return many
}

// Neither an offer nor the join screen reveals who is a member.
func TestOffersAreAnsweredAlike(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann, unknown := h.member("ann"), testkit.Signer(t)
	for name, key := range map[string]ssh.Signer{"enrolled": ann, "unknown": unknown} {
		o := newOffer(key)
		client := h.connect(ssh.PublicKeys(o), asStranger())
		if o.key.marshalled != 2 || !o.key.welcome {
			t.Errorf("the offer of an %s key is refused", name)
		}
		session, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if err := session.RequestPty("xterm", 24, 80, nil); err != nil {
			t.Fatal(err)
		}
		out, err := session.Output("")
		if exit, ok := errors.AsType[*ssh.ExitError](err); !ok || exit.ExitStatus() != 1 {
			t.Errorf("a stranger's session ends with %v", err)
		}
		// The client has proved nothing.
		if !strings.Contains(string(out), "Your ssh client offered no key") || strings.Contains(string(out), "SHA256:") {
			t.Errorf("after the offer of an %s key the screen shows %q", name, out)
		}
	}
}

// Only proved keys are shown, and each only once.
func TestAStrangerSeesWhatItProved(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann, first, second := h.member("ann"), testkit.Signer(t), testkit.Signer(t)
	client := h.connect(ssh.PublicKeys(newOffer(ann), first, second, first), asStranger())
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.RequestPty("xterm", 24, 80, nil); err != nil {
		t.Fatal(err)
	}
	out, _ := session.Output("")
	for key, want := range map[ssh.Signer]int{ann: 0, first: 1, second: 1} {
		if got := strings.Count(string(out), ssh.FingerprintSHA256(key.PublicKey())); got != want {
			t.Errorf("a fingerprint is shown %d times, want %d, in %q", got, want, out)
		}
	}
}
