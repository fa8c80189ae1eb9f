package screen

import (
	"strconv"
	"unicode/utf8"
)

// These sequences control a terminal. See ECMA-48 and the control sequences of xterm and
// kitty. All but the mode ?2026 and the keyboard's are those of the VT220 or older, and
// terminals ignore modes that they do not know.
const (
	resetStyle = "\x1b[m"
	resetLink  = "\x1b]8;;\x1b\\"

	clearScreen = "\x1b[H\x1b[J" // not ED 2, which some terminals turn into scrollback
	clearRight  = "\x1b[K"
	resetRegion = "\x1b[r"

	showCursor = "\x1b[?25h"
	hideCursor = "\x1b[?25l"

	// Synchronised output: the terminal shows everything between the two at once.
	beginSync = "\x1b[?2026h"
	endSync   = "\x1b[?2026l"

	// Cell motion (clicks, drags, wheel) in the SGR encoding.
	mouseOn  = "\x1b[?1002h\x1b[?1006h"
	mouseOff = "\x1b[?1006l\x1b[?1002l"

	// A row that the terminal draws wider than expected must not wrap.
	autowrapOn  = "\x1b[?7h"
	autowrapOff = "\x1b[?7l"

	titleBegin = "\x1b]2;"
	titleEnd   = "\a" // BEL, which every terminal takes for ST here

	// The keyboard's mode belongs to the alternate screen, so it is pushed
	// after entering and popped before leaving.
	enter = "\x1b%G" + // UTF-8, for terminals that can be switched
		"\x1b[22;2t" + // save the title
		"\x1b[?1049h" + // alternate screen
		"\x1b[>1u" + // kitty keyboard: distinguishes Shift+Enter from Enter, and so on
		"\x1b[?2004h" + // bracketed paste
		"\x1b[?1004h" + // focus reports
		autowrapOff

	// The screen is cleared for terminals without an alternate one (the Linux console, and
	// screen with its default configuration).
	leave = endSync + resetRegion + resetLink + resetStyle +
		autowrapOn + "\x1b[?2031l" + "\x1b[?1004l" + "\x1b[?2004l" + "\x1b[<u" +
		clearScreen + showCursor + "\x1b[?1049l" + "\x1b[23;2t"
)

// appendCSI appends ESC [ a ; b final, leaving out parameters that are 1, the
// default of each sequence it is used for.
func appendCSI(dst []byte, a, b int, final byte) []byte {
	dst = append(dst, "\x1b["...)
	if a != 1 {
		dst = strconv.AppendInt(dst, int64(a), 10)
	}
	if b != 1 {
		dst = append(dst, ';')
		dst = strconv.AppendInt(dst, int64(b), 10)
	}
	return append(dst, final)
}

// appendMove moves the cursor to the cell x, y, counted from 0.
func appendMove(dst []byte, x, y int) []byte { return appendCSI(dst, y+1, x+1, 'H') }

// appendTitle sets the window title, without any control characters.
func appendTitle(dst []byte, title string, ascii bool) []byte {
	if ascii {
		title = ToASCII(title)
	}
	dst = append(dst, titleBegin...)
	for _, r := range title {
		if !forbidden(r, 0) {
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, titleEnd...)
}
