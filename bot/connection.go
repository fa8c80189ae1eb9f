package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// The time before a bot connects again doubles with each attempt that fails.
const (
	firstPause = time.Second
	maxPause   = 30 * time.Second
)

// partingTime is how long ssh has to end by itself.
const partingTime = 5 * time.Second

// connection is one "ssh HOST bot".
type connection struct {
	in io.WriteCloser
}

// write writes a command. It may block until the answer to an earlier one was read.
func (c *connection) write(id, text string, run []string) error {
	return json.NewEncoder(c.in).Encode(struct {
		ID   string   `json:"id"`
		Run  []string `json:"run"`
		Text string   `json:"text,omitempty"`
	}{id, run, text})
}

// run connects again and again, until ctx ends or the server cannot serve the bot.
func (b *Bot) run(ctx context.Context) {
	defer close(b.ended)
	pause := firstPause
	for {
		ready, err := b.connect(ctx)
		switch {
		case ctx.Err() != nil:
			err = ErrClosed
		case errors.Is(err, ErrSince) && b.begun:
			// The bot was connected, and has missed what was posted before its last message expired.
			b.options.Log.Warn("the last message is no longer on the server: continuing with new ones", "host", b.options.Host)
			b.since = ""
			continue
		case errors.Is(err, ErrSince), errors.As(err, new(*Refusal)), errors.Is(err, exec.ErrNotFound):
		default:
			if ready {
				pause = firstPause
			}
			b.options.Log.Warn("the connection has ended", "host", b.options.Host, "error", err, "again_in", pause)
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
			pause = min(2*pause, maxPause)
			continue
		}
		b.mu.Lock()
		b.over = err
		b.changed.Broadcast()
		b.mu.Unlock()
		return
	}
}

// connect serves one connection until it ends. It reports whether it was ready, and why it ended.
func (b *Bot) connect(ctx context.Context) (ready bool, err error) {
	args := append(b.options.SSH[1:len(b.options.SSH):len(b.options.SSH)], b.options.Host, "bot")
	if b.since != "" {
		args = append(args, "--since", b.since)
	}
	if b.options.Own {
		args = append(args, "--own")
	}
	ssh := exec.CommandContext(ctx, b.options.SSH[0], args...)
	said := &tail{}
	ssh.Stderr = said
	out, err := ssh.StdoutPipe()
	if err != nil {
		return false, err
	}
	in, err := ssh.StdinPipe()
	if err != nil {
		return false, err
	}
	ssh.Cancel, ssh.WaitDelay = in.Close, partingTime
	if err := ssh.Start(); err != nil {
		return false, fmt.Errorf("starting ssh: %w", err)
	}
	c := &connection{in}
	ready, read := b.read(ctx, c, out)
	b.mu.Lock()
	b.conn = nil
	b.changed.Broadcast()
	b.mu.Unlock()
	_ = in.Close()
	err = ssh.Wait()
	status := ssh.ProcessState.ExitCode()
	switch {
	case read != nil:
		return ready, read
	case !ready && status == 4:
		return false, ErrSince
	case !ready && status == 2:
		return false, &Refusal{status, said.String()}
	case said.String() != "":
		return ready, errors.New(said.String())
	}
	return ready, err
}

// read takes what the server writes, until the connection ends. If it returns an error, the server
// has told why, or has written what is not JSON.
func (b *Bot) read(ctx context.Context, c *connection, out io.Reader) (ready bool, err error) {
	for lines := json.NewDecoder(out); ; {
		var line json.RawMessage
		if err := lines.Decode(&line); err != nil {
			if errors.As(err, new(*json.SyntaxError)) {
				return ready, fmt.Errorf("this is not a confab server: %w", err)
			}
			return ready, nil // ssh knows why
		}
		h, e, err := parse(line)
		if err != nil {
			return ready, err
		}
		if h.Type == "end" {
			return ready, errors.New(h.Reason)
		}
		ready = ready || h.Type == "ready"
		b.take(ctx, c, h, e)
	}
}

// take passes a line on to those who wait for it.
func (b *Bot) take(ctx context.Context, c *connection, h head, e Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.changed.Broadcast()
	switch {
	case h.Type == "ready":
		b.conn, b.begun = c, true
		if b.since == "" && !b.options.SendOnly {
			b.since = e.Ready.Cursor
		}
	case h.For != "" && (b.asked == nil || b.asked.id != h.For):
		return // nobody waits for the answer any longer
	case h.Type == "ack":
		if b.asked != nil {
			b.asked.ack = &h
		}
		return
	case h.For != "":
		b.asked.answers = append(b.asked.answers, e)
		return
	case e.Message != nil && !b.options.SendOnly:
		b.since = e.Message.ID
	}
	if b.options.SendOnly {
		return
	}
	b.waiting = append(b.waiting, e)
	// While a command waits for its answer, the bot reads on, because the answer comes after these events.
	// The error is that ctx has ended, which the caller sees.
	_ = b.wait(ctx, func() bool { return len(b.waiting) < maxWaiting || b.asked != nil })
}

// tail keeps the end of what is written to it.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	const most = 1000
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-most):]
	return len(p), nil
}

// String returns the last line.
func (t *tail) String() string {
	text := strings.TrimSpace(string(t.text))
	return strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:])
}
