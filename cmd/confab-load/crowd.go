package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// connectAtOnce is how many clients are in their handshakes at once: enough to keep
// the server busy, but so few that none waits long.
const connectAtOnce = 16

const (
	// quiet is the time without changes after which screens count as at rest.
	quiet = 300 * time.Millisecond
	// restTime bounds the wait for it.
	restTime = 10 * time.Second
)

// crowd is all clients.
type crowd struct {
	tally   *tally
	clients []*client
}

// gather connects a client for each account.
func gather(ctx context.Context, addr string, hostKey ssh.PublicKey, accounts []account, t *tally) (*crowd, error) {
	return gatherBy(ctx, dialTCP, addr, hostKey, accounts, t)
}

// gatherBy is gather in another way.
func gatherBy(ctx context.Context, dial dialer, addr string, hostKey ssh.PublicKey, accounts []account, t *tally) (*crowd, error) {
	c := &crowd{tally: t, clients: make([]*client, len(accounts))}
	err := each(ctx, len(accounts), connectAtOnce, func(ctx context.Context, i int) (err error) {
		c.clients[i], err = connectWith(ctx, way{dial: dial}, addr, hostKey, accounts[i], &t.views[i])
		return err
	})
	if err != nil {
		c.leave()
		return nil, err
	}
	return c, nil
}

// leave hangs up all clients, and returns when they have ended.
func (c *crowd) leave() {
	var leaving sync.WaitGroup
	for _, one := range c.clients {
		if one != nil { // nil for clients that never connected
			leaving.Go(func() {
				one.hangUp()
				<-one.ended
			})
		}
	}
	leaving.Wait()
}

// lost returns how many sessions have ended, and why one of them did.
func (c *crowd) lost() (n int, why error) {
	for _, one := range c.clients {
		select {
		case <-one.ended:
			n, why = n+1, one.err
		default:
		}
	}
	return n, why
}

// received returns how many bytes have arrived, for the terminals and on the wire.
func (c *crowd) received() (screen, wire int64) {
	for _, one := range c.clients {
		screen += one.screen.Load()
		wire += one.wire.in.Load()
	}
	return screen, wire
}

// rest waits until no screen changes, so that late frames are counted with their
// cause.
func (c *crowd) rest(ctx context.Context) error {
	for began := time.Now(); time.Since(began) < restTime; {
		before, _ := c.received()
		if err := sleep(ctx, quiet); err != nil {
			return err
		}
		if after, _ := c.received(); after == before {
			break
		}
	}
	return nil
}

// sendAndSettle sends a range of messages, and waits until all screens have them or
// it is clear that some won't. It returns how long the sending took.
func (c *crowd) sendAndSettle(ctx context.Context, from, to int) (took time.Duration, err error) {
	sending, cancel := context.WithTimeout(ctx, c.tally.lead()+c.tally.due(to-from)+patience)
	defer cancel()
	took, err = c.send(sending, from, to)
	if ctx.Err() != nil {
		return took, context.Cause(ctx)
	}
	if err != nil {
		return took, fmt.Errorf("the senders failed: %w", err)
	}
	if to == c.tally.messages {
		if err := c.tally.settle(ctx); err != nil {
			return took, err
		}
	}
	// The author's own screen, and its ✓, change after the others.
	return took, c.rest(ctx)
}

// send sends a range of messages when they are due, and returns how long that took,
// with the pause after the last.
func (c *crowd) send(ctx context.Context, from, to int) (time.Duration, error) {
	begin := time.Now().Add(c.tally.lead())
	err := each(ctx, c.tally.senders, c.tally.senders, func(ctx context.Context, sender int) error {
		return c.sendOf(ctx, sender, from, to, begin)
	})
	if err != nil {
		return 0, err
	}
	return time.Since(begin) + c.tally.interval, nil
}

// sendOf sends the messages of one sender. It types each message some time before
// sending it, because the measure is the time from Enter.
func (c *crowd) sendOf(ctx context.Context, sender, from, to int, begin time.Time) error {
	t, one := c.tally, c.clients[sender]
	for message := from; message < to; message++ {
		if t.author(message) != sender {
			continue
		}
		enter := begin.Add(t.due(message - from))
		if err := sleep(ctx, time.Until(enter.Add(-t.lead()))); err != nil {
			return err
		}
		if err := one.press(words(message)); err != nil {
			return fmt.Errorf("typing: %w", err)
		}
		if err := sleep(ctx, time.Until(enter)); err != nil {
			return err
		}
		t.entered(message)
		if err := one.press(keyEnter); err != nil {
			return fmt.Errorf("sending: %w", err)
		}
	}
	return nil
}

// sleep waits for a time. If ctx ends first, it returns an error.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
