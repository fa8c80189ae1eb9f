package plain

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"confab/app/chat"
	"confab/app/text"
)

// event is what a key of the user means for the session.
type event int

const (
	nothing     event = iota
	entered           // the line is complete
	interrupted       // Ctrl+C
	ended             // Ctrl+D
	reprint           // Ctrl+L or Ctrl+R
	completed         // Tab
	earlier           // the arrow up, or Ctrl+P
	later             // the arrow down, or Ctrl+N
)

// These are the keys of a terminal in raw mode.
const (
	keyInterrupt = 0x03
	keyEnd       = 0x04
	keyBell      = 0x07
	keyErase     = 0x08
	keyRefresh   = 0x0c
	keyLater     = 0x0e
	keyEarlier   = 0x10
	keyReprint   = 0x12
	keyKill      = 0x15
	keyEraseWord = 0x17
	keyEscape    = 0x1b
	keyDelete    = 0x7f
)

// maxTyped is the longest text that can be typed, in bytes: the longest message, and room
// for a command before it.
const maxTyped = chat.MaxBody + 1<<10

// sequence is where the editor is in an escape sequence from the terminal. Such sequences
// come from keys such as the arrows, and never become text.
type sequence int

const (
	outside  sequence = iota
	begun             // after ESC
	control           // in a control sequence (CSI)
	single            // before the letter of a function key (SS3)
	word              // in a string (OSC, DCS, APC, PM, SOS)
	wordEnds          // after ESC in a string
)

// arrows are the events of the arrow keys, by the last byte of their sequences.
var arrows = map[byte]event{'A': earlier, 'B': later}

// editor is the line that the user types. It only appends to the terminal, except that
// erasing uses the backspace, as every terminal's own line editing does. If that could not
// work, it writes the line again in a new row. The zero value is for input without a
// terminal, which comes in whole lines and is not echoed.
type editor struct {
	terminal bool
	columns  int
	write    func(string) // receives the echo; unused without a terminal

	typed   []byte // valid UTF-8, with newlines if several lines were pasted
	column  int    // cells of the echo in the present row
	dropped bool   // the text was longer than [maxTyped]
	pasted  bool   // the text has lines that were pasted
	pasting bool   // the present piece of input has several lines

	at      sequence
	arrow   event  // what the sequence that has just ended means
	bare    bool   // the control sequence has no parameters
	alone   bool   // the ESC came at the end of a piece of input
	returns bool   // the last byte was a carriage return
	partial []byte // the beginning of a character
}

// holds reports whether the user is typing something.
func (e *editor) holds() bool { return len(e.typed) > 0 }

// take returns the text, and begins a new one.
func (e *editor) take() (typed string, dropped bool) {
	typed, dropped = string(e.typed), e.dropped
	e.typed, e.column, e.dropped, e.pasted, e.partial = nil, 0, false, false, nil
	return typed, dropped
}

// begin is called before feed for each piece of input that has arrived. On a terminal, a
// piece with a line end before its end is a paste, because people press one key at a time.
func (e *editor) begin(piece []byte) {
	e.alone = e.at == begun
	i := bytes.IndexAny(piece, "\r\n")
	if i >= 0 && piece[i] == '\r' && i+1 < len(piece) && piece[i+1] == '\n' {
		i++
	}
	e.pasting = e.terminal && i >= 0 && i+1 < len(piece) || e.pasted && len(piece) > 2
}

// feed takes input up to the first key that means something for the session, and returns
// the rest.
func (e *editor) feed(input []byte) (rest []byte, ev event) {
	for i, b := range input {
		if e.escape(b) {
			if ev = e.arrow; ev != nothing {
				e.arrow = nothing
				return input[i+1:], ev
			}
			continue
		}
		after := e.returns
		e.returns = b == '\r'
		if b == '\n' && after && e.terminal {
			continue // the end of a line is CR, LF, or both
		}
		switch {
		case (b == '\r' || b == '\n') && e.pasting:
			e.insert("\n")
			e.pasted = true
		case b == '\r' && !e.terminal: // LF follows
		case b == '\r' || b == '\n':
			e.echo("\n")
			return input[i+1:], entered
		case b == '\t' && e.terminal && !e.pasting && i == len(input)-1: // people press one key at a time
			return nil, completed
		case b == '\t':
			e.insert("\t")
		case e.terminal && b < ' ' || b == keyDelete:
			if ev = e.key(b); ev != nothing {
				return input[i+1:], ev
			}
		default:
			e.character(b)
		}
	}
	return nil, nothing
}

// key handles a control key.
func (e *editor) key(b byte) event {
	switch b {
	case keyInterrupt:
		return interrupted
	case keyEnd:
		return ended
	case keyRefresh, keyReprint:
		return reprint
	case keyEarlier:
		return earlier
	case keyLater:
		return later
	case keyEscape:
		e.at, e.alone = begun, false
	case keyErase, keyDelete:
		e.erase(e.lastCluster())
	case keyEraseWord:
		e.erase(len(e.typed) - len(bytes.TrimRightFunc(bytes.TrimRightFunc(e.typed, unicode.IsSpace), func(r rune) bool { return !unicode.IsSpace(r) })))
	case keyKill:
		e.erase(len(e.typed))
	}
	return nothing
}

