package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/time/rate"
)

const (
	dialTime  = 30 * time.Second // for connecting, and for writing a line
	aliveTime = time.Minute      // between questions whether the server is there
	deadTime  = 3 * time.Minute  // without a line, the connection is dead
	maxLines  = 6                // of a message, so that nobody floods the channel through the bridge
)

// client is in one channel of an IRC server, and connects again whenever the connection breaks.
type client struct {
	server, channel, nick string
	password              string        // of the server, or ""
	account, secret       string        // with NickServ, for SASL; "" without
	plain                 bool          // without TLS
	pause                 time.Duration // before connecting again
	pace                  *rate.Limiter
	heard                 chan string // what others write in the channel
	lost                  atomic.Int64
	sessions              chan *session // gives the present session, once it is in the channel
}

// session is one connection.
type session struct {
	client *client
	conn   net.Conn
	nick   string
	pong   chan string
	joined chan struct{} // closed when it is in the channel
	gone   chan struct{} // closed when it has ended
	known  bool          // the server has accepted the account
	mu     sync.Mutex    // for writing
}

// run connects until ctx ends.
func (c *client) run(ctx context.Context) {
	for ctx.Err() == nil {
		err := c.serve(ctx)
		if ctx.Err() != nil {
			return
		}
		slog.Warn("the connection to IRC has ended", "server", c.server, "error", err, "again_in", c.pause)
		select {
		case <-time.After(c.pause):
		case <-ctx.Done():
		}
	}
}

// serve serves one connection until it ends.
func (c *client) serve(ctx context.Context) error {
	dialer := &net.Dialer{Timeout: dialTime}
	dial := (&tls.Dialer{NetDialer: dialer}).DialContext
	if c.plain {
		dial = dialer.DialContext
	}
	conn, err := dial(ctx, "tcp", c.server)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer conn.Close()
	s := &session{client: c, conn: conn, nick: c.nick, pong: make(chan string, 1), joined: make(chan struct{}), gone: make(chan struct{})}
	defer close(s.gone)
	go s.offer()
	if c.password != "" {
		if err := s.write("PASS :" + c.password); err != nil {
			return err
		}
	}
	if c.account != "" { // the server waits with the welcome until this has come to its end
		if err := s.write("CAP REQ :sasl"); err != nil {
			return err
		}
	}
	if err := errors.Join(s.write("NICK "+s.nick), s.write("USER "+c.nick+" 0 * :a bridge to confab")); err != nil {
		return err
	}
	lines := bufio.NewScanner(conn)
	for {
		if err := conn.SetReadDeadline(time.Now().Add(deadTime)); err != nil {
			return err
		}
		if !lines.Scan() {
			return errors.Join(errors.New("the server has closed it"), lines.Err())
		}
		if err := s.handle(lines.Text()); err != nil {
			return err
		}
	}
}

// offer gives the session to those who want to write, and asks the server whether it is there.
func (s *session) offer() {
	alive := time.NewTicker(aliveTime)
	defer alive.Stop()
	var sessions chan *session // nil: nobody can write yet
	joined := s.joined
	for {
		select {
		case <-joined:
			sessions, joined = s.client.sessions, nil
		case sessions <- s:
		case <-alive.C:
			_ = s.write("PING :alive") // an error also ends the reading
		case <-s.gone:
			return
		}
	}
}

// write writes a line, which cannot become two.
func (s *session) write(line string) error {
	line = strings.Map(func(r rune) rune {
		if r == '\r' || r == '\n' || r == 0 {
			return ' '
		}
		return r
	}, line)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.conn.SetWriteDeadline(time.Now().Add(dialTime)); err != nil {
		return err
	}
	_, err := fmt.Fprintf(s.conn, "%s\r\n", line)
	return err
}

// handle does what a line asks for. An error ends the connection.
func (s *session) handle(line string) error {
	nick, command, params := parse(line)
	first, last := "", ""
	if len(params) > 0 {
		first, last = params[0], params[len(params)-1]
	}
	c := s.client
	switch command {
	case "PING":
		return s.write("PONG :" + last)
	case "PONG":
		select {
		case s.pong <- last:
		default:
		}
	case "CAP", "AUTHENTICATE", "900", "902", "903", "904", "905", "906", "907", "908":
		return s.identify(command, params)
	case "001": // the server may have shortened the name
		if c.account != "" && !s.known {
			return errors.New("the server does not know SASL, so it cannot check the account")
		}
		s.nick = first
		return s.write("JOIN " + c.channel)
	case "432", "433", "436", "437": // the name is taken
		if len(s.nick) > len(c.nick)+3 {
			return errors.New("the server does not accept the name: " + last)
		}
		s.nick += "_"
		return s.write("NICK " + s.nick)
	case "366": // the end of the names in the channel, which the server sends to those who join
		if len(params) > 1 && strings.EqualFold(params[1], c.channel) {
			select {
			case <-s.joined:
			default:
				close(s.joined)
			}
		}
	case "403", "405", "464", "465", "471", "473", "474", "475", "476", "477", "ERROR":
		return errors.New("the server refuses: " + last)
	case "404":
		slog.Warn("IRC does not accept what the bridge writes", "channel", c.channel, "reason", last)
	case "NICK":
		if nick == s.nick {
			s.nick = last
		}
	case "KICK":
		if len(params) > 1 && params[1] == s.nick {
			return errors.New("the bridge was kicked: " + last)
		}
	case "PRIVMSG":
		if strings.EqualFold(first, c.channel) && nick != s.nick {
			c.hear(nick, last)
		}
	}
	return nil
}

