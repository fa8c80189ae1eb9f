package screen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
)

const (
	// readSize is the number of bytes read at once. It is held all the time.
	readSize = 1 << 10
	// maxRound is the number of events taken before a frame is drawn, so that
	// a flood of them cannot keep the screen from changing.
	maxRound = 64
	// maxRaw bounds what commands ask to write beside the frames. More is dropped while
	// the client takes nothing. A clipboard of 74 kB, which some terminals take, fits.
	maxRaw = 128 << 10
)

// Keys are messages of [Input] that came together, at most [maxKeys] of them, so
// that a model can lay out once for all of them. One that comes alone is handed
// over as it is.
type Keys []tea.Msg

// maxKeys is after how many keys the loop looks whether the session has ended.
const maxKeys = 64

// event is what another goroutine tells the loop: one of these.
type event struct {
	keys []byte // read; they are of the reader until it gets an ack
	msg  tea.Msg
	err  error // ends the loop
}

// session is one run of a model. All is of the loop's goroutine but the
// channels.
type session struct {
	model Model
	opts  Options

	events chan event
	ack    chan time.Duration // the reader may go on, after so long
	wrote  chan error         // the end of a write, if it is awaited or an error
	way    atomic.Int32       // how far the write is
	done   chan struct{}      // closed after the loop

	in      Input
	out     Writer
	asking  asking
	names   terminalNames
	learned bool             // how wide the terminal draws, which the model is to be told
	pending <-chan time.Time // for in's timeout; nil while nothing is pending
	timer   *time.Timer

	size, resized Size // as the model knows it, and as it will
	raw           []byte
	buffer        *[]byte // what is written; of the writer meanwhile
	dirty         bool    // something happened since the last frame
	typed         bool    // a key, among others
	entered       bool    // the terminal has been prepared
	writing       bool    // as far as the loop knows
	waiting       bool    // for the end of it
	broken        bool    // Out takes no more bytes
	quit          bool
}

func newSession(model Model, opts Options) *session {
	if opts.Go == nil {
		opts.Go = func(f func()) { go f() }
	}
	if opts.Budget == nil {
		opts.Budget = NewBudget()
	}
	if opts.Hold == nil {
		opts.Hold = func(bool) {}
	}
	return &session{
		model:   model,
		opts:    opts,
		events:  make(chan event),
		ack:     make(chan time.Duration),
		wrote:   make(chan error, 1), // the writer never stays for the loop
		done:    make(chan struct{}),
		names:   terminalNames{program: opts.Program, term: opts.Term},
		resized: opts.Size.within(Size{defaultWidth, defaultHeight}),
	}
}

// loop runs the model until it ends.
func (s *session) loop(ctx context.Context) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	s.out.SetASCII(s.opts.Charset != UTF8)
	s.raw = s.out.AppendEnter(s.raw)
	s.ask()
	first := s.model.Init()
	if err := s.resize(); err != nil {
		return err
	}
	s.start(first)
	for {
		select {
		case err := <-s.wrote:
			// Looked at first: under a flood of events it would otherwise win
			// the select in wait only now and then, and frames would be rare.
			if err := s.written(err); err != nil {
				return err
			}
		default:
		}
		if err := s.draw(); err != nil || s.quit {
			return err
		}
		if err := s.wait(ctx); err != nil || s.quit {
			return err
		}
		for range maxRound {
			if more, err := s.poll(ctx); err != nil || s.quit {
				return err
			} else if !more {
				break
			}
		}
	}
}

// wait blocks until something happens and handles it.
func (s *session) wait(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case ev := <-s.events:
		return s.handle(ctx, ev)
	case _, ok := <-s.opts.Wake:
		return s.wake(ok)
	case z, ok := <-s.opts.Resize:
		s.note(z, ok)
	case <-s.pending:
		s.pending = nil
		return s.expire(ctx)
	case <-s.asking.late:
		s.silent()
	case err := <-s.wrote:
		return s.written(err)
	}
	return nil
}

// poll handles one more event if there is one.
func (s *session) poll(ctx context.Context) (bool, error) {
	select {
	case ev := <-s.events:
		return true, s.handle(ctx, ev)
	case _, ok := <-s.opts.Wake:
		return true, s.wake(ok)
	case z, ok := <-s.opts.Resize:
		s.note(z, ok)
		return true, nil
	default:
		return false, nil
	}
}

func (s *session) handle(ctx context.Context, ev event) error {
	switch {
	case ev.err != nil:
		return ev.err
	case ev.keys == nil:
		return s.message(ev.msg)
	}
	begun := time.Now()
	msgs := s.in.Feed(ev.keys)
	err := s.keys(ctx, msgs)
	if err != nil || s.quit {
		return err // what else was typed is dropped
	}
	now := time.Now()
	s.ack <- s.opts.Budget.spend(now, costOf(msgs, now.Sub(begun)))
	return nil
}

