package screen

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
)

// After characters of unknown width, the cursor is where they end on the terminal, and not
// where the layout has reserved room for it.
func TestTheCursorIsBehindWhatIsDrawn(t *testing.T) {
	for _, text := range []string{"👩‍👩‍👧‍👦👩‍👩‍👧‍👦", "👍🏽👍🏽 ab", "हिन्दी", "বাংলা", "ab", "é漢"} {
		f := Frame{W: 40, H: 4, Panes: []Pane{{W: 10, H: 4, Rows: []string{"", "side"}}, {X: 10, W: 30, H: 4, Rows: []string{"", "\x1b[1m> \x1b[m" + text + "tail"}}}}
		f.Cursor = Cursor{X: 10 + 2 + (Widths{}).Text(text), Y: 1, Shown: true}
		term := newTerminal(40, 4)
		var w Writer
		term.write(w.Append(nil, &f))
		if got, want := term.CursorPosition().X, 10+2+together.Text(text); got != want {
			t.Errorf("behind %q the cursor is in column %d, not %d", text, got, want)
		}
		ascii := newTerminal(40, 4)
		w = Writer{ascii: true}
		ascii.write(w.Append(nil, &f))
		if got, want := ascii.CursorPosition().X, 10+2+len(ToASCII(text)); got != want {
			t.Errorf("in ASCII the cursor is behind %q in column %d, not %d", text, got, want)
		}
		if got := term.text()[1]; !strings.HasPrefix(got, "side") || !strings.HasSuffix(got, "> "+text+"tail") {
			t.Errorf("%q is drawn as %q", text, got)
		}
	}
}

// The terminal's answers reach the model as one message, and never as keys. Nothing
// waits for them, even if they are wrong or never come.
func TestTheTerminalIsAskedHowWideItDraws(t *testing.T) {
	answers := func(w Widths) (all string) {
		for _, sample := range samples {
			_, cells := w.Next(sample.text)
			all += fmt.Sprintf("\x1b[2;%dR", 1+cells)
		}
		return all
	}
	mixed := Widths{Together, Summed, Together, Summed, Summed, Together, Together, Summed, Together}
	for name, c := range map[string]struct {
		answer string
		want   Widths
		told   bool
	}{
		"one each": {answers(together), together, true}, "sums": {answers(summed), summed, true}, "mixed": {answers(mixed), mixed, true},
		"nonsense": {strings.Repeat("\x1b[2;70R", len(samples)), Widths{}, true}, "none": {"", Widths{}, false}, "half": {answers(summed)[:12], Widths{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got Widths
				told := 0
				begun := time.Now()
				model := &logger{react: func(msg tea.Msg) tea.Cmd {
					if w, ok := msg.(WidthsMsg); ok {
						got, told = Widths(w), told+1
					}
					return nil
				}}
				h := newHost(t, model)
				h.ask = true
				h.start()
				if n := strings.Count(h.client.sent.String(), askWhere); n != len(samples) {
					t.Errorf("it is asked %d times", n)
				}
				h.press(c.answer)
				h.press("x")
				h.shows()
				if answers(got) != answers(c.want) || (told == 1) != c.told {
					t.Errorf("the model is told %d times, of %v", told, got)
				}
				if d := time.Since(begun); d > 0 {
					t.Errorf("something waited for %s", d)
				}
				model.mu.Lock()
				if n := len(model.log); !strings.Contains(model.log[n-1], "x") {
					t.Errorf("the key after it is taken for %q", model.log[n-1])
				}
				model.mu.Unlock()
				h.cancel(errClosed)
				h.end()
			})
		})
	}
}
