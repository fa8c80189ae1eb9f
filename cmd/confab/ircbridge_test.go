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
	"testing"

	"confab/app/testkit"
)

// ircServer starts ngircd on a free port and returns its address.
func ircServer(t *testing.T) string {
	t.Helper()
	ngircd := "/usr/sbin/ngircd" // Debian's, which is not in the path of all users
	if _, err := os.Stat(ngircd); err != nil {
		ngircd = needs(t, "ngircd")
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	_ = free.Close()
	config := filepath.Join(t.TempDir(), "ngircd.conf")
	text := "[Global]\nName = irc.test.example\nInfo = a test\nListen = 127.0.0.1\nPorts = " + port + "\nMotdPhrase = hello\n" +
		"[Limits]\nMaxConnectionsIP = 0\n[Options]\nDNS = no\nIdent = no\nPAM = no\n"
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var said testkit.Log
	c := exec.Command(ngircd, "--nodaemon", "--config", config)
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
		if t.Failed() {
			t.Logf("ngircd says:\n%s", said.String())
		}
	})
	testkit.Eventually(t, "ngircd listens", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return address
}

// onIRC is a person on IRC, with what the server has written to it.
type onIRC struct {
	t     *testing.T
	conn  net.Conn
	lines testkit.Log
}

// joinIRC connects a person and waits until it is in a channel.
func joinIRC(t *testing.T, address, nick, channel string) *onIRC {
	t.Helper()
	conn, err := net.Dial("tcp", address)
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

// What people write in a group and in a channel of a real IRC server is in both, once, also what is
// written in the group while the bridge does not run.
func TestTheIRCBridge(t *testing.T) {
	t.Parallel()
	address := ircServer(t)
	_, dir, path := annWithBot(t, "irc")
	bridge := filepath.Join(dir, "ircbridge")
	build := exec.Command("go", "build", "-trimpath", "-o", bridge, "confab/docs/examples/ircbridge")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the bridge: %v, %s", err, out)
	}
	asks(t, path, "ann", "send", "'#general'", "before")
	asks(t, path, "ann", "new", "private")
	shows := follow(t, path)
	bob := joinIRC(t, address, "bob", "#Team")
	place := filepath.Join(dir, "place")
	args := []string{"-plaintext", "-place", place, "irc", "#general", address, "#team"}
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
