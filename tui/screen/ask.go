package screen

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// To learn what a terminal does with a character, the screen writes it and then asks
// where the cursor is (DSR 6, which all that have a cursor answer). It is done in
// the second line, since in the first one the answer is also that of a key, F3
// with a modifier. The frame after it clears the screen.
const (
	askAt    = "\x1b[2;1H"
	askWhere = "\x1b[6n"
	askLine  = 1 // from 0

	// charsetProbe is two bytes, é in UTF-8. In all other encodings these are two
	// characters, or one of two cells, and in none of them a control character.
	charsetProbe = "é"

	// silence is after how long a terminal that does not answer is taken for one
	// that understands UTF-8, as it was told to: those that can't be told answer.
	silence = 2 * time.Second
)

// asking is what the terminal has been asked and has not answered yet.
type asking struct {
	charset bool
	sample  int              // which of the samples it answers next, from 1; 0 if none
	widths  Widths           // as it has answered so far
	late    <-chan time.Time // when it should have answered; nil while it need not
}

// WidthsMsg tells a model how wide the terminal draws characters, as soon as it
// has said so.
type WidthsMsg Widths

// ask asks the terminal for what is not known of it.
func (s *session) ask() {
	if !s.opts.Ask {
		return
	}
	s.raw = append(s.raw, askVersion...)
	s.in.asked = true
	switch s.opts.Charset {
	case Unknown:
		s.raw = append(s.raw, askAt+charsetProbe+askWhere...)
		s.asking.charset = true
		s.asking.late = time.After(silence)
	case UTF8:
		s.askWidths()
	}
}

// askWidths asks a terminal that takes UTF-8 how wide it draws the samples.
func (s *session) askWidths() {
	for _, sample := range samples {
		s.raw = append(s.raw, askAt+sample.text+askWhere...)
	}
	s.asking.sample = 1
	s.out.Invalidate()
	s.dirty = true
}

// silent takes notice that the terminal does not answer.
func (s *session) silent() {
	s.asking.late = nil
	if s.asking.charset {
		s.understands(UTF8)
	}
}

// understands takes notice of what the terminal understands.
func (s *session) understands(c Charset) {
	s.opts.Charset = c
	s.out.SetASCII(c != UTF8)
	s.dirty = true
}

// reported takes the answers out of what has come, and gives the rest.
func (s *session) reported(msgs []tea.Msg) []tea.Msg {
	rest := msgs[:0]
	for _, msg := range msgs {
		if version, ok := msg.(versionMsg); ok {
			s.names.version = string(version)
			continue
		}
		r, ok := msg.(reportMsg)
		if !ok {
			rest = append(rest, msg)
			continue
		}
		if r.Y == askLine {
			s.answered(r.X)
		}
	}
	return rest
}

// answered takes the answer to the question that comes next.
func (s *session) answered(column int) {
	switch a := &s.asking; {
	case a.charset:
		a.charset, a.late = false, nil
		if column != 1 {
			s.understands(ASCII)
			return
		}
		s.understands(UTF8)
		s.askWidths()
	case a.sample > 0:
		sample := samples[a.sample-1]
		_, whole := together.Next(sample.text)
		_, sum := summed.Next(sample.text)
		switch column {
		case whole:
			*sample.kind(&a.widths) = Together
		case sum:
			*sample.kind(&a.widths) = Summed
		}
		if a.sample++; a.sample > len(samples) {
			a.sample = 0
			s.measures(a.widths)
		}
	}
}

// measures takes notice of how wide the terminal draws.
func (s *session) measures(w Widths) {
	s.out.SetWidths(w)
	s.learned, s.dirty = true, true
}
