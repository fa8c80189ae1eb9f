package tui

import (
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/keymap"
	"confab/tui/theme"
)

// composerLimit bounds what the composer holds, in bytes: well over the
// longest message, so that a text that is somewhat too long can be mended here.
const Limit = 4 * chat.MaxBody

// Editor is a text being written and the cursor in it, which stands between
// grapheme clusters. The zero value is empty and ready for use.
type Editor struct {
	text   string
	cursor int    // byte offset
	aim    int    // the cell that Up and Down aim at, counted from 1; 0: the cursor's own
	killed string // what Ctrl+Y brings back

	measure theme.Measure
	width   int // of the last layout, for moving up and down
	laid    laid
}

// maxLoneMarks is how many marks that were typed one by one may follow each
// other. No script needs so many, and a character must have an end.
const maxLoneMarks = 8

// insert puts text at the cursor, cleaned, as it is where text enters; a paste
// comes this way too. It reports false, and changes nothing, if it would not
// fit.
func (c *Editor) Insert(raw string) bool {
	return c.InsertClean(Clean(raw))
}

// insertClean is insert for what has been cleaned already.
func (c *Editor) InsertClean(text string) bool {
	if len(c.text)+len(text) > Limit {
		return false
	}
	if isJoining(text) && marksBefore(c.text[:c.cursor]) >= maxLoneMarks {
		return true
	}
	c.splice(c.cursor, c.cursor, text)
	c.MoveTo(c.cursor + len(text))
	return true
}

// marksBefore counts the marks that a text ends with, as far as it matters.
func marksBefore(text string) int {
	n := 0
	for n < maxLoneMarks && text != "" {
		_, size := utf8.DecodeLastRuneInString(text)
		if !isJoining(text[len(text)-size:]) {
			break
		}
		text, n = text[:len(text)-size], n+1
	}
	return n
}

// splice puts text in place of what is between two offsets.
func (c *Editor) splice(from, to int, text string) {
	c.laid.head = min(c.laid.head, from)
	c.laid.tail = min(c.laid.tail, len(c.text)-to)
	c.text = c.text[:from] + text + c.text[to:]
}

// cleanTyped cleans text for the composer. Spaces and newlines at the ends
// matter while one types, so they are kept here and trimmed when sending.
func Clean(raw string) string {
	raw = strings.ReplaceAll(strings.ReplaceAll(raw, "\r\n", "\n"), "\r", "\n")
	if text.IsClean(raw) {
		return raw
	}
	body := strings.Trim(raw, " \n\t")
	head, tail, _ := strings.Cut(raw, body)
	clean := text.Clean(body)
	if clean == "" && isJoining(body) {
		// A mark or joiner that comes alone belongs to the cluster before it;
		// what it makes of it is cleaned with the whole message.
		return body
	}
	return head + clean + tail
}

// isJoining reports whether s is a single mark, joiner or variation selector,
// which input methods and emoji keyboards send as a key of its own.
func isJoining(s string) bool {
	r, size := utf8.DecodeRuneInString(s)
	return size == len(s) && (unicode.Is(unicode.Mn, r) || r == 0x200D || r == 0x200C || r == 0xFE0F)
}

// boundary moves an offset that is inside a cluster to the end of that cluster.
func (c *Editor) boundary(offset int) int {
	start := theme.Anchor(c.text, offset)
	for start < offset {
		n, _ := c.measure.Next(c.text[start:])
		start += n
	}
	return start
}

// Text returns the text.
func (c *Editor) Text() string { return c.text }

// Cursor returns where the cursor is, as an offset in bytes.
func (c *Editor) Cursor() int { return c.cursor }

// Killed returns the text that was cut out last, for Ctrl+Y.
func (c *Editor) Killed() string { return c.killed }

// Keep has Ctrl+Y bring back a text.
func (c *Editor) Keep(text string) { c.killed = text }

// Empty reports whether nothing is written.
func (c *Editor) Empty() bool { return c.text == "" }

// Clear empties the editor.
func (c *Editor) Clear() { c.Set("") }

// set replaces the text, with the cursor at its end.
func (c *Editor) Set(text string) {
	c.text, c.cursor, c.aim, c.laid = text, len(text), 0, laid{}
}

// before and after are the offsets of the cluster boundaries beside the cursor.
func (c *Editor) before() int {
	if c.cursor == 0 {
		return 0
	}
	if c.text[c.cursor-1] == '\n' {
		return c.cursor - 1
	}
	at := theme.Anchor(c.text, c.cursor)
	for {
		n, _ := c.measure.Next(c.text[at:])
		if at+n >= c.cursor {
			return at
		}
		at += n
	}
}

func (c *Editor) After() int {
	if c.cursor == len(c.text) {
		return c.cursor
	}
	n, _ := c.measure.Next(c.text[c.cursor:])
	return c.cursor + n
}

// wordBefore and wordAfter are where words begin and end, as in readline.
func (c *Editor) wordBefore() int {
	low := max(0, c.cursor-maxWord)
	for low < c.cursor && !utf8.RuneStart(c.text[low]) {
		low++
	}
	head := strings.TrimRightFunc(c.text[low:c.cursor], notWord)
	return low + len(strings.TrimRightFunc(head, isWord))
}

