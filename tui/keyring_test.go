package tui

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"confab/app/chat"
)

// endlessChat has an export that ends when nobody takes more of it.
type endlessChat struct {
	fakeChat
	wrote int
}

func (c *endlessChat) Export(_ context.Context, w io.Writer) error {
	for c.wrote < 64<<20 {
		n, err := io.WriteString(w, strings.Repeat("x", 1<<10))
		c.wrote += n
		if err != nil {
			return err
		}
	}
	return nil
}

// What is too long to be shown is not collected first.
func TestALongExportIsNotCollected(t *testing.T) {
	c := &endlessChat{}
	m := &Model{chat: c}
	var done doneMsg
	switch msg := m.cmdExport("")().(type) {
	case doneMsg:
		done = msg
	default:
		t.Fatalf("the answer is a %T", msg)
	}
	if !errors.Is(done.err, chat.ErrTooLarge) || c.wrote > 2*maxExportShown {
		t.Errorf("%d bytes were taken: %v", c.wrote, done.err)
	}
}
