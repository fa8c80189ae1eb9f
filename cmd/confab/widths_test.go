package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	gossh "golang.org/x/crypto/ssh"
)

// summing emulates a terminal that draws each code point of a character by itself,
// where most terminals draw them as one.
type summing struct {
	rest []byte // of a code point that was cut
	text bool   // the last code point was not ASCII
}

// split puts a NUL, which has no effect except to separate the text before it from
// the text after it, between code points that take cells of their own.
func (s *summing) split(p []byte) []byte {
	p = append(s.rest, p...)
	var out []byte
	for len(p) > 0 && utf8.FullRune(p) {
		r, n := utf8.DecodeRune(p)
		_, cells := ansi.FirstGraphemeCluster(string(r), ansi.WcWidth)
		switch text := n > 1; {
		case r == 0xFE0F: // which makes nothing wider here
		case text && s.text && cells > 0:
			out = append(out, 0)
			fallthrough
		default:
			out = append(out, p[:n]...)
			s.text = text
		}
		p = p[n:]
	}
	s.rest = append([]byte(nil), p...)
	return out
}

// However a terminal measures, and whether or not it says so, no text is lost at
// its edge, and the cursor is where the user types.
func TestTextIsWholeHoweverWideItIsDrawn(t *testing.T) {
	t.Parallel()
	texts := []string{
		strings.Repeat("👩‍👩‍👧‍👦", 12), strings.Repeat("👍🏽", 14),
		strings.TrimSpace(strings.Repeat("यह हिन्दी में एक लंबी पंक्ति है ", 4)),
		strings.TrimSpace(strings.Repeat("இது தமிழில் ஒரு நீண்ட வரி ", 4)),
		strings.TrimSpace(strings.Repeat("এটি বাংলায় একটি দীর্ঘ লাইন ", 4)),
	}
	s, annKey, _ := history(t, texts...)
	for name, o := range map[string]options{
		"as one": {answers: true}, "as one, and it does not say so": {},
		"as their sum": {sums: true, answers: true}, "as their sum, and it does not say so": {sums: true},
	} {
		t.Run(name, func(t *testing.T) {
			o.keys, o.columns = []gossh.Signer{annKey}, 80
			c := s.ssh(o)
			c.t = t
			c.until("all text", func(screen string) bool {
				shown := written(screen)
				for _, text := range texts {
					if !strings.Contains(shown, joined(text)) {
						return false
					}
				}
				return true
			})
			if o.answers && !o.sums {
				c.until("the families in one row, as it said", func(screen string) bool { return strings.Contains(screen, texts[0]) })
			}
			for _, text := range texts {
				for _, typed := range []string{text[:strings.LastIndexAny(" "+text, " ")], text} {
					c.press(typed, "ab")
					c.cursorBehind("ab")
					c.press("\x1b[D", "x")
					c.cursorBehind("ax")
					c.press("\x05", keyCtrlU)
					c.cursorBehind("›")
				}
			}
			c.press(keyCtrlD)
			c.status()
		})
	}
}

// written returns the timeline, without the conversations beside it.
func written(screen string) string {
	var b strings.Builder
	for row := range strings.SplitSeq(screen, "\n") {
		_, row, _ = strings.Cut(row, "│")
		b.WriteString(joined(row))
	}
	return b.String()
}

// joined returns a text without its spaces, where rows may break.
func joined(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == 0xFE0F {
			return -1
		}
		return r
	}, s)
}

// cursorBehind waits until the cursor is right behind a text.
func (c *client) cursorBehind(text string) {
	c.t.Helper()
	before := ""
	c.until("the cursor behind "+text, func(string) bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		at := c.screen.CursorPosition()
		var b strings.Builder
		for x := range at.X {
			if cell := c.screen.CellAt(x, at.Y); cell != nil {
				b.WriteString(cell.Content)
			}
		}
		before = b.String()
		return strings.HasSuffix(strings.TrimSuffix(before, " "), text) && !strings.HasSuffix(before, "  ")
	})
}