// escape follows escape sequences, and reports whether a byte belongs to one. A control key
// ends every sequence, so that no sequence can keep the user from typing.
func (e *editor) escape(b byte) bool {
	was := e.at
	if was == outside {
		return false
	}
	if b < ' ' && b != keyEscape && !(was >= word && b == keyBell) {
		e.at = outside
		return false
	}
	switch was {
	case begun:
		e.at = outside
		switch b {
		case '[':
			e.at, e.bare = control, true
		case 'O':
			e.at = single
		case ']', 'P', '_', '^', 'X':
			e.at = word
		case keyEscape:
			e.at = begun
		default:
			return !e.alone // after the key Esc, the user goes on typing
		}
		if e.alone && e.at == word {
			e.at = outside
			return false
		}
	case control:
		if b >= '@' && b <= '~' {
			e.at = outside
			if e.bare {
				e.arrow = arrows[b]
			}
		}
		e.bare = false
	case single:
		e.at, e.arrow = outside, arrows[b]
	case word:
		if b == keyEscape {
			e.at = wordEnds
		} else if b == keyBell {
			e.at = outside
		}
	case wordEnds:
		e.at = word
		if b == '\\' {
			e.at = outside
		}
	}
	return true
}

// character takes a byte of a character. Bytes that are not UTF-8 are dropped.
func (e *editor) character(b byte) {
	if b < utf8.RuneSelf {
		e.partial = e.partial[:0]
		if b >= ' ' {
			e.insert(string(rune(b)))
		}
		return
	}
	if utf8.RuneStart(b) {
		e.partial = e.partial[:0]
	}
	e.partial = append(e.partial, b)
	if !utf8.FullRune(e.partial) {
		return
	}
	if r, size := utf8.DecodeRune(e.partial); size == len(e.partial) && r != utf8.RuneError && !unicode.IsControl(r) {
		e.insert(string(r))
	}
	e.partial = e.partial[:0]
}

// insert adds a character or a newline at the end of the text.
func (e *editor) insert(s string) {
	if len(e.typed)+len(s) > maxTyped {
		e.dropped = true
		return
	}
	e.typed = append(e.typed, s...)
	e.echoed(s)
}

// replace replaces the end of the text, from an offset on.
func (e *editor) replace(from int, words string) {
	rest, extends := strings.CutPrefix(words, string(e.typed[from:]))
	if !extends {
		e.erase(len(e.typed) - from)
		rest = words
	}
	for _, r := range rest {
		e.insert(string(r))
	}
}

// erase removes n bytes from the end of the text.
func (e *editor) erase(n int) {
	if n == 0 {
		return
	}
	gone := string(e.typed[len(e.typed)-n:])
	e.typed = e.typed[:len(e.typed)-n]
	e.dropped = false
	if !e.holds() {
		e.pasted = false
	}
	cells, simple := 0, true
	for _, r := range gone {
		w := ansi.StringWidth(string(r))
		simple = simple && r != '\n' && (w > 0 || r == '\t')
		cells += max(1, w)
	}
	// The backspace does not go back to the row above.
	if simple && cells <= e.column%max(1, e.columns) {
		e.echo(strings.Repeat("\b \b", cells))
		e.column -= cells
		return
	}
	e.echo("\n")
	e.again()
}

// breakRow ends the row in which the user is typing, if there is something in it.
func (e *editor) breakRow() {
	if e.terminal && e.column > 0 {
		e.echo("\n")
		e.column = 0
	}
}

// again writes the text again, from the beginning of a row.
func (e *editor) again() {
	e.column = 0
	for _, r := range string(e.typed) {
		e.echoed(string(r))
	}
}

// echoed writes a character that was added, unless it could do harm or shows nothing.
func (e *editor) echoed(s string) {
	switch {
	case s == "\n":
		e.column = 0
	case s == "\t":
		s = " "
		e.column++
	case !text.IsClean("a" + s):
		return
	default:
		e.column += ansi.StringWidth(s)
	}
	e.echo(s)
}

func (e *editor) echo(s string) {
	if e.terminal {
		e.write(s)
	}
}

// lastCluster returns the length of the last character as people see it: with its marks,
// and with all parts of an emoji.
func (e *editor) lastCluster() int {
	const longest = 128 // bytes that are looked at
	tail := e.typed[max(0, len(e.typed)-longest):]
	for len(tail) > 0 && !utf8.RuneStart(tail[0]) {
		tail = tail[1:]
	}
	n := 0
	for len(tail) > 0 {
		cluster, _ := ansi.FirstGraphemeCluster(string(tail), ansi.GraphemeWidth)
		n = max(1, len(cluster))
		tail = tail[min(n, len(tail)):]
	}
	return min(n, len(e.typed))
}
