package screen

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

func TestAppendRow(t *testing.T) {
	const link = "\x1b]8;id=1;https://example.org/\x1b\\"
	for _, c := range []struct {
		name, row string
		w         int
		want      string
		width     int
	}{
		{"text", "hello", 9, "hello", 5},
		{"cut", "hello", 3, "hel", 3},
		{"cut styled", "\x1b[1mhello\x1b[m", 3, "\x1b[1mhel\x1b[m", 3},
		{"cut in a wide character", "a世界", 4, "a世", 3},
		{"cut in a keycap", "a1\ufe0f\u20e3b", 2, "a", 1},
		{"style left open", "\x1b[38;5;1mx", 9, "\x1b[38;5;1mx\x1b[m", 1},
		{"reset as 0", "\x1b[4:3mx\x1b[0m", 9, "\x1b[4:3mx\x1b[0m", 1},
		{"link", link + "x\x1b]8;;\x1b\\", 9, link + "x\x1b]8;;\x1b\\", 1},
		{"link left open", link + "x", 9, link + "x" + resetLink, 1},
		{"link ended by BEL", "\x1b]8;;http://a\ax\x1b]8;;\a", 9, "\x1b]8;;http://a\ax\x1b]8;;\a", 1},
		{"control characters", "a\r\n\a\x00b\x7f", 9, "a????b?", 7},
		{"cursor", "a\x1b[2Jb", 9, "a?[2Jb", 6},
		{"clipboard", "\x1b]52;c;aGk=\a", 20, "?]52;c;aGk=?", 12},
		{"title in a link", "\x1b]8;;http://a\x1b]0;t\ax", 30, "?]8;;http://a?]0;t?x", 20},
		{"link without end", "\x1b]8;;http://a", 30, "?]8;;http://a", 13},
		{"private sequence", "\x1b[?25lx", 9, "?[?25lx", 7},
		{"lone ESC", "x\x1b", 9, "x?", 2},
		{"C1", "a\u009b2Jb", 9, "a?2Jb", 5},
		{"C1 as a byte", "a\x9b2Jb", 9, "a?2Jb", 5},
		{"no UTF-8", "a\xff\xe4\xb8b", 9, "a???b", 5},
		{"scrubbed, then cut", "ab\n世界", 4, "ab?", 3},
	} {
		got, width := appendRow(nil, c.row, c.w, together)
		if string(got) != c.want || width != c.width {
			t.Errorf("%s: appendRow(%q, %d) = %q, %d, want %q, %d", c.name, c.row, c.w, got, width, c.want, c.width)
		}
	}
}

// The bytes that are sent for any row are safe, fit, and end in the style in which they
// began.
func TestAppendRowAny(t *testing.T) {
	piece := rapid.SampledFrom([]string{
		"a", "hello ", "é", "e\u0301", "世", "👩‍💻", "\x1b", "\x1b[", "\x1b[1m", "\x1b[m", "\x1b[2J", "m", "8;", "]", "\x1b]8;;http://a",
		"\x1b\\", "\a", "\x1b]8;;\a", "\x9c", "\u009c", "\x00", "\r", "\n", "\xf0\x9f", "\x1b]0;t",
	})
	rapid.Check(t, func(t *rapid.T) {
		row := strings.Join(rapid.SliceOf(piece).Draw(t, "row"), "")
		w := rapid.IntRange(1, 20).Draw(t, "w")
		got, width := appendRow(nil, row, w, together)
		s := string(got)
		if !utf8.ValidString(s) {
			t.Fatalf("%q is not UTF-8", s)
		}
		if l := inspect(s); !l.safe || l.styled || l.linked {
			t.Fatalf("%q: %+v", s, l)
		}
		if n := ansi.StringWidth(s); n != width || n > w {
			t.Fatalf("%q is %d cells wide, told %d, room %d", s, n, width, w)
		}
	})
}
