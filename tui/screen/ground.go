package screen

import (
	"bytes"
	"math"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

const (
	// askGround asks the terminal for its background colour (OSC 11). It ends with BEL,
	// which all terminals with such sequences know.
	askGround = "\x1b]11;?\a"

	// groundBegin is how the answer begins. The colour follows, and then BEL or ST.
	groundBegin = "\x1b]11;"

	// tellScheme makes the terminal report when its colours change (mode 2031).
	tellScheme = "\x1b[?2031h"
)

// answers are how the answers in strings begin.
var answers = [...]string{versionBegin, groundBegin, graphicsBegin}

// isAnswer reports whether input begins as an answer does.
func isAnswer(input []byte) bool {
	for _, begin := range answers {
		if bytes.HasPrefix(input, []byte(begin)) {
			return true
		}
	}
	return false
}

// answerAfter returns what follows the beginning of an answer, without its end: BEL or ST.
func answerAfter(begin string, unit []byte) ([]byte, bool) {
	rest, ok := bytes.CutPrefix(unit, []byte(begin))
	return bytes.TrimSuffix(bytes.TrimSuffix(rest, []byte("\x1b\\")), []byte{bel}), ok
}

// GroundMsg tells a model whether the terminal's background is dark, as soon as the
// terminal has said so, and again when it has changed.
type GroundMsg struct{ Dark bool }

// schemeMsg says that the terminal's colours have changed.
type schemeMsg struct{}

// SkipsStrings reports whether a terminal skips sequences of the kind OSC that it does not
// know. The others would show them as text. term is the value of TERM.
func SkipsStrings(term string) bool {
	for _, old := range []string{"linux", "vt", "dumb", "eterm"} {
		if strings.HasPrefix(term, old) {
			return false
		}
	}
	return true
}

// askGround asks for the background, unless the last answer is still to come.
func (s *session) askGround() {
	if s.asking.ground {
		return
	}
	s.asking.ground = true
	s.raw = append(s.raw, askGround...)
	s.in.asked++
	s.dirty = true
}

// groundOf reads an answer to [askGround].
func groundOf(unit []byte) (GroundMsg, bool) {
	name, ok := answerAfter(groundBegin, unit)
	if !ok {
		return GroundMsg{}, false
	}
	c := ansi.XParseColor(string(name))
	if c == nil {
		return GroundMsg{}, false
	}
	r, g, b, _ := c.RGBA()
	// Above this luminance, black has more contrast than white (WCAG 2.2, contrast ratio).
	const middle = 0.179
	return GroundMsg{Dark: 0.2126*linear(r)+0.7152*linear(g)+0.0722*linear(b) < middle}, true
}

// linear returns the light of a channel of sRGB, both from 0 to 1 but the channel in 16 bits.
func linear(channel uint32) float64 {
	c := float64(channel) / math.MaxUint16
	if c <= 0.04045 {
		return c / 12.92
	}
	return math.Pow((c+0.055)/1.055, 2.4)
}
