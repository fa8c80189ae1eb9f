package theme

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"confab/app/text"
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
			for _, l := range (Measure{}).Wrap(c.text, c.width) {
				got = append(got, c.text[l.Start:l.End])
			}
			if strings.Join(got, "|") != strings.Join(c.want, "|") {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// texts are made of pieces that are hard to wrap.
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
	for _, l := range (Measure{}).Wrap(text, width) {
		if l.Start < at || l.End < l.Start || l.End > len(text) {
			t.Fatalf("%q at %d: line %v after %d", text, width, l, at)
		}
		if gone := text[at:l.Start]; len(gone) > 1 || gone != "" && !strings.Contains(" \t\n", gone) {
			t.Fatalf("%q at %d: %q is lost", text, width, gone)
		}
		line := text[l.Start:l.End]
		if n, _ := nextClusterOf(line); (Measure{}).Width(line) > width && n < len(line) {
			t.Fatalf("%q at %d: %q is %d wide", text, width, line, (Measure{}).Width(line))
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
	return (Measure{}).Next(s)
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
		if got := (Measure{}).Width((Measure{}).Fit(s, width, "…")); got != width {
			r.Fatalf("%q fitted to %d is %d wide: %q", s, width, got, (Measure{}).Fit(s, width, "…"))
		}
	})
}
