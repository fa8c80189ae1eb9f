package screen

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
)

const (
	// keptRead is the size of the read buffer that each session keeps, in bytes: enough for
	// keys. A buffer of readSize reads the rest of a paste.
	keptRead, readSize = 256, 1 << 10
	// maxRound is the number of events that are handled before a frame is drawn, so that a
	// flood of events cannot stop the screen from changing.
	maxRound = 64
	// maxRaw bounds the bytes that commands write beside the frames. While the client reads
	// nothing, bytes beyond that are dropped. A clipboard of 74 kB, the largest that some
	// terminals accept, fits.
	maxRaw = 128 << 10
)

// Keys has messages of [Input] that came together, at most [maxKeys], so that a model can
// lay out once for all of them. A single message is passed on as it is.
type Keys []tea.Msg

// maxKeys is the number of keys after which the loop checks whether the session has ended.
const maxKeys = 64

// event is a message from another goroutine to the loop. It has one of these fields.
type event struct {
	keys []byte // were read; the reader reuses them after the ack
	msg  tea.Msg
	err  error // ends the loop
}

// session is one run of a model. Everything except the channels belongs to the goroutine of
// the loop. That may be another one after a write (see [session.write]).
type session struct {
	model Model
	opts  Options

	events chan *event
	input  event              // with keys; it belongs to the reader until they are sent, and again after the ack
	ack    chan time.Duration // lets the reader go on after that time
	wrote  chan error         // the end of a write after the loop has parted from it
	way    atomic.Int32       // the state of the write
	alarm  *time.Timer        // calls part
	done   chan struct{}      // closed after the loop

	ctx   context.Context
	ended <-chan struct{} // is ctx.Done()
	then  func(Model, error)

	in      Input
	out     Writer
	asking  asking
	names   terminalNames
	pending <-chan time.Time // for in's timeout; nil while nothing is pending
	timer   *time.Timer

	size, resized Size // the size that the model knows, and the next one
	raw           []byte
	dirty         bool // something happened since the last frame
	typed         bool // a key has come since the last frame
	entered       bool // the terminal has been prepared
	writing       bool // a write is under way in another goroutine
	broken        bool // Out accepts no more bytes
	pictured      bool // the terminal has a picture
	begun         bool // the model has been started
	quit          bool
}

// newSession does not become a part of [Start], which should need little stack.
//
//go:noinline
func newSession(ctx context.Context, model Model, opts *Options, then func(Model, error)) *session {
	s := &session{
		ctx:     ctx,
		ended:   ctx.Done(),
		then:    then,
		model:   model,
		opts:    *opts,
		events:  make(chan *event),
		ack:     make(chan time.Duration),
		wrote:   make(chan error, 1), // the writer never waits for the loop
		done:    make(chan struct{}),
		names:   terminalNames{program: opts.Program, term: opts.Term},
		resized: opts.Size.within(Size{defaultWidth, defaultHeight}),
	}
	if s.opts.Budget == nil {
		s.opts.Budget = NewBudget()
	}
	if s.opts.Hold == nil {
		s.opts.Hold = func(bool) {}
	}
	if s.opts.Batch == nil {
		s.opts.Batch = func(bool) {}
	}
	return s
}

// run runs the loop, and ends the session after it, unless another goroutine goes on with it.
func (s *session) run() {
	err := s.loop()
	if err == errParted {
		return
	}
	close(s.done)
	s.leave()
	s.then(s.model, err)
}

// loop runs the model until it ends.
func (s *session) loop() (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	if !s.begun {
		if err := s.begin(); err != nil || s.quit {
			return err
		}
	}
	for {
		if err := s.wait(); err != nil || s.quit {
			return err
		}
		if err := s.goOn(); err != nil || s.quit {
			return err
		}
	}
}

