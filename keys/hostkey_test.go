package keys

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"golang.org/x/crypto/ssh"
)

func TestHostKeyIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "host_key")
	first, err := LoadOrCreateHostKey(path, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	// No random bytes are needed now.
	second, err := LoadOrCreateHostKey(path, iotest.ErrReader(errors.New("asked for random bytes")))
	if err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) || ssh.FingerprintSHA256(first.PublicKey()) != ssh.FingerprintSHA256(second.PublicKey()) {
		t.Error("the key has changed")
	}
	if first.PublicKey().Type() != ssh.KeyAlgoED25519 {
		t.Errorf("it is %s", first.PublicKey().Type())
	}
	sig, err := second.Sign(rand.Reader, []byte("data"))
	if err != nil {
		t.Fatal(err)
	}
	if err := first.PublicKey().Verify([]byte("data"), sig); err != nil {
		t.Error(err)
	}
	onlyFile(t, path)
}

// onlyFile checks that nothing else is left in the folder.
func onlyFile(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 || entries[0].Name() != filepath.Base(path) {
		t.Errorf("the folder has %v, %v", entries, err)
	}
}

func TestHostKeyMadeByManyIsOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "host_key")
	var made [8]string
	var wg sync.WaitGroup
	for i := range made {
		wg.Go(func() {
			signer, err := LoadOrCreateHostKey(path, rand.Reader)
			if err != nil {
				t.Error(err)
				return
			}
			made[i] = ssh.FingerprintSHA256(signer.PublicKey())
		})
	}
	wg.Wait()
	for _, m := range made {
		if m != made[0] {
			t.Errorf("several keys: %v", made)
		}
	}
	onlyFile(t, path)
}

func TestHostKeyComesFromRandom(t *testing.T) {
	seed := bytes.Repeat([]byte{7}, ed25519.SeedSize)
	signer, err := LoadOrCreateHostKey(filepath.Join(t.TempDir(), "k"), bytes.NewReader(seed))
	if err != nil {
		t.Fatal(err)
	}
	want, err := ssh.NewPublicKey(ed25519.NewKeyFromSeed(seed).Public())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(signer.PublicKey().Marshal(), want.Marshal()) {
		t.Error("the key is not that of the seed")
	}
}

func TestHostKeyNotMade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "host_key")
	if _, err := LoadOrCreateHostKey(path, bytes.NewReader(make([]byte, 31))); err == nil {
		t.Error("31 random bytes were enough")
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	if _, err := LoadOrCreateHostKey(filepath.Join(path, "missing", "k"), rand.Reader); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("folder missing: %v", err)
	}
}

func TestHostKeyWithoutLinks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "host_key")
	text, err := newHostKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeExclusive(path, text); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadHostKey(path); err != nil {
		t.Error(err)
	}
	if err := writeExclusive(path, text); !errors.Is(err, fs.ErrExist) {
		t.Errorf("written over: %v", err)
	}
}

func TestHostKeyRefused(t *testing.T) {
	good, err := newHostKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	locked, err := ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	short, err := ssh.MarshalPrivateKey(weak, "")
	if err != nil {
		t.Fatal(err)
	}
	mixed := append(private.Seed(), make([]byte, ed25519.PublicKeySize)...)
	halves, err := ssh.MarshalPrivateKey(ed25519.PrivateKey(mixed), "")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		text []byte
		mode fs.FileMode
		says string
	}{
		{"readable by group", good, 0o640, "chmod 600 "},
		{"readable by others", good, 0o604, "chmod 600 "},
		{"empty", nil, 0o600, "is empty"},
		{"blank", []byte("\n\n"), 0o600, "is empty"},
		{"garbage", []byte("hello"), 0o600, "is damaged"},
		{"cut short", good[:len(good)/2], 0o600, "is damaged"},
		{"public half of another", pem.EncodeToMemory(halves), 0o600, "is damaged"},
		{"too long", bytes.Repeat([]byte("x"), maxHostKey+1), 0o600, "too long"},
		{"passphrase", pem.EncodeToMemory(locked), 0o600, "ssh-keygen -p"},
		{"short RSA", pem.EncodeToMemory(short), 0o600, "is an RSA key of 1024 bits"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && tt.mode != 0o600 {
				t.Skip("no such modes here")
			}
			path := filepath.Join(t.TempDir(), "host_key")
			if err := os.WriteFile(path, tt.text, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, tt.mode); err != nil {
				t.Fatal(err)
			}
			_, err := LoadOrCreateHostKey(path, rand.Reader)
			if !errors.Is(err, ErrHostKey) || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want one that says %q", err, tt.says)
			}
			if left, err := os.ReadFile(path); err != nil || !bytes.Equal(left, tt.text) {
				t.Errorf("the file was changed: %v", err)
			}
		})
	}
	if _, err := LoadOrCreateHostKey(t.TempDir(), rand.Reader); !errors.Is(err, ErrHostKey) {
		t.Errorf("a folder: %v", err)
	}
}

