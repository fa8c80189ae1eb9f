package keys

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

func newSigner(t *testing.T) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func TestRevoked(t *testing.T) {
	ca, otherCA, ann, bob := newSigner(t), newSigner(t), newSigner(t), newSigner(t)
	certificate := func(of, by ssh.Signer, serial uint64, id string) *ssh.Certificate {
		cert := &ssh.Certificate{Key: of.PublicKey(), CertType: ssh.UserCert, Serial: serial, KeyId: id, ValidPrincipals: []string{"x"}, ValidBefore: ssh.CertTimeInfinity}
		if err := cert.SignCert(rand.Reader, by); err != nil {
			t.Fatal(err)
		}
		return cert
	}
	text := func(k ssh.PublicKey) string { return string(ssh.MarshalAuthorizedKey(k)) }
	annKey, cert := ssh.FingerprintSHA256(ann.PublicKey()), certificate(bob, ca, 17, "bob@laptop")
	for _, tt := range []struct {
		list           string
		key, cert, all bool // ann's key, bob's certificate, and another one of the same CA
	}{
		{"", false, false, false},
		{"# nothing\n\n", false, false, false},
		{text(ann.PublicKey()), true, false, false},
		{"key: " + text(ann.PublicKey()), true, false, false},
		{annKey, true, false, false},
		{"SHA256: " + annKey + "\r\n", true, false, false},
		{"hash: " + annKey, true, false, false},
		{text(bob.PublicKey()), false, true, false},
		{text(ca.PublicKey()), false, true, true},
		{text(otherCA.PublicKey()), false, false, false},
		{text(cert), false, true, false},
		{"serial: 17", false, true, false},
		{"serial: 0x10 - 0x11", false, true, false},
		{"serial: 10-16\nserial: 18-20", false, false, false},
		{"id: bob@laptop", false, true, false},
		{"id: bob", false, false, false},
	} {
		list, err := ParseRevoked(strings.NewReader(tt.list))
		if err != nil {
			t.Errorf("%q: %v", tt.list, err)
			continue
		}
		other := certificate(ann, ca, 99, "ann@laptop")
		if key, c, all := list.Key(annKey), list.Certificate(cert), list.Certificate(other); key != tt.key || c != tt.cert || all != (tt.all || tt.key) {
			t.Errorf("%q revokes the key: %v, the certificate: %v, the other one: %v", tt.list, key, c, all)
		}
	}
	for list, want := range map[string]error{
		"SSHKRL\n\x00":             ErrUnsupported,
		"ssh-ed25519 AAAA":         ErrSyntax,
		"\nserial: 3-2":            ErrSyntax,
		"serial: many":             ErrSyntax,
		"colour: red":              ErrSyntax,
		"SHA256:short":             ErrSyntax,
		"hello":                    ErrSyntax,
		strings.Repeat("#", 1<<25): ErrTooLong,
	} {
		if _, err := ParseRevoked(strings.NewReader(list)); !errors.Is(err, want) {
			t.Errorf("%.20q: %v", list, err)
		}
	}
	var none *Revoked
	if none.Key(annKey) || none.Certificate(cert) || none.Len() != 0 {
		t.Error("no list revokes something")
	}
}