func (c *Editor) wordAfter() int {
	high := min(len(c.text), c.cursor+maxWord)
	for high < len(c.text) && !utf8.RuneStart(c.text[high]) {
		high--
	}
	tail := strings.TrimLeftFunc(c.text[c.cursor:high], notWord)
	return high - len(strings.TrimLeftFunc(tail, isWord))
}

// maxWord is how far a word is looked for, in bytes: what is longer is several.
const maxWord = 1 << 10

func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '_'
}

func notWord(r rune) bool { return !isWord(r) }

// lineStart and lineEnd are the ends of the line (not the row) of the cursor.
func (c *Editor) LineStart() int { return strings.LastIndexByte(c.text[:c.cursor], '\n') + 1 }

func (c *Editor) LineEnd() int {
	if i := strings.IndexByte(c.text[c.cursor:], '\n'); i >= 0 {
		return c.cursor + i
	}
	return len(c.text)
}

func (c *Editor) MoveTo(offset int) { c.cursor, c.aim = c.boundary(offset), 0 }

// remove takes the text between the cursor and offset out.
func (c *Editor) Remove(offset int) string {
	from, to := min(c.cursor, offset), max(c.cursor, offset)
	gone := c.text[from:to]
	c.splice(from, to, "")
	c.MoveTo(from)
	return gone
}

// kill is remove for Ctrl+Y to bring back.
func (c *Editor) kill(offset int) {
	if gone := c.Remove(offset); gone != "" {
		c.killed = gone
	}
}

// Layout returns the rows of the text at a width and where the cursor is. It
// works out only the rows that have changed since the last call.
func (c *Editor) Layout(m theme.Measure, width int) (lines []theme.Span, row, column int) {
	c.measure, c.width = m, width
	d := &c.laid
	switch changed := d.lines == nil || d.width != width || d.measure != c.measure || d.head+d.tail < max(d.size, len(c.text)); {
	case !changed && d.cursor == c.cursor:
		return d.shown(len(c.text)), d.row, d.column
	case d.lines == nil || d.width != width || d.measure != c.measure:
		d.lines = c.measure.Wrap(c.text, width)
		d.anew = len(d.lines)
	case changed:
		d.lines, d.anew = c.measure.Rewrap(d.lines, c.text, width, d.head, d.tail, len(c.text)-d.size)
	}
	d.measure, d.width, d.cursor, d.size, d.head, d.tail = c.measure, width, c.cursor, len(c.text), len(c.text), len(c.text)
	d.row, d.column = c.place(d.lines, width)
	return d.shown(len(c.text)), d.row, d.column
}

// laid is a layout and what it is of: it is asked for after each thing that
// happens, of which few change it.
type laid struct {
	lines       []theme.Span // never changed; without what the cursor needs
	anew        int          // of these, how many were worked out when it changed last
	measure     theme.Measure
	width       int
	cursor      int
	size        int // of the text
	head, tail  int // so much of the text has not changed since, at its ends
	row, column int
}

// shown are the rows, with one for the cursor if it waits behind the last.
func (d *laid) shown(end int) []theme.Span {
	if d.row < len(d.lines) {
		return d.lines
	}
	return append(slices.Clip(d.lines), theme.Span{Start: end, End: end})
}

// place is where the cursor is among the rows. It waits behind them, if the last
// one is full.
func (c *Editor) place(lines []theme.Span, width int) (row, column int) {
	row = sort.Search(len(lines), func(i int) bool { return lines[i].Start > c.cursor }) - 1
	l := lines[row]
	column = c.measure.Width(c.text[l.Start:min(c.cursor, l.End)])
	if column >= width {
		return row + 1, 0
	}
	return row, column
}

// vertical moves the cursor up (-1) or down (1) by a row. It reports false at
// the edge.
func (c *Editor) Vertical(by int) bool {
	lines, row, column := c.Layout(c.measure, max(c.width, 1))
	if c.aim == 0 {
		c.aim = column + 1
	}
	row += by
	if row < 0 || row >= len(lines) {
		return false
	}
	at, cells := lines[row].Start, 0
	for at < lines[row].End {
		n, w := c.measure.Next(c.text[at:])
		if cells+w >= c.aim {
			break
		}
		at, cells = at+n, cells+w
	}
	c.cursor = at
	return true
}

// edit carries out the actions that change the text or move the cursor in it.
// It reports false for others.
func (c *Editor) Edit(act keymap.Action) bool {
	switch act {
	case keymap.Backspace:
		c.Remove(c.before())
	case keymap.Delete:
		c.Remove(c.After())
	case keymap.Left:
		c.MoveTo(c.before())
	case keymap.Right:
		c.MoveTo(c.After())
	case keymap.WordLeft:
		c.MoveTo(c.wordBefore())
	case keymap.WordRight:
		c.MoveTo(c.wordAfter())
	case keymap.LineStart:
		c.MoveTo(c.LineStart())
	case keymap.LineEnd:
		c.MoveTo(c.LineEnd())
	case keymap.KillWordLeft:
		c.kill(c.wordBefore())
	case keymap.KillWordRight:
		c.kill(c.wordAfter())
	case keymap.KillLineStart:
		c.kill(c.LineStart())
	default:
		return false
	}
	return true
}
