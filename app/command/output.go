package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"confab/app/text"
)

// output writes the records of a command: as JSON Lines, as columns for a person at
// a terminal, or as lines with tabs between their columns.
type output struct {
	w        io.Writer
	json     bool
	terminal bool
	ascii    bool // JSON has only ASCII
	zone     *time.Location
	of       string     // the id of the bot's command that this answers
	rows     [][]string // rows that wait to be aligned

	// most is how many bytes of a list wait in held for each other, because each write is a
	// packet to the client, and a list can have thousands of lines. It is 0 for other
	// records, which are written at once.
	most int
	held bytes.Buffer
}

const (
	// packetBytes is what one packet of SSH takes (RFC 4253, section 6.1).
	packetBytes = 32 << 10
	// peopleBytes is enough for a list of thousands of people. The lines take a quarter of
	// the memory of the accounts, and while a slow client reads them, the accounts are freed.
	peopleBytes = 1 << 20
)

// record is one line of output.
type record interface {
	begin() *head
	// columns are the columns of plain output. They may contain any text.
	columns(o *output) []string
}

// head is the beginning of each JSON line. The version changes if a field is
// removed or changes its meaning. New fields can appear at any time.
type head struct {
	V    int    `json:"v"`
	Type string `json:"type"`
	For  string `json:"for,omitempty"`
}

func (h *head) begin() *head { return h }

func newHead(kind string) head { return head{V: 1, Type: kind} }

// write writes a record. On a terminal, and in a list of many, the record waits for
// [output.flush].
func (o *output) write(r record) error {
	switch {
	case o.json:
		return o.writeJSON(r)
	case o.terminal:
		o.rows = append(o.rows, r.columns(o))
		return nil
	default:
		columns := r.columns(o)
		for i, c := range columns {
			columns[i] = escaped(c)
		}
		return o.put(strings.Join(columns, "\t") + "\n")
	}
}

func (o *output) writeJSON(r record) error {
	r.begin().For = o.of
	var line bytes.Buffer
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		return err
	}
	words := cleaned(strings.TrimSuffix(line.String(), "\n")) // JSON does not escape C1 controls
	if o.ascii {
		words = escapedJSON(words)
	}
	return o.put(words + "\n")
}

// put writes lines. In a list, it collects them until there are enough for a packet.
func (o *output) put(lines string) error {
	lines = lineEnds(lines, o.terminal)
	if o.most == 0 {
		_, err := io.WriteString(o.w, lines)
		return err
	}
	if o.held.WriteString(lines); o.held.Len() < o.most {
		// A list of thousands of lines takes many milliseconds. Messages of other people must
		// not wait for it, as they would for the time slice of a goroutine (10 ms).
		runtime.Gosched()
		return nil
	}
	_, err := o.held.WriteTo(o.w)
	return err
}

// escapedJSON escapes JSON to ASCII, which loses nothing.
func escapedJSON(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch high, low := utf16.EncodeRune(r); {
		case r < utf8.RuneSelf:
			b.WriteByte(byte(r))
		case high != utf8.RuneError:
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// flush writes the waiting rows, with their columns aligned, and the collected lines.
func (o *output) flush() error {
	var widths []int
	for _, row := range o.rows {
		for i, c := range row {
			row[i] = clean(c)
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], ansi.StringWidth(row[i]))
		}
	}
	var b strings.Builder
	for _, row := range o.rows {
		line := ""
		for i, c := range row {
			line += c
			if i+1 < len(row) {
				line += strings.Repeat(" ", widths[i]-ansi.StringWidth(c)+2)
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	o.rows, o.most = nil, 0
	if _, err := o.held.WriteTo(o.w); err != nil || b.Len() == 0 {
		return err
	}
	return o.put(b.String())
}

// text writes text for people, which may contain users' text.
func (o *output) text(words string) error {
	return o.put(text.Clean(words) + "\n")
}

// cleaned returns text without anything that would harm a terminal. Clean text stays as
// it is, with the white space at its ends.
func cleaned(s string) string {
	if text.IsClean(s) {
		return s
	}
	return text.Clean(s)
}

// clean returns text as it may be written in one line.
func clean(s string) string {
	return strings.NewReplacer("\n", " ", "\t", " ").Replace(cleaned(s))
}

// escaped returns text as a column of a line: without tabs and line ends, but with
// \t, \n and \\, as printf '%b' reads them.
func escaped(s string) string {
	return strings.NewReplacer("\\", "\\\\", "\n", "\\n", "\t", "\\t").Replace(cleaned(s))
}

// time formats a time in plain output: for a person in their own zone, for a script
// as RFC 3339 in UTC.
func (o *output) time(t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case o.terminal:
		return t.In(o.zone).Format("2006-01-02 15:04")
	default:
		return stamp(t)
	}
}

// stamp formats a time in JSON; it is "" for the zero time.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z07:00")
}

// lineEnds converts each line end to the one that a raw terminal needs.
func lineEnds(text string, terminal bool) string {
	if terminal {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text
}
