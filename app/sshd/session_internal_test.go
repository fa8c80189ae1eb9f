package sshd

import (
	"context"
	"slices"
	"strings"
	"testing"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"
)

// A session tells middleware what the client asked for.
func TestTheSessionOfTheMiddleware(t *testing.T) {
	t.Parallel()
	f := newFake(t, granted(map[string]string{extKey: "SHA256:…"}))
	var s ssh.Session = f.session
	if _, _, terminal := s.Pty(); terminal || s.EmulatedPty() {
		t.Error("it has a terminal before the client asks for one")
	}
	type asked struct {
		kind    string
		payload any
	}
	for _, r := range []asked{
		{"pty-req", struct {
			Term       string
			W, H, X, Y uint32
			Modes      string
		}{"xterm", 80, 24, 0, 0, ""}},
		{"window-change", struct{ W, H, X, Y uint32 }{90, 24, 0, 0}},
		{"window-change", struct{ W, H, X, Y uint32 }{100, 1 << 30, 0, 0}},
		{"env", struct{ Name, Value string }{"LANG", "C.UTF-8"}},
		{"exec", struct{ Command string }{"send '#general' 'a b'"}},
	} {
		payload := gossh.Marshal(r.payload)
		ok := false
		switch r.kind {
		case "pty-req":
			ok = f.requestPty(payload)
		case "window-change":
			ok = f.windowChange(payload)
		case "env":
			ok = f.setEnv(payload)
		case "exec":
			ok = f.request(r.kind, payload)
		}
		if !ok {
			t.Fatalf("%s is refused", r.kind)
		}
	}
	pty, windows, terminal := s.Pty()
	if !terminal || pty.Term != "xterm" || pty.Window != (ssh.Window{Width: 80, Height: 24}) {
		t.Errorf("the terminal is %+v (%t)", pty, terminal)
	}
	if got := <-windows; got != (ssh.Window{Width: 100, Height: 1 << 16}) || len(windows) != 0 {
		t.Errorf("the latest size is %+v, and %d more wait", got, len(windows))
	}
	if got := s.Environ(); !slices.Equal(got, []string{"LANG=C.UTF-8"}) {
		t.Errorf("the environment is %q", got)
	}
	if got := s.Command(); !slices.Equal(got, []string{"send", "#general", "a b"}) || s.RawCommand() != "send '#general' 'a b'" {
		t.Errorf("the command is %q, raw %q", got, s.RawCommand())
	}
	if s.Subsystem() != "" || s.PublicKey() != nil || s.Permissions().Extensions[extKey] != "SHA256:…" {
		t.Errorf("the subsystem is %q, the key %v, the permissions %v", s.Subsystem(), s.PublicKey(), s.Permissions())
	}
	if !strings.HasPrefix(s.RemoteAddr().String(), "192.0.2.1:") || !strings.HasPrefix(s.LocalAddr().String(), "192.0.2.9:") {
		t.Errorf("it is from %s to %s", s.RemoteAddr(), s.LocalAddr())
	}
	if err := s.Exit(7); err != nil || f.channel.requests[0] != "exit-status \x00\x00\x00\x07" || !f.channel.closed {
		t.Errorf("it ends with %v and %q", err, f.channel.requests)
	}
	if s.Exit(0) == nil || len(f.channel.requests) != 1 {
		t.Errorf("it ends twice: %q", f.channel.requests)
	}
	select {
	case <-f.over:
	default:
		t.Error("it is not over")
	}
}

// Signals and breaks that nobody receives delay nobody.
func TestSignalsNeverBlock(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	send := func(name string) bool { return f.signal(gossh.Marshal(struct{ Name string }{name}), true) }
	if send("USR1") || !send("TERM") || offer(&f.breaks, true) {
		t.Error("without a channel for them they are taken otherwise")
	}
	signals, breaks := make(chan ssh.Signal, 1), make(chan bool, 1)
	f.Signals(signals)
	f.Break(breaks)
	for range 3 {
		send("USR1")
		offer(&f.breaks, true)
	}
	if got := <-signals; got != ssh.SIGUSR1 || len(signals) != 0 || len(breaks) != 1 {
		t.Errorf("got %s, and %d signals and %d breaks wait", got, len(signals), len(breaks))
	}
	f.Signals(nil)
	f.Break(nil)
	if send("USR1") || offer(&f.breaks, true) {
		t.Error("what is not registered any longer is taken")
	}
}

// The context of a session ends with the session, while the connection continues. Contexts
// that are made from it end with it.
func TestTheContextEndsWithTheSession(t *testing.T) {
	t.Parallel()
	type key struct{}
	connection := context.WithValue(t.Context(), key{}, "of the connection")
	running, end := context.WithCancel(connection)
	ctx := sessionContext{nil, running}
	made, cancel := context.WithCancel(ctx)
	defer cancel()
	if ctx.Err() != nil || made.Value(key{}) != "of the connection" {
		t.Errorf("before its end: %v, %v", ctx.Err(), made.Value(key{}))
	}
	end()
	// They end at once, because no goroutine is in between.
	if ctx.Err() == nil || made.Err() == nil || connection.Err() != nil {
		t.Errorf("after its end: %v, %v, the connection %v", ctx.Err(), made.Err(), connection.Err())
	}
}
