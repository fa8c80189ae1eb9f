package text

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestClean(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"plain", "Hello, world!", "Hello, world!"},
		{"scripts", "żółw 猫 привет שָׁלוֹם हिन्दी ไทย", "żółw 猫 привет שָׁלוֹם हिन्दी ไทย"},
		{"code", "if x {\n\treturn  1\n}", "if x {\n\treturn  1\n}"},
		{"indent of the first line", "\n \n    a\n  b", "    a\n  b"},
		{"ends", "\n\na \n b \t\n\n", "a \n b"},
		{"only blanks", " \n\t\u3000\n", ""},
		{"line ends", "a\r\nb\rc\r\r\nd\u0085e\u2028f\u2029g", "a\nb\nc\n\nd\ne\nf\ng"},
		{"controls", "a\x00b\bc\x7fd\u0080e\u009ff\ag\vh\fi", "abcdefghi"},
		{"invalid UTF-8", "a\xffb\xc3(\xed\xa0\x80", "a\ufffdb\ufffd(\ufffd\ufffd\ufffd"},
		{"raw C1 byte", "a\x9b31mb", "a\ufffd31mb"},
		{"noncharacters", "a\ufffeb\U0001ffffc\ufdd0", "a\ufffdb\ufffdc\ufffd"},
		{"private use", "\ue0b0 \U000f0001", "\ue0b0 \U000f0001"},

		{"colours", "\x1b[1;31mred\x1b[0m and \x1b[38:2::1:2:3mmore\x1b[m", "red and more"},
		{"8-bit CSI", "a\u009b2Jb\u009b?1004hc", "abc"},
		{"cursor, mouse, query", "\x1b[2J\x1b[H\x1b[?1000h\x1b[6n\x1b[ qx", "x"},
		{"title", "a\x1b]0;evil\ab\x1b]2;evil\x1b\\c\x1b]2;evil\u009cd", "abcd"},
		{"link", "\x1b]8;;http://x/\x1b\\text\x1b]8;;\x1b\\", "text"},
		{"clipboard", "\x1b]52;c;aGk=\a.", "."},
		{"DCS, APC, PM, SOS", "1\x1bPq\ndata\a\x1b\\2\x1b_x\x1b\\3\x1b^y\x1b\\4\x1bXz\x1b\\5", "12345"},
		{"character set", "\x1b(B\x1b[mx\x1b)0y\x1b%Gz", "xyz"},
		{"other escapes", "\x1bc\x1b7\x1b=", "c7="},
		{"incomplete CSI", "a\x1b[31", "a[31"},
		{"broken CSI", "\x1b[3\x1b[1mx\x1b[é", "[3x[é"},
		{"unterminated OSC", "a\x1b]0;title and\nall the rest", "a]0;title and\nall the rest"},
		{"OSC cancelled", "a\x1b]0;b\x1b[mc\x18d\a", "a]0;bcd"},
		{"BEL ends no DCS", "\x1bPx\ay", "Pxy"},
		{"lone ESC", "\x1b", ""},
		{"ESC in front of ESC", "\x1b\x1b[mx", "x"},
		{"8-bit OSC is no string", "a\u009d0;b\ac", "a0;bc"},
		{"paste breakout", "a\x1b[201~b", "ab"},

		{"bidi", "a\u202eb\u202ac\u2066d\u2069e\u200ef\u200fg\u061ch", "abcdefgh"},
		{"invisible", "a\u00adb\u034fc\u115fd\u17b4e\u180bf\u200bg\u2060h\u206ai\u3164j\ufeffk\uffa0l\ufff9m\U0001d173n\U000e0041o\U000e0001p\u2065q", "abcdefghijklmnopq"},
		{"visible format characters", "\u0600١ \u06dd", "\u0600١ \u06dd"},

		{"family", "👩\u200d👩\u200d👧\u200d👦!", "👩\u200d👩\u200d👧\u200d👦!"},
		{"heart on fire", "❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"},
		{"nod", "🙂\u200d↔\ufe0f", "🙂\u200d↔\ufe0f"},
		{"skin", "👍🏽👩🏽\u200d🚀", "👍🏽👩🏽\u200d🚀"},
		{"keycap", "1\ufe0f\u20e3#\u20e3", "1\ufe0f\u20e3#\u20e3"},
		{"Persian", "می\u200cخواهم", "می\u200cخواهم"},
		{"Sinhala", "ශ්\u200dරී", "ශ්\u200dරී"},
		{"Bengali", "র\u200d্য", "র\u200d্য"},
		{"joiner at the ends", "\u200da\u200d \u200cb\u200c\nc\u200d", "a b\nc"},
		{"joiner beside digits", "1\u200d2", "12"},
		{"joiners in a row", "क\u200d\u200c\u200dख", "क\u200dख"},
		{"joiner beside what goes", "क\u200d\u200b\x07ख", "क\u200dख"},
		{"too long a chain", strings.Repeat("🔥\u200d", 7) + "🔥", "🔥\u200d🔥\u200d🔥\u200d🔥\u200d🔥🔥\u200d🔥\u200d🔥"},

		{"flag of Scotland", "🏴" + textScotland + "!", "🏴" + textScotland + "!"},
		{"hidden text as a flag", "🏴\U000e0068\U000e0069\U000e007f", "🏴"},
		{"tag without flag", "a" + textScotland, "a"},
		{"selector twice", "❤\ufe0f\ufe0f\ufe0e", "❤\ufe0f"},
		{"selector after nothing", "\ufe0f \ufe0fa\n\ufe0f\t\ufe0f", " a"},
		{"selector of an ideograph", "葛\U000e0100\U000e0101 ≨\ufe00 .\ufe00", "葛\U000e0100 ≨\ufe00 ."},
		{"selector after a mark", "e\u0301\ufe0f", "e\u0301"},

		{"flood of marks", "h" + strings.Repeat("\u0301", 50) + "i", "h" + strings.Repeat("\u0301", 4) + "i"},
		{"flood of spacing marks", "क" + strings.Repeat("\u093e", 50), "क" + strings.Repeat("\u093e", 4)},
		{"flood past joiners", "h" + strings.Repeat("\u0301\u200d", 50) + "i", "h\u0301" + strings.Repeat("\u200d\u0301", 3) + "\u200di"},
		{"Burmese", "လျှို့ဝှက်", "လျှို့ဝှက်"},
		{"mark without base", "\u0301a\n\u0301b \u0301c\t\u0301d", "a\nb c\td"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Clean(tt.in)
			if got != tt.want {
				t.Errorf("Clean(%+q)\n got %+q\nwant %+q", tt.in, got, tt.want)
			}
			checkCleaned(t, tt.in, got)
		})
	}
}