// keys hands on keys, and sets the timer for an incomplete one. It looks again and
// again whether the session has ended meanwhile: there may be many keys, and nobody is
// there to see their effect.
func (s *session) keys(ctx context.Context, msgs []tea.Msg) error {
	if s.pending != nil {
		s.timer.Stop()
		s.timer, s.pending = nil, nil
	}
	if d := s.in.Timeout(); d > 0 {
		s.timer = time.NewTimer(d)
		s.pending = s.timer.C
	}
	msgs = s.reported(msgs)
	if s.learned {
		s.learned = false
		if err := s.update(WidthsMsg(s.asking.widths)); err != nil {
			return err
		}
	}
	s.typed = s.typed || len(msgs) > 0
	for len(msgs) > 0 && !s.quit {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		select {
		case _, ok := <-s.opts.Wake:
			if err := s.wake(ok); err != nil {
				return err
			}
		default:
		}
		n := min(len(msgs), maxKeys)
		msg := msgs[0]
		if n > 1 {
			msg = Keys(msgs[:n])
		}
		if err := s.update(msg); err != nil {
			return err
		}
		msgs = msgs[n:]
	}
	return nil
}

// expire takes what is pending for whole, unless the rest of it has come while
// the loop was busy.
func (s *session) expire(ctx context.Context) error {
	select {
	case ev := <-s.events:
		if err := s.handle(ctx, ev); err != nil || ev.keys != nil {
			return err
		}
	default:
	}
	return s.keys(ctx, s.in.Flush())
}

func (s *session) wake(ok bool) error {
	if !ok {
		s.opts.Wake = nil
		return nil
	}
	if s.opts.Take == nil {
		return nil
	}
	return s.message(s.opts.Take())
}

// note remembers a size. The model is told when it can be drawn: it need not
// lay out sizes that nobody sees.
func (s *session) note(z Size, ok bool) {
	if !ok {
		s.opts.Resize = nil
		return
	}
	s.resized = z.within(s.resized)
}

// message handles a message of a command or of Take.
func (s *session) message(msg tea.Msg) error {
	switch msg := msg.(type) {
	case nil:
		return nil
	case tea.QuitMsg:
		s.quit = true
		return nil
	case tea.BatchMsg:
		for _, cmd := range msg {
			s.start(cmd)
		}
		return nil
	case Notification:
		if len(s.raw) < maxRaw {
			s.raw = appendNotification(s.raw, msg, s.names, s.opts.Charset != UTF8)
			s.dirty = true
		}
		return nil
	case tea.RawMsg:
		if raw := fmt.Sprint(msg.Msg); len(s.raw)+len(raw) <= maxRaw {
			s.raw = append(s.raw, raw...)
			s.dirty = true
		}
		return nil
	}
	if msg == tea.ClearScreen() { // its type has no exported name
		s.out.Invalidate()
		s.dirty = true
		return nil
	}
	return s.update(msg)
}

func (s *session) update(msg tea.Msg) error {
	next, cmd := s.model.Update(msg)
	model, ok := next.(Model)
	if !ok {
		return fmt.Errorf("screen: Update returned a %T, which gives no frame", next)
	}
	s.model = model
	s.dirty = true
	s.start(cmd)
	return nil
}

// resize tells the model the size that was last noted.
func (s *session) resize() error {
	if s.resized == s.size {
		return nil
	}
	s.size = s.resized
	return s.update(tea.WindowSizeMsg{Width: s.size.W, Height: s.size.H})
}

// start runs a command.
func (s *session) start(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() {
		ev := result(cmd)
		if ev.msg == nil && ev.err == nil {
			return
		}
		select {
		case s.events <- ev:
		case <-s.done:
		}
	}()
}

func result(cmd tea.Cmd) (ev event) {
	defer func() {
		if v := recover(); v != nil {
			ev = event{err: &PanicError{Value: v, Stack: debug.Stack()}}
		}
	}()
	return event{msg: cmd()}
}

// read brings the keys to the loop. It ends with In, or with the loop and a
// last read.
func (s *session) read() {
	buf := make([]byte, readSize)
	held := hold{set: s.opts.Hold}
	defer held.end()
	for {
		read := held.reading()
		n, err := s.opts.In.Read(buf)
		read()
		if n > 0 {
			select {
			case s.events <- event{keys: buf[:n]}:
			case <-s.done:
				return
			}
			select {
			case wait := <-s.ack:
				if wait > 0 {
					held.begin()
					if !s.pause(wait) {
						return
					}
				}
			case <-s.done:
				return
			}
		}
		if err != nil {
			select {
			case s.events <- event{err: disconnected(err)}:
			case <-s.done:
			}
			return
		}
	}
}

func disconnected(err error) error {
	if errors.Is(err, io.EOF) {
		return ErrDisconnected
	}
	return fmt.Errorf("%w: %w", ErrDisconnected, err)
}
