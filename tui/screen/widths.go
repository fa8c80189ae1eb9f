package screen

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Widths is how wide a terminal draws characters that are made of several code
// points: as one, or as wide as their code points together. Terminals differ, and
// many treat one kind so and another kind the other way. The zero Widths knows
// nothing, and takes what is wider.
type Widths struct {
	Joined   Measure // emoji with joiners: families
	Toned    Measure // emoji with a tone of skin
	Selected Measure // symbols that a variation selector makes emoji
	Flags    Measure
	Marked   Measure // letters with spacing marks and conjuncts: Hindi, Tamil, Bengali
}

// Measure is how one kind of character is measured.
type Measure uint8

const (
	Wider    Measure = iota // not known: what is wider
	Together                // as one
	Summed                  // as the sum of its code points
)

// Next returns the bytes and the cells of the grapheme cluster (UAX #29) that a
// text begins with. The text must not be empty.
func (w Widths) Next(s string) (size, width int) {
	if s[0] < utf8.RuneSelf && (len(s) == 1 || s[1] < utf8.RuneSelf) {
		return 1, 1
	}
	cluster, width := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
	if r, n := utf8.DecodeRuneInString(cluster); n == len(cluster) && r != utf8.RuneError {
		return n, width
	}
	sum := 0
	for _, r := range cluster {
		_, n := ansi.FirstGraphemeCluster(string(r), ansi.WcWidth)
		sum += n
	}
	if sum == width {
		return len(cluster), width
	}
	switch *w.of(cluster) {
	case Together:
		return len(cluster), width
	case Summed:
		return len(cluster), sum
	default:
		return len(cluster), max(width, sum)
	}
}

// of is the measure of the kind that a cluster is of.
func (w *Widths) of(cluster string) *Measure {
	toned, selected := false, false
	for _, r := range cluster {
		switch {
		case r == '\u200d' && strings.IndexFunc(cluster, func(r rune) bool { return r >= 0x1F000 }) >= 0:
			return &w.Joined
		case r >= 0x1F3FB && r <= 0x1F3FF:
			toned = true
		case r == 0xFE0F || r == 0x20E3:
			selected = true
		case r >= 0x1F1E6 && r <= 0x1F1FF:
			return &w.Flags
		}
	}
	switch {
	case toned:
		return &w.Toned
	case selected:
		return &w.Selected
	default:
		return &w.Marked
	}
}

// upTo is the number of bytes of a row that take so many cells, 0 if none do, and
// whether it is not known of one of them how wide it is drawn.
func (w Widths) upTo(row string, cells int) (i int, guessed bool) {
	for i < len(row) && cells > 0 {
		if row[i] == ansi.ESC {
			i += max(sequence(row[i:]).length, 1)
			continue
		}
		n, wide := w.Next(row[i:])
		if n > utf8.UTFMax && *w.of(row[i : i+n]) == Wider {
			_, whole := together.Next(row[i:])
			_, sum := summed.Next(row[i:])
			guessed = guessed || whole != sum
		}
		i, cells = i+n, cells-wide
	}
	if cells != 0 {
		return 0, false
	}
	return i, guessed
}

// Text is how many cells a text takes. It may hold what a row may.
func (w Widths) Text(s string) int {
	width := 0
	for s != "" {
		if s[0] == ansi.ESC {
			s = s[max(sequence(s).length, 1):]
			continue
		}
		n, cells := w.Next(s)
		s, width = s[n:], width+cells
	}
	return width
}

// Cut shortens a text to so many cells, and gives how many it has. It keeps the
// sequences after the cut, so that the style still ends.
func (w Widths) Cut(s string, cells int) (string, int) {
	used := 0
	for i := 0; i < len(s); {
		if s[i] == ansi.ESC {
			i += max(sequence(s[i:]).length, 1)
			continue
		}
		n, wide := w.Next(s[i:])
		if used+wide <= cells {
			i, used = i+n, used+wide
			continue
		}
		var b strings.Builder
		b.WriteString(s[:i])
		for i < len(s) {
			if s[i] == ansi.ESC {
				n := max(sequence(s[i:]).length, 1)
				b.WriteString(s[i : i+n])
				i += n
				continue
			}
			i++
		}
		return b.String(), used
	}
	return s, used
}

// The terminals that measure all in one way.
var (
	together = Widths{Together, Together, Together, Together, Together}
	summed   = Widths{Summed, Summed, Summed, Summed, Summed}
)

// samples are characters of each kind, and where their measure is kept.
var samples = [...]struct {
	text string
	kind func(*Widths) *Measure
}{
	{"👩‍👩‍👧", func(w *Widths) *Measure { return &w.Joined }},
	{"👍🏽", func(w *Widths) *Measure { return &w.Toned }},
	{"❤️", func(w *Widths) *Measure { return &w.Selected }},
	{"🇩🇪", func(w *Widths) *Measure { return &w.Flags }},
	{"की", func(w *Widths) *Measure { return &w.Marked }},
}
