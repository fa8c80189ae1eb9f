package screen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"
)

// leaveTimeout bounds what is waited for at the end: once for a frame on its
// way, once for the bytes that restore the terminal.
// It is short, so that a banned user is gone within a second: a client that takes
// anything at all has taken these few bytes at once.
const leaveTimeout = 300 * time.Millisecond

// ErrDisconnected is returned by [Run] when the keys have come to an end or the
// terminal takes no more bytes.
var ErrDisconnected = errors.New("screen: the terminal is gone")

// PanicError is returned by [Run] when the model or a command panicked.
type PanicError struct {
	Value any    // what was passed to panic
	Stack []byte // where, as by [runtime/debug.Stack]
}

// Error tells the value and the stack, which belong in a log, not on a screen.
func (e *PanicError) Error() string {
	return fmt.Sprintf("screen: panic: %v\n%s", e.Value, e.Stack)
}

// Unwrap gives the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Model is a Bubble Tea model that gives its view as a frame. Frame is called
// when a frame can be sent, not after every message, and must not change the
// model; the slices in it are not used after the next call to the model.
// [Run] does not call View, nor Frame before the model has been told a size, as
// the stock program does. The model that Update returns must be a Model.
type Model interface {
	tea.Model
	Frame() Frame
}

// Options are what a model is run on.
type Options struct {
	In  io.Reader // the keys
	Out io.Writer // the frames; Write may block as long as the client's window is full
	// Charset is what the terminal is known to understand.
	Charset Charset
	// Ask says that the terminal is to be asked for what is not known of it. It
	// answers when it likes, or not at all: nothing waits for that.
	Ask bool
	// Term and Program are what the environment calls the terminal (TERM, and
	// TERM_PROGRAM or LC_TERMINAL), for notifications. They may be empty.
	Term, Program string
	// Size is the terminal's at the start; 80x24 where it is zero.
	Size Size
	// Resize brings later sizes. May be nil.
	Resize <-chan Size
	// Wake tells that Take has a message, which is fetched in the loop and
	// handed to Update (nil is none). Both may be nil.
	Wake <-chan struct{}
	Take func() tea.Msg
	// Budget is what the keys may cost; one of the session's own if it is nil.
	Budget *Budget
	// Hold is called with true when no more keys should come on In, because those that
	// came wait for their budget, and with false when that is over. May be nil.
	Hold func(on bool)
	// Go runs a function in another goroutine at once, whatever the others do:
	// each frame is written in one. May be nil.
	Go func(func())
	// ExitMessage returns plain text that is written after the terminal has been
	// restored. May be nil.
	ExitMessage func() string
}

// Run runs the model on a terminal until it quits, and returns the model as it
// was last. The first message is a [tea.WindowSizeMsg] (in 1..MaxWidth by
// 1..MaxHeight cells, as are all later ones; of several sizes only the last is
// told), then comes what Init's command brings. Keys come as [Input] tells, those
// that came together as [Keys]. When ctx is cancelled, or Take makes the model
// end, the keys that wait are dropped. Keys that take long to deal with slow down
// those after them, so that a [Budget] is no more than a share of the machine.
//
// Everything of the model is called in the caller's goroutine but the commands,
// of which each has its own. [tea.BatchMsg] is run, [tea.QuitMsg] ends the loop,
// [tea.RawMsg] (of [tea.Raw]) is written as it is before the next frame, and
// [tea.ClearScreen] draws all anew. [tea.Sequence] is not supported, nor is
// what else asks the stock program for something. A command that is still
// running at the end, as one of [tea.Tick] may be, keeps its goroutine until
// it returns; its message is dropped.
//
// A frame is drawn when something has happened and the one before is taken, so
// frames never queue and the latest state wins. No signals are handled.
//
// The error is nil if the model quit, the context's cause if ctx was cancelled,
// [ErrDisconnected] (perhaps wrapped) if In or Out ended, a [*PanicError] if
// the model or a command panicked. Whatever the end, the terminal is restored
// and the exit message written, for which a client that takes nothing is waited for
// less than a second. Run leaves a goroutine that reads In, and perhaps one
// that writes Out: the caller closes both afterwards.
func Run(ctx context.Context, model Model, opts Options) (Model, error) {
	s := newSession(model, opts)
	go s.read()
	err := s.loop(ctx)
	close(s.done)
	s.leave()
	return s.model, err
}
