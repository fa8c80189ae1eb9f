package composer

import (
	"slices"

	"confab/tui/editor"
)

// maxSent is how many sent lines a composer remembers. Together they have at most
// [editor.Limit] bytes.
const maxSent = 100

// sent are the lines that this session has sent, the newest last.
type sent struct {
	lines    []string
	size     int // of all of them, in bytes
	recalled int // the one that is in the composer, counted from the newest; 0 for none
}

// Sent remembers a line that was sent.
func (c *Composer) Sent(line string) {
	s := &c.sent
	s.recalled = 0
	if n := len(s.lines); n > 0 && s.lines[n-1] == line {
		return
	}
	s.lines = append(s.lines, line)
	s.size += len(line)
	drop := 0
	for len(s.lines)-drop > maxSent || s.size > editor.Limit {
		s.size -= len(s.lines[drop])
		drop++
	}
	s.lines = slices.Delete(s.lines, 0, drop)
}

// SentLines returns the lines that were sent in this session, the newest last.
func (c *Composer) SentLines() []string { return c.sent.lines }

// Recall puts a sent line into the composer: an older one, or a newer one if by is
// negative. If the composer has another text, or there is no newer line, it changes nothing
// and reports false.
func (c *Composer) Recall(by int) bool {
	s := &c.sent
	switch {
	case c.Empty():
		s.recalled = 0
	case s.recalled == 0 || c.Text() != s.lines[len(s.lines)-s.recalled]:
		return false
	}
	at := min(s.recalled+by, len(s.lines))
	if at < 0 || at == s.recalled && at == 0 {
		return false
	}
	s.recalled = at
	if at == 0 {
		c.Clear()
		return true
	}
	c.Set(s.lines[len(s.lines)-at])
	return true
}
