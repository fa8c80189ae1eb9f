package sshd_test

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"confab/app/sshd"
)

// Each kind of session reaches the step that serves it, and its end is logged.
func TestEachKindOfSessionIsServed(t *testing.T) {
	t.Parallel()
	h := serve(t)
	client := h.connect(ssh.PublicKeys(h.member("ann")))
	open := func() (*ssh.Session, io.WriteCloser, io.Reader) {
		session, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		in, err1 := session.StdinPipe()
		out, err2 := session.StdoutPipe()
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		return session, in, out
	}
	t.Run("members", func(t *testing.T) { // whose account is open in all that follow
		session, _, out := open()
		if err := session.Start("whoami"); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(out); err != nil || !strings.Contains(string(got), "ann") || status(t, session) != 0 {
			t.Errorf("whoami says %q, %v", got, err)
		}
	})
	t.Run("sftp", func(t *testing.T) {
		session, in, out := open()
		if err := session.RequestSubsystem("sftp"); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 9)
		_, err := io.WriteString(in, "\x00\x00\x00\x05\x01\x00\x00\x00\x03") // SSH_FXP_INIT of version 3
		if _, failed := io.ReadFull(out, answer); errors.Join(err, failed) != nil || string(answer[4:]) != "\x02\x00\x00\x00\x03" {
			t.Errorf("the answer is %q, %v", answer, errors.Join(err, failed))
		}
		_ = in.Close()
		_, _ = io.Copy(io.Discard, out) // the log has the status
	})
	t.Run("scp", func(t *testing.T) {
		session, in, out := open()
		if err := session.Start("scp -t general"); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 1)
		if _, err := io.ReadFull(out, answer); err != nil || answer[0] != 0 {
			t.Errorf("the answer is %q, %v", answer, err)
		}
		_ = in.Close()
		if got := status(t, session); got != 0 {
			t.Errorf("the status is %d", got)
		}
	})
	t.Run("commands", func(t *testing.T) {
		session, _, _ := open()
		if err := session.Start("unread"); err != nil {
			t.Fatal(err)
		}
		if got := status(t, session); got != 1 {
			t.Errorf("the status is %d", got)
		}
	})
	t.Run("chat", func(t *testing.T) {
		session, in, out := begin(t, client)
		go func() { _, _ = io.Copy(io.Discard, out) }()
		if _, err := io.WriteString(in, "\x04"); err != nil {
			t.Fatal(err)
		}
		if got := status(t, session); got != 0 {
			t.Errorf("the status is %d", got)
		}
	})
	for _, kind := range []string{"kind=sftp status=0", "kind=scp status=0", "kind=command status=1", "kind=chat status=0"} {
		h.log.Has(t, "session ended", "user=ann", kind)
	}
}

// A member who may not open another session is told why.
func TestMembers(t *testing.T) {
	t.Parallel()
	h := serveWith(t, sshd.Limits{PerAccount: 1}, nil)
	key := h.member("ann")
	first := h.connect(ssh.PublicKeys(key))
	if got := who(t, first); got != "ann" {
		t.Fatalf("it is %s", got)
	}
	session, err := h.connect(ssh.PublicKeys(key)).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	out, err := session.CombinedOutput("whoami")
	if exit, ok := errors.AsType[*ssh.ExitError](err); !ok || exit.ExitStatus() != 1 || !strings.HasPrefix(string(out), "Your account has reached this server's limit of connections (1).") {
		t.Errorf("it is told %q, %v", out, err)
	}
	h.log.Has(t, "session ended", "kind=command status=1")
}

// Without a host key, wish makes one in the working directory. So New refuses to make a
// server without a key.
func TestNoHostKeyIsWritten(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	h := serve(t)
	if _, err := sshd.New(h.service, nil, slog.New(slog.DiscardHandler), sshd.Limits{}); err == nil {
		t.Error("a server is made without a host key")
	}
	h.check("a member of a server with a key", "ann", ssh.PublicKeys(h.member("ann")))
	written, err := os.ReadDir(dir)
	if err != nil || len(written) > 0 {
		t.Errorf("the working directory has %v, %v", written, err)
	}
}
