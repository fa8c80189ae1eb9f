package sshd_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
)

// Members and strangers can only open sessions. All other requests are refused.
func TestForwardingIsRefused(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann := h.member("ann")
	for name, method := range map[string]ssh.AuthMethod{"ann": ssh.PublicKeys(ann), stranger: asStranger()} {
		client := h.connect(method)
		forward := ssh.Marshal(struct {
			Addr string
			Port uint32
		}{"127.0.0.1", 0})
		stream := ssh.Marshal(struct {
			Path     string
			Reserved string
			Port     uint32
		}{"/tmp/confab.sock", "", 0})
		for request, payload := range map[string][]byte{
			"tcpip-forward": forward, "cancel-tcpip-forward": forward, "streamlocal-forward@openssh.com": stream, "whatever@example.com": nil,
		} {
			if ok, _, err := client.SendRequest(request, true, payload); ok || err != nil {
				t.Errorf("%s: %s is answered %t, %v", name, request, ok, err)
			}
		}
		direct := ssh.Marshal(struct {
			Addr       string
			Port       uint32
			Origin     string
			OriginPort uint32
		}{"127.0.0.1", 22, "127.0.0.1", 1})
		for _, kind := range []string{
			"direct-tcpip", "forwarded-tcpip", "direct-streamlocal@openssh.com", "x11", "auth-agent@openssh.com", "tun@openssh.com", "",
		} {
			_, _, err := client.OpenChannel(kind, direct)
			if refused, ok := errors.AsType[*ssh.OpenChannelError](err); !ok || refused.Reason != ssh.UnknownChannelType {
				t.Errorf("%s: a channel %q is answered %v", name, kind, err)
			}
		}
		// The connection still works.
		if got := who(t, client); got != name {
			t.Errorf("it is %s, want %s", got, name)
		}
	}
}

// request is a request on a session's channel, and whether the server grants it.
type request struct {
	kind    string
	payload []byte
	ok      bool
}

func (r request) check(t *testing.T, session *ssh.Session) {
	t.Helper()
	if ok, err := session.SendRequest(r.kind, true, r.payload); ok != r.ok || err != nil {
		t.Errorf("%s %q is answered %t, %v; want %t", r.kind, r.payload, ok, err, r.ok)
	}
}

func env(name, value string, ok bool) request {
	return request{"env", ssh.Marshal(struct{ Name, Value string }{name, value}), ok}
}

func pty(term string, ok bool) request {
	return request{"pty-req", ssh.Marshal(struct {
		Term       string
		W, H, X, Y uint32
		Modes      string
	}{term, 100, 24, 0, 0, ""}), ok}
}

func windowChange(ok bool) request {
	return request{"window-change", ssh.Marshal(struct{ W, H, X, Y uint32 }{100, 24, 0, 0}), ok}
}

func TestWhatASessionMayAskFor(t *testing.T) {
	t.Parallel()
	h := serve(t)
	session, err := h.connect(ssh.PublicKeys(h.member("ann"))).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	for _, r := range []request{
		{"subsystem", ssh.Marshal(struct{ Name string }{"netconf"}), false},
		{"subsystem", []byte("\x00\x00\x00\x09sftp"), false},
		{"auth-agent-req@openssh.com", nil, false},
		{"x11-req", ssh.Marshal(struct {
			Single           bool
			Protocol, Cookie string
			Screen           uint32
		}{false, "MIT-MAGIC-COOKIE-1", "00", 0}), false},
		{"signal", ssh.Marshal(struct{ Name string }{"KILL"}), false},
		{"whatever@example.com", []byte("\xff\xff\xff\xff"), false},

		env("LANG", "de_CH.UTF-8", true), env("LC_ALL", "C.UTF-8", true), env("LC_CTYPE", "C", true),
		env("COLORTERM", "truecolor", true), env("NO_COLOR", "", true), env("TZ", "Asia/Kolkata", true),
		env("PATH", "/tmp", false), env("LD_PRELOAD", "/tmp/evil.so", false), env("GODEBUG", "http2debug=2", false),
		env("TERM", "xterm", false), env("HOME", "/", false), env("lc_all", "C", false), env("LANGUAGE", "de", false), env("", "", false),
		env("LC_"+strings.Repeat("X", 1000), "C", false), env("LANG", strings.Repeat("x", 1000), false), env("TZ", "../../etc/passwd\x00\x1b[31m", true),
		{"env", []byte("\x00\x00\x00\x09LANG"), false},

		windowChange(false), // of no terminal
		{"pty-req", []byte("\xff\xff\xff\xff"), false},
		pty("xterm-256color", true),
		{"window-change", []byte{1, 2, 3}, false},
		windowChange(true),
	} {
		r.check(t, session)
	}
	for range 100 { // the server keeps only some of them
		if _, err := session.SendRequest("env", true, env("LC_TIME", "C", true).payload); err != nil {
			t.Fatal(err)
		}
	}
	env("LC_TIME", "C", false).check(t, session)
	if got := whoIs(t, session); got != "ann" {
		t.Errorf("it is %s", got)
	}
	for _, r := range []request{ // too late
		{"shell", nil, false},
		{"exec", ssh.Marshal(struct{ Command string }{"ls"}), false},
		{"subsystem", ssh.Marshal(struct{ Name string }{"sftp"}), false},
		pty("vt100", false), env("LANG", "C", false), windowChange(true),
	} {
		r.check(t, session)
	}
}

// One connection can have many sessions, with and without a chat. All of them end with the
// connection.
func TestManyChannels(t *testing.T) {
	t.Parallel()
	h := serve(t)
	client := h.connect(ssh.PublicKeys(h.member("ann")))
	for range 200 {
		channel, requests, err := client.OpenChannel("session", nil)
		if err != nil {
			t.Fatal(err)
		}
		go ssh.DiscardRequests(requests)
		// Resizes that nobody receives, and a terminal that is not used.
		for range 20 {
			if _, err := channel.SendRequest("window-change", false, windowChange(false).payload); err != nil {
				t.Fatal(err)
			}
			if _, err := channel.SendRequest("pty-req", false, pty("xterm", true).payload); err != nil {
				t.Fatal(err)
			}
		}
	}
	var open sync.WaitGroup
	for range 20 {
		open.Go(func() {
			session, err := client.NewSession()
			if err != nil {
				t.Error(err)
				return
			}
			pty("xterm-256color", true).check(t, session)
			out, err := session.StdoutPipe()
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := session.StdinPipe(); err != nil {
				t.Error(err)
				return
			}
			if err := session.Shell(); err != nil {
				t.Error(err)
				return
			}
			// A frame has arrived. The client reads no more.
			if _, err := out.Read(make([]byte, 1)); err != nil {
				t.Error(err)
			}
		})
	}
	open.Wait()
	if got := who(t, client); got != "ann" {
		t.Errorf("it is %s", got)
	}
}
