package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// sample is one acceptable key of each type, as wire forms.
type sample map[string][]byte

// makeSample creates new keys. RSA moduli need not be products of primes here,
// because nothing is signed.
func makeSample(t testing.TB) sample {
	t.Helper()
	s := sample{}
	edPublic, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s[ssh.KeyAlgoED25519] = wire(t, edPublic)
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		private, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		blob := wire(t, private.Public())
		name, _ := wireType(blob)
		s[name] = blob
		if name == ssh.KeyAlgoECDSA256 {
			point, err := private.PublicKey.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			s[ssh.KeyAlgoSKECDSA256] = ssh.Marshal(struct {
				Name, Curve string
				Point       []byte
				Application string
			}{ssh.KeyAlgoSKECDSA256, "nistp256", point, "ssh:"})
		}
	}
	s[ssh.KeyAlgoSKED25519] = ssh.Marshal(struct {
		Name        string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKED25519, edPublic, "ssh:"})
	s[ssh.KeyAlgoRSA] = rsaWire(65537, odd(MinRSABits))
	return s
}

func wire(t testing.TB, public crypto.PublicKey) []byte {
	t.Helper()
	k, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return k.Marshal()
}

func rsaWire(e int64, n *big.Int) []byte {
	return ssh.Marshal(struct {
		Name string
		E, N *big.Int
	}{ssh.KeyAlgoRSA, big.NewInt(e), n})
}

// odd returns an odd number with this many bits.
func odd(bits int) *big.Int {
	n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
	return n.SetBit(n, 0, 1)
}

func lineOf(blob []byte, comment string) string {
	name, _ := wireType(blob)
	return strings.TrimRight(name+" "+base64.StdEncoding.EncodeToString(blob)+" "+comment, " ")
}

func TestKeyOfEachType(t *testing.T) {
	for name, blob := range makeSample(t) {
		t.Run(name, func(t *testing.T) {
			public, err := ssh.ParsePublicKey(blob)
			if err != nil {
				t.Fatal(err)
			}
			key, err := FromPublicKey(public)
			if err != nil {
				t.Fatal(err)
			}
			if key.Type() != name {
				t.Errorf("Type() = %q", key.Type())
			}
			if want := lineOf(blob, ""); key.Line() != want {
				t.Errorf("Line() = %q, want %q", key.Line(), want)
			}
			if string(key.PublicKey().Marshal()) != string(blob) {
				t.Error("PublicKey() is another key")
			}
			if fp, err := ParseFingerprint(key.Fingerprint()); err != nil || fp != key.Fingerprint() {
				t.Errorf("Fingerprint() = %q, which reads as %q, %v", key.Fingerprint(), fp, err)
			}
		})
	}
}

func TestKeysRefused(t *testing.T) {
	good := makeSample(t)[ssh.KeyAlgoED25519]
	dss := ssh.Marshal(struct {
		Name       string
		P, Q, G, Y *big.Int
	}{"ssh-dss", odd(1024), odd(160), big.NewInt(2), odd(1023)})
	named := func(name string) []byte {
		return ssh.Marshal(struct {
			Name string
			Rest []byte
		}{name, []byte("whatever")})
	}
	tests := []struct {
		name string
		blob []byte
		is   error
		says string
	}{
		{"dsa", dss, ErrUnsupported, "ssh-dss keys are no longer safe; make a new one with: ssh-keygen -t ed25519"},
		{"rsa 1024", rsaWire(65537, odd(1024)), ErrUnsupported, "RSA keys need 2048 bits or more; this one has 1024"},
		{"rsa 2047", rsaWire(65537, odd(2047)), ErrUnsupported, "this one has 2047"},
		{"rsa 8193", rsaWire(65537, odd(8193)), ErrUnsupported, "RSA keys can have at most 8192 bits"},
		{"rsa even", rsaWire(65537, new(big.Int).Lsh(big.NewInt(1), 2048)), ErrSyntax, "damaged"},
		{"rsa negative", rsaWire(65537, new(big.Int).Neg(odd(2048))), ErrSyntax, "damaged"},
		{"rsa exponent", rsaWire(4, odd(2048)), ErrSyntax, "damaged"},
		{"certificate", named(ssh.CertAlgoED25519v01), ErrUnsupported, "this is a certificate, not a public key"},
		{"unknown", named("ssh-mldsa-44"), ErrUnsupported, "ssh-mldsa-44 keys are not accepted here"},
		{"escape in type", named("ssh-\x1b[2Jed"), ErrSyntax, "damaged"},
		{"long type", named(strings.Repeat("a", 65)), ErrSyntax, "damaged"},
		{"nothing", nil, ErrSyntax, "damaged"},
		{"cut short", good[:len(good)-1], ErrSyntax, "damaged"},
		{"too much", append(good[:len(good):len(good)], 0), ErrSyntax, "damaged"},
		{"length", []byte{255, 255, 255, 255}, ErrSyntax, "damaged"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := fromWire(tt.blob)
			if !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want one that is %v and says %q", err, tt.is, tt.says)
			}
		})
	}
	if _, err := FromPublicKey(nil); !errors.Is(err, ErrSyntax) {
		t.Errorf("FromPublicKey(nil): %v", err)
	}
}

