package editor

import (
	"slices"
	"strings"
)

const (
	// maxSteps is how many steps Undo can take back.
	maxSteps = 100
	// maxJoined is the longest change, in bytes, that is joined with the one before it into
	// one step. Longer ones were pasted, or cut out at once.
	maxJoined = 32
)

// history has the steps that Undo takes back, the latest last. An editor has one from its
// first change on, and drops it with the text, so that a screen on which nobody writes has
// none.
type history struct {
	steps []step
	size  int // bytes of removed text in them, at most [Limit]
}

// step is a change of the text: a part was removed, and another text inserted in its place.
type step struct {
	at      int    // where
	removed string // a copy, since a part of the text would keep all of it in memory
	added   int    // bytes
	cursor  int    // where the cursor was before
}

// Undo takes back the latest change: a typed word, or a text that was pasted, deleted or
// cut out at once. It does nothing if there is no change to take back.
func (c *Editor) Undo() {
	h := c.history
	if h == nil || len(h.steps) == 0 {
		return
	}
	s := h.steps[len(h.steps)-1]
	h.steps = h.steps[:len(h.steps)-1]
	h.size -= len(s.removed)
	c.replace(s.at, s.at+s.added, s.removed)
	c.MoveTo(s.cursor)
}

// splice replaces the text between two offsets. Undo takes this back.
func (c *Editor) splice(from, to int, text string) {
	if from == to && text == "" {
		return
	}
	if c.history == nil {
		c.history = &history{}
	}
	c.history.add(c.text, from, to, text, c.cursor)
	c.replace(from, to, text)
}

// add notes that a text is about to be changed.
func (h *history) add(text string, from, to int, added string, cursor int) {
	removed := to - from
	if n := len(h.steps); n > 0 {
		last := &h.steps[n-1]
		switch {
		case removed == 0 && last.removed == "" && last.at+last.added == from && len(added) <= maxJoined && !beginsWord(text[:from], added):
			last.added += len(added)
			return
		case added == "" && last.added == 0 && to == last.at && removed+len(last.removed) <= maxJoined:
			last.at, last.removed = from, text[from:to]+last.removed
			h.size += removed
			return
		}
	}
	h.steps = append(h.steps, step{from, strings.Clone(text[from:to]), len(added), cursor})
	h.size += removed
	drop := 0
	for len(h.steps)-drop > maxSteps || h.size > Limit {
		h.size -= len(h.steps[drop].removed)
		drop++
	}
	h.steps = slices.Delete(h.steps, 0, drop)
}

// beginsWord reports whether a text begins a word or a line when it is inserted after
// another one.
func beginsWord(before, added string) bool {
	return strings.ContainsRune(added, '\n') || strings.HasSuffix(before, "\n") || strings.HasSuffix(before, " ") && !strings.HasPrefix(added, " ")
}
