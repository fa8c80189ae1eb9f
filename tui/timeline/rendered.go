package timeline

import (
	"slices"
	"sync"
	"time"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/highlight"
	"confab/tui/theme"
)

// renderedLimit bounds the number of messages that are kept rendered, and renderedBytes
// bounds the length of their rows together. Beyond that the cache is emptied. The rows of a
// short message have about 200 bytes, so this is a megabyte or two.
const (
	renderedLimit = 4096
	renderedBytes = 16 << 20
	runBytes      = 16 // of a piece of code
)

// Rendered shares the rows of messages among the screens that show them alike: of two
// hundred screens that get a message, most have the same width as another. Several
// goroutines may use it. A nil Rendered keeps nothing, and highlights no code.
type Rendered struct {
	highlighter *highlight.Highlighter

	mu    sync.Mutex
	rows  map[renderKey]renderedRows
	bytes int
	code  map[*chat.Message][][]highlight.Run // of messages with fences, for all widths
}

// renderKey has everything that the rows of a message depend on. Messages are immutable and
// shared, so the pointer identifies the message.
type renderKey struct {
	message  *chat.Message
	author   names // what the author is called now
	width    int
	theme    theme.Kind
	ascii    bool
	measure  theme.Measure
	location string
	plain    bool   // as it was typed
	column   int    // of names
	links    bool   // the terminal takes links
	own      bool   // of the screen's user
	day      bool   // the first of its day
	grouped  bool   // belongs to the message before
	thread   bool   // in the view of its thread
	deleter  string // the present name of the user who deleted it, "" if that is not known
	quoted   string // the name at the quote of what it answers, "" without a quote
	reacted  uint32 // see [ownReactions]
	mentions mentions
}

// renderedRows has the rows of a message without their right edge. They are shared and
// never changed.
type renderedRows struct {
	rows  []string
	text  int // the last row of the text, which has the right edge
	width int // cells of that row
}

// NewRendered makes one that is empty.
func NewRendered() *Rendered {
	return &Rendered{
		highlighter: highlight.New(time.Now), rows: make(map[renderKey]renderedRows), code: make(map[*chat.Message][][]highlight.Run),
	}
}

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
	if len(r.rows) >= renderedLimit || r.bytes >= renderedBytes {
		clear(r.rows)
		clear(r.code)
		r.bytes = 0
	}
	r.rows[k] = rows
	for _, row := range rows.rows {
		r.bytes += len(row)
	}
}

// highlight returns the runs of the code in the fences of a message. They are computed once
// for all screens. A message that is not on disk yet has none, because its rows are not
// kept.
func (r *Rendered) highlight(m *chat.Message, body string, spans []text.MarkupSpan) [][]highlight.Run {
	if r == nil || m == nil || !slices.ContainsFunc(spans, func(s text.MarkupSpan) bool { return s.Kind == text.MarkupLanguage }) {
		return nil
	}
	r.mu.Lock()
	have, ok := r.code[m]
	r.mu.Unlock()
	if ok {
		return have
	}
	message, size := r.highlighter.Message(), 0
	for _, f := range fences(body, spans) {
		runs := message.Code(f.language, body[f.start:f.end])
		have, size = append(have, runs), size+len(runs)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.code[m] = have
	r.bytes += size * runBytes
	return have
}
