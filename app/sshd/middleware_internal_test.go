package sshd

import (
	"strings"
	"testing"

	"charm.land/ssh"
	"charm.land/wish/v2"
	gossh "golang.org/x/crypto/ssh"

	"confab/app/command"
)

// A session passes through the steps in the order of the list.
func TestTheFirstOfTheMiddlewareIsOutermost(t *testing.T) {
	t.Parallel()
	var seen []string
	step := func(name string) wish.Middleware {
		return func(next ssh.Handler) ssh.Handler {
			return func(sess ssh.Session) {
				seen = append(seen, name)
				next(sess)
				seen = append(seen, "after "+name)
			}
		}
	}
	steps := []wish.Middleware{step("recovered"), step("logged"), step("chat")}
	server := &ssh.Server{}
	for range 2 { // the list itself is not changed
		if err := server.SetOption(outermostFirst(steps)); err != nil {
			t.Fatal(err)
		}
	}
	server.Handler(newFake(t, nil).session)
	if got, want := strings.Join(seen, ", "), "recovered, logged, chat, after chat, after logged, after recovered"; got != want {
		t.Errorf("the order is %s, want %s", got, want)
	}
}

func TestRecovered(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	run(f.server.recovered(func(ssh.Session) { panic("a bug") }), f.session, func() {})
	if log := f.logged.String(); !strings.Contains(log, "panic in a session") || !strings.Contains(log, "a bug") || !strings.Contains(log, "goroutine") {
		t.Errorf("the log has %q", log)
	}
	if want := "exit-status \x00\x00\x00\x01"; !f.channel.closed || len(f.channel.requests) != 1 || f.channel.requests[0] != want {
		t.Errorf("the client is told %q (closed: %t), want %q", f.channel.requests, f.channel.closed, want)
	}
}

// What the steps have left for the end is done in reverse order, after the chat, and whatever
// panics.
func TestTheEndOfASession(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	var seen []string
	note := func(what string) func() { return func() { seen = append(seen, what) } }
	run(func(ssh.Session) {
		f.atEnd(note("outer"))
		f.atEnd(func() { panic("a bug at the end") })
		f.atEnd(note("inner"))
		f.chat = func(then func(int)) {
			then(guarded(f.session, func() int {
				note("chat")()
				panic("a bug in the chat")
			}))
		}
	}, f.session, func() {})
	if got, want := strings.Join(seen, ", "), "chat, inner, outer"; got != want {
		t.Errorf("the order is %s, want %s", got, want)
	}
	for _, bug := range []string{"a bug in the chat", "a bug at the end"} {
		if log := f.logged.String(); !strings.Contains(log, bug) {
			t.Errorf("the log has %q, want %q in it", log, bug)
		}
	}
	if f.status != 1 || !f.channel.closed {
		t.Errorf("the status is %d (closed: %t), want 1", f.status, f.channel.closed)
	}
}

// The log has a line for each session, without its command or its login name. A command may
// contain a message, and the login name may be a code.
func TestLogged(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, command, subsystem string
		exec                     bool
	}{
		{kind: "chat"},
		{kind: "sftp", subsystem: "sftp"},
		{kind: "scp", exec: true, command: "scp -t secret"},
		{kind: "command", exec: true, command: "send '#general' secret"},
	} {
		f := newFake(t, nil)
		f.exec, f.command, f.subsystem = c.exec, c.command, c.subsystem
		f.chat = func(then func(int)) { then(3) }
		run(f.server.logged(func(ssh.Session) {}), f.session, func() {})
		log := f.logged.String()
		if strings.Count(log, "\n") != 1 || !strings.Contains(log, "session ended") || !strings.Contains(log, "kind="+c.kind+" status=3 after=") {
			t.Errorf("%s: the log has %q", c.kind, log)
		}
		if strings.Contains(log, "secret") || strings.Contains(log, f.User()) {
			t.Errorf("%s: the log tells what was said: %q", c.kind, log)
		}
	}
}

func TestPermitted(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	if f.pass(f.server.permitted) || f.status != 1 {
		t.Errorf("a session without permissions goes on, with the status %d", f.status)
	}
	if !strings.Contains(f.logged.String(), "level=ERROR") {
		t.Errorf("the log has %q", f.logged)
	}
	if f := newFake(t, &gossh.Permissions{}); !f.pass(f.server.permitted) {
		t.Error("a session with permissions is stopped")
	}
}

func granted(extensions map[string]string) *gossh.Permissions {
	return &gossh.Permissions{Extensions: extensions}
}

