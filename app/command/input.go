package command

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"

	"confab/app/chat"
)

// line is a line of standard input.
type line struct {
	text    []byte // without its line end
	long    bool   // over the limit; text is empty
	partial bool   // the input ended before the line did
	err     error  // why the input failed, if it did; text is then empty
}

// readLines reads lines in a goroutine of its own, so that a command ends when its
// session does. It reads the next line only after the last was taken, and skips the
// rest of a line that is too long. The goroutine ends when the input does, or,
// after ctx has ended, when it has read its next line.
func readLines(ctx context.Context, in io.Reader, limit int) <-chan line {
	lines := make(chan line)
	go func() {
		defer close(lines)
		r := bufio.NewReader(in)
		for {
			l, more := readLine(r, limit)
			if l.text != nil || l.long || l.err != nil {
				select {
				case lines <- l:
				case <-ctx.Done():
					return
				}
			}
			for l.long && more {
				_, err := r.ReadSlice('\n')
				l.long = errors.Is(err, bufio.ErrBufferFull)
				more = err == nil || l.long
			}
			if !more {
				return
			}
		}
	}()
	return lines
}

// readLine reads one line and reports whether there may be more.
func readLine(r *bufio.Reader, limit int) (line, bool) {
	text := []byte{}
	for {
		part, err := r.ReadSlice('\n')
		text = append(text, part...)
		whole := bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
		switch {
		case err == nil && len(whole) <= limit:
			return line{text: whole}, true
		case err == nil:
			// The whole line was read, but its readers still look for its end.
			return line{long: true}, r.UnreadByte() == nil
		case len(text) > limit+2:
			return line{long: true}, errors.Is(err, bufio.ErrBufferFull)
		case errors.Is(err, io.EOF) && len(text) == 0:
			return line{}, false
		case errors.Is(err, io.EOF):
			return line{text: text, partial: true, long: len(text) > limit}, false
		case !errors.Is(err, bufio.ErrBufferFull):
			return line{err: err}, false
		}
	}
}

// skip reads input that the command does not need, so that it does not wait in the
// server's memory. It returns when the input ends.
func skip(in io.Reader) {
	var piece [512]byte
	for {
		if _, err := in.Read(piece[:]); err != nil {
			return
		}
	}
}

// errGone says that the client went away while its input was being read.
var errGone = errors.New("the client has disconnected")

// readAll reads standard input to its end, which the client must have sent on
// purpose. It refuses more than limit bytes without reading them all.
func (c *call) readAll(limit int, tooLong error) ([]byte, error) {
	type result struct {
		text []byte
		err  error
	}
	read := make(chan result, 1)
	go func() {
		text, err := io.ReadAll(io.LimitReader(c.In, int64(limit)+1))
		read <- result{text, err}
	}()
	select {
	case r := <-read:
		switch {
		case r.err != nil:
			return nil, errGone
		case len(r.text) > limit:
			return nil, tooLong
		case !c.Alive():
			return nil, errGone
		}
		return r.text, nil
	case <-c.ctx.Done():
		return nil, c.ctx.Err()
	}
}

// needsInput refuses a terminal as standard input. A terminal is raw, so nobody
// would see the typed text.
func (c *call) needsInput(what string) error {
	if c.Terminal {
		return usage("With a terminal, %s: connect without -t.", what)
	}
	return nil
}

// limitText is the limit of a message, in words.
const limitText = "16384 bytes (16 KiB), the longest that a message can be"

func tooLong(format string, args ...any) error { return chat.Refuse(chat.ErrTooLarge, format, args...) }
