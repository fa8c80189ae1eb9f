//go:build unix

package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"confab/app/testkit"
)

// ircServer is ngircd, with a port for connections with TLS and one for others.
type ircServer struct {
	t              *testing.T
	program        string
	config         string
	address, plain string
	process        *exec.Cmd
	said           testkit.Log
}

// newIRCServer prepares ngircd on free ports. Its password is "" if it wants none. The certificate is
// in the file cert.pem in dir.
func newIRCServer(t *testing.T, dir, password string) *ircServer {
	t.Helper()
	s := &ircServer{t: t, program: "/usr/sbin/ngircd", config: filepath.Join(dir, "ngircd.conf")} // Debian's, which is not in the path of all users
	if _, err := os.Stat(s.program); err != nil {
		s.program = needs(t, "ngircd")
	}
	free := quietAddresses(t, 2)
	s.address, s.plain = free[0], free[1]
	var ports []string
	for _, address := range free {
		_, port, _ := net.SplitHostPort(address)
		ports = append(ports, port)
	}
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	testkit.Certify(t, cert, key, 1)
	text := "[Global]\nName = irc.test.example\nInfo = a test\nListen = 127.0.0.1\nPorts = " + ports[1] + "\nMotdPhrase = hello\nPassword = " + password + "\n" +
		"[Limits]\nMaxConnectionsIP = 0\nMaxPenaltyTime = 0\n[Options]\nDNS = no\nIdent = no\nPAM = no\n" +
		"[SSL]\nCertFile = " + cert + "\nKeyFile = " + key + "\nPorts = " + ports[0] + "\n"
	if err := os.WriteFile(s.config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("ngircd says:\n%s", s.said.String())
		}
	})
	return s
}

// start starts the server and waits until it listens.
func (s *ircServer) start() {
	s.t.Helper()
	s.process = exec.Command(s.program, "--nodaemon", "--config", s.config)
	s.process.Stdout, s.process.Stderr = &s.said, &s.said
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	testkit.Eventually(s.t, "ngircd listens", func() bool {
		conn, err := net.Dial("tcp", s.plain)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}

func (s *ircServer) kill() {
	if s.process != nil {
		_ = s.process.Process.Kill()
		_ = s.process.Wait()
		s.process = nil
	}
}

// onIRC is a person on IRC, with what the server has written to it.
type onIRC struct {
	t     *testing.T
	conn  net.Conn
	lines testkit.Log
}

// join connects a person and waits until it is in a channel.
func (s *ircServer) join(nick, channel, password string) *onIRC {
	t := s.t
	t.Helper()
	conn, err := net.Dial("tcp", s.plain)
	if err != nil {
		t.Fatal(err)
	}
	p := &onIRC{t: t, conn: conn}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			if token, ok := strings.CutPrefix(lines.Text(), "PING "); ok {
				fmt.Fprintf(conn, "PONG %s\r\n", token)
			}
			fmt.Fprintln(&p.lines, lines.Text())
		}
	}()
	if password != "" {
		p.writes("PASS :" + password)
	}
	p.writes("NICK "+nick, "USER "+nick+" 0 * :a person", "JOIN "+channel)
	p.sees(" 366 ")
	return p
}

func (p *onIRC) writes(lines ...string) {
	p.t.Helper()
	for _, line := range lines {
		if _, err := fmt.Fprintf(p.conn, "%s\r\n", line); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *onIRC) sees(text string) {
	p.t.Helper()
	if !testkit.Soon(func() bool { return strings.Contains(p.lines.String(), text) }) {
		p.t.Fatalf("on IRC there is no %q in\n%s", text, p.lines.String())
	}
}

// builtBridge builds the bridge and returns its path.
func builtBridge(t *testing.T, dir string) string {
	t.Helper()
	bridge := filepath.Join(dir, "ircbridge")
	build := exec.Command("go", "build", "-trimpath", "-o", bridge, "confab/docs/examples/ircbridge")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the bridge: %v, %s", err, out)
	}
	return bridge
}

// What people write in a group and in a channel of a real IRC server is in both, once, also what is
// written in the group while the bridge does not run.
func TestTheIRCBridge(t *testing.T) {
	t.Parallel()
	_, dir, path := annWithBot(t, "irc")
	irc, bridge := newIRCServer(t, dir, ""), builtBridge(t, dir)
	irc.start()
	asks(t, path, "ann", "send", "'#general'", "before")
	asks(t, path, "ann", "new", "private")
	shows := follow(t, path)
	bob := irc.join("bob", "#Team", "")
	place := filepath.Join(dir, "place")
	args := []string{"-plaintext", "-place", place, "irc", "#general", irc.plain, "#team"}
	c := start(t, path, nil, bridge, args...)
	defer func() { kill(c) }()
	hasPlace(t, place)
	bob.sees(":confab!~confab@127.0.0.1 JOIN :#team")

	asks(t, path, "ann", "send", "'#general'", "hello IRC")
	bob.sees(" :<ann> hello IRC\n")
	asks(t, path, "ann", "send", "'#general'", "/me waves")
	bob.sees(" :* ann waves\n")
	asks(t, path, "ann", "send", "private", "between us")
	asks(t, path, "ann", "send", "'#general'", "'two\nQUIT :lines "+strings.Repeat("é ", 300)+"end'")
	bob.sees(" :<ann> two\n")
	bob.sees(" :<ann> QUIT :lines é ")
	bob.sees("é end\n")

	bob.writes("PRIVMSG #team :hello \x0304,01group\x0f \x1b[31m!", "PRIVMSG #Team :\x01ACTION dances\x01", "PRIVMSG #team :\x01VERSION\x01", "PRIVMSG #team :last")
	shows("\tirc\t<bob> last\t")
	kill(c)
	asks(t, path, "ann", "send", "'#general'", "while it is away")
	c = start(t, path, nil, bridge, args...)
	bob.sees(" :<ann> while it is away\n")
	asks(t, path, "ann", "send", "'#general'", "the end")
	bob.sees(" :<ann> the end\n")

	for text, want := range map[string]int{"before": 0, "hello IRC": 1, "between us": 0, "while it is away": 1} {
		if got := strings.Count(bob.lines.String(), " :<ann> "+text); got != want {
			t.Errorf("IRC has %q %d times, want %d", text, got, want)
		}
	}
	if said := bob.lines.String(); strings.Contains(said, ":<irc>") || strings.Contains(said, "<bob>") {
		t.Errorf("IRC gets back what it has said:\n%s", bob.lines.String())
	}
	saidBy(t, asks(t, path, "ann", "history", "'#general'"), "irc", map[string]int{
		"<bob> hello group !": 1, "* bob dances": 1, "<bob> last": 1, "<bob> VERSION": 0, "<ann> hello IRC": 0,
	})
}

