package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

const (
	// textMaxMarks is how many marks of a kind one character may carry. Hebrew with
	// points and accents and Burmese need four. More marks would flood the lines
	// around the character.
	textMaxMarks = 4
	// textMaxJoins is how many characters may be joined to one. The longest emoji
	// that is recommended for interchange joins three (UTS #51).
	textMaxJoins = 4
)

// These three flags are a black flag with a name in tag characters
// (RGI_Emoji_Flag_Sequence, UTS #51). Other tags could carry hidden text.
const (
	textBlackFlag = '\U0001F3F4'
	textEngland   = "\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F"
	textScotland  = "\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F"
	textWales     = "\U000E0067\U000E0062\U000E0077\U000E006C\U000E0073\U000E007F"
)

// textRemoved are code points that are always removed, in addition to controls.
// They change the direction of writing, or show nothing (General_Category Cf and
// Default_Ignorable_Code_Point of the Unicode Character Database). The list leaves
// out code points whose context decides, and the visible signs of category Cf
// (U+0600 and similar).
var textRemoved = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x00AD, Hi: 0x00AD, Stride: 1}, // soft hyphen
		{Lo: 0x034F, Hi: 0x034F, Stride: 1}, // combining grapheme joiner
		{Lo: 0x061C, Hi: 0x061C, Stride: 1}, // Arabic letter mark
		{Lo: 0x115F, Hi: 0x1160, Stride: 1}, // Hangul fillers
		{Lo: 0x17B4, Hi: 0x17B5, Stride: 1}, // Khmer inherent vowels
		{Lo: 0x180B, Hi: 0x180F, Stride: 1}, // Mongolian selectors
		{Lo: 0x200B, Hi: 0x200B, Stride: 1}, // zero width space
		{Lo: 0x200E, Hi: 0x200F, Stride: 1}, // direction marks
		{Lo: 0x202A, Hi: 0x202E, Stride: 1}, // embeddings and overrides
		{Lo: 0x2060, Hi: 0x206F, Stride: 1}, // word joiner, operators, isolates
		{Lo: 0x3164, Hi: 0x3164, Stride: 1}, // Hangul filler
		{Lo: 0xFEFF, Hi: 0xFEFF, Stride: 1}, // byte order mark
		{Lo: 0xFFA0, Hi: 0xFFA0, Stride: 1}, // Hangul filler
		{Lo: 0xFFF0, Hi: 0xFFFB, Stride: 1}, // unassigned, annotations
	},
	R32: []unicode.Range32{
		{Lo: 0x13430, Hi: 0x1343F, Stride: 1}, // hieroglyph layout
		{Lo: 0x1BCA0, Hi: 0x1BCA3, Stride: 1}, // shorthand layout
		{Lo: 0x1D173, Hi: 0x1D17A, Stride: 1}, // beams and slurs
		{Lo: 0xE0000, Hi: 0xE00FF, Stride: 1}, // tags
		{Lo: 0xE01F0, Hi: 0xE0FFF, Stride: 1}, // unassigned
	},
}

// Clean makes text from outside harmless, once, where it enters. It returns valid
// UTF-8 that a terminal can show as it is: it moves no cursor, changes no colour or
// direction of writing, and hides nothing.
//
//   - It removes complete escape sequences: CSI (also U+009B), terminated OSC, DCS, APC, PM
//     and SOS strings, and designations of character sets (ECMA-48, ECMA-35). Of an
//     incomplete one it removes only the introducer, so that it cannot swallow the text
//     after it.
//   - CRLF, CR, U+0085, U+2028 and U+2029 become LF. Other controls are removed, except
//     tabs.
//   - Bytes that are not UTF-8, and noncharacters, become U+FFFD.
//   - Directional controls and invisible characters are removed. Joiners (U+200C, U+200D)
//     stay between two letters, marks or emoji, at most four in a row. A variation selector
//     stays directly after a character that it can vary. The tags of the flags of England,
//     Scotland and Wales stay.
//   - A character keeps its first four nonspacing or enclosing marks and its first four
//     spacing ones. Marks after nothing or after white space are removed.
//   - Blank lines before the text and white space after it are trimmed.
//
// Cleaning twice gives the same result as cleaning once. Clean text is returned
// without allocating. The time is linear in the length of s, which the caller
// bounds. Several goroutines may call Clean at once.
func Clean(s string) string {
	if !textIsPlain(s) {
		c := textCleaner{src: s, held: -1}
		c.clean()
		s = c.result()
	}
	s = strings.TrimRightFunc(s, unicode.IsSpace)
	first := len(s) - len(strings.TrimLeftFunc(s, unicode.IsSpace))
	return s[strings.LastIndexByte(s[:first], '\n')+1:]
}

