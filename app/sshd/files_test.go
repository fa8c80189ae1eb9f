package sshd_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"confab/app/sshd"
	"confab/app/testkit"
)

// sftp opens the subsystem on a connection of a member's.
func (h *host) sftp(signer ssh.Signer) *sftp.Client {
	h.t.Helper()
	c, err := sftp.NewClient(h.connect(ssh.PublicKeys(signer)))
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func put(c *sftp.Client, path, content string) error {
	f, err := c.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, strings.NewReader(content))
	return errors.Join(err, f.Close())
}

func TestStrangersGetNoFiles(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann := h.member("ann")
	if err := put(h.sftp(ann), "#general/a", "content"); err != nil {
		t.Fatal(err)
	}
	for name, shows := range map[string]func() ssh.Signer{
		"unknown": func() ssh.Signer { return testkit.Signer(t) }, "offers ann": func() ssh.Signer { return newOffer(ann) },
	} {
		// If sftp is refused, the connection is closed soon.
		refused := h.connect(ssh.PublicKeys(shows()), asStranger())
		if c, err := sftp.NewClient(refused); err == nil {
			got, err := c.ReadDir("/")
			t.Errorf("%s: sftp is open: %v, %v", name, got, err)
		}
		_ = refused.Wait()
		conn := h.connect(ssh.PublicKeys(shows()), asStranger())
		for _, command := range []string{"scp -f '#general/a'", "scp -t '#general'", "rsync --server . ."} {
			session, err := conn.NewSession()
			if err != nil {
				t.Fatal(err)
			}
			session.Stdin = strings.NewReader("\x00\x00\x00\x00")
			out, err := session.Output(command)
			if exit, ok := errors.AsType[*ssh.ExitError](err); !ok || exit.ExitStatus() != 1 || strings.Contains(string(out), "content") {
				t.Errorf("%s: %s ends with %v and %q", name, command, err, out)
			}
		}
	}
}

// An account can copy files in a limited number of sessions at once. Other accounts are not
// affected, and each session that ends makes room for another.
func TestSessionsThatCopyFiles(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann := h.member("ann")
	conn := h.connect(ssh.PublicKeys(ann))
	var open []*sftp.Client
	for range sshd.MaxTransfers {
		c, err := sftp.NewClient(conn)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
	}
	refused, err := h.connect(ssh.PublicKeys(ann)).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	said, err := refused.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := refused.RequestSubsystem("sftp"); err != nil {
		t.Fatal(err)
	}
	got, _ := io.ReadAll(said)
	if want := "Your account copies files in 32 sessions already"; !strings.Contains(string(got), want) {
		t.Errorf("one too many is told %q", got)
	}
	h.sftp(h.member("bob"))
	if err := open[0].Close(); err != nil {
		t.Fatal(err)
	}
	for late := time.Now().Add(testkit.Patience); ; {
		c, err := sftp.NewClient(conn)
		if err == nil {
			_ = c.Close()
			break
		}
		if time.Now().After(late) {
			t.Fatalf("no room is made: %v", err)
		}
	}
}
