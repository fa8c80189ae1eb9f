package editor

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"confab/app/testkit"
	"confab/app/text"
	"confab/tui/theme"
)

// texts are made of pieces that are hard to wrap.
func texts() *rapid.Generator[string] {
	piece := rapid.SampledFrom([]string{
		"a", "word", " ", "  ", "\n", "\t", "漢", "字", "é", "e\u0301", "👩‍👩‍👧", "🇨🇭", "❤️", "ﷺ", "longerwordthanmost", "\u200d", "한", "नि",
	})
	return rapid.Custom(func(r *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 0, 30).Draw(r, "pieces"), "")
	})
}

// The cursor is always between clusters, after any keys.
func TestTheCursorStaysBetweenClusters(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := &Editor{}
		boundary := func() {
			start := strings.LastIndexByte(c.text[:c.cursor], '\n') + 1
			if c.boundary(c.cursor) != c.cursor || !utf8.ValidString(c.text) || start > c.cursor {
				r.Fatalf("the cursor is at %d inside of a cluster of %q", c.cursor, c.text)
			}
		}
		r.Repeat(map[string]func(*rapid.T){
			"insert":    func(r *rapid.T) { c.Insert(texts().Draw(r, "text")) },
			"backspace": func(*rapid.T) { c.Remove(c.before()) },
			"delete":    func(*rapid.T) { c.Remove(c.after()) },
			"left":      func(*rapid.T) { c.MoveTo(c.before()) },
			"right":     func(*rapid.T) { c.MoveTo(c.after()) },
			"start":     func(*rapid.T) { c.MoveTo(c.lineStart()) },
			"end":       func(*rapid.T) { c.MoveTo(c.lineEnd()) },
			"word left and right": func(*rapid.T) {
				c.MoveTo(c.wordBefore())
				boundary()
				c.MoveTo(c.wordAfter())
			},
			"kill and bring back": func(*rapid.T) {
				c.kill(c.lineStart())
				c.Insert(c.killed)
			},
			"up and down": func(r *rapid.T) {
				c.Layout(theme.Measure{}, rapid.IntRange(1, 30).Draw(r, "width"))
				c.Vertical(-1)
				boundary()
				c.Vertical(1)
			},
			"": func(r *rapid.T) {
				boundary()
				width := rapid.IntRange(1, 30).Draw(r, "width")
				lines, row, column := c.Layout(theme.Measure{}, width)
				if row < 0 || row >= len(lines) || column < 0 || column >= max(width, 2) {
					r.Fatalf("the cursor is at row %d of %d, column %d of %d, in %q", row, len(lines), column, width, c.text)
				}
			},
		})
	})
}

func TestEditing(t *testing.T) {
	c := &Editor{}
	c.Insert("one two three")
	c.kill(c.wordBefore())
	if c.text != "one two " || c.killed != "three" {
		t.Errorf("Ctrl+W left %q and keeps %q", c.text, c.killed)
	}
	c.MoveTo(c.lineStart())
	c.Insert(c.killed + " ")
	if c.text != "three one two " {
		t.Errorf("Ctrl+A, Ctrl+Y made %q", c.text)
	}
	c.Clear()
	for _, key := range []string{"👩", "\u200d", "👧", "e", "\u0301"} {
		c.Insert(key)
	}
	if c.text != "👩\u200d👧e\u0301" || c.cursor != len(c.text) {
		t.Errorf("an emoji and a letter typed in parts came out as %q, cursor at %d", c.text, c.cursor)
	}
	c.Remove(c.before())
	c.Remove(c.before())
	if c.text != "" {
		t.Errorf("two backspaces left %q", c.text)
	}
	if c.Insert(strings.Repeat("x", Limit+1)) || c.text != "" {
		t.Error("more than the composer's limit was taken")
	}
}

// After an edit the lines are those that a layout from scratch would give.
func TestLinesAreWorkedOutAnewOnlyWhereTheyChange(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := &Editor{}
		width := rapid.IntRange(1, 30).Draw(r, "width")
		r.Repeat(map[string]func(*rapid.T){
			"insert": func(r *rapid.T) { c.Insert(texts().Draw(r, "text")) },
			"type": func(r *rapid.T) {
				c.Insert(rapid.SampledFrom([]string{"a", " ", "\n", "漢", "\u0301", "🇩", "👩", "\u200d"}).Draw(r, "key"))
			},
			"remove": func(r *rapid.T) { c.Remove(c.boundary(rapid.IntRange(0, len(c.text)).Draw(r, "to"))) },
			"move":   func(r *rapid.T) { c.MoveTo(rapid.IntRange(0, len(c.text)).Draw(r, "to")) },
			"resize": func(r *rapid.T) { width = rapid.IntRange(1, 30).Draw(r, "width") },
			"set":    func(r *rapid.T) { c.Set(text.Clean(texts().Draw(r, "text"))) },
			"lay out": func(r *rapid.T) {
				c.Layout(theme.Measure{}, width)
				if want := (theme.Measure{}).Wrap(c.text, width); !slices.Equal(c.laid.lines, want) {
					r.Fatalf("%q at %d is laid out as %v, not %v", c.text, width, c.laid.lines, want)
				}
			},
		})
	})
}

// A key lays out only a few rows again, however long the text is, if it has words.
func TestAKeyLaysOutFewRows(t *testing.T) {
	for name, text := range testkit.LargeTexts() {
		t.Run(name, func(t *testing.T) {
			c := &Editor{}
			c.Set(text)
			anew, all := 0, 0
			for _, at := range []int{0, len(text) / 3, len(text) / 2, len(text)} {
				c.MoveTo(at)
				c.Layout(theme.Measure{}, 80)
				for _, key := range []string{"a", " ", "\n", "b"} {
					c.Insert(key)
					c.Layout(theme.Measure{}, 80)
					anew, all = anew+c.laid.anew, all+len(c.laid.lines)
				}
				for range 4 {
					c.Remove(c.before())
					c.Layout(theme.Measure{}, 80)
				}
				if c.text != text {
					t.Fatalf("typing something and deleting it again changes the text")
				}
			}
			// If every row is full, all later rows change.
			if spaced := name == "words" || name == "Hindi" || name == "newlines"; spaced && anew > all/4 {
				t.Errorf("a key has %d of %d rows laid out again", anew/16, all/16)
			}
		})
	}
}