// CleanLine is [Clean] for text that is shown in one line or written to the log.
// White space of any kind and length becomes a single space. The text is cut to
// limit characters (code points), the last of which is then "…". It is never cut
// inside a grapheme cluster (UAX #29). With a limit of 0 or less the result is
// empty. Several goroutines may call CleanLine at once.
func CleanLine(s string, limit int) string {
	if limit <= 0 {
		return ""
	}
	s = strings.Join(strings.Fields(Clean(s)), " ")
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	end, left := 0, limit-1
	for clusters := graphemes.FromString(s); clusters.Next(); {
		left -= utf8.RuneCountInString(clusters.Value())
		if left < 0 {
			break
		}
		end = clusters.End()
	}
	// A joiner belongs to the cluster before it, and joins nothing after the cut.
	return strings.TrimRight(s[:end], " \u200c\u200d") + "…"
}

// IsClean reports whether [Clean] would leave s as it is, apart from trimming its
// ends. It is the check before anything is drawn. It does not allocate for clean
// text. Several goroutines may call it at once.
func IsClean(s string) bool {
	if textIsPlain(s) {
		return true
	}
	c := textCleaner{src: s, held: -1}
	c.clean()
	return c.out == nil && c.kept == len(s)
}

// textIsPlain reports whether s is printable ASCII, tabs and newlines.
func textIsPlain(s string) bool {
	for i := range len(s) {
		if b := s[i]; (b < ' ' || b > '~') && b != '\n' && b != '\t' {
			return false
		}
	}
	return true
}

// textCleaner goes through a text once. Its treatment of a rune depends on the
// runes written so far and never on those dropped, so that a second pass over the
// result changes nothing.
type textCleaner struct {
	src  string
	kept int    // while nothing has changed, the result is src[:kept]
	out  []byte // the result, from the first change on

	base    rune // the rune that marks attach to, or 0 for none
	bare    bool // base is the last rune written
	marks   int  // nonspacing and enclosing marks on base
	spacing int  // spacing marks on base
	joins   int  // joiners in an unbroken row up to base
	held    int  // where in src a joiner waits for its right side, or -1
}

func (c *textCleaner) result() string {
	if c.out == nil {
		return c.src[:c.kept]
	}
	return string(c.out)
}

func (c *textCleaner) clean() {
	for i := 0; i < len(c.src); {
		r, size := utf8.DecodeRuneInString(c.src[i:])
		switch {
		case r == '\x1b':
			size = textEscape(c.src[i:])
		case r == '\u009b':
			size += textCSI(c.src[i+size:])
		case r == '\r' && strings.HasPrefix(c.src[i+1:], "\n"):
			// The LF replaces both.
		case r == '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029':
			c.writeBase('\n', -1, 0)
		case unicode.IsControl(r) && r != '\n' && r != '\t':
		case r < 0x300 && r != 0xAD: // no marks or invisible runes here: the common case
			c.writeBase(r, i, size)
		case r == utf8.RuneError && size == 1, unicode.Is(unicode.Noncharacter_Code_Point, r):
			c.writeBase(utf8.RuneError, -1, 0)
		case r == '\u200c' || r == '\u200d':
			if c.held < 0 && textJoins(c.base) {
				c.held = i
			}
		case textIsSelector(r):
			if c.bare && c.held < 0 && (r == '\ufe0e' || r == '\ufe0f' || textVaries(c.base)) {
				c.write(i, size)
				c.bare = false
			}
		case unicode.Is(textRemoved, r):
		case unicode.Is(unicode.Mc, r):
			c.writeMark(i, size, &c.spacing)
		case unicode.IsMark(r):
			c.writeMark(i, size, &c.marks)
		default:
			tag := 0
			if r == textBlackFlag {
				tag = textFlagTag(c.src[i+size:])
			}
			size += tag
			c.writeBase(r, i, size)
			c.bare = c.bare && tag == 0
		}
		i += size
	}
}