func TestCertificateRefused(t *testing.T) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert := &ssh.Certificate{Key: ca.PublicKey(), CertType: ssh.UserCert, ValidPrincipals: []string{"ann"}, ValidBefore: ssh.CertTimeInfinity}
	if err := cert.SignCert(rand.Reader, ca); err != nil {
		t.Fatal(err)
	}
	if _, err := FromPublicKey(cert); !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v", err)
	}
}

// A key's comment can be any text, even if code sets the field.
func TestLineCleansComment(t *testing.T) {
	key, err := fromWire(makeSample(t)[ssh.KeyAlgoED25519])
	if err != nil {
		t.Fatal(err)
	}
	bare := key.Line()
	for comment, want := range map[string]string{
		"ann@home":                     "ann@home",
		"  two  words\t":               "two  words",
		"a\nssh-rsa AAAA":              "a ssh-rsa AAAA",
		"\x1b[31mred\x1b[m\x9b":        "[31mred[m",
		"a\u202eb\u200bc\u2066d\ufeff": "abcd",
		"x\U000e0041\ufe0f\u3164y":     "xy",
		"\xffno\xc3":                   "no",
		"Jürgen \u3000 \ufffd":         "Jürgen   \ufffd",
		strings.Repeat("é", 150):       strings.Repeat("é", 100),
		"\u0085\x7f":                   "",
	} {
		key.Comment = comment
		if got := strings.TrimPrefix(strings.TrimPrefix(key.Line(), bare), " "); got != want {
			t.Errorf("comment %q became %q, want %q", comment, got, want)
		}
	}
}

func TestFingerprintAsOpenSSH(t *testing.T) {
	tool, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("no ssh-keygen here")
	}
	for name, blob := range makeSample(t) {
		key, err := fromWire(blob)
		if err != nil {
			t.Fatal(err)
		}
		key.Comment = "ann@home"
		path := filepath.Join(t.TempDir(), "key.pub")
		if err := os.WriteFile(path, []byte(key.Line()+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(tool, "-lf", path).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v: %s", name, err, out)
			continue
		}
		if fields := strings.Fields(string(out)); len(fields) < 3 || fields[1] != key.Fingerprint() || fields[2] != "ann@home" {
			t.Errorf("%s: ssh-keygen says %q, we %s", name, out, key.Fingerprint())
		}
	}
}

func TestParseFingerprint(t *testing.T) {
	const good = "SHA256:uNiVztksCsDhcc0u9e8BrwfDeNpW9Om7R7Ok3Z5X8rQ"
	for _, s := range []string{good, good + "=", "  " + good + "\n"} {
		if got, err := ParseFingerprint(s); err != nil || got != good {
			t.Errorf("ParseFingerprint(%q) = %q, %v", s, got, err)
		}
	}
	for _, s := range []string{
		"", "SHA256:", good[7:], good + "==", good[:len(good)-1], good + "A",
		"MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48", "SHA256:" + strings.Repeat("*", 43),
		good[:20] + "\n" + good[20:], good[:len(good)-1] + "R", // R has bits beyond the 32nd byte
	} {
		if got, err := ParseFingerprint(s); !errors.Is(err, ErrSyntax) {
			t.Errorf("ParseFingerprint(%q) = %q, %v", s, got, err)
		}
	}
}
