package clients

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/vt"

	"confab/cmd/confab-load/testbed"
)

// Terminal is a screen that can be read. It receives all the bytes for it.
type Terminal struct {
	mu      sync.Mutex
	screen  *vt.Emulator
	changed chan struct{} // closed when something has arrived
	drained chan struct{}
	watch   func(rows []string) // receives the screen each time that it has changed; may be nil

	recent     string // the end of the bytes so far, in which a sequence may have been cut
	unfinished bool   // a frame has begun and not ended, so its screen is not visible yet
}

// These marks surround a frame that a terminal shows at once.
const (
	frameBegins = "\x1b[?2026h"
	frameEnds   = "\x1b[?2026l"
)

// drawing follows where frames begin and end.
func (t *Terminal) drawing(p []byte) {
	text := t.recent + string(p)
	if begins, ends := strings.LastIndex(text, frameBegins), strings.LastIndex(text, frameEnds); begins != ends {
		t.unfinished = begins > ends
	}
	t.recent = text[max(0, len(text)-len(frameBegins)+1):]
}

// NewTerminal makes a screen. If watch is not nil, it receives the rows each time that
// they have changed. The caller must call Close at the end.
func NewTerminal(watch func(rows []string)) *Terminal {
	t := &Terminal{
		screen: vt.NewEmulator(ScreenWidth, ScreenHeight), watch: watch,
		changed: make(chan struct{}), drained: make(chan struct{}),
	}
	// The emulator answers queries, and would block if nobody read the answers.
	go func() {
		defer close(t.drained)
		_, _ = io.Copy(io.Discard, t.screen)
	}()
	return t
}

// Close ends the goroutines of the terminal. No more bytes may arrive.
func (t *Terminal) Close() {
	_ = t.screen.InputPipe().(io.Closer).Close()
	<-t.drained
}

// Tap draws new bytes. It does not show a frame that was cut in half to watch: such
// a frame may have the author of one message beside the text of another.
func (t *Terminal) Tap(p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, _ = t.screen.Write(p)
	if t.drawing(p); t.watch != nil && !t.unfinished {
		t.watch(strings.Split(t.screen.String(), "\n"))
	}
	close(t.changed)
	t.changed = make(chan struct{})
}

// Rows returns the visible rows.
func (t *Terminal) Rows() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Split(t.screen.String(), "\n")
}

// Until waits until the screen meets a condition.
func (t *Terminal) Until(ctx context.Context, what string, ok func(rows []string) bool) error {
	late := time.NewTimer(testbed.Patience)
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
			return fmt.Errorf("no screen with %s in %s, but\n%s", what, testbed.Patience, strings.Join(rows, "\n"))
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Shows waits until a text is in the chat.
func (t *Terminal) Shows(ctx context.Context, text string) error {
	return t.Until(ctx, text, func(rows []string) bool { return RowWith(rows, text) != "" })
}

// RowWith returns the first row of the chat that contains a text, or "" if there is
// none. The text being typed does not count.
func RowWith(rows []string, text string) string {
	for _, row := range rows {
		if strings.Contains(row, text) && !strings.Contains(row, Composing) {
			return strings.TrimRight(row, " ")
		}
	}
	return ""
}

// Composing is the prompt before the text being typed.
const Composing = "› "
