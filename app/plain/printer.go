package plain

import (
	"io"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"confab/app/text"
)

// printer writes lines of text. It keeps them until flush, so that what belongs together
// is one packet.
type printer struct {
	w        io.Writer
	terminal bool
	columns  int
	waiting  []byte
	failed   error
}

const (
	// mostWaiting is how many bytes wait before they are written.
	mostWaiting = 32 << 10
	// indent is before the rows of a text except its first, so that no text of a user can
	// look like a line of the chat.
	indent = "  "
	// narrowest is the width below which the terminal breaks the lines itself.
	narrowest = 8
)

// say writes a text. All its rows but the first are indented. On a terminal, it breaks the
// text between words.
func (p *printer) say(words string) {
	words = text.Clean(words)
	if words == "" {
		return
	}
	for i, l := range strings.Split(words, "\n") {
		if i > 0 {
			l = indent + l
		}
		if p.terminal && p.columns >= narrowest && len(l) >= p.columns {
			l = strings.ReplaceAll(ansi.Wrap(l, p.columns-1-len(indent), ""), "\n", "\n"+indent)
		}
		p.put(l + "\n")
	}
}

// whole writes a clean line that is not broken, because the user wants to copy it. It is
// indented, as the rest of a text is.
func (p *printer) whole(words string) { p.put(indent + words + "\n") }

// echo writes what the user types. Its text is harmless.
func (p *printer) echo(s string) { p.put(s) }

func (p *printer) put(s string) {
	if p.terminal {
		s = strings.ReplaceAll(s, "\n", "\r\n")
	}
	p.waiting = append(p.waiting, s...)
	if len(p.waiting) >= mostWaiting {
		_ = p.flush()
	}
}

// flush writes what waits. After an error, it returns that error.
func (p *printer) flush() error {
	if len(p.waiting) > 0 && p.failed == nil {
		_, p.failed = p.w.Write(p.waiting)
	}
	p.waiting = p.waiting[:0]
	if cap(p.waiting) > mostWaiting/8 {
		p.waiting = nil // a session at rest keeps no memory for it
	}
	return p.failed
}

// names lists names in words: all of them if they are few, or else the first and how many
// others there are, as in "ann and 2 others".
func names(all []string) string {
	switch n := len(all); {
	case n == 0:
		return "nobody"
	case n == 1:
		return all[0]
	case n == 2:
		return all[0] + " and " + all[1]
	default:
		return all[0] + " and " + strconv.Itoa(n-1) + " others"
	}
}