// identify proves with SASL PLAIN who the bridge is (https://ircv3.net/specs/extensions/sasl-3.1).
func (s *session) identify(command string, params []string) error {
	c := s.client
	last := ""
	if len(params) > 0 {
		last = params[len(params)-1]
	}
	switch {
	case c.account == "":
		return nil
	case command == "CAP" && len(params) > 1 && params[1] == "ACK":
		return s.write("AUTHENTICATE PLAIN")
	case command == "CAP" && len(params) > 1 && params[1] == "NAK":
		return errors.New("the server does not offer SASL, so it cannot check the account")
	case command == "AUTHENTICATE" && last == "+":
		text := base64.StdEncoding.EncodeToString([]byte("\x00" + c.account + "\x00" + c.secret))
		for len(text) >= saslPiece {
			if err := s.write("AUTHENTICATE " + text[:saslPiece]); err != nil {
				return err
			}
			text = text[saslPiece:]
		}
		if text == "" { // this says that the last piece was the end
			text = "+"
		}
		return s.write("AUTHENTICATE " + text)
	case command == "903":
		s.known = true
		return s.write("CAP END")
	case command >= "902" && command <= "908" && command != "907": // 907: it is done already
		return errors.New("the server does not accept the account: " + last)
	}
	return nil
}

// saslPiece is how much of an answer fits into one line.
const saslPiece = 400

// codes are bold, colours and the like, in the forms of IRC.
var codes = regexp.MustCompile(`\x03(\d{1,2}(,\d{1,2})?)?|\x04([0-9a-fA-F]{6})?|[\x02\x0f\x11\x16\x1d\x1e\x1f]`)

// hear takes what somebody has written in the channel.
func (c *client) hear(nick, text string) {
	text = codes.ReplaceAllString(strings.ToValidUTF8(text, "\uFFFD"), "")
	line := "<" + nick + "> " + text
	if ctcp, ok := strings.CutPrefix(text, "\x01"); ok {
		action, ok := strings.CutPrefix(strings.TrimSuffix(ctcp, "\x01"), "ACTION ")
		if !ok {
			return // a question of a client to other clients
		}
		line = "* " + nick + " " + action
	}
	select {
	case c.heard <- line:
	default: // reading must go on, or the server disconnects the bridge
		c.lost.Add(1)
	}
}

// deliver writes the lines of a message to the channel, and returns when the server has read them. If
// the connection breaks before, it writes all of them again.
func (c *client) deliver(ctx context.Context, id string, lines []string) error {
	if len(lines) == 0 {
		return nil
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case s := <-c.sessions:
			err := s.deliver(ctx, id, lines)
			if err == nil || ctx.Err() != nil {
				return ctx.Err()
			}
			<-s.gone
		}
	}
}

func (s *session) deliver(ctx context.Context, id string, lines []string) error {
	c := s.client
	// The server puts the sender before the line, whose name and address can be this long.
	room := 512 - len(":!~@ PRIVMSG  :\r\n") - len(c.nick) - 20 - 63 - len(c.channel)
	for _, piece := range split(lines, room) {
		if err := c.pace.Wait(ctx); err != nil {
			return err
		}
		if err := s.write("PRIVMSG " + c.channel + " :" + piece); err != nil {
			_ = s.conn.Close()
			return err
		}
	}
	// The server answers in order. So with this answer it has read the lines.
	if err := s.write("PING :" + id); err != nil {
		_ = s.conn.Close()
		return err
	}
	for {
		select {
		case got := <-s.pong:
			if got == id {
				return nil
			}
		case <-s.gone:
			return net.ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// split makes lines of at most room bytes, and not more than maxLines.
func split(lines []string, room int) (pieces []string) {
	for _, line := range lines {
		line = strings.Map(func(r rune) rune {
			if unicode.IsControl(r) {
				return -1
			}
			return r
		}, line)
		for len(line) > room {
			at := room
			for !utf8.RuneStart(line[at]) {
				at--
			}
			if space := strings.LastIndexByte(line[:at], ' '); space > room/2 {
				at = space
			}
			pieces = append(pieces, line[:at])
			line = "  " + strings.TrimPrefix(line[at:], " ")
		}
		pieces = append(pieces, line)
	}
	if rest := len(pieces) - maxLines; rest > 1 {
		pieces = append(pieces[:maxLines], fmt.Sprintf("(%d more lines are in the group)", rest))
	}
	return pieces
}

// parse reads a line of IRC: who sends it, the command, and its parameters.
func parse(line string) (nick, command string, params []string) {
	if strings.HasPrefix(line, "@") { // tags
		_, line, _ = strings.Cut(line, " ")
	}
	if source, ok := strings.CutPrefix(line, ":"); ok {
		source, line, _ = strings.Cut(source, " ")
		nick, _, _ = strings.Cut(source, "!")
	}
	line, trailing, more := strings.Cut(line, " :")
	params = strings.Fields(line)
	if len(params) > 0 {
		command, params = strings.ToUpper(params[0]), params[1:]
	}
	if more {
		params = append(params, trailing)
	}
	return nick, command, params
}
