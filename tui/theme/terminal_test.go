package theme

import (
	"strings"
	"testing"

	"confab/tui/screen"
)

func TestTerminalOf(t *testing.T) {
	for name, c := range map[string]struct {
		environ string
		colors  Colors
		ascii   bool
	}{
		"nothing known":   {"", Colors16, false},
		"modern":          {"TERM=xterm-256color LANG=en_US.UTF-8", Colors256, false},
		"true colour":     {"TERM=xterm COLORTERM=truecolor", Colors256, false},
		"console":         {"TERM=linux LANG=en_US.UTF-8", Colors16, true},
		"no colour":       {"TERM=xterm-256color NO_COLOR=1", NoColors, false},
		"old terminal":    {"TERM=vt100", NoColors, true},
		"latin-1":         {"TERM=xterm LANG=de_CH.ISO-8859-1", Colors16, true},
		"LC_ALL prevails": {"TERM=xterm LC_ALL=C LANG=de_CH.UTF-8", Colors16, true},
		"bad zone":        {"TERM=kitty TZ=../../etc/passwd", Colors256, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := TerminalOf(strings.Fields(c.environ))
			if got.Colors != c.colors || got.ASCII != c.ascii || got.Location() == nil {
				t.Errorf("%q gives %+v", c.environ, got)
			}
		})
	}
}

// A terminal that has not answered yet gets the symbols in ASCII. None may become a "?", which
// would look like a fault.
func TestEverySymbolHasALikeInASCII(t *testing.T) {
	th := New(TerminalOf(nil))
	for _, symbol := range []string{
		th.Vertical, th.Horizontal, th.Quote, th.Ellipsis, th.Prompt, th.Down, th.System, th.File, th.Cut, th.Sending, th.Sent, th.Delivered, th.Read,
		th.EdgeMine, th.EdgeNamed, th.Open, th.Folded, th.Unfolded, th.Pinned, th.Muted, th.Draft, th.Here, th.Away, th.Gone, th.Nobody,
	} {
		if got := screen.ToASCII(symbol); strings.Contains(got, "?") || th.Width(got) != th.Width(symbol) {
			t.Errorf("%q becomes %q", symbol, got)
		}
	}
}
