package main

import (
	"bufio"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/testkit"
	"confab/cmd/confab/datafolder"
)

// rewrite replaces a file.
func rewrite(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// reload makes the server read its settings again, and waits until its log has a line.
func (s *server) reload(want string) {
	s.t.Helper()
	s.signal(syscall.SIGHUP)
	s.logs(want)
}

// A server reads its settings again when its host asks for it. No session ends.
func TestReload(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ann, bob := enrol(t, dir, "ann"), enrol(t, dir, "bob")
	settings := filepath.Join(dir, datafolder.ConfigFile)
	rewrite(t, settings, "max-per-account: 1\nkeep: 90d\n")
	s := startServer(t, dir)
	c := s.connect(ann)
	c.shows("ann  ? help")
	if err := whoami(s.addr, ann); err == nil {
		t.Error("the limit does not apply")
	}

	rewrite(t, settings, "max-per-account: 5\nmax-file: 1KiB\nmetrics: 127.0.0.1:0\n")
	s.reload(`"msg":"the settings were read again","changed":["keep","max-file","max-per-account"]`)
	s.logs(`"msg":"these settings have changed too, and take effect when you restart the server","settings":["metrics"]`)
	if err := whoami(s.addr, ann); err != nil {
		t.Errorf("the new limit does not apply: %v", err)
	}

	// With a mistake, everything stays as it was.
	rewrite(t, settings, "max-per-account: 1\nkeeep: 90d\n")
	s.reload(`line 2: there is no setting \"keeep\"`)
	if err := whoami(s.addr, ann); err != nil {
		t.Errorf("a file with a mistake counts: %v", err)
	}
	c.say("still here")
	other := s.connect(bob)
	other.shows("still here")
}

// Without a settings file there is nothing to read, and the server goes on.
func TestAHangupEndsNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := startServer(t, dir)
	s.reload(`"msg":"the settings were read again","changed":[]`)
	if status := s.stop(); status != exitDone {
		t.Errorf("exit status %d", status)
	}
}

// certified makes a key with a certificate of a CA.
func certified(t testing.TB, ca gossh.Signer, cert *gossh.Certificate) gossh.Signer {
	t.Helper()
	key := testkit.Signer(t)
	cert.Key = key.PublicKey()
	if err := cert.SignCert(rand.Reader, ca); err != nil {
		t.Fatal(err)
	}
	signer, err := gossh.NewCertSigner(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// Trusted CAs and revoked keys are read again. A revoked key ends its sessions.
func TestCAsAndRevokedKeysAreReadAgain(t *testing.T) {
	t.Parallel()
	dir, files := t.TempDir(), t.TempDir()
	ann, ca := enrol(t, dir, "ann"), testkit.Signer(t)
	trusted, revoked := filepath.Join(files, "cas"), filepath.Join(files, "revoked")
	rewrite(t, trusted, line(testkit.Signer(t)))
	rewrite(t, revoked, "")
	s := startServer(t, dir, "--trusted-ca", trusted, "--revoked-keys", revoked)
	phone := certified(t, ca, &gossh.Certificate{CertType: gossh.UserCert, ValidPrincipals: []string{"ann"}, Serial: 17, ValidBefore: gossh.CertTimeInfinity,
		Permissions: gossh.Permissions{Extensions: map[string]string{"permit-pty": ""}}})
	if err := whoami(s.addr, phone); err == nil {
		t.Error("the certificate of an unknown CA is accepted")
	}
	rewrite(t, trusted, line(ca))
	s.reload(`"changed":["trusted-ca"]`)
	onPhone, atHome := s.connect(phone), s.connect(ann)
	onPhone.shows("ann  ? help")
	atHome.shows("ann  ? help")

	rewrite(t, revoked, "serial: 17\n")
	s.reload(`"changed":["revoked-keys"]`)
	onPhone.shows("The host of this server has revoked the key that you use.")
	onPhone.status()
	if err := whoami(s.addr, phone); err == nil {
		t.Error("a revoked certificate is accepted")
	}
	atHome.say("not revoked")
	atHome.shows("not revoked")

	rewrite(t, revoked, line(ann))
	s.signal(syscall.SIGHUP)
	atHome.shows("The host of this server has revoked the key that you use.")
	atHome.status()
	stranger := s.ssh(options{keys: []gossh.Signer{ann}})
	stranger.shows("The host of this server has revoked the key that you use.")
	stranger.status()
}

// Nobody has to read what the server says. If its reader dies, it goes on.
func TestADeadLogReaderEndsNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ann := enrol(t, dir, "ann")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	confab := filepath.Join(t.TempDir(), "confab")
	if err := os.Symlink(self, confab); err != nil {
		t.Fatal(err)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(confab, "serve", "--data", dir, "--listen", "127.0.0.1:0")
	c.Env = append(os.Environ(), "HOME="+t.TempDir(), "GORACE="+noRaceWait)
	c.Stdout, c.Stderr = writer, writer
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Process.Kill() }()
	addr := ""
	for lines := bufio.NewScanner(reader); lines.Scan() && lines.Text() != "confab: ready"; {
		if at, ok := strings.CutPrefix(lines.Text(), "confab listens on "); ok {
			addr = at
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 { // each writes to the log
		if err := whoami(addr, testkit.Signer(t)); err == nil {
			t.Error("a stranger gets in")
		}
		if err := c.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		if err := whoami(addr, ann); err != nil {
			t.Error(err)
		}
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Errorf("the server ends: %v", err)
	}
}
