package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/testbed"
)

const (
	// floodRate is how many messages a second a flood has, if the machine can do it. While servers
	// restart, about 500 remain.
	floodRate    = 600
	floodSenders = 50
	// floodLines is how many messages a sender sends in one command.
	floodLines = 200
	floodName  = "flood"
)

// paced is an input of lines for one command, at even intervals until ctx ends.
type paced struct {
	ctx   context.Context
	next  *time.Time // of the sender, who catches up after a restart
	lines int        // so far
}

func (p *paced) Read(to []byte) (int, error) {
	if p.lines == floodLines || testbed.Sleep(p.ctx, time.Until(*p.next)) != nil {
		return 0, io.EOF
	}
	*p.next = p.next.Add(time.Second * floodSenders / floodRate)
	p.lines++
	return copy(to, line), nil
}

const line = "flood\n"

// flood sends messages until writing ends. It returns when a server has answered for each of
// them. A sender repeats what a server may have missed at another one.
func (s *script) flood(ctx, writing context.Context) {
	var all sync.WaitGroup
	for range floodSenders {
		all.Go(func() {
			for next := time.Now(); writing.Err() == nil; {
				s.lines(ctx, writing, &next)
			}
		})
	}
	all.Wait()
}

// lines sends some messages with one command, and repeats the command until a server has taken
// all of them. When it repeats, it writes an empty line for each message that a server has taken.
// The command counts empty lines and does not send them, so the other lines keep their ids.
func (s *script) lines(ctx, writing context.Context, next *time.Time) {
	command := fmt.Sprintf("send --json --lines --id %s #%s", uuid.NewString(), floodName)
	in := &paced{ctx: writing, next: next}
	taken := s.taken(ctx, command, in)
	for in.lines > taken && ctx.Err() == nil {
		_ = testbed.Sleep(ctx, clients.AgainAfter)
		taken += s.taken(ctx, command, strings.NewReader(strings.Repeat("\n", taken)+strings.Repeat(line, in.lines-taken)))
	}
}

// taken runs a command at one of the nodes, and returns how many of its lines that has taken.
func (s *script) taken(ctx context.Context, command string, in io.Reader) (lines int) {
	_ = s.feed(ctx, s.nodes[s.chance(len(s.nodes))], command, in, func(a answer) bool {
		if a.Type == "sent" {
			s.history.answered(a.ID, a.Seq)
			lines++
		}
		return true
	})
	return lines
}

// restartUnderLoad restarts all nodes one after the other, while programs send as much as they can.
func restartUnderLoad(ctx context.Context, c *clusterRun) (string, error) {
	writing, end := context.WithCancel(ctx)
	defer end()
	began, before := time.Now(), c.history.answers()
	var flooding sync.WaitGroup
	flooding.Go(func() { c.script().flood(ctx, writing) })
	what, err := restartAll(ctx, c)
	rate := float64(c.history.answers()-before) / time.Since(began).Seconds()
	end()
	flooding.Wait()
	c.flooded = max(c.flooded, rate)
	return strings.Join([]string{what, fmt.Sprintf("with %.0f more messages a second", rate)}, ", "), errors.Join(err, ctx.Err())
}