func TestHostKeyIsOpenSSHs(t *testing.T) {
	tool, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("no ssh-keygen here")
	}
	path := filepath.Join(t.TempDir(), "host_key")
	ours, err := LoadOrCreateHostKey(path, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, "-y", "-f", path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	key, err := FromPublicKey(ours.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(out), key.Line()) {
		t.Errorf("ssh-keygen reads %q, we %q", out, key.Line())
	}
	// A key that ssh-keygen made is accepted too.
	path = filepath.Join(t.TempDir(), "made")
	if out, err := exec.Command(tool, "-q", "-t", "ed25519", "-N", "", "-f", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if _, err := LoadOrCreateHostKey(path, rand.Reader); err != nil {
		t.Error(err)
	}
	for _, kind := range [][]string{{"rsa", "2048"}, {"ecdsa", "256"}, {"ecdsa", "384"}, {"ecdsa", "521"}} {
		path := filepath.Join(t.TempDir(), "made")
		if out, err := exec.Command(tool, "-q", "-t", kind[0], "-b", kind[1], "-N", "", "-f", path).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if _, err := LoadHostKey(path); err != nil {
			t.Error(err)
		}
		if _, err := LoadMoreHostKey(path); err != nil {
			t.Error(err)
		}
	}
}

// The certificate beside a host key is used if it is for this key and valid.
func TestHostCertificate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "host_key")
	key, err := LoadOrCreateHostKey(path, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	authority, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	if cert, err := LoadHostCertificate(path, key.PublicKey(), now); cert != nil || err != nil {
		t.Errorf("without a file: %v, %v", cert, err)
	}
	made := func(change func(*ssh.Certificate)) string {
		cert := &ssh.Certificate{
			Key: key.PublicKey(), CertType: ssh.HostCert, ValidPrincipals: []string{"chat.example"},
			ValidAfter: uint64(now.Add(-time.Hour).Unix()), ValidBefore: uint64(now.Add(time.Hour).Unix()),
		}
		change(cert)
		if err := cert.SignCert(rand.Reader, authority); err != nil {
			t.Fatal(err)
		}
		return string(ssh.MarshalAuthorizedKey(cert))
	}
	good := made(func(*ssh.Certificate) {})
	forged := strings.Fields(good)[1]
	forged = forged[:len(forged)-4] + "AAAA"
	for _, tt := range []struct {
		name, text string
		want       error
		says       string
	}{
		{"valid", good, nil, ""},
		{"for ever", made(func(c *ssh.Certificate) { c.ValidBefore = ssh.CertTimeInfinity }), nil, ""},
		{"expired", made(func(c *ssh.Certificate) { c.ValidBefore = uint64(now.Unix()) }), ErrHostCertificateTime, "has expired"},
		{"early", made(func(c *ssh.Certificate) { c.ValidAfter = uint64(now.Unix()) + 1 }), ErrHostCertificateTime, "is valid only from 2026-11-28 12:00:01"},
		{"for a user", made(func(c *ssh.Certificate) { c.CertType = ssh.UserCert }), ErrHostCertificate, "is for a user"},
		{"for another key", made(func(c *ssh.Certificate) { c.Key = authority.PublicKey() }), ErrHostCertificate, "is for another key"},
		{"no certificate", string(ssh.MarshalAuthorizedKey(key.PublicKey())), ErrHostCertificate, "is a public key"},
		{"nothing", "", ErrHostCertificate, "is damaged"},
		{"forged", "ssh-ed25519-cert-v01@openssh.com " + forged, ErrHostCertificate, "is damaged"},
	} {
		if err := os.WriteFile(path+"-cert.pub", []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		cert, err := LoadHostCertificate(path, key.PublicKey(), now)
		if !errors.Is(err, tt.want) || err != nil && !strings.Contains(err.Error(), tt.says) || (cert == nil) != (err != nil) {
			t.Errorf("%s: %v, %v", tt.name, cert, err)
		}
	}
}
