package plain

import (
	"strings"
	"testing"
	"unicode/utf8"

	"confab/app/text"
)

// typing feeds pieces of input to an editor, and returns the completed lines, the echo and
// the editor.
func typing(terminal bool, columns int, pieces ...string) (lines []string, echo string, e *editor) {
	var out strings.Builder
	e = &editor{terminal: terminal, columns: columns, write: func(s string) { out.WriteString(s) }}
	for _, piece := range pieces {
		input := []byte(piece)
		e.begin(input)
		for len(input) > 0 {
			var ev event
			if input, ev = e.feed(input); ev == entered {
				line, _ := e.take()
				lines = append(lines, line)
			}
		}
	}
	return lines, out.String(), e
}

func TestEditor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		pieces []string
		lines  []string
		rest   string
		echo   string
	}{
		{"a line", []string{"hi\r"}, []string{"hi"}, "", "hi\n"},
		{"key by key", []string{"h", "i", "\r"}, []string{"hi"}, "", "hi\n"},
		{"CR and LF are one end", []string{"hi\r\n"}, []string{"hi"}, "", "hi\n"},
		{"also in two pieces", []string{"hi\r", "\n", "x"}, []string{"hi"}, "x", "hi\nx"},
		{"LF alone", []string{"hi\n"}, []string{"hi"}, "", "hi\n"},
		{"backspace", []string{"hix\x7f\x08o"}, nil, "ho", "hix\b \b\b \bo"},
		{"backspace with nothing", []string{"\x7f"}, nil, "", ""},
		{"a wide character", []string{"a漢", "\x7f"}, nil, "a", "a漢\b \b\b \b"},
		{"a letter with a mark", []string{"e\u0301", "\x7f"}, nil, "", "e\u0301\n"},
		{"a family", []string{"x👩‍👩‍👧", "\x7f"}, nil, "x", "x👩👩👧\nx"},
		{"a word", []string{"one two ", "\x17"}, nil, "one ", "one two " + strings.Repeat("\b \b", 4)},
		{"the line", []string{"one", "\x15", "x"}, nil, "x", "one\b \b\b \b\b \bx"},
		{"over the edge", []string{"0123456789ab", "\x7f", "\x7f", "\x7f"}, nil, "012345678", "0123456789ab\b \b\b \b\n012345678"},
		{"the arrows", []string{"a\x1b[A\x1bOBb\x1b[1;5Cc"}, nil, "abc", "abc"},
		{"in pieces", []string{"\x1b", "[", "1", "~x"}, nil, "x", "x"},
		{"Esc alone", []string{"\x1b", "x"}, nil, "x", "x"},
		{"Alt and a letter", []string{"\x1bxy"}, nil, "y", "y"},
		{"a string from the terminal", []string{"\x1b]11;rgb:0/0/0\x07a\x1b]x\x1b\\b\x1bPq\x1b\\c"}, nil, "abc", "abc"},
		{"an endless string", []string{"\x1bP", "x\r", "y"}, []string{""}, "y", "\ny"},
		{"bracketed paste", []string{"\x1b[200~a\x1b[201~"}, nil, "a", "a"},
		{"a paste", []string{"a\rb"}, nil, "a\nb", "a\nb"},
		{"a paste that ends with a line end", []string{"a\rb\r", "\r"}, []string{"a\nb\n"}, "", "a\nb\n\n"},
		{"a paste in two pieces", []string{"a\rb", "c\rd\r", "\r"}, []string{"a\nbc\nd\n"}, "", "a\nbc\nd\n\n"},
		{"a tab", []string{"a\tb"}, nil, "a\tb", "a b"},
		{"not UTF-8", []string{"a\xffb\xc3"}, nil, "ab", "ab"},
		{"a character in pieces", []string{"\xc3", "\xa9"}, nil, "é", "é"},
		{"controls", []string{"a\x00\x01\u009b2Jb\u202e"}, nil, "a2Jb\u202e", "a2Jb"},
	} {
		lines, echo, e := typing(true, 10, c.pieces...)
		if got := strings.Join(lines, "|"); got != strings.Join(c.lines, "|") || string(e.typed) != c.rest || echo != c.echo {
			t.Errorf("%s: lines %q, the text %q, the echo %q", c.name, lines, e.typed, echo)
		}
	}
}

// Without a terminal, all lines are lines, and nothing is echoed.
func TestEditorWithoutATerminal(t *testing.T) {
	t.Parallel()
	lines, echo, e := typing(false, 0, "one\ntwo\r\nth", "ree\n\n4")
	if got := strings.Join(lines, "|"); got != "one|two|three|" || string(e.typed) != "4" || echo != "" {
		t.Errorf("lines %q, the text %q, the echo %q", lines, e.typed, echo)
	}
}

func TestEditorBoundsTheText(t *testing.T) {
	t.Parallel()
	_, _, e := typing(true, 80, strings.Repeat("x", maxTyped+100))
	if typed, dropped := e.take(); len(typed) != maxTyped || !dropped {
		t.Errorf("%d bytes, dropped %t", len(typed), dropped)
	}
}

// Whatever is typed, the text is UTF-8 without control characters, and the echo is text
// that no terminal takes for anything else.
func FuzzEditor(f *testing.F) {
	for _, s := range []string{"hi\r", "a\rb", "\x1b[A\x1b]x\x07", "漢\x7f\x17\x15", "e\u0301\u0301\u0301\u0301\u0301\u0301", "👩‍👩‍👧\x7f", "\xff\xc3\u009b"} {
		f.Add(s, 3, 10)
		f.Add(s, 1, 1)
	}
	f.Fuzz(func(t *testing.T, input string, size, columns int) {
		size = max(1, size%100)
		var pieces []string
		for rest := input; rest != ""; {
			n := min(size, len(rest))
			pieces, rest = append(pieces, rest[:n]), rest[n:]
		}
		lines, echo, e := typing(true, columns, pieces...)
		for _, typed := range append(lines, string(e.typed)) {
			if !utf8.ValidString(typed) || strings.ContainsFunc(typed, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 }) {
				t.Errorf("the text is %q", typed)
			}
		}
		if rest := strings.ReplaceAll(echo, "\b \b", ""); strings.ContainsAny(rest, "\b\t\x1b") || !harmless(rest) {
			t.Errorf("the echo is %q", echo)
		}
	})
}

// harmless reports whether each character of an echo is harmless.
func harmless(echo string) bool {
	for _, r := range echo {
		if r != '\n' && !text.IsClean("a"+string(r)) {
			return false
		}
	}
	return true
}