// With TLS, a password of the server, restarts of both servers and bursts on both sides, all that
// the group has is on IRC, in order, and the group has all that the bridge could keep.
func TestTheIRCBridgeBetweenRestarts(t *testing.T) {
	t.Parallel()
	chat, dir, path := annWithBot(t, "irc", "--listen", quietAddresses(t, 1)[0])
	irc, bridge := newIRCServer(t, dir, "open sesame"), builtBridge(t, dir)
	irc.start()
	bob := irc.join("bob", "#team", "open sesame")
	_, port, _ := net.SplitHostPort(irc.address)
	var said testkit.Log
	run := func(trust, password string) *exec.Cmd {
		c := exec.Command(bridge, "-place", filepath.Join(dir, "place"), "irc", "#general", "localhost:"+port, "#team")
		c.Env = append(os.Environ(), "PATH="+path, "SSL_CERT_FILE="+trust, "IRC_PASSWORD="+password)
		c.Stdout, c.Stderr = &said, &said
		c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		return c
	}
	cert := filepath.Join(dir, "cert.pem")
	for _, bad := range []struct{ trust, password, want string }{
		{os.DevNull, "open sesame", "certificate"}, // a server that nobody vouches for gets no password
		{cert, "wrong", "Bad password"},
	} {
		c := run(bad.trust, bad.password)
		if !testkit.Soon(func() bool { return strings.Contains(said.String(), bad.want) }) {
			t.Errorf("the bridge does not say %q: %s", bad.want, said.String())
		}
		kill(c)
	}
	c := run(cert, "open sesame")
	defer func() { kill(c) }()
	bob.sees(":confab!~confab@127.0.0.1 JOIN :#team")

	var want []string
	sends := func(n int) {
		var lines strings.Builder
		for range n {
			fmt.Fprintf(&lines, "message %d\n", len(want))
			want = append(want, fmt.Sprintf(" PRIVMSG #team :<ann> message %d\n", len(want)))
		}
		sent := start(t, path, strings.NewReader(lines.String()), filepath.Join(strings.Split(path, ":")[0], "ssh"), "ann", "send", "--lines", "'#general'")
		endsWith(t, sent, 0)
	}
	sends(9) // more than the bridge may write at once
	bob.sees(want[8])
	irc.kill()
	sends(2)
	irc.start()
	bob = irc.join("bob", "#team", "open sesame")
	bob.sees(want[10])

	chat.stop()
	const burst = 600
	for n := range burst {
		bob.writes(fmt.Sprintf("PRIVMSG #team :burst %d", n))
	}
	bob.writes("WHOIS confab")
	bob.sees(" 318 ")
	startServer(t, chat.dir, "--listen", chat.addr)
	shows := follow(t, path)
	shows("lines from IRC are missing here: the bridge could not post them in time.")
	sends(1)
	bob.sees(want[11])

	at := 0
	for _, text := range want[9:] { // in order, on the connection after the restart
		next := strings.Index(bob.lines.String()[at:], text)
		if next < 0 {
			t.Errorf("IRC does not have %q, or not in order", text)
			continue
		}
		at += next + len(text)
	}
	// Each line is posted, or is counted in a note. There may be several notes, because lines are
	// still lost while the first ones are posted.
	bursts, lost := 0, 0
	testkit.Eventually(t, "every line of the burst in the group, or counted as missing there", func() bool {
		last := -1
		bursts, lost = 0, 0
		for line := range strings.Lines(asks(t, path, "ann", "history", "--limit", "0", "'#general'")) {
			_, text, ok := strings.Cut(line, "\tirc\t<bob> burst ")
			if !ok {
				continue
			}
			var n, missing int
			if _, err := fmt.Sscan(text, &n); err != nil || n <= last {
				t.Fatalf("after %d comes %q", last, text)
			}
			if _, note, ok := strings.Cut(text, "("); ok {
				_, _ = fmt.Sscan(note, &missing)
			}
			bursts, lost, last = bursts+1, lost+missing, n
		}
		return bursts+lost >= burst
	})
	if lost == 0 || bursts+lost != burst {
		t.Errorf("the group has %d lines and says that %d are lost, of %d", bursts, lost, burst)
	}
}
