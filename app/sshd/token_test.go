package sshd_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"math/big"
	"slices"
	"testing"

	"golang.org/x/crypto/ssh"

	"confab/app/testkit"
)

// token is a hardware token in software. Its keys sign like those of FIDO tokens
// (openssh-portable, PROTOCOL.u2f). The test says whether somebody has touched it.
type token struct {
	public  ssh.PublicKey
	sign    func(signed []byte) []byte
	touched bool
}

const (
	tokenApplication = "ssh:"
	flagTouched      = 0x01
	flagVerified     = 0x04 // a PIN was entered, which does not count as a touch
)

func (k token) PublicKey() ssh.PublicKey { return k.public }

func (k token) Sign(_ io.Reader, data []byte) (*ssh.Signature, error) {
	flags := byte(flagVerified)
	if k.touched {
		flags |= flagTouched
	}
	application, message := sha256.Sum256([]byte(tokenApplication)), sha256.Sum256(data)
	counter := []byte{0, 0, 0, 7}
	signed := slices.Concat(application[:], []byte{flags}, counter, message[:])
	return &ssh.Signature{Format: k.public.Type(), Blob: k.sign(signed), Rest: append([]byte{flags}, counter...)}, nil
}

// untouched returns the same key in a token that nobody touches.
func (k token) untouched() token {
	k.touched = false
	return k
}

func newEd25519Token(t *testing.T) token {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return newToken(t, func(signed []byte) []byte { return ed25519.Sign(private, signed) }, ssh.Marshal(struct {
		Type        string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKED25519, public, tokenApplication}))
}

func newECDSAToken(t *testing.T) token {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := private.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	sign := func(signed []byte) []byte {
		digest := sha256.Sum256(signed)
		r, s, err := ecdsa.Sign(rand.Reader, private, digest[:])
		if err != nil {
			t.Error(err)
		}
		return ssh.Marshal(struct{ R, S *big.Int }{r, s})
	}
	return newToken(t, sign, ssh.Marshal(struct {
		Type, Curve string
		Point       []byte
		Application string
	}{ssh.KeyAlgoSKECDSA256, "nistp256", point, tokenApplication}))
}

func newToken(t *testing.T, sign func([]byte) []byte, wire []byte) token {
	t.Helper()
	public, err := ssh.ParsePublicKey(wire)
	if err != nil {
		t.Fatal(err)
	}
	return token{public: public, sign: sign, touched: true}
}

// The key of a token opens an account only if somebody has touched the token. Here, too,
// the signature identifies the user.
func TestTokensHaveToBeTouched(t *testing.T) {
	t.Parallel()
	h := serve(t)
	bob, unknown := h.member("bob"), testkit.Signer(t)
	sign := func(signers ...ssh.Signer) ssh.AuthMethod { return ssh.PublicKeys(signers...) }
	for name, ann := range map[string]token{"ann": newEd25519Token(t), "anna": newECDSAToken(t)} {
		h.enrol(name, ann)
		for what, c := range map[string]struct {
			methods []ssh.AuthMethod
			want    string // "" if it is not let in
		}{
			"touched":                                {[]ssh.AuthMethod{sign(ann)}, name},
			"not touched":                            {[]ssh.AuthMethod{sign(ann.untouched())}, ""},
			"not touched, then as a stranger":        {[]ssh.AuthMethod{sign(ann.untouched()), asStranger()}, ""},
			"not touched, then bob":                  {[]ssh.AuthMethod{sign(ann.untouched(), bob)}, ""},
			"offered, bob signs":                     {[]ssh.AuthMethod{sign(newOffer(ann), bob)}, "bob"},
			"bob is offered, it signs":               {[]ssh.AuthMethod{sign(newOffer(bob), ann)}, name},
			"an unknown key signs, then it does":     {[]ssh.AuthMethod{sign(unknown, ann)}, name},
			"offered, then as a stranger":            {[]ssh.AuthMethod{sign(newOffer(ann)), asStranger()}, stranger},
			"bob signs with it for itself":           {[]ssh.AuthMethod{sign(forger{bob, ann.PublicKey()})}, ""},
			"it signs for bob":                       {[]ssh.AuthMethod{sign(forger{ann, bob.PublicKey()})}, ""},
			"an unknown token":                       {[]ssh.AuthMethod{sign(newEd25519Token(t)), asStranger()}, stranger},
			"an unknown token that was not touched":  {[]ssh.AuthMethod{sign(newECDSAToken(t).untouched()), asStranger()}, ""},
			"it signs what another token would have": {[]ssh.AuthMethod{sign(forger{newEd25519Token(t), ann.PublicKey()})}, ""},
		} {
			h.check(name+": "+what, c.want, c.methods...)
		}
	}
}

// check connects and compares the user's name with the expected one, "" for nobody.
func (h *host) check(what, want string, methods ...ssh.AuthMethod) {
	h.t.Helper()
	client, err := h.dial(methods...)
	switch {
	case err != nil && want != "":
		h.t.Errorf("%s: %v, want %s", what, err, want)
	case err == nil && want == "":
		h.t.Errorf("%s: it is let in as %s", what, who(h.t, client))
	case err == nil:
		if got := who(h.t, client); got != want {
			h.t.Errorf("%s: it is %s, want %s", what, got, want)
		}
	}
}

// Without a trusted CA, a certificate opens no account, whoever signed it and whatever key
// it is for. It does not change which account its key opens by itself.
func TestCertificatesOpenNothing(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann, bob, unknown := h.member("ann"), h.member("bob"), testkit.Signer(t)
	touch := newEd25519Token(t)
	h.enrol("eve", touch)
	certificate := func(ca, key ssh.Signer) ssh.Signer {
		t.Helper()
		return certify(t, ca, key, func(c *ssh.Certificate) {
			// It must not allow signatures of a token without a touch either.
			c.Extensions = map[string]string{"no-touch-required": ""}
			c.ValidPrincipals = []string{"somebody", "ann"}
		})
	}
	sign := func(signers ...ssh.Signer) ssh.AuthMethod { return ssh.PublicKeys(signers...) }
	for name, ca := range map[string]ssh.Signer{"an unknown CA": unknown, "ann": ann, "bob": bob} {
		forAnn, forUnknown := certificate(ca, ann), certificate(ca, unknown)
		h.check(name+": of ann's key", "", sign(forAnn))
		h.check(name+": of an unknown key", "", sign(forUnknown))
		h.check(name+": of ann's key, then as a stranger", stranger, sign(forAnn), asStranger())
		h.check(name+": of ann's key, then bob signs", "bob", sign(forAnn, bob))
		h.check(name+": of ann's key, offered, then bob signs", "bob", sign(newOffer(forAnn), bob))
		h.check(name+": bob is offered, then of ann's key", stranger, sign(newOffer(bob), forAnn), asStranger())
		h.check(name+": of an unknown key, then ann signs", "ann", sign(forUnknown, ann))
		h.check(name+": of a token that was not touched", stranger, sign(certificate(ca, touch.untouched())), asStranger())
		h.check(name+": of a token that was not touched, then as it is", "", sign(certificate(ca, touch.untouched()), touch.untouched()))
		h.check(name+": of ann's key, which bob signs with", "", sign(forger{bob, forAnn.PublicKey()}))
	}
}