// Whatever strangers ask for, the step for strangers does not pass them on.
func TestStrangers(t *testing.T) {
	t.Parallel()
	if f := newFake(t, granted(map[string]string{extKey: "SHA256:…"})); !f.pass(f.server.strangers) {
		t.Error("a member is stopped")
	}
	const unknown = "You are not known here yet. Connect with a terminal (ssh -t) to see how to join.\n"
	for _, c := range []struct {
		ask    func(*session)
		causes string
		want   string
		status int
	}{
		{func(*session) {}, "", "Your ssh client offered no key.\n" + unknown, 1},
		{func(s *session) { s.subsystem = subsystemSFTP }, "The certificate has expired.", "The certificate has expired.\n" + unknown, 1},
		{func(s *session) { s.exec, s.command = true, "whoami" }, "", "Your ssh client offered no key.\n" + unknown, 1},
		{func(s *session) { s.exec, s.command = true, "rsync --server" }, "", "This server does not support rsync.", command.Refused},
	} {
		f := newFake(t, granted(map[string]string{extStranger: "", extCauses: c.causes}))
		c.ask(f.session)
		if f.pass(f.server.strangers) || f.status != c.status || !strings.HasPrefix(f.channel.err.String(), c.want) {
			t.Errorf("a stranger is told %q, with the status %d; want %q", f.channel.err.String(), f.status, c.want)
		}
		if log := f.logged.String(); !strings.Contains(log, "a stranger connected") || strings.Contains(log, f.User()) {
			t.Errorf("the log has %q", log)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	f := newFake(t, granted(map[string]string{extRefused: "You are banned from this server."}))
	if f.pass(f.server.refused) || f.status != 1 || f.channel.err.String() != "You are banned from this server.\n" {
		t.Errorf("it is told %q, with the status %d", f.channel.err.String(), f.status)
	}
	if f := newFake(t, granted(nil)); !f.pass(f.server.refused) {
		t.Error("a member is stopped")
	}
}

// The command in a certificate replaces whatever the client asked for.
func TestForcedCommand(t *testing.T) {
	t.Parallel()
	asks := map[string]func(*session){
		"a shell":   func(*session) {},
		"a command": func(s *session) { s.exec, s.command = true, "send '#general' hello" },
		"sftp":      func(s *session) { s.subsystem = subsystemSFTP },
	}
	for name, ask := range asks {
		f := newFake(t, &gossh.Permissions{CriticalOptions: map[string]string{certForceCommand: "unread"}})
		ask(f.session)
		if !f.pass(f.server.forcedCommand) || !f.exec || f.command != "unread" || f.subsystem != "" {
			t.Errorf("%s becomes the command %q (%t), subsystem %q", name, f.command, f.exec, f.subsystem)
		}
		f = newFake(t, granted(nil))
		ask(f.session)
		exec, line, subsystem := f.exec, f.command, f.subsystem
		if !f.pass(f.server.forcedCommand) || f.exec != exec || f.command != line || f.subsystem != subsystem {
			t.Errorf("%s is changed without a certificate", name)
		}
	}
}

func TestForeignCommand(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"rsync --server -logDtpre.iLsfxCIvu .":          "This server does not support rsync. Copy files with scp or sftp.",
		"send '#general' " + strings.Repeat("x", 1<<20): "The command has more than ",
		"send '#general' rsync":                         "",
	} {
		f := newFake(t, granted(nil))
		f.exec, f.command = true, line
		passed, told := f.pass(f.server.foreignCommand), f.channel.err.String()
		if passed != (want == "") || !strings.HasPrefix(told, want) || !passed && f.status != command.Refused {
			t.Errorf("%.40s: passed %t, status %d, told %q", line, passed, f.status, told)
		}
	}
	if f := newFake(t, granted(nil)); !f.pass(f.server.foreignCommand) {
		t.Error("a shell is stopped")
	}
}

// Only the screen needs a terminal.
func TestNeedsTerminal(t *testing.T) {
	t.Parallel()
	for i, c := range []struct {
		ask  func(*session)
		want string
	}{
		{func(*session) {}, "The chat needs a terminal. Connect with ssh -t"},
		{func(s *session) { s.term = "dumb" }, ""},
		{func(s *session) { s.environ = []string{"ACCESSIBLE=1"} }, ""},
		{func(s *session) { s.environ = []string{"ACCESSIBLE=0"} }, "The chat needs a terminal. Connect with ssh -t"},
		{func(s *session) { s.term = "xterm" }, ""},
		{func(s *session) { s.exec = true }, ""},
		{func(s *session) { s.exec, s.term = true, "dumb" }, ""},
		{func(s *session) { s.subsystem = subsystemSFTP }, ""},
	} {
		f := newFake(t, granted(nil))
		c.ask(f.session)
		passed, told := f.pass(f.server.needsTerminal), f.channel.err.String()
		if passed != (c.want == "") || !strings.HasPrefix(told, c.want) || f.status != 1 {
			t.Errorf("%d: passed %t, status %d, told %q", i, passed, f.status, told)
		}
	}
}

// The steps that serve one kind of session pass all others on.
func TestSessionsOfOtherKindsPass(t *testing.T) {
	t.Parallel()
	shell := func(s *session) { s.term = "xterm" }
	exec := func(line string) func(*session) { return func(s *session) { s.exec, s.command = true, line } }
	for i, c := range []struct {
		step func(*Server) wish.Middleware
		ask  func(*session)
	}{
		{func(s *Server) wish.Middleware { return s.sftp }, shell},
		{func(s *Server) wish.Middleware { return s.sftp }, exec("scp -t general")},
		{func(s *Server) wish.Middleware { return s.sftp }, exec("sftp")},
		{func(s *Server) wish.Middleware { return s.scp }, shell},
		{func(s *Server) wish.Middleware { return s.scp }, exec("whoami")},
		{func(s *Server) wish.Middleware { return s.scp }, exec("")},
		{func(s *Server) wish.Middleware { return s.commands }, shell},
	} {
		f := newFake(t, granted(nil))
		c.ask(f.session)
		if !f.pass(c.step(f.server)) {
			t.Errorf("%d: it is not passed on", i)
		}
	}
}
