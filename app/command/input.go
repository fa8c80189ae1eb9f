package command

import (
	"errors"
	"io"

	"confab/app/chat"
)

// errGone says that the client went away while its input was being read.
var errGone = errors.New("the client has disconnected")

// readAll reads standard input to its end. It returns errGone if the input did not end on
// purpose, but because the connection broke. It refuses more than limit bytes without
// reading them all.
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

// needsInput refuses a terminal as standard input. The terminal is raw, so users would not
// see what they type.
func (c *call) needsInput(what string) error {
	if c.Terminal {
		return usage("With a terminal, %s: connect without -t.", what)
	}
	return nil
}

// limitText is the limit of a message, in words.
const limitText = "16384 bytes (16 KiB), the longest that a message can be"

func tooLong(format string, args ...any) error { return chat.Refuse(chat.ErrTooLarge, format, args...) }
