package screen

import (
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// maxSequence is the longest sequence that is read, in bytes. The longest that a terminal
// sends unasked has about 30.
const maxSequence = 1 << 10

const (
	esc = ansi.ESC
	bel = ansi.BEL
	can = ansi.CAN
	sub = ansi.SUB
)

// kind is the kind of a unit of input.
type kind uint8

const (
	plain kind = iota // a key of one byte, or ESC and a key
	text              // a character that is not ASCII
	csi               // a control sequence: most keys, the mouse, focus
	str               // a string (DCS, OSC, SOS, PM, APC)
	junk              // bytes without a meaning
)

// unit is the smallest piece of input with a meaning.
type unit struct {
	length   int // in bytes; of its introducer, if it is not complete
	kind     kind
	complete bool // otherwise more bytes are needed
}

// next reads the unit at the start of buf. Whether it is complete depends on nothing after
// it, so it does not matter where the input is cut. The decoder cannot do this: it reads
// the beginning of a sequence as another, complete one.
func next(buf []byte) unit {
	switch b := buf[0]; {
	case b == esc:
		return nextEscape(buf)
	case b < utf8.RuneSelf:
		return unit{1, plain, true}
	case !utf8.FullRune(buf):
		return unit{kind: text}
	}
	if n, ok := character(buf); !ok {
		return unit{n, junk, true}
	}
	return unit{nextText(buf), text, true}
}

// character returns the length of the first character of buf, and whether it can be typed.
// The decoder does not accept U+FFFD.
func character(buf []byte) (n int, ok bool) {
	r, n := utf8.DecodeRune(buf)
	return n, r != utf8.RuneError && !forbidden(r, n)
}

// maxCluster is the longest character on the screen that is recognized, in bytes. A family
// of emoji has about 40.
const maxCluster = 128

// nextText returns the length of the text at the start of buf, up to maxCluster.
func nextText(buf []byte) int {
	i := 0
	for i < len(buf) && utf8.FullRune(buf[i:]) {
		n, ok := character(buf[i:])
		if !ok || i+n > maxCluster {
			break
		}
		i += n
	}
	return i
}

func nextEscape(buf []byte) unit {
	if len(buf) == 1 {
		return unit{}
	}
	switch b := buf[1]; {
	case b == '[':
		return nextCSI(buf)
	case b == 'O':
		return nextSS3(buf)
	case b == 'P' || b == ']' || b == 'X' || b == '^' || b == '_':
		return nextString(buf)
	case b == esc:
		// Some terminals send Alt and a function key with an ESC in front. Any
		// other ESC is the Escape key.
		if len(buf) == 2 {
			return unit{}
		}
		if b := buf[2]; b == '[' || b == 'O' {
			u := nextEscape(buf[1:])
			u.length++
			return u
		}
		return unit{1, plain, true}
	case b < utf8.RuneSelf:
		return unit{2, plain, true}
	case !utf8.FullRune(buf[1:]):
		return unit{}
	}
	n, ok := character(buf[1:])
	if !ok {
		return unit{1 + n, junk, true}
	}
	return unit{1 + n, plain, true}
}

// nextCSI reads ESC [, parameters, a final byte (ECMA-48, 5.4).
func nextCSI(buf []byte) unit {
	i := 2
	for i < len(buf) && buf[i] >= ' ' && buf[i] <= '?' {
		i++
	}
	if i == len(buf) {
		return unit{2, csi, false}
	}
	switch final := buf[i]; {
	case final < '@' || final > '~':
		return unit{i, junk, true} // broken off by what follows
	case i == 2 && final == '[':
		return more(buf, i+2) // a function key of the Linux console
	case i == 2 && final == 'M':
		return more(buf, i+4) // the mouse in the X10 encoding
	}
	return unit{i + 1, csi, true}
}

// nextSS3 reads ESC O, an optional number of up to three digits, and a letter. Anything
// else is Alt+O.
func nextSS3(buf []byte) unit {
	i := 2
	for i < len(buf) && i < 5 && buf[i] >= '0' && buf[i] <= '9' {
		i++
	}
	switch {
	case i == len(buf):
		return unit{2, csi, false}
	case buf[i] > ' ' && buf[i] <= '~':
		return unit{i + 1, csi, true}
	case i == 2:
		return unit{2, plain, true}
	}
	return unit{i, junk, true}
}

// nextString reads to the string terminator, ESC \ or (as for OSC) BEL.
func nextString(buf []byte) unit {
	for i := 2; i < len(buf); i++ {
		switch b := buf[i]; {
		case b == can || b == sub || b == bel:
			return unit{i + 1, junk, true}
		case b == esc && i+1 == len(buf):
			return unit{2, str, false}
		case b == esc && buf[i+1] == '\\':
			return unit{i + 2, junk, true}
		case b == esc:
			return unit{i, junk, true}
		}
	}
	return unit{2, str, false}
}

// more is a sequence of n bytes.
func more(buf []byte, n int) unit {
	if len(buf) < n {
		return unit{2, csi, false}
	}
	return unit{n, csi, true}
}
