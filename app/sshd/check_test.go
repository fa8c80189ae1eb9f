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

	"confab/app/sshd"
	"confab/app/testkit"
)

func TestAConnectionWithoutASessionIsClosed(t *testing.T) {
	t.Parallel()
	var h *host
	var ann ssh.Signer
	var chat *ssh.Client
	var session *ssh.Session
	longEnough(t, 100*time.Millisecond, func(limit time.Duration) bool {
		h = serveWith(t, sshd.Limits{SessionTime: limit, SharedTime: 2 * limit}, nil)
		ann = h.member("ann")
		chat = h.connect(ssh.PublicKeys(ann))
		session = opened(chat)
		return session != nil
	})
	told := func(client *ssh.Client, want string) {
		t.Helper()
		if err := client.Wait(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("it ends with %v, want %q", err, want)
		}
	}
	const unused = "No session began on this connection in "
	told(h.connect(ssh.PublicKeys(ann)), unused)
	told(h.connect(asStranger()), unused)
	// A requested terminal is not a running session.
	idle := h.connect(ssh.PublicKeys(ann))
	if s, err := idle.NewSession(); err == nil {
		_ = s.RequestPty("xterm", 24, 80, nil)
	}
	told(idle, unused)
	if _, _, err := chat.SendRequest("are you there?", true, nil); err != nil {
		t.Errorf("one with a chat was closed too: %v", err)
	}
	_ = session.Close()
	told(chat, "Nothing ran on this connection for ")
}

// A server that stops says so on connections without a session, too.
func TestAConnectionWithoutASessionIsToldOfTheStop(t *testing.T) {
	t.Parallel()
	h := serve(t)
	client := h.connect(ssh.PublicKeys(h.member("ann")))
	h.stop("The server is stopping; connect again in a moment.")
	if err := client.Wait(); err == nil || !strings.Contains(err.Error(), "The server is stopping") {
		t.Errorf("it ends with %v", err)
	}
}

func TestWhoTypesNothingIsDisconnected(t *testing.T) {
	t.Parallel()
	h := serveWith(t, sshd.Limits{Idle: 100 * time.Millisecond}, nil)
	session, err := h.connect(ssh.PublicKeys(h.member("ann"))).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.RequestPty("xterm-256color", 24, 100, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := session.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	session.Stdout = &out
	if err := session.Shell(); err != nil {
		t.Fatal(err)
	}
	// Nobody types to a script.
	script, err := h.connect(ssh.PublicKeys(h.member("bob"))).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	in, err1 := script.StdinPipe()
	said, err2 := script.StdoutPipe()
	if err := errors.Join(err1, err2, script.Start("bot")); err != nil {
		t.Fatal(err)
	}
	if exit, ok := errors.AsType[*ssh.ExitError](session.Wait()); !ok || exit.ExitStatus() != 1 || !strings.Contains(out.String(), "You typed nothing for ") {
		t.Errorf("it ends with %v and %q", exit, out.String())
	}
	if _, err := io.WriteString(in, `{"id":"1","run":["whoami"]}`+"\n"); err != nil {
		t.Fatal(err)
	}
	_ = in.Close()
	if all, err := io.ReadAll(said); err != nil || !strings.Contains(string(all), `"ack"`) {
		t.Errorf("the script is told %q, %v", all, err)
	}
}

// mute is a connection whose client stops sending at some moment.
type mute struct {
	net.Conn
	mu   sync.Mutex
	dead bool
}

func (m *mute) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return len(p), nil
	}
	return m.Conn.Write(p)
}

// The server keeps asking a client that answers, and cuts off one that does not.
func TestTheDeadAreCutOff(t *testing.T) {
	t.Parallel()
	var tcp *mute
	var client *ssh.Client
	longEnough(t, 300*time.Millisecond, func(limit time.Duration) bool {
		h := serveWith(t, sshd.Limits{Keepalive: limit}, nil)
		tcp = &mute{Conn: h.tcp()}
		conn, channels, requests, err := ssh.NewClientConn(tcp, h.addr, &ssh.ClientConfig{
			Auth: []ssh.AuthMethod{ssh.PublicKeys(h.member("ann"))}, HostKeyCallback: ssh.InsecureIgnoreHostKey(),
		})
		if err != nil {
			return false
		}
		asked := make(chan string, 100)
		mine := make(chan *ssh.Request)
		go func() {
			defer close(asked)
			defer close(mine)
			for r := range requests {
				asked <- r.Type
				mine <- r
			}
		}()
		client = ssh.NewClient(conn, channels, mine)
		t.Cleanup(func() { _ = client.Close() })
		if opened(client) == nil {
			return false
		}
		for range 4 {
			switch kind := testkit.Within(t, "the server to ask", asked); kind {
			case "keepalive@openssh.com", "hostkeys-00@openssh.com":
			case "": // it is cut off
				return false
			default:
				t.Errorf("it is asked %q", kind)
			}
		}
		return true
	})
	tcp.mu.Lock()
	tcp.dead = true
	tcp.mu.Unlock()
	_ = client.Wait()
}