// checkCleaned checks the properties of cleaned texts. It uses other tables than the code
// that it tests.
func checkCleaned(t interface{ Errorf(string, ...any) }, in, out string) {
	if again := Clean(out); again != out {
		t.Errorf("cleaning %+q again gave %+q, first %+q", in, again, out)
	}
	if !IsClean(out) {
		t.Errorf("IsClean denies %+q", out)
	}
	if IsClean(in) && !strings.Contains(in, out) {
		t.Errorf("IsClean says yes to %+q, which became %+q", in, out)
	}
	if !utf8.ValidString(out) {
		t.Errorf("not UTF-8: %+q", out)
	}
	for _, flag := range []string{textEngland, textScotland, textWales} {
		out = strings.ReplaceAll(out, "🏴"+flag, "🏴")
	}
	runes := []rune(out)
	marks, spacing := 0, 0
	for i, r := range runes {
		if isForbidden(r) {
			t.Errorf("%U was left in %+q", r, out)
		}
		switch {
		case unicode.Is(unicode.Variation_Selector, r):
			if i == 0 || unicode.IsSpace(runes[i-1]) || unicode.IsMark(runes[i-1]) {
				t.Errorf("%U selects nothing in %+q", r, out)
			}
		case unicode.Is(unicode.Mc, r):
			spacing++
		case unicode.IsMark(r):
			marks++
		case r == 0x200c || r == 0x200d:
			if i == 0 || i == len(runes)-1 || unicode.IsSpace(runes[i-1]) || unicode.IsSpace(runes[i+1]) || runes[i+1] == 0x200d || runes[i+1] == 0x200c {
				t.Errorf("%U joins nothing in %+q", r, out)
			}
		default:
			marks, spacing = 0, 0
		}
		if unicode.IsMark(r) && (i == 0 || unicode.IsSpace(runes[i-1])) {
			t.Errorf("%U has no base in %+q", r, out)
		}
		if marks > 4 || spacing > 4 {
			t.Errorf("a flood of marks in %+q", out)
		}
	}
}

