package clients

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"confab/cmd/confab-load/testbed"
)

// ConnectAtOnce is how many clients are in their handshakes at once: enough to keep
// the server busy, but so few that none waits long.
const ConnectAtOnce = 16

const (
	// quiet is the time without changes after which screens count as at rest.
	quiet = 300 * time.Millisecond
	// restTime bounds the wait for it.
	restTime = 10 * time.Second
)

// Crowd is all clients.
type Crowd struct {
	Tally   *Tally
	Clients []*Client
}

// Gather connects a client for each account.
func Gather(ctx context.Context, addr string, hostKey ssh.PublicKey, accounts []testbed.Account, t *Tally) (*Crowd, error) {
	return GatherBy(ctx, DialTCP, addr, hostKey, accounts, t)
}

// GatherBy is [Gather] in another way.
func GatherBy(ctx context.Context, dial Dialer, addr string, hostKey ssh.PublicKey, accounts []testbed.Account, t *Tally) (*Crowd, error) {
	c := &Crowd{Tally: t, Clients: make([]*Client, len(accounts))}
	err := testbed.Each(ctx, len(accounts), ConnectAtOnce, func(ctx context.Context, i int) (err error) {
		c.Clients[i], err = ConnectWith(ctx, Way{Dial: dial}, addr, hostKey, accounts[i], &t.Views[i])
		return err
	})
	if err != nil {
		c.Leave()
		return nil, err
	}
	return c, nil
}

// Leave hangs up all clients, and returns when they have ended.
func (c *Crowd) Leave() {
	var leaving sync.WaitGroup
	for _, one := range c.Clients {
		if one != nil { // nil for clients that never connected
			leaving.Go(func() {
				one.HangUp()
				<-one.Ended
			})
		}
	}
	leaving.Wait()
}

// Lost returns how many sessions have ended, and why one of them did.
func (c *Crowd) Lost() (n int, why error) {
	for _, one := range c.Clients {
		select {
		case <-one.Ended:
			n, why = n+1, one.err
		default:
		}
	}
	return n, why
}

// Received returns how many bytes have arrived, for the terminals and on the wire.
func (c *Crowd) Received() (screen, wire int64) {
	for _, one := range c.Clients {
		screen += one.screen.Load()
		wire += one.wire.in.Load()
	}
	return screen, wire
}

// Rest waits until no screen changes, so that late frames are counted with their
// cause.
func (c *Crowd) Rest(ctx context.Context) error {
	for began := time.Now(); time.Since(began) < restTime; {
		before, _ := c.Received()
		if err := testbed.Sleep(ctx, quiet); err != nil {
			return err
		}
		if after, _ := c.Received(); after == before {
			break
		}
	}
	return nil
}

// SendAndSettle sends a range of messages, and waits until all screens have them or
// it is clear that some won't. It returns how long the sending took.
func (c *Crowd) SendAndSettle(ctx context.Context, from, to int) (took time.Duration, err error) {
	sending, cancel := context.WithTimeout(ctx, c.Tally.Lead()+c.Tally.due(to-from)+testbed.Patience)
	defer cancel()
	took, err = c.Send(sending, from, to)
	if ctx.Err() != nil {
		return took, context.Cause(ctx)
	}
	if err != nil {
		return took, fmt.Errorf("the senders failed: %w", err)
	}
	if to == c.Tally.Messages {
		if err := c.Tally.settle(ctx); err != nil {
			return took, err
		}
	}
	// The author's own screen, and its ✓, change after the others.
	return took, c.Rest(ctx)
}

// Send sends a range of messages when they are due, and returns how long that took,
// with the pause after the last.
func (c *Crowd) Send(ctx context.Context, from, to int) (time.Duration, error) {
	begin := time.Now().Add(c.Tally.Lead())
	err := testbed.Each(ctx, c.Tally.Senders, c.Tally.Senders, func(ctx context.Context, sender int) error {
		return c.sendOf(ctx, sender, from, to, begin)
	})
	if err != nil {
		return 0, err
	}
	return time.Since(begin) + c.Tally.pause(), nil
}

// sendOf sends the messages of one sender. It types each message some time before
// sending it, because the measure is the time from Enter.
func (c *Crowd) sendOf(ctx context.Context, sender, from, to int, begin time.Time) error {
	t, one := c.Tally, c.Clients[sender]
	for message := from; message < to; message++ {
		if t.author(message) != sender {
			continue
		}
		enter := begin.Add(t.due(message - from))
		if err := testbed.Sleep(ctx, time.Until(enter.Add(-t.Lead()))); err != nil {
			return err
		}
		if err := one.Press(Words(message)); err != nil {
			return fmt.Errorf("typing: %w", err)
		}
		if err := testbed.Sleep(ctx, time.Until(enter)); err != nil {
			return err
		}
		t.entered(message)
		if err := one.Press(KeyEnter); err != nil {
			return fmt.Errorf("sending: %w", err)
		}
	}
	return nil
}
