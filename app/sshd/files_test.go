package sshd_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

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
		// A connection on which sftp is refused is closed soon.
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
