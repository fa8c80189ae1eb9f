// Package editor edits a text in a terminal: a cursor between grapheme clusters,
// readline's keys, and the rows in which the text is shown.
package editor

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

// Limit is the longest text that an editor holds, in bytes. It is well over the longest
// message, so that users can shorten a text that is a little too long.
const Limit = 4 * chat.MaxBody

// Editor is a text being written, with a cursor between its grapheme clusters. The zero
// value is empty and ready for use.
type Editor struct {
	text   string
	cursor int    // byte offset
	aim    int    // the cell that Up and Down aim at, counted from 1; 0: the cursor's own
	killed string // the text that Ctrl+Y brings back

	history *history // the changes that Undo takes back; nil before the first change

	measure theme.Measure
	width   int // of the last layout, for moving up and down
	laid    laid
}

// maxLoneMarks is how many marks in a row can be typed one by one. No script needs so many,
// and a character must have an end.
const maxLoneMarks = 8

// Insert cleans typed or pasted text, and inserts it at the cursor. If it does not fit,
// Insert changes nothing and reports false.
func (c *Editor) Insert(raw string) bool {
	return c.InsertClean(Clean(raw))
}

// InsertClean is Insert for text that is already clean.
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

// marksBefore counts the marks at the end of a text, up to [maxLoneMarks].
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

// replace replaces the text between two offsets.
func (c *Editor) replace(from, to int, text string) {
	c.laid.head = min(c.laid.head, from)
	c.laid.tail = min(c.laid.tail, len(c.text)-to)
	c.text = c.text[:from] + text + c.text[to:]
}

// Clean cleans typed or pasted text. It keeps spaces and newlines at the ends, which matter
// while you type. Sending trims them.
func Clean(raw string) string {
	raw = strings.ReplaceAll(strings.ReplaceAll(raw, "\r\n", "\n"), "\r", "\n")
	if text.IsClean(raw) {
		return raw
	}
	body := strings.Trim(raw, " \n\t")
	head, tail, _ := strings.Cut(raw, body)
	clean := text.Clean(body)
	if clean == "" && isJoining(body) {
		// A mark or joiner that comes alone belongs to the cluster before it.
		// The cluster is cleaned with the whole message.
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

// Cursor returns the position of the cursor, as an offset in bytes.
func (c *Editor) Cursor() int { return c.cursor }

// Killed returns the last text that was cut out, for Ctrl+Y.
func (c *Editor) Killed() string { return c.killed }

// Keep makes a text the one that Ctrl+Y brings back.
func (c *Editor) Keep(text string) { c.killed = text }

// Empty reports whether nothing is written.
func (c *Editor) Empty() bool { return c.text == "" }

// Clear empties the editor.
func (c *Editor) Clear() { c.Set("") }

// Set replaces the text and puts the cursor at its end. Undo does not go back beyond that.
func (c *Editor) Set(text string) {
	c.text, c.cursor, c.aim, c.laid, c.history = text, len(text), 0, laid{}, nil
}

// Replace replaces the text between two offsets by clean text, and puts the cursor after
// it. If it does not fit, Replace changes nothing and reports false.
func (c *Editor) Replace(from, to int, text string) bool {
	if len(c.text)-(to-from)+len(text) > Limit {
		return false
	}
	c.splice(from, to, text)
	c.MoveTo(from + len(text))
	return true
}

// before is the offset of the cluster boundary before the cursor.
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

// after is the offset of the cluster boundary after the cursor.
func (c *Editor) after() int {
	if c.cursor == len(c.text) {
		return c.cursor
	}
	n, _ := c.measure.Next(c.text[c.cursor:])
	return c.cursor + n
}

// wordBefore and wordAfter return the start and the end of a word, as in readline.
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

// maxWord is how far the editor looks for the end of a word, in bytes. It treats
// a longer word as several.
const maxWord = 1 << 10

func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '_'
}

func notWord(r rune) bool { return !isWord(r) }

// lineStart is the start of the cursor's line, which may be several rows above.
func (c *Editor) lineStart() int { return strings.LastIndexByte(c.text[:c.cursor], '\n') + 1 }

// lineEnd is the end of the cursor's line.
func (c *Editor) lineEnd() int {
	if i := strings.IndexByte(c.text[c.cursor:], '\n'); i >= 0 {
		return c.cursor + i
	}
	return len(c.text)
}

// MoveTo puts the cursor at an offset, or after the cluster that the offset is
// inside.
func (c *Editor) MoveTo(offset int) { c.cursor, c.aim = c.boundary(offset), 0 }

// Remove deletes the text between the cursor and an offset, and returns it.
func (c *Editor) Remove(offset int) string {
	from, to := min(c.cursor, offset), max(c.cursor, offset)
	gone := c.text[from:to]
	c.splice(from, to, "")
	c.MoveTo(from)
	return gone
}

// kill is Remove of a text that Ctrl+Y can bring back.
func (c *Editor) kill(offset int) {
	if gone := c.Remove(offset); gone != "" {
		c.killed = gone
	}
}

// KillAll is a kill of the whole text.
func (c *Editor) KillAll() {
	c.MoveTo(len(c.text))
	c.kill(0)
}

// Layout returns the rows of the text at a width, and the position of the cursor. It lays
// out only the rows that have changed since the last call.
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
	d.row, d.column = c.locate(d.lines, width)
	return d.shown(len(c.text)), d.row, d.column
}

