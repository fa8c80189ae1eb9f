// Package bot is for programs that chat on a confab server. It needs only the stock ssh, and the key
// of a bot account: the host makes one with "confab users add --bot NAME KEY.pub".
//
//	b := bot.Open(bot.Options{Host: "chat.example.org"})
//	defer b.Close()
//	for {
//		e, err := b.Next(ctx)
//		if err != nil {
//			return err
//		}
//		if m := e.Message; m != nil && m.Text == "ping" && !m.Author.Bot {
//			err := b.Send(ctx, bot.Post{ID: bot.AnswerID(m.ID), Target: m.Conversation.ID, ReplyTo: m.ID, Text: "pong"})
//			...
//		}
//	}
//
// A Bot connects again whenever the connection breaks, and continues after the last message that it
// has received. So [Bot.Next] returns each message once, in the order of the server. A program that
// wants the same across its own restarts keeps the id of the last message that it has dealt with, and
// gives it to [Options].Since.
//
// docs/scripting.md describes the commands and events. The package imports nothing of the server, so
// programs outside this module can have a copy of its folder.
package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/google/uuid"
)

var (
	// ErrClosed is returned after [Bot.Close].
	ErrClosed = errors.New("the bot is closed")
	// ErrDisconnected is returned by [Bot.Do] if the connection ended before the server acknowledged
	// the command. The server may have carried it out.
	ErrDisconnected = errors.New("the connection ended before the command was acknowledged")
	// ErrSince is returned if the server does not have the message of [Options].Since, for example
	// because it has expired. Open a bot without it, or with the id of another message.
	ErrSince = errors.New("the server does not have the message after which to continue")
)

// Refusal is the error of a command that the server has refused.
type Refusal struct {
	Status int    // 1: refused, 2: the command is wrong, 4: not found
	Text   string // why, for people
}

func (r *Refusal) Error() string { return r.Text }

// Options say what a bot connects to. Only Host is needed.
type Options struct {
	Host string // as for ssh
	// SSH is the command that comes before HOST, with its arguments. By default, it is ssh with
	// ServerAliveInterval, so that it notices when the connection is dead.
	SSH   []string
	Since string // the id of the message after which to begin. By default, only new messages come.
	Own   bool   // also return the messages and reactions of the bot's own account
	// SendOnly is for a bot that does not call [Bot.Next]. Events are thrown away.
	SendOnly bool
	// Log is told when a connection ends, and why. By default, it is [slog.Default].
	Log *slog.Logger
}

// maxWaiting is how many events a bot holds that were not asked for. With more, it stops reading, and
// new messages wait on the server.
const maxWaiting = 200

// Bot is a connection that is made again whenever it breaks. Several goroutines may use it.
type Bot struct {
	options Options
	end     context.CancelFunc
	ended   chan struct{}
	turn    chan struct{} // whoever has put something in may run a command

	mu      sync.Mutex
	changed sync.Cond // that anything below has changed
	waiting []Event   // for Next
	since   string    // the last message that was received
	begun   bool      // a connection was ready
	conn    *connection
	asked   *question
	over    error // why there will be no further connection
}

// question is a command that was written.
type question struct {
	id      string
	answers []Event
	ack     *head // the last line of the answer
}

// Open begins to connect, and returns at once.
func Open(o Options) *Bot {
	if len(o.SSH) == 0 {
		o.SSH = []string{"ssh", "-T", "-o", "ServerAliveInterval=30"}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	ctx, end := context.WithCancel(context.Background())
	b := &Bot{options: o, end: end, ended: make(chan struct{}), turn: make(chan struct{}, 1), since: o.Since}
	b.changed.L = &b.mu
	go b.run(ctx)
	return b
}

// Close ends the connection.
func (b *Bot) Close() {
	b.end()
	<-b.ended
}

// Next returns the next event, and waits for it. It fails only if ctx ends, the bot is closed, or the
// server does not accept what the bot asks for.
func (b *Bot) Next(ctx context.Context) (Event, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.wait(ctx, func() bool { return len(b.waiting) > 0 || b.over != nil }); err != nil {
		return Event{}, err
	}
	if len(b.waiting) == 0 {
		return Event{}, b.over
	}
	next := b.waiting[0]
	b.waiting[0] = Event{} // the array may live on
	b.waiting = b.waiting[1:]
	b.changed.Broadcast()
	return next, nil
}

// Do runs a command, such as Do(ctx, "", "react", id, ":tada:"), and returns what it writes. text is
// its standard input. While there is no connection, it waits for one. A command that the server
// refuses fails with a [*Refusal].
func (b *Bot) Do(ctx context.Context, text string, run ...string) ([]Event, error) {
	select {
	case b.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-b.turn }()
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.wait(ctx, func() bool { return b.conn != nil || b.over != nil }); err != nil {
		return nil, err
	}
	if b.over != nil {
		return nil, b.over
	}
	conn, asked := b.conn, &question{id: uuid.NewString()}
	b.asked = asked
	b.changed.Broadcast() // the connection reads on, even if nobody calls Next
	defer func() { b.asked = nil }()
	b.mu.Unlock()
	err := conn.write(asked.id, text, run)
	b.mu.Lock()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisconnected, err)
	}
	if err := b.wait(ctx, func() bool { return asked.ack != nil || b.conn != conn }); err != nil {
		return nil, err
	}
	switch {
	case asked.ack == nil:
		return nil, ErrDisconnected
	case asked.ack.Status != 0:
		return asked.answers, &Refusal{asked.ack.Status, asked.ack.Text}
	}
	return asked.answers, nil
}

// Post is a message to send.
type Post struct {
	Target string // #name, @name, or the id of a conversation
	Text   string
	// ID is the id for the message, a UUID. The server posts only one message with it. By default,
	// it is a new one.
	ID      string
	ReplyTo string // the id of the message that it answers
	Thread  string // the id of a message of the thread in which it is a reply
}

// Send posts a message and returns when it is on the server's disk. If the connection breaks, it sends
// the message again, and the server posts it once.
func (b *Bot) Send(ctx context.Context, p Post) error {
	if p.ID == "" {
		p.ID = uuid.NewString()
	}
	run := []string{"send", "--id", p.ID}
	if p.ReplyTo != "" {
		run = append(run, "--reply", p.ReplyTo)
	}
	if p.Thread != "" {
		run = append(run, "--thread", p.Thread)
	}
	for run = append(run, "--", p.Target); ; {
		if _, err := b.Do(ctx, p.Text, run...); !errors.Is(err, ErrDisconnected) {
			return err
		}
	}
}

// AnswerID derives an id for the answer to a message from the id of the message. So if a bot answers
// a message twice, the server posts only one answer.
func AnswerID(message string) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("confab:answer:"+message)).String()
}

// wait waits until ok reports true, with mu held. It fails if ctx ends first.
func (b *Bot) wait(ctx context.Context, ok func() bool) error {
	stop := context.AfterFunc(ctx, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.changed.Broadcast()
	})
	defer stop()
	for !ok() {
		if err := ctx.Err(); err != nil {
			return err
		}
		b.changed.Wait()
	}
	return nil
}
