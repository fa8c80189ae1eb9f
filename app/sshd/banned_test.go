package sshd_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// Who is banned is told so after the signature, in a session, whatever it asks
// for; a connection that was there before opens no other session, and what the
// key was offered for by others says nothing.
func TestTheBannedAreToldSo(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann, bob := h.member("ann"), h.member("bob")
	var before []*ssh.Client
	for range 6 {
		before = append(before, h.connect(ssh.PublicKeys(ann)))
		if got := who(t, before[0]); got != "ann" {
			t.Fatalf("it is %s", got)
		}
	}
	if _, err := h.service.Host().Ban(atOnce(t), "@ann", time.Hour, "spam"); err != nil {
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
	told("an open connection", before[0], "")
	_ = before[0].Wait() // which is closed then, since it could ask for ever
	told("a new one", h.connect(ssh.PublicKeys(ann)), "")
	for i, command := range []string{"ls", "tail -f '#general'", "bot", "scp -t general"} {
		told(command+" on an open connection", before[1+i], command)
		told(command, h.connect(ssh.PublicKeys(ann)), command)
	}
	files, err := before[5].NewSession()
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
	// The one who is banned stays one, also with other ways in after it.
	told("as a stranger afterwards", h.connect(ssh.PublicKeys(newOffer(bob), ann), asStranger()), "")
	h.check("ann is offered, bob signs", "bob", ssh.PublicKeys(newOffer(ann), bob))
	h.check("ann is offered, then as a stranger", stranger, ssh.PublicKeys(newOffer(ann)), asStranger())
	if err := h.service.Host().SetDisabled(atOnce(t), "bob", true, ""); err != nil {
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
	if err := h.service.Host().Unban(atOnce(t), "@ann"); err != nil {
		t.Fatal(err)
	}
	h.check("when the ban is taken back", "ann", ssh.PublicKeys(ann))
}
