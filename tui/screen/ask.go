package screen

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// To learn how a terminal draws a character, the screen writes it and then asks for the
// position of the cursor (DSR 6, which all terminals with a cursor answer). It does this in
// the second line, because an answer about the first line looks like a key, F3 with a
// modifier. The next frame clears the screen.
const (
	askAt    = "\x1b[2;1H"
	askWhere = "\x1b[6n"
	askLine  = 1 // from 0

	// charsetProbe is é in UTF-8. In all other encodings, its two bytes are two characters,
	// or one character of two cells, and never a control character.
	charsetProbe = "é"

	// silence is how long the screen waits for answers. After that it assumes that the
	// terminal uses UTF-8, as it was told to. Terminals that cannot be switched to UTF-8 do
	// answer.
	silence = 2 * time.Second
)

// asking has the questions that the terminal has not answered yet.
type asking struct {
	charset bool
	sample  int              // the number of the sample that it answers next, from 1; 0 if none
	widths  Widths           // its answers so far
	late    <-chan time.Time // the end of the wait for an answer; nil without a wait
	ground  bool             // its background has been asked for

	told []tea.Msg // what the model has to be told
}

// WidthsMsg tells a model how wide the terminal draws characters, once the terminal has
// answered.
type WidthsMsg Widths

// ask asks the terminal for its encoding and widths, as far as they are not known.
func (s *session) ask() {
	if !s.opts.Ask {
		return
	}
	s.raw = append(s.raw, askVersion...)
	s.in.asked = 1
	if SkipsStrings(s.opts.Term) {
		s.raw = append(s.raw, tellScheme...)
		s.askGround()
	}
	switch s.opts.Charset {
	case Unknown:
		s.raw = append(s.raw, askAt+charsetProbe+askWhere...)
		s.asking.charset = true
		s.asking.late = time.After(silence)
	case UTF8:
		s.askWidths()
	}
}

// askWidths asks a terminal that uses UTF-8 how wide it draws the samples.
func (s *session) askWidths() {
	for _, sample := range samples {
		s.raw = append(s.raw, askAt+sample.text+askWhere...)
	}
	s.asking.sample = 1
	s.out.Invalidate()
	s.dirty = true
}

// silent handles a terminal that has not answered in time.
func (s *session) silent() {
	s.asking.late = nil
	if s.asking.charset {
		s.understands(UTF8)
	}
}

// understands notes the encoding of the terminal.
func (s *session) understands(c Charset) {
	s.opts.Charset = c
	s.out.SetASCII(c != UTF8)
	s.dirty = true
}

// reported handles the answers among the messages, and returns the other messages.
func (s *session) reported(msgs []tea.Msg) []tea.Msg {
	rest := msgs[:0]
	for _, msg := range msgs {
		switch msg := msg.(type) {
		case VersionMsg:
			s.names.version = string(msg)
			s.asking.told = append(s.asking.told, msg)
		case GraphicsMsg:
			s.asking.told = append(s.asking.told, msg)
		case GroundMsg:
			s.asking.ground = false
			s.asking.told = append(s.asking.told, msg)
		case schemeMsg:
			s.askGround()
		case reportMsg:
			if msg.Y == askLine {
				s.answered(msg.X)
			}
		default:
			rest = append(rest, msg)
		}
	}
	return rest
}

// answered handles the answer to the next question.
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

// measures notes the widths of the terminal.
func (s *session) measures(w Widths) {
	s.out.SetWidths(w)
	s.asking.told = append(s.asking.told, WidthsMsg(w))
	s.dirty = true
}

// tell tells the model what the terminal has answered.
func (s *session) tell() error {
	told := s.asking.told
	s.asking.told = nil
	for _, msg := range told {
		if err := s.update(msg); err != nil {
			return err
		}
	}
	return nil
}
