package sshd_test

import (
	"crypto/rand"
	"crypto/rsa"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"confab/app/sshd"
	"confab/app/testkit"
)

// toldTo returns what a stranger reads on the screen and in banners.
func (h *host) toldTo(user string, methods ...ssh.AuthMethod) (screen, banners string) {
	h.t.Helper()
	client, err := h.client(h.tcp(), &ssh.ClientConfig{
		User: user, Auth: methods,
		BannerCallback: func(text string) error { banners += text; return nil },
	})
	if err != nil {
		h.t.Fatal(err)
	}
	session, err := client.NewSession()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := session.RequestPty("xterm", 60, 500, nil); err != nil {
		h.t.Fatal(err)
	}
	out, _ := session.Output("")
	return string(out), banners
}

// rsaSigner is a signer with an RSA key of so many bits.
func rsaSigner(t *testing.T, bits int) ssh.Signer {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// hugeKey offers an RSA key of so many bits, and makes invalid signatures.
type hugeKey struct{ public ssh.PublicKey }

func newHugeKey(t *testing.T, bits int) hugeKey {
	t.Helper()
	n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
	n.SetBit(n, 0, 1)
	public, err := ssh.NewPublicKey(&rsa.PublicKey{N: n, E: 65537})
	if err != nil {
		t.Fatal(err)
	}
	return hugeKey{public}
}

func (k hugeKey) PublicKey() ssh.PublicKey { return k.public }

// offerOf is an offer of an RSA key of so many bits.
func offerOf(t *testing.T, bits int) rsaOffer {
	t.Helper()
	key := newHugeKey(t, bits)
	return rsaOffer{newOffer(key), key}
}

// rsaOffer is an [offer] of an RSA key with all signature algorithms.
type rsaOffer struct {
	offer
	huge hugeKey
}

func (o rsaOffer) SignWithAlgorithm(r io.Reader, data []byte, _ string) (*ssh.Signature, error) {
	return o.huge.Sign(r, data)
}

func (k hugeKey) Sign(io.Reader, []byte) (*ssh.Signature, error) {
	return &ssh.Signature{Format: ssh.KeyAlgoRSASHA512, Blob: make([]byte, 1024)}, nil
}

// A key that is too expensive to verify is refused when it is offered, and so is every key
// after five unknown ones. The user is told what to do.
func TestLoginsAreCheap(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann := h.member("ann")
	for bits, welcome := range map[int]bool{8192: true, 8193: false, 16384: false} {
		o := offerOf(t, bits)
		h.connect(ssh.PublicKeys(o), asStranger())
		if o.key.welcome != welcome {
			t.Errorf("the offer of %d bits is welcome: %t", bits, o.key.welcome)
		}
	}
	h.log.Has(t, "msg=refused", "an RSA key of 16384 bits is too long")
	screen, _ := h.toldTo("somebody", ssh.PublicKeys(offerOf(t, 16384)), asStranger())
	if want := "Your ssh client offered an RSA key of 16384 bits, and this server accepts up to 8192 bits. Make a new one"; !strings.Contains(screen, want) {
		t.Errorf("it is told %q", screen)
	}

	// The right key may be among the first.
	if got := who(t, h.connect(ssh.PublicKeys(append(manyKeys(t, 4), ann)...))); got != "ann" {
		t.Errorf("after four unknown keys it is %s", got)
	}
	for _, last := range []ssh.Signer{ann, testkit.Signer(t)} { // after five, all offers get the same answer
		o := newOffer(last)
		h.connect(ssh.PublicKeys(append(manyKeys(t, 5), o)...), asStranger())
		if o.key.welcome {
			t.Error("a sixth key is welcome")
		}
	}
	const hint = "use ssh -o IdentitiesOnly=yes -i FILE, or write IdentitiesOnly yes and IdentityFile FILE into ~/.ssh/config."
	for _, n := range []int{6, 25, 60} {
		screen, banners := h.toldTo("somebody", ssh.PublicKeys(manyKeys(t, n)...), asStranger())
		if strings.Count(screen, hint) != 1 || strings.Count(banners, hint) != 1 {
			t.Errorf("with %d keys it is told %q and %q", n, banners, screen)
		}
	}
	if screen, banners := h.toldTo("somebody", ssh.PublicKeys(manyKeys(t, 5)...), asStranger()); strings.Contains(banners+screen, hint) {
		t.Errorf("with five keys it is told %q and %q", banners, screen)
	}
	h.log.Has(t, "msg=refused", "too many unknown keys")
}

// A client that keeps offering expensive keys is cut off, with or without signatures.
func TestExpensiveOffersEnd(t *testing.T) {
	t.Parallel()
	h := serve(t)
	var many []ssh.Signer
	for i := range 18 {
		many = append(many, offerOf(t, 16384-i))
	}
	if _, err := h.dial(ssh.PublicKeys(many...), asStranger()); err == nil {
		t.Error("it is let in")
	}
	h.log.Has(t, "the client offered too many expensive keys, and was cut off")
}

// Each cause has its own sentence, and the host can read it in the log.
func TestWhyAKeyIsNotTaken(t *testing.T) {
	t.Parallel()
	h := serve(t)
	weak := rsaSigner(t, 1024)
	good := rsaSigner(t, 2048)
	h.enrol("ann", good)
	old, err := ssh.NewSignerWithAlgorithms(good.(ssh.AlgorithmSigner), []string{ssh.KeyAlgoRSA})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		methods    []ssh.AuthMethod
		told, logs string
	}{
		"no key":    {[]ssh.AuthMethod{asStranger()}, "Your ssh client offered no key, and this server knows its users by their keys.", "the client showed no key"},
		"too short": {[]ssh.AuthMethod{ssh.PublicKeys(weak), asStranger()}, "Your ssh client offered an RSA key of 1024 bits, and 2048 bits are the safe minimum. Make a new one", "an RSA key of 1024 bits is too short"},
		"SHA-1":     {[]ssh.AuthMethod{ssh.PublicKeys(old), asStranger()}, "Your ssh client signs with SHA-1 (ssh-rsa), which is no longer safe. Update your ssh client", "the client signs with SHA-1 only"},
	} {
		screen, _ := h.toldTo("somebody", c.methods...)
		if !strings.Contains(screen, c.told) || name != "no key" && strings.Contains(screen, "offered no key") {
			t.Errorf("%s: it is told %q", name, screen)
		}
		h.log.Has(t, "msg=refused", c.logs)
	}
}

