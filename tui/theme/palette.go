package theme

import (
	"strconv"

	"confab/tui/highlight"
)

// Ground is the background that a theme is made for.
type Ground uint8

const (
	// AnyGround is for a terminal that has not said what its background is.
	AnyGround Ground = iota
	DarkGround
	LightGround
)

// color is one of the colours 16 to 255 of xterm's palette. Unlike the first 16, they
// are the same on every terminal, so their contrast can be computed.
type color uint8

// fill is a background with the colour of the text on it.
type fill struct{ text, ground color }

// palette is what a theme with 256 colours is made of. Text without a colour is the
// terminal's own.
type palette struct {
	faint    color   // for what matters least: times, lines, own names
	warn     color   // for errors and warnings
	unread   color   // for what is new
	read     color   // for the tick of a message that everybody has read
	here     color   // for somebody who is there
	names    []color // for other people's names; told apart by people who are colour-blind, too
	code     [highlight.Removed + 1]color
	bar      fill  // the status row and the rows of keys
	chosen   fill  // the mark at the selected message, and the selected line of a list
	call     fill  // what waits for the user in the status row
	selected color // the background of the selected message, on which every other text stands; 0 for none
	mention  fill  // the user's own name in a message
}

// The palettes, for the grounds in the order of [Ground]. TestContrast checks every pair
// of text and background: at least 4.5:1, and 7:1 with high contrast (WCAG 2.2, success
// criteria 1.4.3 and 1.4.6).
var (
	palettes = [...]palette{
		// On black and on white alike, only six of the colours reach 4.5:1.
		AnyGround: {
			faint: 243, warn: 163, unread: 163, read: 63, here: 29, names: []color{29, 63, 98, 131, 163},
			code: [...]color{highlight.Keyword: 98, highlight.Name: 63, highlight.String: 29, highlight.Number: 131, highlight.Comment: 243, highlight.Added: 29, highlight.Removed: 163},
			bar:  fill{255, 240}, call: fill{231, 240}, chosen: fill{231, 24}, mention: fill{16, 179},
		},
		DarkGround: {
			faint: 248, warn: 210, unread: 216, read: 117, here: 114, names: []color{179, 141, 210, 229, 159, 117, 175},
			code: [...]color{highlight.Keyword: 141, highlight.Name: 117, highlight.String: 150, highlight.Number: 216, highlight.Comment: 248, highlight.Added: 114, highlight.Removed: 210},
			bar:  fill{252, 236}, call: fill{216, 236}, selected: 236, chosen: fill{231, 24}, mention: fill{16, 179},
		},
		LightGround: {
			faint: 241, warn: 124, unread: 124, read: 25, here: 22, names: []color{25, 94, 125, 23, 57, 52},
			code: [...]color{highlight.Keyword: 90, highlight.Name: 25, highlight.String: 22, highlight.Number: 94, highlight.Comment: 241, highlight.Added: 22, highlight.Removed: 124},
			bar:  fill{238, 254}, call: fill{124, 254}, selected: 255, chosen: fill{16, 153}, mention: fill{16, 220},
		},
	}
	// highContrast has no palette for any ground: there, names and signs have no colour.
	highContrast = [...]palette{
		DarkGround: {
			faint: 252, warn: 223, unread: 229, read: 159, here: 157, names: []color{193, 81, 227, 159, 219},
			code: [...]color{highlight.Keyword: 225, highlight.Name: 159, highlight.String: 193, highlight.Number: 223, highlight.Comment: 252, highlight.Added: 157, highlight.Removed: 223},
			bar:  fill{231, 238}, call: fill{229, 238}, selected: 235, chosen: fill{16, 231}, mention: fill{16, 220},
		},
		LightGround: {
			faint: 236, warn: 88, unread: 88, read: 18, here: 235, names: []color{18, 88, 235, 90, 52},
			code: [...]color{highlight.Keyword: 90, highlight.Name: 18, highlight.String: 235, highlight.Number: 52, highlight.Comment: 236, highlight.Added: 18, highlight.Removed: 88},
			bar:  fill{16, 252}, call: fill{16, 252}, selected: 255, chosen: fill{231, 16}, mention: fill{16, 220},
		},
	}
)

// foregrounds are the SGR sequences of all colours. Every name and tick on every screen needs
// one, so they are made once.
var foregrounds = func() (made [256]string) {
	for c := range made {
		made[c] = color(c).after("")
	}
	return made
}()

// style returns the SGR sequence of a colour.
func (c color) style() string { return foregrounds[c] }

// after returns the SGR sequence of a colour after other parameters, such as "1;".
func (c color) after(others string) string {
	return "\x1b[" + others + "38;5;" + strconv.Itoa(int(c)) + "m"
}

// style returns the SGR sequence of a fill, after other parameters such as "1;".
func (f fill) style(before string) string {
	return "\x1b[" + before + f.parameters() + "m"
}

func (f fill) parameters() string {
	return "38;5;" + strconv.Itoa(int(f.text)) + ";48;5;" + strconv.Itoa(int(f.ground))
}

// code16 are the colours of code with 16 colours, as [names16] are those of names.
var code16 = [...][highlight.Removed + 1]string{
	DarkGround: {
		highlight.Name: "\x1b[96m", highlight.String: "\x1b[92m", highlight.Number: "\x1b[93m", highlight.Added: "\x1b[92m", highlight.Removed: "\x1b[91m",
	},
	LightGround: {
		highlight.Name: "\x1b[34m", highlight.String: "\x1b[35m", highlight.Number: "\x1b[31m", highlight.Added: "\x1b[34m", highlight.Removed: "\x1b[31m",
	},
}

// names16 are the colours of names with 16 colours, for the grounds in the order of
// [Ground]. They are the terminal's own, so only xterm's defaults can be checked: those
// here have a contrast of 4.5:1 with them. No colour has that on any ground.
var names16 = [...][]string{
	AnyGround:   {"\x1b[1m"},
	DarkGround:  {"\x1b[91m", "\x1b[92m", "\x1b[93m", "\x1b[95m", "\x1b[96m"},
	LightGround: {"\x1b[31m", "\x1b[34m", "\x1b[35m"},
}
