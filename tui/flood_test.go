package tui

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"

	"confab/app/text"
	"confab/tui/screen"
	"confab/tui/theme"
)

// What an edit leaves of the lines is as if all had been laid out again.
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

// large is 60 KB of text, as it may be pasted: of words, without any, with
// characters of several code points, and of lines.
func large() map[string]string {
	const size = 60_000
	fill := func(piece string) string { return strings.Repeat(piece, size/len(piece)) }
	chance := rand.New(rand.NewPCG(1, 2))
	words := func(letter string) string {
		var b strings.Builder
		for b.Len() < size {
			b.WriteString(strings.Repeat(letter, 1+chance.IntN(9)) + " ")
		}
		return b.String()
	}
	return map[string]string{
		"words": words("w"), "one word": fill("x"), "CJK": fill("漢字"), "Hindi": words("की"),
		"emoji": fill("👩‍👩‍👧"), "flags": fill("🇩🇪"), "newlines": fill("\n"), "marks": fill("e\u0301\u0302\u0303\u0304"),
	}
}

// However much is in the composer, a key has a few rows laid out again and not
// all of them, where there are words.
func TestAKeyLaysOutFewRows(t *testing.T) {
	for name, text := range large() {
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
					t.Fatalf("what was typed and taken away again leaves another text")
				}
			}
			// Where every row is full to the edge, all that follow are other rows.
			if spaced := name == "words" || name == "Hindi" || name == "newlines"; spaced && anew > all/4 {
				t.Errorf("a key has %d of %d rows laid out again", anew/16, all/16)
			}
		})
	}
}

// Keys that come together are laid out once, and do what they do one by one.
func TestKeysThatComeTogether(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		one, all := newScreen(t, long(50), 80, 24), newScreen(t, long(50), 80, 24)
		keys := rapid.SliceOfN(rapid.SampledFrom([]tea.Msg{
			tea.KeyPressMsg{Code: 'a', Text: "a"}, tea.KeyPressMsg{Code: '?', Text: "?"}, tea.KeyPressMsg{Code: ' ', Text: " "},
			tea.KeyPressMsg{Code: '/', Text: "/"}, tea.KeyPressMsg{Code: '漢', Text: "漢"},
			tea.KeyPressMsg{Code: 0x301, Text: "\u0301"}, tea.KeyPressMsg{Code: tea.KeyBackspace}, tea.KeyPressMsg{Code: tea.KeyLeft},
			tea.KeyPressMsg{Code: tea.KeyUp}, tea.KeyPressMsg{Code: tea.KeyDown}, tea.KeyPressMsg{Code: 'w', Mod: tea.ModCtrl},
			tea.KeyPressMsg{Code: 'y', Mod: tea.ModCtrl},
			tea.KeyPressMsg{Code: tea.KeyEscape}, tea.KeyPressMsg{Code: tea.KeyPgUp}, tea.KeyPressMsg{Code: tea.KeyEnter, Mod: tea.ModAlt},
			tea.PasteMsg{Content: "pasted\ntext"},
		}), 1, 20).Draw(r, "keys")
		for _, k := range keys {
			one.update(k)
		}
		all.update(screen.Keys(keys))
		if got, want := all.model.Frame().String(), one.model.Frame().String(); got != want {
			r.Errorf("together they show\n%s\none by one\n%s", got, want)
		}
	})
}

// When the session has ended, what was typed before it was known does nothing
// any more.
func TestKeysAfterTheEndAreDropped(t *testing.T) {
	s := newScreen(t, long(3), 80, 24)
	s.model.Update(eventsMsg{Ended: "You have been banned."})
	s.update(screen.Keys{tea.KeyPressMsg{Code: 'a', Text: "a"}, tea.KeyPressMsg{Code: tea.KeyEnter}})
	if s.model.composer.text != "" || s.model.unsent() != 0 {
		t.Errorf("typed %q, and %d messages wait to be sent", s.model.composer.text, s.model.unsent())
	}
}

// BenchmarkTyping is a key in the middle of a large text.
func BenchmarkTyping(b *testing.B) {
	for name, text := range large() {
		b.Run(name, func(b *testing.B) {
			s := newScreen(b, long(200), 120, 40)
			s.model.composer.Set(text)
			s.model.composer.MoveTo(len(text) / 2)
			b.ReportAllocs()
			for i := range b.N {
				if i%2 == 0 {
					s.model.Update(tea.KeyPressMsg{Code: 'x', Text: "x"})
				} else {
					s.model.Update(tea.KeyPressMsg{Code: tea.KeyBackspace})
				}
				s.model.Frame()
			}
		})
	}
}