func TestWhyACertificateIsNotTaken(t *testing.T) {
	t.Parallel()
	ca := testkit.Signer(t)
	h := serve(t, ca)
	h.member("ann")
	h.member("bob")
	past := time.Now().Add(-time.Minute)
	option := func(name, value string) func(*ssh.Certificate) {
		return func(c *ssh.Certificate) { c.CriticalOptions = map[string]string{name: value} }
	}
	for name, c := range map[string]struct {
		change     func(*ssh.Certificate)
		told, logs string
	}{
		"expired":          {func(c *ssh.Certificate) { c.ValidBefore = uint64(past.Unix()) }, "Your certificate for ann expired on " + past.UTC().Format("2006-01-02 15:04") + " UTC. Get a new one.", "it has expired"},
		"not yet":          {func(c *ssh.Certificate) { c.ValidAfter = uint64(time.Now().Add(time.Hour).Unix()) }, "Your certificate for ann is not valid before ", "it is not valid yet"},
		"for others":       {func(c *ssh.Certificate) { c.ValidPrincipals = []string{"ann", "bob"} }, "Your certificate for ann, bob is not for the name that you gave ssh. Connect with one of its names", "it is for other principals"},
		"for no name":      {func(c *ssh.Certificate) { c.ValidPrincipals = nil }, "Your certificate has no name in it. Get one", "it has no principals"},
		"for nobody":       {func(c *ssh.Certificate) { c.ValidPrincipals = []string{"eve"} }, "Your certificate for eve names no account on this server", "there is no such account"},
		"from elsewhere":   {option("source-address", "192.0.2.0/24"), "may not be used from your address", "it is not for this address"},
		"with a condition": {option("verify-required", ""), "has a condition that this server cannot check", "critical option verify-required"},
		"as ANN":           {func(c *ssh.Certificate) { c.ValidPrincipals = []string{"ANN"} }, "Your certificate for ANN names no account", "there is no such account"},
		"as @ann":          {func(c *ssh.Certificate) { c.ValidPrincipals = []string{"@ann"} }, "Your certificate for @ann names no account", "there is no such account"},
		"as ann, indented": {func(c *ssh.Certificate) { c.ValidPrincipals = []string{" ann"} }, "names no account", "there is no such account"},
	} {
		key := testkit.Signer(t)
		screen, _ := h.toldTo("somebody", ssh.PublicKeys(certify(t, ca, key, c.change)), asStranger())
		if !strings.Contains(screen, c.told) || !strings.Contains(screen, "If you already have an account, do not join here: you would get a second one.") {
			t.Errorf("%s: it is told %q", name, screen)
		}
		h.log.Has(t, "msg=refused", c.logs, ssh.FingerprintSHA256(key.PublicKey()))
	}
	// A forged certificate reveals nothing about names.
	forged := certify(t, testkit.Signer(t), testkit.Signer(t), nil)
	forged.PublicKey().(*ssh.Certificate).SignatureKey = ca.PublicKey()
	screen, _ := h.toldTo("somebody", ssh.PublicKeys(forged), asStranger())
	if !strings.Contains(screen, "Your certificate for ann is damaged") {
		t.Errorf("it is told %q", screen)
	}
}

// A certificate that may not be used from this address does not change the limits of its account.
func TestACertificateFromElsewhereCountsForNobody(t *testing.T) {
	t.Parallel()
	ca := testkit.Signer(t)
	h := serveWith(t, sshd.Limits{PerAccount: 1}, nil, ca)
	ann := h.member("ann")
	elsewhere := certify(t, ca, testkit.Signer(t), func(c *ssh.Certificate) {
		c.CriticalOptions = map[string]string{"source-address": "192.0.2.0/24"}
	})
	for range 3 {
		if got := who(t, h.connect(ssh.PublicKeys(elsewhere), asStranger())); got != stranger {
			t.Errorf("it is %s", got)
		}
	}
	h.connect(ssh.PublicKeys(ann)) // without a session it does not count either
	if got := who(t, h.connect(ssh.PublicKeys(ann))); got != "ann" {
		t.Errorf("it is %s", got)
	}
}

// A login name may be a mistyped secret.
func TestLoginNamesOfStrangersAreNotLogged(t *testing.T) {
	t.Parallel()
	h := serve(t)
	const name = "7K2M-Q9XV-4TBN-H0RDD"
	h.toldTo(name, ssh.PublicKeys(testkit.Signer(t)), asStranger())
	h.log.Has(t, "a stranger connected")
	if strings.Contains(h.log.String(), name) {
		t.Errorf("the log has it: %s", h.log)
	}
}