// laid is a cached layout, with the text and the width that it was made from. The screen
// asks for the layout after each event, and few events change it.
type laid struct {
	lines       []theme.Span // never changed; without the cursor's own row
	anew        int          // the number of rows that the last change laid out again
	measure     theme.Measure
	width       int
	cursor      int
	size        int // of the text
	head, tail  int // the bytes at the start and the end of the text that have not changed since
	row, column int
}

// shown returns the rows, with one more if the cursor waits after the last.
func (d *laid) shown(end int) []theme.Span {
	if d.row < len(d.lines) {
		return d.lines
	}
	return append(slices.Clip(d.lines), theme.Span{Start: end, End: end})
}

// locate finds the cursor among the rows. If the last row is full, the cursor has a row of
// its own.
func (c *Editor) locate(lines []theme.Span, width int) (row, column int) {
	row = sort.Search(len(lines), func(i int) bool { return lines[i].Start > c.cursor }) - 1
	l := lines[row]
	column = c.measure.Width(c.text[l.Start:min(c.cursor, l.End)])
	if column >= width {
		return row + 1, 0
	}
	return row, column
}

// Vertical moves the cursor up (-1) or down (1) by a row. It reports false if
// there is no row in that direction.
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

// Edit carries out an action that changes the text or moves the cursor in it. It
// reports false for other actions.
func (c *Editor) Edit(act keymap.Action) bool {
	switch act {
	case keymap.Backspace:
		c.Remove(c.before())
	case keymap.Delete:
		c.Remove(c.after())
	case keymap.Left:
		c.MoveTo(c.before())
	case keymap.Right:
		c.MoveTo(c.after())
	case keymap.WordLeft:
		c.MoveTo(c.wordBefore())
	case keymap.WordRight:
		c.MoveTo(c.wordAfter())
	case keymap.LineStart:
		c.MoveTo(c.lineStart())
	case keymap.LineEnd:
		c.MoveTo(c.lineEnd())
	case keymap.KillWordLeft:
		c.kill(c.wordBefore())
	case keymap.KillWordRight:
		c.kill(c.wordAfter())
	case keymap.KillLineStart:
		// Line by line, many pasted lines would take as many keys.
		if strings.Contains(c.text, "\n") {
			c.KillAll()
		} else {
			c.kill(0)
		}
	case keymap.Undo:
		c.Undo()
	default:
		return false
	}
	return true
}
