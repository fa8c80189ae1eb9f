package soak

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync/atomic"

	"golang.org/x/crypto/ssh"

	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/testbed"
)

// printed is a line of a command's output, as far as it matters here.
type printed struct {
	Type, ID, Text string
	Seq            int64
}

// follower runs "tail -f" and looks at the numbers of the messages.
type follower struct {
	testbed.Account
	conn  *clients.Client
	since string       // the id of the newest message
	last  atomic.Int64 // its number
	wrong []string     // read it only after follow has returned
}

// come connects, and returns the output of "tail -f": after the newest message that it had
// before, or else from the beginning.
func (f *follower) come(ctx context.Context, addr string, hostKey ssh.PublicKey) (io.Reader, error) {
	c, err := clients.Login(ctx, addr, hostKey, f.Account)
	if err != nil {
		return nil, err
	}
	f.conn = c
	session, err := c.Conn.NewSession()
	if err != nil {
		return nil, err
	}
	out, err := session.StdoutPipe()
	if err != nil {
		return nil, err
	}
	command := "tail -f --json -n 1 " + group
	if f.since != "" {
		command = "tail -f --json --since " + f.since + " " + group
	}
	return out, session.Start(command)
}

func (f *follower) leave() {
	if f.conn != nil {
		f.conn.HangUp()
		f.conn = nil
	}
}

// follow reads until the connection ends.
func (f *follower) follow(lines io.Reader) {
	scanner := bufio.NewScanner(lines)
	for scanner.Scan() {
		var m printed
		if err := json.Unmarshal(scanner.Bytes(), &m); err != nil {
			f.wrong = append(f.wrong, fmt.Sprintf("%v in %q", err, scanner.Text()))
			continue
		}
		if m.Type != "message" {
			continue // a reaction
		}
		if last := f.last.Load(); last != 0 && m.Seq != last+1 {
			f.wrong = append(f.wrong, fmt.Sprintf("%s got message %d after %d", f.Name, m.Seq, last))
		}
		f.since = m.ID
		f.last.Store(m.Seq)
	}
}
