package cluster

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/crypto/ssh"

	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/testbed"
)

// script runs commands over ssh as one account.
type script struct {
	testbed.Account
	hostKey ssh.PublicKey
	history *history
	nodes   []*node
	chance  func(n int) int // may be called by several goroutines
}

// answer is a line of what a command writes.
type answer struct {
	Type  string `json:"type"`
	ID    string `json:"id"`
	Seq   int64  `json:"seq"`
	Name  string `json:"name"`
	State string `json:"state"`

	Presence string `json:"presence"`
}

// run runs a command at a node, and calls each for each line, until the command ends or each
// reports false.
func (s *script) run(ctx context.Context, at *node, command string, each func(answer) bool) error {
	return s.feed(ctx, at, command, nil, each)
}

// feed is run for a command that reads an input.
func (s *script) feed(ctx context.Context, at *node, command string, in io.Reader, each func(answer) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c, err := clients.Login(ctx, at.addr, s.hostKey, s.Account)
	if err != nil {
		return err
	}
	defer c.HangUp()
	stop := context.AfterFunc(ctx, func() { _ = c.Conn.Close() })
	defer stop()
	session, err := c.Conn.NewSession()
	if err != nil {
		return err
	}
	out, err := session.StdoutPipe()
	if err != nil {
		return err
	}
	session.Stdin = in
	if err := session.Start(command); err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var a answer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return fmt.Errorf("%s has answered %q: %w", command, lines.Bytes(), err)
		}
		if !each(a) {
			return nil
		}
	}
	return errors.Join(lines.Err(), session.Wait())
}

// tail receives all messages, and goes on at some node when its connection breaks.
func (s *script) tail(ctx context.Context, name string) {
	for ctx.Err() == nil {
		from := "-n 1000000000"
		if last := s.history.newest(name); last != "" {
			from = "--since " + last
		}
		at := s.nodes[s.chance(len(s.nodes))]
		_ = s.run(ctx, at, "tail --json -f "+from+" #general #"+groupName+" #"+floodName, func(a answer) bool {
			if a.Type == "message" {
				s.history.received(name, a.ID)
			}
			return true
		})
		_ = testbed.Sleep(ctx, clients.AgainAfter)
	}
}

// twicePause is the pause between two messages that are sent twice.
const twicePause = 300 * time.Millisecond

// twice sends messages to two nodes at once, under one id, until each has answered. While
// hold is held, it sends nothing.
func (s *script) twice(ctx context.Context, hold *sync.RWMutex) {
	for testbed.Sleep(ctx, twicePause) == nil {
		hold.RLock()
		id := uuid.NewString()
		var both sync.WaitGroup
		first := s.chance(len(s.nodes))
		for _, n := range []int{first, (first + 1) % len(s.nodes)} {
			both.Go(func() { s.post(ctx, n, id) })
		}
		both.Wait()
		hold.RUnlock()
	}
}

// postTime is the time after which a node that does not answer counts as away.
const postTime = 5 * time.Second

// post sends a message under an id, first to one node and then to others, until one answers.
func (s *script) post(ctx context.Context, n int, id string) {
	for ctx.Err() == nil {
		trying, cancel := context.WithTimeout(ctx, postTime)
		done := false
		_ = s.run(trying, s.nodes[n%len(s.nodes)], "send --json --id "+id+" #general twice "+id, func(a answer) bool {
			if a.Type == "sent" {
				s.history.answered(a.ID, a.Seq)
				done = true
			}
			return true
		})
		cancel()
		if done {
			return
		}
		n++
		_ = testbed.Sleep(ctx, clients.AgainAfter)
	}
}
