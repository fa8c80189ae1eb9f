package screen

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/text/unicode/norm"
)

// Charset is the encoding that a terminal understands. A character in UTF-8 may be a
// control sequence in another encoding: Û is C3 9B, and a byte 9B begins one in an 8-bit
// terminal. So a terminal gets only ASCII unless it is known to use UTF-8.
type Charset int

const (
	UTF8    Charset = iota
	ASCII           // the terminal uses another encoding than UTF-8
	Unknown         // the terminal gets ASCII until it has answered
)

// stands has the ASCII texts for characters that are not letters with marks. A text is as
// wide as its character.
var stands = map[rune]string{
	'─': "-", '│': "|", '┃': ">", '…': "~", '›': ">", '‹': "<", '↓': "v", '↑': "^", '·': "*", '•': "*",
	'✓': "+", '✔': "#", '●': "*", '◐': "~", '○': "-", '▴': "^", '×': "x",
	'▌': ">", '╎': ":", '▸': "+", '▾': "-", '✎': "d", '📎': "+",
	'▀': "\"", '▄': "_", '░': ".", '▒': ":", '▓': "#", '█': "@",
	'‘': "'", '’': "'", '‚': ",", '“': "\"", '”': "\"", '„': "\"", '«': "<", '»': ">",
	'–': "-", '—': "-", '‐': "-", '‑': "-", '−': "-", '\u00a0': " ",
	'ß': "s", 'ø': "o", 'Ø': "O", 'ł': "l", 'Ł': "L", 'đ': "d", 'Đ': "D", 'ı': "i", 'æ': "a", 'Æ': "A", 'œ': "o", 'Œ': "O", 'þ': "t", 'ð': "d",
}

// ToASCII returns a text, or a row with its styles and links, in ASCII: letters lose their
// marks, and characters without a similar one become "?". The result is as wide as the text
// is on a terminal that measures clusters.
func ToASCII(s string) string {
	first := strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
	if first < 0 {
		return s
	}
	var b strings.Builder
	for s != "" {
		switch {
		case s[0] == ansi.ESC:
			n := max(sequence(s).length, 1)
			b.WriteString(s[:n])
			s = s[n:]
			continue
		case s[0] < utf8.RuneSelf && (len(s) == 1 || s[1] < utf8.RuneSelf):
			b.WriteByte(s[0])
			s = s[1:]
			continue
		}
		cluster, width := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		n := max(len(cluster), 1)
		b.WriteString(asciiCluster(s[:n], width))
		s = s[n:]
	}
	return b.String()
}

func asciiCluster(cluster string, width int) string {
	r, _ := utf8.DecodeRuneInString(cluster)
	like, ok := stands[r]
	if r < utf8.RuneSelf {
		like, ok = string(r), true
	}
	if !ok {
		if d := norm.NFKD.String(string(r)); d[0] < utf8.RuneSelf && strings.IndexFunc(d[1:], func(r rune) bool { return !unicode.IsMark(r) }) < 0 {
			like, ok = d[:1], true
		}
	}
	switch {
	case width <= 0 && r >= utf8.RuneSelf:
		return ""
	case ok:
		return like + strings.Repeat(" ", max(0, width-len(like)))
	default:
		return strings.Repeat(string(substitute), width)
	}
}

// ASCIIWriter converts everything that is written to it to ASCII, for output other than
// screens. A write must not end inside a character.
type ASCIIWriter struct{ W io.Writer }

// Write implements io.Writer.
func (a ASCIIWriter) Write(p []byte) (int, error) {
	if _, err := io.WriteString(a.W, ToASCII(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
