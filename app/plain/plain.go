// Package plain is the chat in lines of text, for screen readers, braille lines, slow links,
// terminals that cannot draw, and logs. It only appends lines: it sends no escape
// sequences, moves no cursor and draws nothing again. It says in words what the screen shows
// by signs and positions, and has a command for everything that the screen can do.
//
// One goroutine does everything for a session: it reads what the user types, carries it
// out, and writes what arrives. While the user is typing a line, what arrives waits in the
// session's mailbox, so that a typed line and a message never mix.
package plain

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/command/follow"
	"confab/app/service"
	"confab/app/text"
	"confab/tui/command"
	"confab/tui/screen"
	"confab/tui/setting"
)

// Options are what a session in plain mode needs.
type Options struct {
	Chat     *service.Session // which gets events
	Commands command.Chat
	In       io.Reader
	Out      io.Writer
	// Terminal says that the client has a terminal in raw mode. Then the session echoes the
	// keys of the user, and ends lines with CR and LF.
	Terminal bool
	Columns  int                // of the terminal
	Resized  <-chan screen.Size // receives its later sizes
	Open     chat.ConversationID
	Notice   string // a sentence to say at the start, "" for none
	Zone     *time.Location
	Now      func() time.Time
	// Alive asks the client whether it is still there. If so, it has ended In on purpose.
	Alive   func() bool
	OnError func(doing string, err error)
}

// Plain is a session in plain mode.
type Plain struct {
	o       Options
	out     printer
	line    editor
	follow  *follow.Follower
	set     setting.Set
	notices setting.Notices
	came    string // the stored place where the session before was

	here     visit
	before   chat.ConversationID   // the conversation that was open before
	listed   []chat.ConversationID // the conversations in the order in which they were last listed
	more     func(context.Context) error
	sending  map[uuid.UUID]bool // own messages whose arrival says "Sent"
	failed   *chat.NewMessage   // the message that could not be sent
	several  []string           // the lines of /lines so far; nil while no such message is written
	answered target             // what commands without a number mean, when the line was typed
	told     told               // what the user was told of
	said     time.Time          // the time in the last line with a time
	resyncs  map[chat.ConversationID]int

	untold  chat.Words // the texts of the host that the user was not shown before
	started bool
	entry   recall // the lines that the user has entered

	leaving bool // Ctrl+C was pressed in an empty line
	left    bool // the user leaves
}

// New makes a session in plain mode.
func New(o Options) *Plain {
	p := &Plain{o: o, sending: make(map[uuid.UUID]bool)}
	p.out = printer{w: o.Out, terminal: o.Terminal, columns: o.Columns}
	p.line = editor{terminal: o.Terminal, columns: o.Columns, write: p.out.echo}
	n := news{p}
	p.follow = follow.New(o.Chat, n.emit)
	p.follow.Begin, p.follow.Lost, p.follow.Reacted = n.begin, n.lost, n.reacted
	return p
}

// Run serves the user until they leave, and then returns 0. It returns 1 when the session
// or the connection has ended for another reason.
func (p *Plain) Run(ctx context.Context) (status int) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err := news{p}.start(ctx)
	if err == nil {
		err = p.serve(ctx)
	}
	select {
	case <-p.o.Chat.Mailbox().Ended():
	default:
		if err != nil && ctx.Err() == nil {
			p.say(p.explain("serving a session in plain mode", err))
		}
	}
	p.echoLine()
	if p.left && p.out.flush() == nil {
		return 0
	}
	_ = p.out.flush()
	return 1
}