// writeBase writes white space or a rune that marks can follow, from src at i. If i
// is -1, it replaces something else.
func (c *textCleaner) writeBase(r rune, i, size int) {
	if c.held >= 0 && c.joins < textMaxJoins && textJoins(r) {
		c.write(c.held, len("\u200d"))
		c.joins++
	} else {
		c.joins = 0
	}
	c.held = -1
	if i < 0 {
		c.change()
		c.out = utf8.AppendRune(c.out, r)
	} else {
		c.write(i, size)
	}
	c.marks, c.spacing = 0, 0
	c.base, c.bare = r, true
	if unicode.IsSpace(r) {
		c.base, c.bare = 0, false
	}
}

// writeMark writes a mark, unless it has no base or its kind is used up.
func (c *textCleaner) writeMark(i, size int, count *int) {
	if c.base == 0 || *count == textMaxMarks {
		return
	}
	*count++
	if c.held >= 0 && c.joins < textMaxJoins {
		c.write(c.held, len("\u200d"))
		c.joins++
	}
	c.held = -1
	c.write(i, size)
	c.bare = false
}

// write adds src[i:i+size] to the result.
func (c *textCleaner) write(i, size int) {
	if c.out == nil && c.kept == i {
		c.kept += size
		return
	}
	c.change()
	c.out = append(c.out, c.src[i:i+size]...)
}

// change is called when the result is no longer the beginning of src.
func (c *textCleaner) change() {
	if c.out == nil {
		c.out = append(make([]byte, 0, len(c.src)), c.src[:c.kept]...)
	}
}

// textJoins reports whether joiners have a meaning beside r. They do beside letters
// of connected scripts, and beside emoji, including those newer than the tables.
func textJoins(r rune) bool {
	return unicode.IsLetter(r) || r >= 0x80 && unicode.IsSymbol(r) || r >= 0x1F000 && r <= 0x1FAFF
}

// textVaries reports whether r may have variants besides text and emoji style. Ideographs,
// mathematical symbols and some letters and digits do.
func textVaries(r rune) bool {
	return unicode.In(r, unicode.L, unicode.S, unicode.N)
}

func textIsSelector(r rune) bool {
	return r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0100 && r <= 0xE01EF
}

// textFlagTag returns the length of the tag that makes a black flag the flag
// of a country, if s begins with one.
func textFlagTag(s string) int {
	for _, tag := range [...]string{textEngland, textScotland, textWales} {
		if strings.HasPrefix(s, tag) {
			return len(tag)
		}
	}
	return 0
}

// textEscape returns how many bytes to drop from s, which begins with ESC: the
// whole sequence if it is complete, or only the ESC.
func textEscape(s string) int {
	if len(s) < 2 {
		return 1
	}
	switch s[1] {
	case '[':
		if n := textCSI(s[2:]); n > 0 {
			return 2 + n
		}
	case ']', 'P', 'X', '^', '_': // OSC, DCS, SOS, PM, APC
		if n := textString(s[2:], s[1] == ']'); n > 0 {
			return 2 + n
		}
	case '(', ')', '*', '+', '-', '.', '/', '%': // designations (ECMA-35)
		if len(s) > 2 && s[2] >= '0' && s[2] <= '~' {
			return 3
		}
	}
	return 1
}

// textCSI returns the length of the rest of a control sequence after its introducer
// (ECMA-48, section 5.4), or 0 if it is not complete.
func textCSI(s string) int {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '?' {
		i++
	}
	for i < len(s) && s[i] >= ' ' && s[i] <= '/' {
		i++
	}
	if i < len(s) && s[i] >= '@' && s[i] <= '~' {
		return i + 1
	}
	return 0
}

// textString returns the length of the rest of a control string after its
// introducer, including the terminator: ST or, as xterm allows for OSC, BEL. It
// returns 0 if the string does not end or is cancelled by CAN, SUB or another
// escape sequence. The search stops at every ESC, which also keeps the time for
// many unterminated strings linear.
func textString(s string, osc bool) int {
	for i := range len(s) {
		switch s[i] {
		case '\a':
			if osc {
				return i + 1
			}
		case '\x18', '\x1a':
			return 0
		case '\x1b':
			if strings.HasPrefix(s[i+1:], `\`) {
				return i + 2
			}
			return 0
		case '\xc2':
			if strings.HasPrefix(s[i+1:], "\x9c") {
				return i + 2
			}
		}
	}
	return 0
}
