package sshd_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/sshd"
	"confab/app/testkit"
)

// longEnough tries something that must work within a time limit of the server. If the
// machine was too busy, it tries again with twice the limit.
func longEnough(t *testing.T, limit time.Duration, ok func(limit time.Duration) bool) {
	t.Helper()
	for ; !ok(limit); limit *= 2 {
		if limit > testkit.Patience {
			t.Fatalf("it cannot be done in %s", limit)
		}
	}
}

// opened opens the chat on a connection. It returns nil if the connection is closed before.
func opened(client *ssh.Client) *ssh.Session {
	session, err := client.NewSession()
	if err != nil {
		return nil
	}
	if _, err = session.StdinPipe(); err != nil { // without this, its input ends at once
		return nil
	}
	screen, err := session.StdoutPipe()
	if errors.Join(err, session.RequestPty("xterm-256color", 24, 100, nil), session.Shell()) != nil {
		return nil
	}
	if n, _ := screen.Read(make([]byte, 1)); n == 0 {
		return nil
	}
	return session
}

// closes waits until the server has closed a connection, and returns what it sent before.
func closes(t *testing.T, c net.Conn) string {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(testkit.Patience)); err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(c)
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		t.Fatal("the connection stays open")
	}
	return string(said)
}

func TestConnectionsInAll(t *testing.T) {
	t.Parallel()
	h := serveWith(t, sshd.Limits{Connections: 2}, nil)
	ann := h.member("ann")
	first := h.connect(ssh.PublicKeys(ann))
	h.connect(ssh.PublicKeys(ann))
	// Clients show the reason.
	if _, err := h.dial(ssh.PublicKeys(ann)); err == nil || !strings.Contains(err.Error(), "This server is full. Try again in a few minutes.") {
		t.Errorf("one too many is answered %v", err)
	}
	_ = first.Close()
	testkit.Eventually(t, "the place to be free", func() bool {
		_, err := h.dial(ssh.PublicKeys(ann))
		return err == nil
	})
}

func TestConnectionsOfAnAccount(t *testing.T) {
	t.Parallel()
	h := serveWith(t, sshd.Limits{PerAccount: 1}, nil)
	ann, bob := h.member("ann"), h.member("bob")
	first := h.connect(ssh.PublicKeys(ann))
	if got := who(t, first); got != "ann" { // counts from its first session on
		t.Errorf("it is %s", got)
	}
	session, err := h.connect(ssh.PublicKeys(ann)).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	out, err := session.CombinedOutput("")
	if exit, ok := errors.AsType[*ssh.ExitError](err); !ok || exit.ExitStatus() != 1 || !strings.Contains(string(out), "Your account has reached this server's limit of connections (1).") {
		t.Errorf("one too many is answered %q, %v", out, err)
	}
	for name, client := range map[string]*ssh.Client{"ann": first, "bob": h.connect(ssh.PublicKeys(bob))} {
		if got := who(t, client); got != name {
			t.Errorf("it is %s, want %s", got, name)
		}
	}
}

// Silent connections are pushed out by others, or after some time.
func TestHalfOpenConnections(t *testing.T) {
	t.Parallel()
	h := serveWith(t, sshd.Limits{Unauthenticated: 3}, nil)
	ann := h.member("ann")
	before := h.connect(ssh.PublicKeys(ann))
	if got := who(t, before); got != "ann" {
		t.Errorf("it is %s", got)
	}
	var silent []net.Conn
	for range 3 {
		silent = append(silent, h.tcp())
	}
	h.connect(ssh.PublicKeys(ann))
	closes(t, silent[0])
	h.connect(ssh.PublicKeys(ann), asStranger())
	for range 2 { // strangers count too
		h.connect(asStranger())
	}
	closes(t, silent[1])
	if got := who(t, before); got != "ann" {
		t.Errorf("it is %s", got)
	}
	h = serveWith(t, sshd.Limits{AuthTime: 100 * time.Millisecond}, nil)
	closes(t, h.tcp())
}

// When all clients come back at once after a start, they wait for each other, and none is
// pushed out.
func TestAHerdIsNotPushedOut(t *testing.T) {
	t.Parallel()
	h := serveWith(t, sshd.Limits{Unauthenticated: 2}, nil)
	ann := h.member("ann")
	var herd sync.WaitGroup
	for range 30 {
		herd.Go(func() {
			client, err := h.dial(ssh.PublicKeys(ann))
			if err != nil {
				t.Error(err)
				return
			}
			defer client.Close()
			if got := who(t, client); got != "ann" {
				t.Errorf("it is %s", got)
			}
		})
	}
	herd.Wait()
}