// serve handles what comes until the session ends.
func (p *Plain) serve(ctx context.Context) error {
	typed := read(ctx, p.o.In)
	for !p.left {
		if err := p.out.flush(); err != nil {
			return nil // the client has gone
		}
		wake := p.o.Chat.Mailbox().Wake()
		if p.line.holds() {
			wake = nil // what arrives waits until the line is complete
		}
		select {
		case <-ctx.Done():
			return nil
		case <-p.o.Chat.Mailbox().Ended():
			return nil
		case size := <-p.o.Resized:
			p.out.columns, p.line.columns = size.W, size.W
		case piece, more := <-typed:
			if !more {
				return p.inputEnded(ctx)
			}
			if err := p.input(ctx, piece); err != nil {
				return err
			}
		case <-wake:
			if err := p.arrived(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// pieceSize is how much input is read at once. A paste that comes in one piece is
// recognized as such.
const pieceSize = 4096

// read reads the input in a goroutine of its own, which ends with the input, or after ctx.
func read(ctx context.Context, in io.Reader) <-chan []byte {
	pieces := make(chan []byte)
	go func() {
		defer close(pieces)
		room := make([]byte, pieceSize)
		for {
			n, err := in.Read(room)
			if n > 0 {
				select {
				case pieces <- bytes.Clone(room[:n]):
				case <-ctx.Done():
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	return pieces
}

// inputEnded is called when the client ends its input, or has gone.
func (p *Plain) inputEnded(ctx context.Context) error {
	if !p.o.Alive() {
		return nil
	}
	p.left = true
	if !p.o.Terminal && p.line.holds() {
		return p.entered(ctx)
	}
	return nil
}

// input handles a piece of input.
func (p *Plain) input(ctx context.Context, piece []byte) error {
	p.attend(ctx)
	p.line.begin(piece)
	for len(piece) > 0 && !p.left {
		var ev event
		var err error
		leaving := p.leaving
		p.leaving = false
		if piece, ev = p.line.feed(piece); ev == entered {
			err = p.entered(ctx)
		} else if ev != nothing {
			err = p.key(ctx, ev, leaving)
		}
		if err != nil {
			return err
		}
	}
	if p.line.pasting && p.line.pasted {
		p.echoLine()
		p.say("Pasted: " + text.Plural(bytes.Count(bytes.TrimSpace(p.line.typed), []byte("\n"))+1, "line") + ". Enter sends them as one message, Ctrl+U drops them.")
	}
	if p.line.holds() && p.line.typed[0] != '/' && p.here.id != 0 {
		p.o.Chat.Messages().Typing(p.here.id)
	}
	if !p.line.holds() {
		return p.arrived(ctx) // what waited while the line was there
	}
	return nil
}

// key handles a key that is no text.
func (p *Plain) key(ctx context.Context, ev event, leaving bool) error {
	empty := !p.line.holds()
	switch {
	case ev == reprint:
		p.echoLine()
		err := p.arrived(ctx)
		p.line.again()
		return err
	case ev == completed:
		p.complete(ctx)
	case ev == earlier || ev == later:
		if line, ok := p.entry.step(ev, string(p.line.typed)); ok {
			p.line.replace(0, line)
		}
	case ev == interrupted && !empty:
		p.line.take()
		p.out.echo("\n")
	case ev == interrupted && p.several != nil:
		p.several = nil
		p.say("The message is dropped.")
	case ev == interrupted && !leaving:
		p.leaving = true
		p.say("Ctrl+C again leaves, and so do Ctrl+D and /quit.")
	case empty: // Ctrl+D, or Ctrl+C again
		p.left = true
	}
	return nil
}

// echoLine ends the row in which the user is typing, if there is something in it.
func (p *Plain) echoLine() { p.line.breakRow() }

// entered handles a complete line.
func (p *Plain) entered(ctx context.Context) error {
	typed, dropped := p.line.take()
	if p.line.terminal && !dropped {
		p.entry.note(typed)
	}
	// Commands without a number are about what the user had seen when typing the line.
	p.answered = p.here.newest
	if err := p.arrived(ctx); err != nil {
		return err
	}
	if dropped {
		p.say("The line is too long: it can have " + strconv.Itoa(maxTyped) + " bytes. Nothing was done.")
		return nil
	}
	if p.several != nil {
		return actions{p}.nextLine(ctx, typed)
	}
	return p.carryOut(ctx, typed)
}

// arrived writes what waits in the mailbox.
func (p *Plain) arrived(ctx context.Context) error { return news{p}.take(ctx) }

// attend notes that the user is there: they have pressed a key. So they have read what was
// written before it (docs/receipts.md).
func (p *Plain) attend(ctx context.Context) {
	p.o.Chat.Attend()
	h := &p.here
	if h.id == 0 || h.unread || h.shown <= h.read {
		return
	}
	h.read = h.shown
	if h.thread == 0 {
		p.o.Chat.Receipts().MarkRead(h.id, h.read)
		return
	}
	if err := p.o.Chat.Threads().MarkThreadRead(ctx, h.id, h.thread, h.read); err != nil {
		p.explain("marking a thread as read", err)
	}
}

// explain returns an error in words for the user, and logs it if it is the server's fault.
func (p *Plain) explain(doing string, err error) string {
	if !chat.IsRefusal(err) {
		p.o.OnError(doing, err)
	}
	return hintText(err)
}

// say writes a text in lines of its own.
func (p *Plain) say(words string) { p.out.say(words) }

// Drafts returns what the user was typing when the session ended.
func (p *Plain) Drafts() map[chat.ConversationID]string {
	typed := text.Clean(strings.Join(append(p.several, string(p.line.typed)), "\n"))
	if typed == "" || typed[0] == '/' || p.here.id == 0 {
		return nil
	}
	return map[chat.ConversationID]string{p.here.id: typed}
}

// Place returns the value to store for the preference [setting.Place], or "" if the stored
// value is still right. It never asks for the welcome, which plain mode does not have.
func (p *Plain) Place() (place string, greets bool) {
	l := p.open()
	if l == nil {
		return "", false
	}
	place = l.UID.String() + " " + strconv.FormatInt(int64(p.here.shown), 10)
	if place == p.came {
		return "", false
	}
	return place, false
}