func isForbidden(r rune) bool {
	switch {
	case r == '\n' || r == '\t' || r == 0x200c || r == 0x200d:
		return false
	case r == 0x2028 || r == 0x2029, r >= 0xE0000 && r <= 0xE00FF, r >= 0xE01F0 && r <= 0xE0FFF:
		return true
	case r >= 0xFE00 && r <= 0xFE0F, r >= 0xE0100 && r <= 0xE01EF:
		return false
	}
	// Visible signs before numbers (Prepended_Concatenation_Mark).
	if unicode.In(r, unicode.Prepended_Concatenation_Mark) || r == 0x070F {
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Bidi_Control,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Noncharacter_Code_Point)
}

func TestCleanTextEachRune(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if r == 0x32000 {
			r = 0xE0000 // nothing is assigned in between
		} else if r == 0xE1000 {
			r = 0xFFFF0 // unassigned, or for private use
		}
		if !utf8.ValidRune(r) || r > 0xFFFFF && r < 0x10FFF0 {
			continue
		}
		in := "a" + string(r) + "b"
		out := Clean(in)
		checkCleaned(t, in, out)
		if out == in && isForbidden(r) || out != in && unicode.IsPrint(r) && !isForbidden(r) &&
			!unicode.In(r, unicode.Variation_Selector) {
			t.Errorf("%U: %+q", r, out)
		}
	}
}

// textPieces returns pieces of text that are difficult next to each other.
func textPieces() []string {
	return []string{
		"a", "1", " ", "\n", "\t", "\r", "\x1b", "\x1b[", "\x1b]", "\x1bP", "\x1b\\", "\u009b", "\u009c", "\a", "m", ";",
		"\u200d", "\u200c", "\u200b", "\ufe0f", "\ufe00", "\U000e0100", "\u0301", "\u093e", "\u20e3", "🔥", "❤", "क", "\u094d",
		"🏴", textWales, "\U000e007f", "\U000e0067", "\u202e", "\xff", "\xc2", "\x9b", "\ufffe", "\u00a0", "\u3000", "\u0085", "\u2028",
		"\u1100", "\u0600", "葛", "🇩",
	}
}

func TestCleanTextProperties(t *testing.T) {
	piece := rapid.OneOf(rapid.SampledFrom(textPieces()), rapid.StringN(1, 1, -1))
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(rapid.SliceOfN(piece, 12, 40).Draw(t, "in"), "")
		limit := rapid.IntRange(0, 20).Draw(t, "limit")
		checkCleaned(t, in, Clean(in))
		checkLine(t, in, limit)
	})
}

func checkLine(t interface{ Errorf(string, ...any) }, in string, limit int) {
	line := CleanLine(in, limit)
	checkCleaned(t, line, line)
	if n := utf8.RuneCountInString(line); n > max(limit, 0) {
		t.Errorf("CleanLine(%+q, %d) has %d characters", in, limit, n)
	}
	if strings.ContainsAny(line, "\n\t") || strings.TrimSpace(line) != line || strings.Contains(line, "  ") {
		t.Errorf("CleanLine(%+q, %d) = %+q", in, limit, line)
	}
	if again := CleanLine(line, limit); again != line {
		t.Errorf("CleanLine of %+q is %+q", line, again)
	}
}

