package sshd_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"confab/app/testkit"
)

// Banned users are told in a session after their signature, whatever they ask for. Their
// open connections end with the reason. Offering the key of a banned user reveals nothing.
func TestTheBannedAreToldSo(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann, bob := h.member("ann"), h.member("bob")
	before := h.connect(ssh.PublicKeys(ann))
	if got := who(t, before); got != "ann" {
		t.Fatalf("it is %s", got)
	}
	if _, err := h.service.Host().Ban(testkit.AtOnce(t), "@ann", time.Hour, "spam"); err != nil {
		t.Fatal(err)
	}
	told := func(what string, client *ssh.Client, command string) {
		t.Helper()
		session, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if err := session.RequestPty("xterm-256color", 24, 100, nil); err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		session.Stderr = &out
		if command == "" {
			err = errors.Join(session.Shell(), session.Wait())
		} else {
			err = session.Run(command)
		}
		if exit, ok := errors.AsType[*ssh.ExitError](err); !ok || exit.ExitStatus() != 1 ||
			!strings.Contains(out.String(), "You are banned from this server until ") || !strings.Contains(out.String(), "(spam)") {
			t.Errorf("%s: it ends with %v and %q", what, err, out.String())
		}
	}
	if err := before.Wait(); err == nil || !strings.Contains(err.Error(), "You are banned from this server until ") {
		t.Errorf("an open connection ends with %v", err)
	}
	after := h.connect(ssh.PublicKeys(ann))
	told("a new one", after, "")
	_ = after.Wait() // the connection is closed, because the client could go on asking
	for _, command := range []string{"ls", "tail -f '#general'", "bot", "scp -t general"} {
		told(command, h.connect(ssh.PublicKeys(ann)), command)
	}
	files, err := h.connect(ssh.PublicKeys(ann)).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	words, err := files.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := files.RequestSubsystem("sftp"); err != nil {
		t.Fatal(err)
	}
	if out, err := io.ReadAll(words); err != nil || !strings.Contains(string(out), "(spam)") {
		t.Errorf("sftp is told %q, %v", out, err)
	}
	// The ban stays in force when the client tries other methods afterwards.
	told("as a stranger afterwards", h.connect(ssh.PublicKeys(newOffer(bob), ann), asStranger()), "")
	h.check("ann is offered, bob signs", "bob", ssh.PublicKeys(newOffer(ann), bob))
	h.check("ann is offered, then as a stranger", stranger, ssh.PublicKeys(newOffer(ann)), asStranger())
	if err := h.service.Host().SetDisabled(testkit.AtOnce(t), "bob", true, ""); err != nil {
		t.Fatal(err)
	}
	session, err := h.connect(ssh.PublicKeys(bob)).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	out, err := session.CombinedOutput("")
	if err == nil || !strings.Contains(string(out), "This account is disabled") {
		t.Errorf("who is disabled is told %q, %v", out, err)
	}
	if err := h.service.Host().Unban(testkit.AtOnce(t), "@ann"); err != nil {
		t.Fatal(err)
	}
	h.check("when the ban is taken back", "ann", ssh.PublicKeys(ann))
}