// begin starts the model, and draws the first frame.
//
//go:noinline
func (s *session) begin() error {
	s.begun = true
	s.out.SetASCII(s.opts.Charset != UTF8)
	s.raw = s.out.AppendEnter(s.raw)
	s.ask()
	first := s.model.Init()
	if err := s.resize(); err != nil {
		return err
	}
	s.start(first)
	return s.draw()
}

// goOn handles what else has happened, and draws a frame.
//
//go:noinline
func (s *session) goOn() error {
	for range maxRound {
		if more, err := s.poll(); err != nil || s.quit {
			return err
		} else if !more {
			break
		}
	}
	select {
	case err := <-s.wrote:
		// The end of a write is checked first. Under a flood of events it would
		// otherwise win the select in wait only now and then, and frames would be rare.
		if err := s.written(err); err != nil {
			return err
		}
	default:
	}
	return s.draw()
}

// wait blocks until something happens and handles it. A session waits here most of the time.
// So this function, loop, run and Start need little stack, and leave all else to other functions.
func (s *session) wait() error {
	select {
	case <-s.ended:
		return context.Cause(s.ctx) // at once, whatever else waits
	default:
	}
	var wrote <-chan error // nil costs nothing
	if s.writing {
		wrote = s.wrote
	}
	select {
	case <-s.ended:
		return context.Cause(s.ctx)
	case ev := <-s.events:
		return s.handle(ev)
	case _, ok := <-s.opts.Wake:
		return s.wake(ok)
	case z, ok := <-s.opts.Resize:
		s.note(z, ok)
	case <-s.pending:
		s.pending = nil
		return s.expire()
	case <-s.asking.late:
		s.silent()
	case err := <-wrote:
		return s.written(err)
	}
	return nil
}

// poll handles one more event if there is one. It asks one channel after the other, because
// that takes no locks. A flood in the first cannot keep the others waiting for longer than a
// round, since wait takes any of them.
func (s *session) poll() (bool, error) {
	select {
	case ev := <-s.events:
		return true, s.handle(ev)
	default:
	}
	select {
	case _, ok := <-s.opts.Wake:
		return true, s.wake(ok)
	default:
	}
	select {
	case z, ok := <-s.opts.Resize:
		s.note(z, ok)
		return true, nil
	default:
		return false, nil
	}
}

func (s *session) handle(ev *event) error {
	switch {
	case ev.err != nil:
		return ev.err
	case ev.keys == nil:
		return s.message(ev.msg)
	}
	begun := time.Now()
	msgs := s.in.Feed(ev.keys)
	err := s.keys(msgs)
	if err != nil || s.quit {
		return err // the other keys are dropped
	}
	now := time.Now()
	s.ack <- s.opts.Budget.spend(now, costOf(msgs, now.Sub(begun)))
	return nil
}

// keys passes on keys, and sets the timer for an incomplete one. There may be many keys, so
// it checks now and then whether the session has ended: then nobody sees their effect.
func (s *session) keys(msgs []tea.Msg) error {
	if s.pending != nil {
		s.timer.Stop()
		s.timer, s.pending = nil, nil
	}
	if d := s.in.Timeout(); d > 0 {
		s.timer = time.NewTimer(d)
		s.pending = s.timer.C
	}
	msgs = s.reported(msgs)
	if err := s.tell(); err != nil {
		return err
	}
	s.typed = s.typed || len(msgs) > 0
	for len(msgs) > 0 && !s.quit {
		if s.ctx.Err() != nil {
			return context.Cause(s.ctx)
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

// expire treats the pending bytes as complete, unless the rest of them has come while the
// loop was busy.
func (s *session) expire() error {
	select {
	case ev := <-s.events:
		if err := s.handle(ev); err != nil || ev.keys != nil {
			return err
		}
	default:
	}
	return s.keys(s.in.Flush())
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

// note remembers a size. The model is told when a frame can be drawn, so that it does not
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
	}
	if s.sends(msg) {
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
		case s.events <- &ev:
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