func TestCleanLine(t *testing.T) {
	tests := []struct {
		in    string
		limit int
		want  string
	}{
		{"OpenSSH_9.9", 80, "OpenSSH_9.9"},
		{" a\n\n\tb \u00a0 c ", 80, "a b c"},
		{"xterm\x1b]0;x\a\r\nfaked=line", 80, "xterm faked=line"},
		{"abcdef", 6, "abcdef"},
		{"abcdefg", 6, "abcde…"},
		{"abcd efg", 6, "abcd…"},
		{"a", 0, ""},
		{"a", -1, ""},
		{"a", 1, "a"},
		{"ab", 1, "…"},
		{"ae\u0301x", 3, "a…"}, // not cut inside é
		{"👩\u200d👩\u200d👧x", 5, "…"},
		{"👩\u200d👩\u200d👧xyz", 7, "👩\u200d👩\u200d👧x…"},
		{"می\u200cخواهم", 4, "می…"},
	}
	for _, tt := range tests {
		if got := CleanLine(tt.in, tt.limit); got != tt.want {
			t.Errorf("CleanLine(%+q, %d) = %+q, want %+q", tt.in, tt.limit, got, tt.want)
		}
		checkLine(t, tt.in, tt.limit)
	}
}

func TestIsClean(t *testing.T) {
	for _, s := range []string{"", "plain\n\ttext ", "\n\n ends \n", "naïve 猫 👩\u200d🚀", "می\u200cخواهم"} {
		if !IsClean(s) {
			t.Errorf("IsClean(%+q) is false", s)
		}
	}
	for _, s := range []string{"a\rb", "\x1b[m", "a\x7f", "\u0301", "a\u200d", "\u202e", "\xff", "a\u009b", "é\a"} {
		if IsClean(s) {
			t.Errorf("IsClean(%+q) is true", s)
		}
	}
}

func TestCleanTextAllocations(t *testing.T) {
	for name, s := range map[string]string{
		"ASCII": strings.Repeat("It works here. ", 14), "Unicode": strings.Repeat("Ça marche 👍🏽 ", 14),
	} {
		if n := testing.AllocsPerRun(100, func() { Clean(s) }); n != 0 {
			t.Errorf("Clean of %s allocates %v times", name, n)
		}
		if n := testing.AllocsPerRun(100, func() { IsClean(s) }); n != 0 {
			t.Errorf("IsClean of %s allocates %v times", name, n)
		}
	}
}

// Some texts make a naive search for the ends of sequences start again and again. They must
// not delay a session.
func TestCleanTextIsLinear(t *testing.T) {
	for _, piece := range []string{"\x1b]", "\x1b[", "\x1bP0", "\u009b1", "\r", "\u200d", "a\u200d", "\u0301", "🏴\U000e0067", "क\u094d"} {
		in := strings.Repeat(piece, (1<<20)/len(piece))
		start := time.Now()
		Clean(in)
		if d := time.Since(start); d > 30*time.Second { // it takes about 20 ms, and hours if the search starts again
			t.Errorf("%+q took %v", piece, d)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, p := range textPieces() {
		f.Add("a"+p+"b", 3)
	}
	f.Add("\x1b]0;a\u200d\x1b\\\u0301\r\n\ufe0f🏴"+textWales, 2)
	f.Fuzz(func(t *testing.T, in string, limit int) {
		checkCleaned(t, in, Clean(in))
		checkLine(t, in, limit)
	})
}

func BenchmarkClean(b *testing.B) {
	s := strings.Repeat("It works here. ", 14)[:200]
	b.ReportAllocs()
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		Clean(s)
	}
}
