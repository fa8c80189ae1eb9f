package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/vt"
)

// terminal is a screen that can be read. It is given all that comes for it.
type terminal struct {
	mu      sync.Mutex
	screen  *vt.Emulator
	changed chan struct{} // closed when something has come
	drained chan struct{}
	watch   func(rows []string) // is given the screen each time that it has changed; may be nil

	recent     string // the end of what has come, where a sequence may have been cut
	unfinished bool   // a frame has begun and not ended: nobody sees what was drawn of it
}

// The marks around a frame that a terminal shows at once.
const (
	frameBegins = "\x1b[?2026h"
	frameEnds   = "\x1b[?2026l"
)

// drawing follows where frames begin and end.
func (t *terminal) drawing(p []byte) {
	text := t.recent + string(p)
	if begins, ends := strings.LastIndex(text, frameBegins), strings.LastIndex(text, frameEnds); begins != ends {
		t.unfinished = begins > ends
	}
	t.recent = text[max(0, len(text)-len(frameBegins)+1):]
}

func newTerminal(watch func(rows []string)) *terminal {
	t := &terminal{
		screen: vt.NewEmulator(screenWidth, screenHeight), watch: watch,
		changed: make(chan struct{}), drained: make(chan struct{}),
	}
	// What it answers to queries, which would block it.
	go func() {
		defer close(t.drained)
		_, _ = io.Copy(io.Discard, t.screen)
	}()
	return t
}

// close ends what runs for the terminal. Nothing must come any more.
func (t *terminal) close() {
	_ = t.screen.InputPipe().(io.Closer).Close()
	<-t.drained
}

// tap shows what has come. A frame that was cut in half is not shown to watch: it
// may have the author of one message beside the text of another.
func (t *terminal) tap(p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, _ = t.screen.Write(p)
	if t.drawing(p); t.watch != nil && !t.unfinished {
		t.watch(strings.Split(t.screen.String(), "\n"))
	}
	close(t.changed)
	t.changed = make(chan struct{})
}

// rows is what one sees.
func (t *terminal) rows() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Split(t.screen.String(), "\n")
}

// patience is how long nothing may happen that should: a server that does not
// get ready, a screen that does not show what it should, messages of which no
// more come. What is measured is how long things take; that they take long, on a
// busy machine too, is a figure and no failure.
const patience = 2 * time.Minute

// until waits for a screen that one waits for.
func (t *terminal) until(ctx context.Context, what string, ok func(rows []string) bool) error {
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		t.mu.Lock()
		rows, changed := strings.Split(t.screen.String(), "\n"), t.changed
		t.mu.Unlock()
		if ok(rows) {
			return nil
		}
		select {
		case <-changed:
		case <-late.C:
			return fmt.Errorf("no screen with %s in %s, but\n%s", what, patience, strings.Join(rows, "\n"))
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// shows waits until a text is in the chat.
func (t *terminal) shows(ctx context.Context, text string) error {
	return t.until(ctx, text, func(rows []string) bool { return rowWith(rows, text) != "" })
}

// rowWith is the first row of the chat that has a text, "" if there is none.
// What is being written is not in it.
func rowWith(rows []string, text string) string {
	for _, row := range rows {
		if strings.Contains(row, text) && !strings.Contains(row, composing) {
			return strings.TrimRight(row, " ")
		}
	}
	return ""
}

// composing is before what is being written.
const composing = "› "
