package editor

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"confab/tui/keymap"
	"confab/tui/theme"
)

// Undo returns the texts that there were before, in order, down to the first one. The
// cursor is between clusters each time.
func TestUndoReturnsEarlierTexts(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := &Editor{}
		begin := theme.Measure{}
		c.Set(Clean(texts().Draw(r, "begin")))
		c.Layout(begin, 20)
		were := []string{c.text} // each text once, the oldest first
		noted := func() {
			if c.text != were[len(were)-1] {
				were = append(were, c.text)
			}
		}
		undo := func(r *rapid.T) {
			before := c.text
			c.Undo()
			if c.boundary(c.cursor) != c.cursor {
				r.Fatalf("the cursor is at %d inside of a cluster of %q", c.cursor, c.text)
			}
			if c.text == before {
				return
			}
			for were = were[:len(were)-1]; len(were) > 0; were = were[:len(were)-1] {
				if were[len(were)-1] == c.text {
					return
				}
			}
			r.Fatalf("Undo made %q, which was never there, of %q", c.text, before)
		}
		edits := []keymap.Action{
			keymap.Backspace, keymap.Delete, keymap.Left, keymap.Right, keymap.WordLeft, keymap.WordRight, keymap.LineStart, keymap.LineEnd,
			keymap.KillWordLeft, keymap.KillWordRight, keymap.KillLineStart,
		}
		steps := rapid.IntRange(1, maxSteps).Draw(r, "steps")
		for range steps {
			switch rapid.IntRange(0, 6).Draw(r, "what") {
			case 0, 1:
				c.Insert(rapid.SampledFrom([]string{"a", "b", " ", "\n", "漢", "\u0301", "🇩", "👩", "\u200d"}).Draw(r, "key"))
			case 2:
				c.Insert(texts().Draw(r, "pasted"))
			case 3:
				to := c.boundary(rapid.IntRange(0, len(c.text)).Draw(r, "to"))
				c.Replace(min(to, c.cursor), max(to, c.cursor), Clean(texts().Draw(r, "completed")))
			case 4:
				undo(r)
			default:
				c.Edit(rapid.SampledFrom(edits).Draw(r, "edit"))
			}
			noted()
			c.Layout(begin, 20)
		}
		first := were[0]
		for range steps {
			undo(r)
		}
		if c.text != first {
			r.Fatalf("after all is taken back there is %q, not %q", c.text, first)
		}
	})
}

func TestUndoTakesBackWords(t *testing.T) {
	c := &Editor{}
	for _, key := range strings.Split("one two", "") {
		c.Insert(key)
	}
	c.Insert("pasted, and a little longer than a typed word is")
	for range 3 {
		c.Edit(keymap.Backspace)
	}
	c.Edit(keymap.KillLineStart)
	for _, want := range []string{
		"one twopasted, and a little longer than a typed word",
		"one twopasted, and a little longer than a typed word is", "one two", "one ", "", "",
	} {
		if c.Edit(keymap.Undo); c.text != want {
			t.Errorf("Undo leaves %q, want %q", c.text, want)
		}
	}
}

// One key clears a draft of many lines, and Undo and Ctrl+Y bring it back.
func TestClearingManyLines(t *testing.T) {
	c := &Editor{}
	lines := strings.Repeat("a line\n", 60)
	c.Insert(lines)
	c.Edit(keymap.Left)
	c.Edit(keymap.KillLineStart)
	if !c.Empty() || c.killed != lines {
		t.Errorf("%d bytes are left, and %d can be brought back", len(c.text), len(c.killed))
	}
	if c.Edit(keymap.Undo); c.text != lines {
		t.Errorf("Undo brings back %d bytes of %d", len(c.text), len(lines))
	}
	c.Set("one line")
	c.Edit(keymap.WordLeft)
	if c.Edit(keymap.KillLineStart); c.text != "line" {
		t.Errorf("in one line, the rest is %q", c.text)
	}
}

// The memory of Undo is bounded, and is freed with the text.
func TestUndoIsBounded(t *testing.T) {
	c := &Editor{}
	if c.Set("a draft"); c.history != nil {
		t.Error("there is a history before there is a change")
	}
	for range 4 * maxSteps {
		c.Insert(strings.Repeat("x", Limit/8))
		c.KillAll()
	}
	if h := c.history; len(h.steps) > maxSteps || h.size > Limit {
		t.Errorf("%d steps with %d bytes", len(h.steps), h.size)
	}
	size := 0
	for _, s := range c.history.steps {
		size += len(s.removed)
	}
	if size != c.history.size {
		t.Errorf("%d bytes are counted as %d", size, c.history.size)
	}
	if c.Clear(); c.history != nil {
		t.Error("the history is kept when the text is sent")
	}
}
