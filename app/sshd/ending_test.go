package sshd_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/testkit"
)

// start starts the screen on a connection.
func start(t *testing.T, client *ssh.Client) (*ssh.Session, io.WriteCloser, io.Reader) {
	t.Helper()
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	pty("xterm-256color", true).check(t, session)
	in, err1 := session.StdinPipe()
	out, err2 := session.StdoutPipe()
	if err := errors.Join(err1, err2, session.Shell()); err != nil {
		t.Fatal(err)
	}
	return session, in, out
}

// readUntil reads until a text has arrived. If it does not, readUntil returns what did.
func readUntil(t *testing.T, out io.Reader, text string) string {
	t.Helper()
	var got strings.Builder
	for buf := make([]byte, 4096); !strings.Contains(got.String(), text); {
		n, err := out.Read(buf)
		got.Write(buf[:n])
		if err != nil {
			return got.String()
		}
	}
	return ""
}

// begin starts the chat screen on a connection and returns when it is drawn.
func begin(t *testing.T, client *ssh.Client) (*ssh.Session, io.WriteCloser, io.Reader) {
	t.Helper()
	session, in, out := start(t, client)
	if instead := readUntil(t, out, "  ? help"); instead != "" {
		t.Fatalf("the screen is %q", instead)
	}
	return session, in, out
}

// status waits for the end of a session and returns its exit status.
func status(t *testing.T, session *ssh.Session) int {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- session.Wait() }()
	err := testkit.Within(t, "the session to end", ended)
	if exit, ok := errors.AsType[*ssh.ExitError](err); ok {
		return exit.ExitStatus()
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0
}

// The chat ends with status 0 only if the user leaves. After any other status, tools such
// as autossh connect again.
func TestExitStatusesOfTheChat(t *testing.T) {
	t.Parallel()
	h := serve(t)
	h.member("root")
	go func() { _ = h.service.TailChanges(t.Context()) }()
	for _, c := range []struct {
		name string
		end  func(name, fingerprint string, in io.Writer) error
		want int
	}{
		{"leaves", func(_, _ string, in io.Writer) error {
			_, err := io.WriteString(in, "\x04")
			return err
		}, 0},
		{"kicked", func(name, _ string, _ io.Writer) error {
			return h.service.Host().Kick(testkit.AtOnce(t), name, "")
		}, 1},
		{"banned", func(name, _ string, _ io.Writer) error {
			_, err := h.service.Host().Ban(testkit.AtOnce(t), "@"+name, 0, "")
			return err
		}, 1},
		{"revoked", func(_, fingerprint string, _ io.Writer) error {
			_, err := h.service.Accounts().RevokeKey(testkit.AtOnce(t), fingerprint)
			return err
		}, 1},
		{"stopped", func(_, _ string, _ io.Writer) error {
			h.service.EndSessions("The server stops.")
			return nil
		}, 1},
	} {
		name, key := c.name, h.member(c.name)
		session, in, out := begin(t, h.connect(ssh.PublicKeys(key)))
		go func() { _, _ = io.Copy(io.Discard, out) }()
		if err := c.end(name, ssh.FingerprintSHA256(key.PublicKey()), in); err != nil {
			t.Fatal(err)
		}
		if got := status(t, session); got != c.want {
			t.Errorf("%s: the status is %d, want %d", name, got, c.want)
		}
	}
}

// Signals that end programs end a session. Other signals do not.
func TestSignalsEndCommands(t *testing.T) {
	t.Parallel()
	h := serve(t)
	key := h.member("ann")
	for _, signal := range []ssh.Signal{ssh.SIGINT, ssh.SIGTERM, ssh.SIGHUP} {
		session, _, out, hangUp := h.command(key, "tail -f '#general'", -1, -1)
		signalled := func(name ssh.Signal) bool {
			ok, err := session.SendRequest("signal", true, ssh.Marshal(struct{ Name string }{string(name)}))
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		if signalled(ssh.SIGUSR1) || signalled("WINCH") {
			t.Error("a signal that ends nothing is taken")
		}
		if !signalled(signal) {
			t.Errorf("%s is not taken", signal)
		}
		_, _ = io.Copy(io.Discard, out)
		if got := status(t, session); got != 1 {
			t.Errorf("after %s the status is %d", signal, got)
		}
		hangUp()
	}
	session, _, out := begin(t, h.connect(ssh.PublicKeys(key)))
	if err := session.Signal(ssh.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if instead := readUntil(t, out, "A signal from your ssh client ended the session."); instead != "" {
		t.Errorf("the screen ends with %q", instead)
	}
	if got := status(t, session); got != 1 {
		t.Errorf("the status is %d", got)
	}
}

// Users of tools that start a program of their own on the server are told what to use instead.
func TestForeignCommands(t *testing.T) {
	t.Parallel()
	h := serve(t)
	client := h.connect(ssh.PublicKeys(h.member("ann")))
	for command, want := range map[string]string{
		"mosh-server new -s -c 256 -l LANG=C.UTF-8": "This server does not support mosh",
		"'mosh-server' 'new'":                       "This server does not support mosh",
		"exec sh -c 'cd ; umask 077 ; mkdir -p .ssh && cat >> .ssh/authorized_keys || exit 1'": "ssh-copy-id needs a shell, and this server has none.",
		"umask 077 ; test -d .ssh || mkdir .ssh ; cat >> .ssh/authorized_keys":                 "ssh-copy-id needs a shell, and this server has none.",
		"/bin/sh -c 'ls'":                      "This server has no shell.",
		"git-upload-pack 'ann/thing.git'":      "This server has no git repositories.",
		"rsync --server -logDtpre.iLsfxCIvu .": "This server does not support rsync. Copy files with scp or sftp.",
	} {
		session, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		out, err := session.CombinedOutput(command)
		if exit, ok := errors.AsType[*ssh.ExitError](err); !ok || exit.ExitStatus() != 1 || !strings.HasPrefix(string(out), want) {
			t.Errorf("%s is answered %q, %v", command, out, err)
		}
	}
	// The text of a message may be such a command.
	for _, command := range []string{"send '#general' sh", "send '#general' 'cat .ssh/authorized_keys'"} {
		session, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if out, err := session.CombinedOutput(command); err != nil {
			t.Errorf("%s is answered %q, %v", command, out, err)
		}
	}
}

// A code as the login name works with and without its dashes.
func TestACodeAsLoginName(t *testing.T) {
	t.Parallel()
	h := serve(t)
	h.member("root")
	if err := h.service.Joining().SetMode(testkit.AtOnce(t), chat.JoinByInvite); err != nil {
		t.Fatal(err)
	}
	code, _, err := h.service.Joining().Invite(testkit.AtOnce(t), chat.Invitation{Uses: 10})
	if err != nil {
		t.Fatal(err)
	}
	bare := strings.ReplaceAll(code, "-", "")
	for _, login := range []string{code, bare, strings.ToLower(bare)} {
		client, err := h.dialAs(login, ssh.PublicKeys(testkit.Signer(t)), asStranger())
		if err != nil {
			t.Fatal(err)
		}
		session, _, out := start(t, client)
		if screen := readUntil(t, out, "The code is good."); screen != "" {
			t.Errorf("it is told %q", screen)
		}
		_ = session.Close()
	}
	if strings.Contains(strings.ToUpper(h.log.String()), bare) {
		t.Errorf("the log has the code: %s", h.log)
	}
}
