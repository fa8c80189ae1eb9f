package sshd_test

import (
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/testkit"
	"confab/keys"
)

// certify makes a user certificate for a key, which is valid now and for ann. change may
// change it before it is signed.
func certify(t *testing.T, ca, key ssh.Signer, change func(*ssh.Certificate)) ssh.Signer {
	t.Helper()
	cert := &ssh.Certificate{
		Key: key.PublicKey(), CertType: ssh.UserCert, KeyId: "ann", ValidPrincipals: []string{"ann"},
		ValidAfter:  uint64(time.Now().Add(-time.Hour).Unix()),
		ValidBefore: uint64(time.Now().Add(time.Hour).Unix()),
	}
	cert.Extensions = map[string]string{"permit-pty": "", "permit-port-forwarding": ""}
	if change != nil {
		change(cert)
	}
	if err := sign(cert, ca); err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewCertSigner(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// sign makes an authority sign a certificate. Unlike ssh-keygen, the library refuses to
// sign one without principals.
func sign(cert *ssh.Certificate, ca ssh.Signer) error {
	if len(cert.ValidPrincipals) > 0 {
		return cert.SignCert(rand.Reader, ca)
	}
	cert.Nonce, cert.SignatureKey = make([]byte, 32), ca.PublicKey()
	unsigned := cert.Marshal()
	var err error
	cert.Signature, err = ca.Sign(rand.Reader, unsigned[:len(unsigned)-4]) // the length of the missing signature
	return err
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	ca, other := testkit.Signer(t), testkit.Signer(t)
	h := serve(t, ca)
	ann := h.member("ann")
	h.member("bob")
	key := testkit.Signer(t)
	option := func(name, value string) func(*ssh.Certificate) {
		return func(c *ssh.Certificate) { c.CriticalOptions = map[string]string{name: value} }
	}
	names := func(principals ...string) func(*ssh.Certificate) {
		return func(c *ssh.Certificate) { c.ValidPrincipals = principals }
	}
	for _, c := range []struct {
		name   string
		user   string
		signer ssh.Signer
		want   string
	}{
		{"as it should be", "somebody", certify(t, ca, key, nil), "ann"},
		{"as ann", "ann", certify(t, ca, key, nil), "ann"},
		{"as bob, for ann only", "bob", certify(t, ca, key, nil), "ann"},
		{"as bob, for both", "bob", certify(t, ca, key, func(c *ssh.Certificate) { c.ValidPrincipals = []string{"ann", "bob"} }), "bob"},
		{"as nobody, for both", "nobody", certify(t, ca, key, func(c *ssh.Certificate) { c.ValidPrincipals = []string{"ann", "bob"} }), stranger},
		{"with an address and a group", "nobody", certify(t, ca, key, names("ann", "ann@example.com", "ops:member")), "ann"},
		{"as the address", "ann@example.com", certify(t, ca, key, names("ann", "ann@example.com")), "ann"},
		{"with an address only", "ann", certify(t, ca, key, names("ann@example.com")), stranger},
		{"as bob, for ann and a name in capitals", "bob", certify(t, ca, key, names("BOB", "ann")), "ann"},
		{"for nobody here", "eve", certify(t, ca, key, func(c *ssh.Certificate) { c.ValidPrincipals = []string{"eve"} }), stranger},
		{"of another authority", "ann", certify(t, other, key, nil), stranger},
		{"made by a member", "ann", certify(t, ann, key, nil), stranger},
		{"for a host", "ann", certify(t, ca, key, func(c *ssh.Certificate) { c.CertType = ssh.HostCert }), stranger},
		{"expired", "ann", certify(t, ca, key, func(c *ssh.Certificate) { c.ValidBefore = uint64(time.Now().Add(-time.Minute).Unix()) }), stranger},
		{"not yet", "ann", certify(t, ca, key, func(c *ssh.Certificate) { c.ValidAfter = uint64(time.Now().Add(time.Minute).Unix()) }), stranger},
		{"for ever", "ann", certify(t, ca, key, func(c *ssh.Certificate) { c.ValidBefore = ssh.CertTimeInfinity }), "ann"},
		{"from here", "ann", certify(t, ca, key, option("source-address", "127.0.0.0/8")), "ann"},
		{"from elsewhere", "ann", certify(t, ca, key, option("source-address", "192.0.2.0/24")), stranger},
		{"from nonsense", "ann", certify(t, ca, key, option("source-address", "here")), stranger},
		{"an unknown critical option", "ann", certify(t, ca, key, option("verify-required", "")), stranger},
		{"an unknown extension", "ann", certify(t, ca, key, func(c *ssh.Certificate) { c.Extensions["whatever@example.com"] = "" }), "ann"},
	} {
		client, err := h.dialAs(c.user, ssh.PublicKeys(c.signer), asStranger())
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := who(t, client); got != c.want {
			t.Errorf("%s: it is %s, want %s", c.name, got, c.want)
		}
	}
	// An offer reveals nothing, and the signature identifies the user.
	for _, c := range []struct {
		name    string
		methods []ssh.AuthMethod
		want    string
	}{
		{"a certificate is offered, an unknown key signs", []ssh.AuthMethod{ssh.PublicKeys(newOffer(certify(t, ca, key, nil)), testkit.Signer(t)), asStranger()}, stranger},
		{"ann is offered, bob's certificate signs", []ssh.AuthMethod{ssh.PublicKeys(newOffer(ann), certify(t, ca, key, func(c *ssh.Certificate) { c.ValidPrincipals = []string{"bob"} }))}, "bob"},
		{"bob's certificate is offered, ann signs", []ssh.AuthMethod{ssh.PublicKeys(newOffer(certify(t, ca, key, func(c *ssh.Certificate) { c.ValidPrincipals = []string{"bob"} })), ann)}, "ann"},
		{"a bad one, then ann's key", []ssh.AuthMethod{ssh.PublicKeys(certify(t, other, key, nil), ann)}, "ann"},
	} {
		if got := who(t, h.connect(c.methods...)); got != c.want {
			t.Errorf("%s: it is %s, want %s", c.name, got, c.want)
		}
	}
	// A certificate is worthless without its key.
	if _, err := h.dial(ssh.PublicKeys(forger{testkit.Signer(t), certify(t, ca, key, nil).PublicKey()}), asStranger()); err == nil {
		t.Error("one is let in with a certificate of somebody else's key")
	}
}

func TestWhatACertificateAllows(t *testing.T) {
	t.Parallel()
	ca := testkit.Signer(t)
	h := serve(t, ca)
	h.member("ann")
	run := func(signer ssh.Signer, terminal bool) error {
		session, err := h.connect(ssh.PublicKeys(signer)).NewSession()
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		if terminal {
			if err := session.RequestPty("xterm", 24, 80, nil); err != nil {
				return err
			}
		}
		out, err := session.Output("whatever")
		if err == nil && (len(out) == 0 || out[0] != '{') {
			t.Errorf("it wrote %q", out)
		}
		return err
	}
	forced := certify(t, ca, testkit.Signer(t), func(c *ssh.Certificate) { c.CriticalOptions = map[string]string{"force-command": "export"} })
	if err := run(forced, false); err != nil {
		t.Errorf("the forced command: %v", err)
	}
	other := certify(t, ca, testkit.Signer(t), func(c *ssh.Certificate) { c.CriticalOptions = map[string]string{"force-command": "nothing"} })
	if exit, ok := errors.AsType[*ssh.ExitError](run(other, true)); !ok || exit.ExitStatus() != 2 {
		t.Error("a forced command that is none is not refused")
	}
	bare := certify(t, ca, testkit.Signer(t), func(c *ssh.Certificate) { c.Extensions = nil })
	if err := run(bare, true); err == nil {
		t.Error("a certificate without permit-pty gets a terminal")
	}
}

func TestRevokedCertificates(t *testing.T) {
	t.Parallel()
	ca := testkit.Signer(t)
	h := serve(t, ca)
	h.member("ann")
	watching := make(chan error, 1)
	go func() { watching <- h.service.TailChanges(t.Context()) }()
	lost, kept := testkit.Signer(t), testkit.Signer(t)
	is := func(key ssh.Signer, want string) {
		t.Helper()
		if got := who(t, h.connect(ssh.PublicKeys(certify(t, ca, key, nil)), asStranger())); got != want {
			t.Errorf("it is %s, want %s", got, want)
		}
	}
	is(lost, "ann")
	// Open sessions end.
	session, err := h.connect(ssh.PublicKeys(certify(t, ca, lost, nil))).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.RequestPty("xterm", 24, 80, nil); err != nil {
		t.Fatal(err)
	}
	out, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := session.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := session.Shell(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil { // a frame has arrived
		t.Fatal(err)
	}
	if _, err := h.service.Accounts().RevokeKey(testkit.AtOnce(t), ssh.FingerprintSHA256(lost.PublicKey())); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, out); err != nil {
		t.Error(err)
	}
	is(lost, stranger)
	is(kept, "ann")
	// A key that is added again works again, and so do its certificates.
	key, err := keys.FromPublicKey(lost.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.service.Accounts().AddKeys(testkit.AtOnce(t), "ann", []keys.Key{key}); err != nil {
		t.Fatal(err)
	}
	is(lost, "ann")
	if _, err := h.service.Accounts().RevokeKey(testkit.AtOnce(t), ssh.FingerprintSHA256(ca.PublicKey())); err != nil {
		t.Fatal(err)
	}
	is(kept, stranger)
	if err := h.service.Accounts().Unrevoke(testkit.AtOnce(t), ssh.FingerprintSHA256(ca.PublicKey())); err != nil {
		t.Fatal(err)
	}
	is(kept, "ann")
	if got := who(t, h.connect(ssh.PublicKeys(ca), asStranger())); got != stranger {
		t.Errorf("the CA's key is let in as %s", got)
	}
}

// An admin can ban a key, but that does not lock out an owner who has a certificate for the key.
func TestABanOfACertifiedKey(t *testing.T) {
	t.Parallel()
	ca := testkit.Signer(t)
	h := serve(t, ca)
	h.member("ann") // the first account, and so the owner
	adm := h.member("adm")
	h.member("bob")
	if err := h.service.Host().SetRole(testkit.AtOnce(t), "adm", chat.RoleAdmin); err != nil {
		t.Fatal(err)
	}
	key := testkit.Signer(t)
	session := h.open(adm)
	fingerprint := ssh.FingerprintSHA256(key.PublicKey())
	if _, err := session.Moderation().Ban(testkit.AtOnce(t), fingerprint, 0, ""); err != nil {
		t.Fatal(err)
	}
	if got := who(t, h.connect(ssh.PublicKeys(certify(t, ca, key, nil)))); got != "ann" {
		t.Errorf("it is %s", got)
	}
	said := func() string {
		client := h.connect(ssh.PublicKeys(certify(t, ca, key, func(c *ssh.Certificate) { c.ValidPrincipals = []string{"bob"} })))
		session, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		out, _ := session.CombinedOutput("whoami")
		return string(out)
	}
	// The admin's ban keeps members out, even after the admin has lost that role.
	for _, role := range []chat.Role{chat.RoleAdmin, chat.RoleMember} {
		if err := h.service.Host().SetRole(testkit.AtOnce(t), "adm", role); err != nil && !chat.IsRefusal(err) {
			t.Fatal(err)
		}
		if got := said(); !strings.Contains(got, "This key is banned from this server") {
			t.Errorf("bob is told %q", got)
		}
	}
	// The host's ban keeps everybody out.
	if _, err := h.service.Host().Ban(testkit.AtOnce(t), fingerprint, 0, ""); err != nil {
		t.Fatal(err)
	}
	client := h.connect(ssh.PublicKeys(certify(t, ca, key, nil)))
	one, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if out, _ := one.CombinedOutput("whoami"); !strings.Contains(string(out), "This key is banned from this server") {
		t.Errorf("ann is told %q", out)
	}
}

// A signature of a hardware token counts only if somebody has touched the token, whatever a
// certificate says.
func TestTokensAreTouched(t *testing.T) {
	t.Parallel()
	ca := testkit.Signer(t)
	h := serve(t, ca)
	h.member("ann")
	noTouch := func(c *ssh.Certificate) { c.Extensions["no-touch-required"] = "" }
	for _, touched := range []token{newEd25519Token(t), newECDSAToken(t)} {
		kind, left := touched.public.Type(), touched.untouched()
		key, err := keys.FromPublicKey(touched.public)
		if err != nil {
			t.Fatal(err)
		}
		if got := who(t, h.connect(ssh.PublicKeys(certify(t, ca, touched, nil)))); got != "ann" {
			t.Errorf("%s: with a certificate it is %s", kind, got)
		}
		for name, signer := range map[string]ssh.Signer{
			"of the CA": certify(t, ca, left, noTouch), "of one's own making": certify(t, testkit.Signer(t), left, noTouch),
		} {
			if got := who(t, h.connect(ssh.PublicKeys(signer), asStranger())); got != stranger {
				t.Errorf("%s: untouched, with a certificate %s, it is %s", kind, name, got)
			}
		}
		if _, err := h.service.Accounts().AddKeys(testkit.AtOnce(t), "ann", []keys.Key{key}); err != nil {
			t.Fatal(err)
		}
		if got := who(t, h.connect(ssh.PublicKeys(touched))); got != "ann" {
			t.Errorf("%s: it is %s", kind, got)
		}
		if _, err := h.dial(ssh.PublicKeys(left), asStranger()); err == nil {
			t.Errorf("%s: one is let in who touched nothing", kind)
		}
	}
}
