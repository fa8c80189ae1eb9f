// Package input reads the standard input of a command: line by line, or as the keys of
// a terminal.
package input

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
)

// Line is a line of standard input.
type Line struct {
	Text    []byte // without its line end
	Long    bool   // over the limit; Text is empty
	Partial bool   // the input ended before the line did
	Err     error  // the error of the input, without Text; else nil
}

// Lines reads lines of at most limit bytes in a goroutine of its own, so that a command can
// end when its session does. It reads the next line only after the last was received, and
// skips the rest of a line that is too long. The channel is closed when the input ends. The
// goroutine then ends too. After ctx has ended, it ends when it has read one more line.
func Lines(ctx context.Context, in io.Reader, limit int) <-chan Line {
	lines := make(chan Line)
	go func() {
		defer close(lines)
		r := bufio.NewReader(in)
		for {
			l, more := readLine(r, limit)
			if l.Text != nil || l.Long || l.Err != nil {
				select {
				case lines <- l:
				case <-ctx.Done():
					return
				}
			}
			for l.Long && more {
				_, err := r.ReadSlice('\n')
				l.Long = errors.Is(err, bufio.ErrBufferFull)
				more = err == nil || l.Long
			}
			if !more {
				return
			}
		}
	}()
	return lines
}

// readLine reads one line and reports whether there may be more.
func readLine(r *bufio.Reader, limit int) (Line, bool) {
	text := []byte{}
	for {
		part, err := r.ReadSlice('\n')
		text = append(text, part...)
		whole := bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
		switch {
		case err == nil && len(whole) <= limit:
			return Line{Text: whole}, true
		case err == nil:
			// The whole line was read, but its readers still look for its end.
			return Line{Long: true}, r.UnreadByte() == nil
		case len(text) > limit+2:
			return Line{Long: true}, errors.Is(err, bufio.ErrBufferFull)
		case errors.Is(err, io.EOF) && len(text) == 0:
			return Line{}, false
		case errors.Is(err, io.EOF):
			return Line{Text: text, Partial: true, Long: len(text) > limit}, false
		case !errors.Is(err, bufio.ErrBufferFull):
			return Line{Err: err}, false
		}
	}
}

// Skip reads and drops input that a command does not need, so that it does not fill the
// server's memory. It returns when the input ends.
func Skip(in io.Reader) {
	var piece [512]byte
	for {
		if _, err := in.Read(piece[:]); err != nil {
			return
		}
	}
}

// Interrupts returns a reader of a raw terminal that ends when the user presses Ctrl+C
// or Ctrl+D. It ignores other keys.
func Interrupts(in io.Reader) io.Reader { return &interrupts{in} }

type interrupts struct{ in io.Reader }

// Read implements [io.Reader].
func (r *interrupts) Read(p []byte) (int, error) {
	for {
		n, err := r.in.Read(p)
		for _, b := range p[:n] {
			if b == 3 || b == 4 {
				return 0, io.EOF
			}
		}
		if err != nil {
			return 0, err
		}
	}
}