func TestChannelsOfAConnection(t *testing.T) {
	t.Parallel()
	h := serveWith(t, sshd.Limits{Channels: 3}, nil)
	client := h.connect(ssh.PublicKeys(h.member("ann")))
	var open, over []ssh.Channel
	for i := range 2000 {
		channel, requests, err := client.OpenChannel("session", nil)
		if i < 3 {
			if err != nil {
				t.Fatal(err)
			}
			go ssh.DiscardRequests(requests)
			open = append(open, channel)
			continue
		}
		if i < 6 { // taken to be told
			if err != nil {
				t.Fatal(err)
			}
			go ssh.DiscardRequests(requests)
			if i == 5 {
				if _, err := channel.SendRequest("exec", true, ssh.Marshal(struct{ Command string }{"whoami"})); err != nil {
					t.Fatal(err)
				}
				said, _ := io.ReadAll(channel.Stderr())
				if want := "This connection has reached this server's limit of sessions (3). Close one of them"; !strings.Contains(string(said), want) {
					t.Errorf("one too many is told %q", said)
				}
			}
			over = append(over, channel)
			continue
		}
		if i == 6 && err == nil { // the one that was told has gone already
			go ssh.DiscardRequests(requests)
			over = append(over, channel)
			continue
		}
		if i == 6 { // or it goes
			testkit.Eventually(t, "its place to be free", func() bool {
				channel, requests, err := client.OpenChannel("session", nil)
				if err != nil {
					return false
				}
				go ssh.DiscardRequests(requests)
				over = append(over, channel)
				return true
			})
		}
		if refused, ok := errors.AsType[*ssh.OpenChannelError](err); !ok || refused.Reason != ssh.ResourceShortage {
			t.Fatalf("channel %d is answered %v", i+1, err)
		}
	}
	for _, channel := range over {
		_ = channel.Close()
	}
	_ = open[0].Close()
	testkit.Eventually(t, "a session to be possible again", func() bool {
		session, err := client.NewSession()
		if err != nil {
			return false
		}
		defer session.Close()
		out, err := session.Output("whoami")
		return err == nil && strings.HasPrefix(string(out), "ann\t")
	})
}

// Endless resizes, an endless line and unknown requests harm neither their own connection
// nor others.
func TestStormsHarmNobody(t *testing.T) {
	t.Parallel()
	h := serveWith(t, sshd.Limits{Input: 16 << 20, Channels: 10}, nil)
	client := h.connect(ssh.PublicKeys(h.member("ann")))
	session, in, out := start(t, client)
	var storms sync.WaitGroup
	storms.Go(func() { _, _ = io.Copy(io.Discard, out) })
	var sending sync.WaitGroup
	sending.Go(func() {
		for i := range 20_000 {
			if err := session.WindowChange(1+i%300, 1+i%500); err != nil {
				t.Error(err)
				return
			}
		}
	})
	sending.Go(func() {
		line := []byte(strings.Repeat("a line without an end ", 100))
		for range 25 { // more than a second's worth of keys
			if _, err := in.Write(line); err != nil {
				t.Error(err)
				return
			}
		}
	})
	sending.Go(func() {
		for range 5_000 {
			if _, _, err := client.SendRequest("whatever@example.com", false, nil); err != nil {
				t.Error(err)
				return
			}
		}
	})
	if got := who(t, h.connect(ssh.PublicKeys(h.member("bob")))); got != "bob" {
		t.Errorf("meanwhile it is %s", got)
	}
	sending.Wait()
	if got := who(t, client); got != "ann" {
		t.Errorf("afterwards it is %s", got)
	}
	_ = session.Close()
	storms.Wait()
}

// The connection of a stranger who has joined counts for the new account at once.
func TestWhoHasJoinedCounts(t *testing.T) {
	t.Parallel()
	h := serveWith(t, sshd.Limits{PerAccount: 1, Unauthenticated: 1}, nil)
	h.member("ann")
	if err := h.service.Joining().SetMode(testkit.AtOnce(t), chat.JoinOpen); err != nil {
		t.Fatal(err)
	}
	bob := testkit.Signer(t)
	client := h.connect(ssh.PublicKeys(bob), asStranger())
	session, keyboard, screen := start(t, client)
	defer time.AfterFunc(testkit.Patience, func() { _ = client.Close() }).Stop()
	shows := func(text string) {
		t.Helper()
		buf := make([]byte, 4096)
		for seen := ""; !strings.Contains(seen, text); {
			n, err := screen.Read(buf)
			if seen += string(buf[:n]); err != nil {
				t.Fatalf("waiting for %q: %v in %q", text, err, seen)
			}
		}
	}
	for _, step := range []struct{ shows, press string }{{"Code", "bob\r"}, {"? help", ""}} {
		shows(step.shows)
		if _, err := io.WriteString(keyboard, step.press); err != nil {
			t.Fatal(err)
		}
	}
	second, err := h.connect(ssh.PublicKeys(bob)).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := second.CombinedOutput("whoami"); err == nil || !strings.Contains(string(out), "Your account has reached this server's limit of connections (1).") {
		t.Errorf("one too many is answered %q, %v", out, err)
	}
	// It no longer counts as a stranger's, so it is not pushed out.
	h.connect(asStranger())
	h.connect(asStranger())
	if _, err := session.SendRequest("window-change", false, ssh.Marshal(struct{ W, H, X, Y uint32 }{80, 24, 0, 0})); err != nil {
		t.Errorf("bob's connection: %v", err)
	}
}
