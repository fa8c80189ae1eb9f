package tui

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"confab/app/text"
	"confab/tui/theme"
)

func TestWrap(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		width int
		want  []string
	}{
		"empty":               {"", 10, []string{""}},
		"fits":                {"hello", 5, []string{"hello"}},
		"by words":            {"the quick brown fox", 10, []string{"the quick", "brown fox"}},
		"exactly":             {"the quick brown", 9, []string{"the quick", "brown"}},
		"a long word":         {"an unbreakableword", 6, []string{"an", "unbrea", "kablew", "ord"}},
		"lines stay":          {"a\n\nb\n", 10, []string{"a", "", "b", ""}},
		"indent stays":        {"  code", 10, []string{"  code"}},
		"wide":                {"漢字漢字", 5, []string{"漢字", "漢字"}},
		"wide after a word":   {"ab漢字", 5, []string{"ab漢", "字"}},
		"a joined emoji":      {"👩‍👩‍👧👩‍👩‍👧", 3, []string{"👩‍👩‍👧", "👩‍👩‍👧"}},
		"combining":           {"e\u0301e\u0301e\u0301", 2, []string{"e\u0301e\u0301", "e\u0301"}},
		"wider than the line": {"漢", 1, []string{"漢"}},
		"tab":                 {"\tx", 5, []string{"\tx"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, l := range (theme.Measure{}).Wrap(c.text, c.width) {
				got = append(got, c.text[l.Start:l.End])
			}
			if strings.Join(got, "|") != strings.Join(c.want, "|") {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// texts are made of what is hard to wrap.
func texts() *rapid.Generator[string] {
	piece := rapid.SampledFrom([]string{
		"a", "word", " ", "  ", "\n", "\t", "漢", "字", "é", "e\u0301", "👩‍👩‍👧", "🇨🇭", "❤️", "ﷺ", "longerwordthanmost", "\u200d", "한", "नि",
	})
	return rapid.Custom(func(r *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 0, 30).Draw(r, "pieces"), "")
	})
}

func TestWrapLosesNothingAndFits(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		checkWrap(r, texts().Draw(r, "text"), rapid.IntRange(1, 20).Draw(r, "width"))
	})
}

func checkWrap(t interface{ Fatalf(string, ...any) }, text string, width int) {
	at := 0
	for _, l := range (theme.Measure{}).Wrap(text, width) {
		if l.Start < at || l.End < l.Start || l.End > len(text) {
			t.Fatalf("%q at %d: line %v after %d", text, width, l, at)
		}
		if gone := text[at:l.Start]; len(gone) > 1 || gone != "" && !strings.Contains(" \t\n", gone) {
			t.Fatalf("%q at %d: %q is lost", text, width, gone)
		}
		line := text[l.Start:l.End]
		if n, _ := nextClusterOf(line); (theme.Measure{}).Width(line) > width && n < len(line) {
			t.Fatalf("%q at %d: %q is %d wide", text, width, line, (theme.Measure{}).Width(line))
		}
		at = l.End
	}
	if rest := text[at:]; rest != "" {
		t.Fatalf("%q at %d: %q is lost at the end", text, width, rest)
	}
}

func nextClusterOf(s string) (int, int) {
	if s == "" {
		return 0, 0
	}
	return (theme.Measure{}).Next(s)
}

func FuzzWrap(f *testing.F) {
	f.Add("the quick brown fox", 7)
	f.Add("漢字 \t👩‍👩‍👧\n", 3)
	f.Fuzz(func(t *testing.T, words string, width int) {
		if len(words) > 1<<12 {
			t.Skip()
		}
		checkWrap(t, text.Clean(words), 1+(width%200+200)%200) // nothing else is ever laid out
	})
}

func TestFitIsExactlyAsWide(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := strings.ReplaceAll(texts().Draw(r, "text"), "\n", "")
		s = strings.ReplaceAll(s, "\t", "")
		width := rapid.IntRange(0, 20).Draw(r, "width")
		if got := (theme.Measure{}).Width((theme.Measure{}).Fit(s, width, "…")); got != width {
			r.Fatalf("%q fitted to %d is %d wide: %q", s, width, got, (theme.Measure{}).Fit(s, width, "…"))
		}
	})
}

// The composer's cursor stands between clusters, and what the keys do adds up.
func TestComposerKeepsItsCursorBetweenClusters(t *testing.T) {
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
			"delete":    func(*rapid.T) { c.Remove(c.After()) },
			"left":      func(*rapid.T) { c.MoveTo(c.before()) },
			"right":     func(*rapid.T) { c.MoveTo(c.After()) },
			"start":     func(*rapid.T) { c.MoveTo(c.LineStart()) },
			"end":       func(*rapid.T) { c.MoveTo(c.LineEnd()) },
			"word left and right": func(*rapid.T) {
				c.MoveTo(c.wordBefore())
				boundary()
				c.MoveTo(c.wordAfter())
			},
			"kill and bring back": func(*rapid.T) {
				c.kill(c.LineStart())
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

func TestComposerEditing(t *testing.T) {
	c := &Editor{}
	c.Insert("one two three")
	c.kill(c.wordBefore())
	if c.text != "one two " || c.killed != "three" {
		t.Errorf("Ctrl+W left %q and keeps %q", c.text, c.killed)
	}
	c.MoveTo(c.LineStart())
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

func TestTerminalOf(t *testing.T) {
	for name, c := range map[string]struct {
		environ string
		colors  theme.Colors
		ascii   bool
	}{
		"nothing known":   {"", theme.Colors16, false},
		"modern":          {"TERM=xterm-256color LANG=en_US.UTF-8", theme.Colors256, false},
		"true colour":     {"TERM=xterm COLORTERM=truecolor", theme.Colors256, false},
		"console":         {"TERM=linux LANG=en_US.UTF-8", theme.Colors16, true},
		"no colour":       {"TERM=xterm-256color NO_COLOR=1", theme.NoColors, false},
		"old terminal":    {"TERM=vt100", theme.NoColors, true},
		"latin-1":         {"TERM=xterm LANG=de_CH.ISO-8859-1", theme.Colors16, true},
		"LC_ALL prevails": {"TERM=xterm LC_ALL=C LANG=de_CH.UTF-8", theme.Colors16, true},
		"bad zone":        {"TERM=kitty TZ=../../etc/passwd", theme.Colors256, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := theme.TerminalOf(strings.Fields(c.environ))
			if got.Colors != c.colors || got.ASCII != c.ascii || got.Location() == nil {
				t.Errorf("%q gives %+v", c.environ, got)
			}
		})
	}
}
