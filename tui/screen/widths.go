package screen

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Widths says how wide a terminal draws characters that are made of several code points: as
// one character, or as wide as the sum of their code points. Terminals differ, and many do
// the first for some kinds and the second for others. The zero Widths knows nothing, and
// assumes the larger width.
type Widths struct {
	Joined   Measure // emoji with joiners: families
	Toned    Measure // emoji with a tone of skin
	Selected Measure // symbols that a variation selector makes emoji
	Textual  Measure // emoji that a variation selector makes symbols
	Flags    Measure
	Marked   Measure // letters with spacing marks: Hindi, Tamil, Bengali
	Conjunct Measure // letters that a sign joins: क्ष
	Vowelled Measure // letters with the vowel AM: Thai, Lao
	// Isolates are the characters that isolate a text which is written from right to left.
	// They are used only if the terminal shows nothing for them, which is Together.
	Isolates Measure
}

// Measure says how a terminal measures one kind of character.
type Measure uint8

const (
	Wider    Measure = iota // not known: the larger width
	Together                // as one
	Summed                  // as the sum of its code points
)

// Next returns the bytes and the cells of the grapheme cluster (UAX #29) at the start of a
// text. The text must not be empty.
func (w Widths) Next(s string) (size, width int) {
	if s[0] < utf8.RuneSelf && (len(s) == 1 || s[1] < utf8.RuneSelf) {
		return 1, 1
	}
	cluster, width := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
	if r, n := utf8.DecodeRuneInString(cluster); n == len(cluster) && r != utf8.RuneError {
		return n, width
	}
	sum, bare := 0, 0 // bare is the sum without spacing marks
	for _, r := range cluster {
		_, n := ansi.FirstGraphemeCluster(string(r), ansi.WcWidth)
		if sum += n; !unicode.Is(unicode.Mc, r) {
			bare += n
		}
		if r == textSelector {
			width = 1 // where the selector counts, the character is a narrow symbol
		}
	}
	if sum == width {
		return len(cluster), width
	}
	kind := w.of(cluster)
	switch *kind {
	case Together:
		return len(cluster), width
	case Summed:
		if kind == &w.Conjunct && w.Marked == Together {
			return len(cluster), bare
		}
		return len(cluster), sum
	default:
		return len(cluster), max(width, sum)
	}
}

// of returns the measure of a cluster's kind.
func (w *Widths) of(cluster string) *Measure {
	toned, selected, letters := false, false, 0
	for _, r := range cluster {
		switch {
		case r == textSelector:
			return &w.Textual
		case r == thaiAM || r == laoAM:
			return &w.Vowelled
		case unicode.IsLetter(r):
			letters++
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
	case letters > 1:
		return &w.Conjunct
	default:
		return &w.Marked
	}
}

// upTo returns the number of bytes of a row that take so many cells, 0 if none do. It also
// reports whether the width of one of these characters is not known.
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

// Text returns the number of cells that a text takes. The text may have the sequences that
// a row may have.
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

// Cut shortens a text to so many cells, and returns how many it has. It keeps the sequences
// after the cut, so that the style still ends.
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

const (
	textSelector = '\uFE0E'
	thaiAM       = '\u0E33'
	laoAM        = '\u0EB3'

	// firstStrong begins an isolate that is written in the direction of its first letter,
	// and popIsolate ends it (UAX #9).
	firstStrong = "\u2068"
	popIsolate  = "\u2069"
)

// Isolate returns a text so that a terminal which writes letters from right to left orders
// nothing around the text differently: no names and no times. A text without such letters
// is unchanged, and so is every text for a terminal that is not known to support this.
func (w Widths) Isolate(s string) string {
	if w.Isolates != Together || strings.IndexFunc(s, rightToLeft) < 0 {
		return s
	}
	return firstStrong + s + popIsolate
}

// CloseIsolates ends the isolates of a text that was cut. Otherwise everything after the text
// in its row would belong to them.
func CloseIsolates(s string) string {
	return s + strings.Repeat(popIsolate, max(0, strings.Count(s, firstStrong)-strings.Count(s, popIsolate)))
}

// rightToLeft reports whether a character is in one of the blocks of scripts that are
// written from right to left (DerivedBidiClass.txt).
func rightToLeft(r rune) bool {
	return r >= 0x590 && r < 0x900 || r >= 0xFB1D && r < 0xFE00 || r >= 0xFE70 && r < 0xFF00 || r >= 0x10800 && r < 0x11000 || r >= 0x1E800 && r < 0x1F000
}

// Some terminals measure all kinds in the same way.
var (
	together = Widths{Together, Together, Together, Together, Together, Together, Together, Together, Together}
	summed   = Widths{Summed, Summed, Summed, Summed, Summed, Summed, Summed, Summed, Summed}
)

// samples has a character of each kind, and the field for its measure.
var samples = [...]struct {
	text string
	kind func(*Widths) *Measure
}{
	{"👩‍👩‍👧", func(w *Widths) *Measure { return &w.Joined }},
	{"👍🏽", func(w *Widths) *Measure { return &w.Toned }},
	{"❤️", func(w *Widths) *Measure { return &w.Selected }},
	{"⌚︎", func(w *Widths) *Measure { return &w.Textual }},
	{"🇩🇪", func(w *Widths) *Measure { return &w.Flags }},
	{"की", func(w *Widths) *Measure { return &w.Marked }},
	{"क्ष", func(w *Widths) *Measure { return &w.Conjunct }},
	{"กำ", func(w *Widths) *Measure { return &w.Vowelled }},
	{firstStrong + popIsolate, func(w *Widths) *Measure { return &w.Isolates }},
}
