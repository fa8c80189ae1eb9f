// Package away runs a program of the host's for messages that people want to hear of while
// they are not connected.
package away

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"
)

// Notice says that a message came for somebody who is not connected. The program gets it as
// one line of JSON on its standard input. docs/away.schema.json describes it.
type Notice struct {
	V            int       `json:"v"`
	Type         string    `json:"type"`
	At           time.Time `json:"at"`
	To           string    `json:"to"`           // a handle
	From         string    `json:"from"`         // a handle
	Reason       string    `json:"reason"`       // direct or mention
	Conversation string    `json:"conversation"` // #name, or @from
	ID           string    `json:"id"`           // of the message
	Text         string    `json:"text,omitempty"`
}

const (
	// Programs is how many programs run at the same time.
	Programs = 4
	// patience is how long a program may run.
	patience = 30 * time.Second
	// lastWords is how much of its standard error the log gets.
	lastWords = 200
)

// Runner runs the program. Several goroutines may call its methods.
type Runner struct {
	log      *slog.Logger
	program  atomic.Pointer[string]
	patience time.Duration
	free     chan struct{}
	running  sync.WaitGroup

	told, failed, dropped atomic.Int64

	mu    sync.Mutex
	cause string // why the last program failed, "" after one that did not
}

// New makes a runner without a program, which drops all notices.
func New(log *slog.Logger) *Runner {
	r := &Runner{log: log, patience: patience, free: make(chan struct{}, Programs)}
	r.Use("")
	return r
}

// Use sets the path of the program. For "", nothing is run.
func (r *Runner) Use(program string) { r.program.Store(&program) }

// On reports whether there is a program.
func (r *Runner) On() bool { return r != nil && *r.program.Load() != "" }

// Dropped counts a message for which there was no room.
func (r *Runner) Dropped() { r.dropped.Add(1) }

// Counts returns how many programs ended well and how many failed, and how many messages were
// dropped because too many waited. They are 0 for a nil runner.
func (r *Runner) Counts() (told, failed, dropped int64) {
	if r == nil {
		return 0, 0, 0
	}
	return r.told.Load(), r.failed.Load(), r.dropped.Load()
}

// Tell runs the program for a notice, when fewer than [Programs] are running. It returns when
// the program has started, or when ctx ends. The end of ctx also ends the program.
func (r *Runner) Tell(ctx context.Context, n Notice) {
	select {
	case r.free <- struct{}{}:
	case <-ctx.Done():
		return
	}
	r.running.Go(func() {
		defer func() { <-r.free }()
		r.note(ctx, r.run(ctx, n))
	})
}

// Wait returns when no program is running.
func (r *Runner) Wait() { r.running.Wait() }

// run runs the program, without a shell and without arguments.
func (r *Runner) run(ctx context.Context, n Notice) error {
	line, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("writing a notice: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, r.patience)
	defer cancel()
	var said head
	c := exec.CommandContext(ctx, *r.program.Load())
	c.Stdin, c.Stderr = bytes.NewReader(append(line, '\n')), &said
	c.WaitDelay = time.Second // for processes that the program has left behind
	ownGroup(c)
	err = c.Run()
	switch {
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("it did not end within %s and was stopped", r.patience)
	case err != nil && len(said.text) > 0:
		return fmt.Errorf("%w: %q", err, said.text)
	}
	return err
}

// note counts the end of a program, and logs why it failed unless that is in the log already.
func (r *Runner) note(ctx context.Context, err error) {
	if err == nil {
		r.told.Add(1)
	} else if ctx.Err() == nil {
		r.failed.Add(1)
	} else {
		return // the server is stopping
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	cause := ""
	if err != nil {
		cause = err.Error()
	}
	switch {
	case cause == r.cause:
	case cause != "":
		r.log.Warn("the program that tells people of messages has failed; it is not logged again while the cause is the same", "program", *r.program.Load(), "why", cause)
	default:
		r.log.Info("the program that tells people of messages works again", "program", *r.program.Load())
	}
	r.cause = cause
}

// head keeps the beginning of what is written to it.
type head struct{ text []byte }

// Write implements io.Writer.
func (t *head) Write(p []byte) (int, error) {
	t.text = append(t.text, p[:min(len(p), lastWords-len(t.text))]...)
	return len(p), nil
}
