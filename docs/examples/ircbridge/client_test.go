package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/time/rate"
)

// patience is how long a test waits for something that should happen at once.
const patience = time.Minute

// fake is an IRC server in the test, which does what the test says.
type fake struct {
	*testing.T
	listener net.Listener
	conn     net.Conn
	lines    *bufio.Scanner
}

func newFake(t *testing.T) *fake {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{T: t, listener: listener}
	t.Cleanup(func() {
		_ = listener.Close()
		if f.conn != nil {
			_ = f.conn.Close()
		}
	})
	return f
}

// client returns a client of the server that neither rests nor waits before it connects again.
func (f *fake) client() *client {
	c := newClient(f.listener.Addr().String(), "#team", "confab")
	c.plain, c.pace, c.pause = true, rate.NewLimiter(rate.Inf, 1), time.Millisecond
	return c
}

// accept waits for the client.
func (f *fake) accept() {
	f.Helper()
	if f.conn != nil {
		_ = f.conn.Close()
	}
	conn, err := f.listener.Accept()
	if err == nil {
		err = conn.SetDeadline(time.Now().Add(patience))
	}
	if err != nil {
		f.Fatal(err)
	}
	f.conn, f.lines = conn, bufio.NewScanner(conn)
}

// reads checks the next lines of the client.
func (f *fake) reads(want ...string) {
	f.Helper()
	for _, w := range want {
		if !f.lines.Scan() || f.lines.Text() != w {
			f.Fatalf("the bridge writes %q, want %q; %v", f.lines.Text(), w, f.lines.Err())
		}
	}
}

func (f *fake) writes(lines ...string) {
	f.Helper()
	for _, line := range lines {
		if _, err := fmt.Fprintf(f.conn, "%s\r\n", line); err != nil {
			f.Fatal(err)
		}
	}
}

// welcome lets the client into its channel.
func (f *fake) welcome() {
	f.Helper()
	f.accept()
	f.reads("NICK confab", "USER confab 0 * :a bridge to confab")
	f.writes(":fake 001 confab :welcome")
	f.reads("JOIN #team")
	f.writes(":fake 366 confab #team :end of names")
}

// running runs a client until the end of the test.
func running(t *testing.T, c *client) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-ended })
}

// The bridge shows its account and its passwords before it joins, also a password that needs
// several lines.
func TestTheBridgeLogsIn(t *testing.T) {
	for _, length := range []int{8, 300 - len("\x00bridge\x00"), 500} {
		f := newFake(t)
		c := f.client()
		c.password, c.account, c.secret = "open sesame", "bridge", strings.Repeat("x", length)
		running(t, c)
		f.accept()
		f.reads("PASS :open sesame", "CAP REQ :sasl", "NICK confab", "USER confab 0 * :a bridge to confab")
		f.writes(":fake CAP * ACK :sasl")
		f.reads("AUTHENTICATE PLAIN")
		f.writes("AUTHENTICATE +")
		var answer strings.Builder
		for last := false; !last; {
			if !f.lines.Scan() {
				t.Fatal(f.lines.Err())
			}
			piece, ok := strings.CutPrefix(f.lines.Text(), "AUTHENTICATE ")
			if !ok || len(piece) > 400 {
				t.Fatalf("the bridge writes %q", f.lines.Text())
			}
			if last = len(piece) < 400; piece != "+" {
				answer.WriteString(piece)
			}
		}
		got, err := base64.StdEncoding.DecodeString(answer.String())
		if want := "\x00bridge\x00" + c.secret; err != nil || string(got) != want {
			t.Errorf("the bridge proves itself with %q, want %q; %v", got, want, err)
		}
		f.writes(":fake 900 * confab!c@host bridge :you are logged in", ":fake 903 * :SASL authentication successful")
		f.reads("CAP END")
		f.writes(":fake 001 confab :welcome")
		f.reads("JOIN #team")
	}
}

// A bridge whose account is not accepted does not join. It says why, and tries again later.
func TestTheBridgeDoesNotJoinWithoutItsAccount(t *testing.T) {
	for name, c := range map[string]struct{ line, want string }{
		"no SASL":        {":fake CAP * NAK :sasl", "does not offer SASL"},
		"wrong password": {":fake 904 * :SASL authentication failed", "does not accept the account: SASL authentication failed"},
		"old server":     {":fake 001 confab :welcome", "does not know SASL"},
		"other ways":     {":fake 908 confab EXTERNAL :are available SASL mechanisms", "does not accept the account"},
		"no password":    {":fake 464 * :Password incorrect", "refuses: Password incorrect"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			client := f.client()
			client.account, client.secret = "bridge", "secret"
			ended := make(chan error, 1)
			go func() { ended <- client.serve(t.Context()) }()
			f.accept()
			f.reads("CAP REQ :sasl", "NICK confab", "USER confab 0 * :a bridge to confab")
			f.writes(c.line)
			if err := <-ended; err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the connection ends with %v, want %q", err, c.want)
			}
			if f.lines.Scan() {
				t.Errorf("the bridge goes on with %q", f.lines.Text())
			}
		})
	}
}

// A message that the server may not have read is written again on the next connection, whole, and
// what comes after it keeps its order.
func TestTheBridgeWritesAgainAfterABreak(t *testing.T) {
	f := newFake(t)
	c := f.client()
	running(t, c)
	delivered := make(chan error, 1)
	go func() {
		delivered <- errors.Join(
			c.deliver(t.Context(), "one", []string{"<ann> first", "<ann> second"}),
			c.deliver(t.Context(), "two", []string{"<ann> third"}),
		)
	}()
	f.welcome()
	f.reads("PRIVMSG #team :<ann> first") // and the connection breaks
	f.welcome()
	f.reads("PRIVMSG #team :<ann> first", "PRIVMSG #team :<ann> second", "PING :one")
	f.welcome() // it breaks again before the answer
	f.reads("PRIVMSG #team :<ann> first", "PRIVMSG #team :<ann> second", "PING :one")
	f.writes(":fake PONG fake :alive", ":fake PONG fake :one") // the first answers another question
	f.reads("PRIVMSG #team :<ann> third", "PING :two")
	f.writes(":fake PONG fake :two")
	if err := <-delivered; err != nil {
		t.Error(err)
	}
}

// While the chat server takes nothing, the bridge goes on reading from IRC, keeps as many lines as
// it can, and counts the others.
func TestABurstOnIRC(t *testing.T) {
	f := newFake(t)
	c := f.client()
	running(t, c)
	f.welcome()
	const burst = 700
	for n := range burst {
		f.writes(fmt.Sprintf(":bob!b@host PRIVMSG #team :line %d", n))
	}
	f.writes("PING :still there?")
	f.reads("PONG :still there?")
	if got, want := int(c.lost.Load()), burst-cap(c.heard); got != want {
		t.Errorf("%d lines are lost, want %d", got, want)
	}
	for n := range cap(c.heard) {
		if got, want := <-c.heard, fmt.Sprintf("<bob> line %d", n); got != want {
			t.Fatalf("the line is %q, want %q", got, want)
		}
	}
}
