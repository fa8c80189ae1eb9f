package screen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"
)

// leaveTimeout bounds the two waits at the end, unless [Options.Leave] is longer: for a
// frame on its way, and for the bytes that restore the terminal. It is short, so that a
// banned user is gone within a second. A client that reads at all has read these few bytes
// at once.
const leaveTimeout = 300 * time.Millisecond

// ErrDisconnected is the error of [Run] when the input has ended or the terminal accepts no
// more bytes.
var ErrDisconnected = errors.New("screen: the terminal is gone")

// PanicError is the error of [Run] when the model or a command panicked.
type PanicError struct {
	Value any    // the argument of panic
	Stack []byte // as [runtime/debug.Stack] returns it
}

// Error returns the value and the stack. They belong in a log, not on a screen.
func (e *PanicError) Error() string {
	return fmt.Sprintf("screen: panic: %v\n%s", e.Value, e.Stack)
}

// Unwrap returns the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Model is a Bubble Tea model that returns its view as a frame. Frame is called when a
// frame can be sent, not after every message, and must not change the model. The slices in
// the frame are not used after the next call to the model. [Run] never calls View, and it
// calls Frame only after the model has been told a size, as the stock program does. The
// model that Update returns must be a Model.
type Model interface {
	tea.Model
	Frame() Frame
}

// Options configure [Run].
type Options struct {
	In  io.Reader // the keys
	Out io.Writer // the frames; Write may block as long as the client's window is full
	// Charset is the encoding of the terminal, if it is known.
	Charset Charset
	// Ask asks the terminal for its unknown properties. The answers may come late or never,
	// and nothing waits for them.
	Ask bool
	// Term and Program are the names of the terminal in the environment (TERM, and
	// TERM_PROGRAM or LC_TERMINAL), for notifications. They may be empty.
	Term, Program string
	// Size is the terminal's at the start; 80x24 where it is zero.
	Size Size
	// Resize brings later sizes. May be nil.
	Resize <-chan Size
	// Wake signals that Take has a message. The loop calls Take, and passes the message to
	// Update unless it is nil. Both may be nil.
	Wake <-chan struct{}
	Take func() tea.Msg
	// Budget bounds the time for keys. If it is nil, the session has a budget of its own.
	Budget *Budget
	// Hold is called with true when In should deliver no more keys, because earlier ones
	// wait for their budget, and with false when that is over. It may be nil.
	Hold func(on bool)
	// Batch is called with true before several writes that belong together, and with false
	// after them. It may be nil.
	Batch func(on bool)
	// Leave bounds each of the two waits at the end, if it is longer than 300 ms: for a frame
	// on its way, and for the bytes that restore the terminal.
	Leave time.Duration
	// ExitMessage returns plain text that is written after the terminal has been restored.
	// It may be nil.
	ExitMessage func() string
}

// Run runs the model on a terminal until it quits, and returns its last state. The first
// message is a [tea.WindowSizeMsg], and the next is the result of Init's command. All sizes
// are within 1..MaxWidth by 1..MaxHeight cells, and of several sizes the model gets only
// the last. [Input] describes the messages for keys. Keys that came together are passed on
// as [Keys]. When ctx is cancelled, or Take makes the model end, waiting keys are dropped.
// Keys that take long delay the ones after them, so that a [Budget] never takes more than
// its share of the machine.
//
// The model is called in one goroutine at a time, and each command runs in a goroutine of
// its own. [tea.BatchMsg] is run, [tea.QuitMsg] ends the loop, [tea.RawMsg] (of [tea.Raw])
// is written unchanged before the next frame, and [tea.ClearScreen] draws the whole screen
// again. [tea.Sequence] and other requests to the stock program are not supported. A
// command that is still running at the end, such as one of [tea.Tick], keeps its goroutine
// until it returns, and its message is dropped.
//
// A frame is drawn when something has happened and the previous frame has been written. So
// frames never queue, and the latest state wins. Run handles no signals.
//
// The error is nil if the model quit, the context's cause if ctx was cancelled,
// [ErrDisconnected] (perhaps wrapped) if In or Out ended, and a [*PanicError] if the model
// or a command panicked. In each case Run restores the terminal and writes the exit
// message. For this it waits twice 300 ms, or twice Leave, for a client that reads nothing. Run leaves
// a goroutine that reads In, and perhaps one that writes Out, so the caller has to close
// both afterwards.
func Run(ctx context.Context, model Model, opts *Options) (last Model, err error) {
	over := make(chan struct{})
	go Start(ctx, model, opts, func(m Model, e error) {
		last, err = m, e
		close(over)
	})
	<-over
	return last, err
}

// Start is [Run] without a goroutine that waits for the end. It calls then with what Run
// returns. It runs the model in the caller's goroutine. But while Out takes long, it goes on in
// another one: then Start returns when Out does, and then is called elsewhere.
func Start(ctx context.Context, model Model, opts *Options, then func(Model, error)) {
	s := newSession(ctx, model, opts, then)
	go s.read()
	s.run()
}
