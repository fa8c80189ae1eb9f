package timeline

import (
	"sync"

	"confab/app/chat"
	"confab/tui/theme"
)

// renderedLimit is how many messages are kept rendered; then it begins anew.
// With the rows of a short message at some 200 bytes that is a megabyte or two.
const renderedLimit = 4096

// Rendered keeps the rows of messages for screens that show them alike: of two
// hundred screens that get a message, most are as wide as another. It may be
// used from several goroutines; a nil one keeps nothing.
type Rendered struct {
	mu   sync.Mutex
	rows map[renderKey]renderedRows
}

// renderKey is all that the rows of a message depend on. Messages are immutable
// and shared, so the pointer stands for the message.
type renderKey struct {
	message  *chat.Message
	author   string // what the author is called now
	width    int
	colors   theme.Colors
	ascii    bool
	measure  theme.Measure
	location string
	own      bool   // of the screen's user
	day      bool   // the first of its day
	grouped  bool   // belongs to the message before
	quoted   string // the name at the quote of what it answers, "" without a quote
}

// renderedRows is a message as it is shown, without what stands at its right
// edge. The rows are shared and never changed.
type renderedRows struct {
	rows  []string
	width int // cells of the last row
}

// NewRendered makes one that is empty.
func NewRendered() *Rendered { return &Rendered{rows: make(map[renderKey]renderedRows)} }

func (r *Rendered) get(k renderKey) (renderedRows, bool) {
	if r == nil {
		return renderedRows{}, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	have, ok := r.rows[k]
	return have, ok
}

func (r *Rendered) put(k renderKey, rows renderedRows) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.rows) >= renderedLimit {
		clear(r.rows)
	}
	r.rows[k] = rows
}
