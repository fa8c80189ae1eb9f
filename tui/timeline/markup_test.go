package timeline

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/highlight"
	"confab/tui/theme"
)

// styleOf is how a screen of some width shows messages.
func styleOf(width int, environ ...string) *rowStyle {
	return &rowStyle{
		theme: theme.New(theme.TerminalOf(append([]string{"TERM=xterm-256color"}, environ...))), width: width, column: (&widest{name: 3}).column(width), location: time.UTC,
	}
}

// rowsFor are the rows of a text that bob wrote.
func rowsFor(s *rowStyle, body, state string) ([]string, int) {
	return bodyRows(s, body, state, header{author: names{handle: "bob"}, at: "14:02", typed: true, message: &chat.Message{}})
}

// texts draws texts with and without markup.
func texts() *rapid.Generator[string] {
	pieces := []string{
		"*", "**", "_", "~", "~~", "`", "``", "```", "```go\n", "\n```\n", "> ", "\n", "\n\n", " ", "a", "bold", "*bold*", "_it_", "~no~", "`code`", "(", ")", ".", ",", "2*3*4",
		"snake_case", "https://example.org/a_b", "http://x/" + strings.Repeat("long/", 30), "漢字かな", "👩‍👩‍👧", "\t", "func main() {}", "e\u0301", "- ", "🇨🇭",
	}
	return rapid.Custom(func(t *rapid.T) string {
		return text.Clean(strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 30).Draw(t, "pieces"), ""))
	})
}

// The drawn text is the typed text without its markup characters.
func TestDrawnTextIsTypedTextWithoutSigns(t *testing.T) {
	const column = 5 + 1 + nameLeast + 2
	indent := strings.Repeat(" ", column)
	squeezed := func(s string) string { return strings.Join(strings.Fields(s), "") }
	rapid.Check(t, func(r *rapid.T) {
		body := texts().Draw(r, "text")
		s := styleOf(10000)
		var want strings.Builder
		end, language := 0, ""
		for _, span := range text.Markup(body) {
			switch span.Kind {
			case text.MarkupSign:
				want.WriteString(body[end:span.Start])
				end = span.End
			case text.MarkupLanguage:
				if language = body[span.Start:span.End]; !highlight.Known(language) {
					want.WriteString(body[span.Start:end])
				}
			}
		}
		want.WriteString(body[end:])
		rows, _ := rowsFor(s, body, "")
		var got []string
		for i, row := range rows {
			row = ansi.Strip(row)
			if i == 0 || strings.HasPrefix(row, indent) || len(row) < column { // a long link has the whole row
				row = row[min(column, len(row)):]
			}
			row = strings.TrimPrefix(row, s.theme.Quote+" ")
			got = append(got, strings.TrimPrefix(row, s.theme.Vertical+" "))
		}
		drawn, typed := strings.Join(got, "\n"), theme.ExpandTabs(want.String())
		for line := range strings.Lines(body + "\n" + typed) {
			if s.theme.Width(theme.ExpandTabs(line)) > s.textWidth() { // it is wrapped
				drawn, typed = squeezed(drawn), squeezed(typed)
				break
			}
		}
		if got, want := drawn, typed; got != want {
			r.Fatalf("%q is drawn as\n%q, want\n%q", body, got, want)
		}
	})
}

// At every width, rows fit, only spaces are lost outside of code, and only text, styles and
// links reach the terminal.
func TestRowsWithMarkupFit(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		body := texts().Draw(r, "text")
		s := styleOf(rapid.IntRange(20, 100).Draw(r, "width"), rapid.SampledFrom([]string{"A=", "NO_COLOR=1", "TERM=xterm", "TERM=linux"}).Draw(r, "environ"))
		rows, last := rowsFor(s, body, rapid.SampledFrom([]string{"", " (edited)"}).Draw(r, "state"))
		for i, row := range rows {
			stripped := ansi.Strip(row)
			if w := s.theme.Width(stripped); w > s.width {
				r.Fatalf("%q: row %d is %d wide: %q", body, i, w, stripped)
			}
			if !text.IsClean(stripped) {
				r.Fatalf("%q: row %d is %q", body, i, row)
			}
		}
		if w := s.theme.Width(ansi.Strip(rows[len(rows)-1])); w != last || last > s.block()-s.edge(false) {
			r.Fatalf("%q: the last row is %d wide, said to be %d: %q", body, w, last, rows)
		}
	})
}

// A link is in one row if it fits the screen. If it needs several rows, each leads to the
// whole target.
func TestLinksAreKeptWhole(t *testing.T) {
	for width := 20; width < 120; width++ {
		for _, address := range []string{"https://example.org/a-b-c?d=e/f", "https://example.org/漢字/かな", "https://example.org/" + strings.Repeat("long-path/", 12)} {
			s := styleOf(width)
			rows, _ := rowsFor(s, "look: ("+address+"), "+address+" and so on", "")
			all := strings.Join(rows, "\n")
			if w := s.theme.Width(address); w <= width && strings.Count(ansi.Strip(all), address) != 2 {
				t.Errorf("at %d a link of %d cells is broken:\n%s", width, w, ansi.Strip(all))
			}
			opened := strings.Count(all, "\x1b]8;id=")
			if opened < 2 || opened != strings.Count(all, ";"+text.LinkTarget(address)+"\x1b\\") || opened != strings.Count(all, "\x1b]8;;\x1b\\") {
				t.Errorf("at %d the links are %q", width, all)
			}
		}
	}
	if rows, _ := rowsFor(styleOf(80, "TERM=linux"), "https://example.org", ""); strings.Contains(strings.Join(rows, ""), "\x1b]") {
		t.Errorf("an old terminal gets %q", rows)
	}
}

func TestCodeIsHighlightedOnce(t *testing.T) {
	// On a slow machine, an expression may run out of time and leave code plain.
	for tries := 1; ; tries++ {
		wrong := highlightedOnce(t)
		if wrong == "" {
			return
		}
		if tries == 200 {
			t.Fatal(wrong)
		}
	}
}

// highlightedOnce draws a message with code for several screens. It returns what is wrong
// with the code in it.
func highlightedOnce(t *testing.T) (wrong string) {
	calls := 0
	clock := func() time.Time { calls++; return start }
	r := NewRendered()
	r.highlighter = highlight.New(clock)
	m := &chat.Message{Seq: 1, Author: 2, AuthorName: "bob", SentAt: start, Body: "```go\nfunc f() string { return \"a\" } // done\n```"}
	for colors, want := range map[string]string{
		"A=":         "\x1b[1;38;5;98mfunc\x1b[m \x1b[38;5;63mf\x1b[m() \x1b[1;38;5;98mstring\x1b[m { \x1b[1;38;5;98mreturn\x1b[m \x1b[38;5;29m\"a\"\x1b[m } \x1b[38;5;243m// done\x1b[m",
		"TERM=linux": "\x1b[1mfunc\x1b[m \x1b[96mf\x1b[m() \x1b[1mstring\x1b[m { \x1b[1mreturn\x1b[m \x1b[92m\"a\"\x1b[m } \x1b[2m// done\x1b[m",
		"NO_COLOR=1": "\x1b[1mfunc\x1b[m f() \x1b[1mstring\x1b[m { \x1b[1mreturn\x1b[m \"a\" } \x1b[2m// done\x1b[m",
	} {
		s := styleOf(80, colors)
		s.rendered = r
		if rows := strings.Join(rowsOf(s, m).rows, "\n"); !strings.Contains(rows, want) {
			wrong = fmt.Sprintf("%s: %q has no %q", colors, rows, want)
		}
	}
	once := calls
	for width := 40; width < 60; width++ {
		s := styleOf(width)
		s.rendered = r
		rowsOf(s, m)
	}
	if once == 0 || calls != once {
		t.Errorf("the clock was asked %d times for three screens and %d times for more", once, calls)
	}
	return wrong
}

func TestStruckTextNeverLooksLikeOther(t *testing.T) {
	for environ, signs := range map[string]bool{"A=": false, "TERM=xterm": true, "NO_COLOR=1": true, "TERM=vt100": true} {
		rows, _ := rowsFor(styleOf(80, environ), "do ~not~ go", "")
		if got := strings.Contains(ansi.Strip(rows[0]), "~not~"); got != signs {
			t.Errorf("%s: %q", environ, rows[0])
		}
	}
}

// BenchmarkRows measures the first drawing of a message.
func BenchmarkRows(b *testing.B) {
	for _, c := range []struct{ name, body string }{
		{"plain", "Shall we move the launch to Thursday? The tests are green, and nobody waits for anything."},
		{"long plain", strings.Repeat("Shall we move the launch to Thursday? ", 200)},
		{"marked", "Shall we move the *launch* to `Thursday`? See https://example.org/launch for _more_."},
		{"code", "```go\nfunc f() string { return \"a\" } // done\n```"},
		{"flood", strings.Repeat("*a* ", 4<<10)},
		{"flood of code", "```c\n" + strings.Repeat("/*\n", 5<<10) + "```"},
	} {
		b.Run(fmt.Sprint(c.name), func(b *testing.B) {
			m := &chat.Message{Seq: 1, Author: 2, AuthorName: "bob", SentAt: start, Body: text.Clean(c.body)}
			s := styleOf(80)
			b.ReportAllocs()
			for b.Loop() {
				s.rendered = nil
				if strings.Contains(c.name, "code") {
					s.rendered = NewRendered()
				}
				rowsOf(s, m)
			}
		})
	}
}

// rowsOf are the rows of a message without another before it.
func rowsOf(s *rowStyle, m *chat.Message) *cachedRows {
	var made cachedRows
	messageRows(&made, s, nil, m, false)
	return &made
}

// The last row of a text leaves room for receipts where there can be any, and otherwise has
// the whole width.
func TestRoomForReceipts(t *testing.T) {
	body := strings.Repeat("x", 40) + " `" + strings.Repeat("y", 36) + "`"
	for _, c := range []struct {
		name   string
		kind   Kind
		thread chat.Seq
		own    bool
		rows   int
	}{
		{"another person's in a group", Kind{}, 0, false, 2},
		{"one's own in a group", Kind{}, 0, true, 2},
		{"another person's in a direct conversation", Kind{Direct: true}, 0, false, 1},
		{"another person's in a thread", Kind{}, 1, false, 1},
		{"one's own in a direct conversation", Kind{Direct: true}, 0, true, 2},
		{"one's own in a thread", Kind{}, 1, true, 1},
	} {
		s := styleOf(95)
		s.kind, s.thread = c.kind, c.thread
		for _, body := range []string{body, strings.ReplaceAll(body, "`", "'")} {
			rows, _ := bodyRows(s, body, "", header{author: names{handle: "bob"}, at: "14:02", typed: true, own: c.own})
			if len(rows) != c.rows {
				t.Errorf("%s: %d rows, want %d:\n%s", c.name, len(rows), c.rows, ansi.Strip(strings.Join(rows, "\n")))
			}
		}
	}
	// A link has a row of its own for the receipts below it only where there can be any.
	s := styleOf(95)
	link := "https://example.org/" + strings.Repeat("z", 60)
	if rows, _ := rowsFor(s, link, ""); len(rows) != 2 {
		t.Errorf("in a group:\n%s", strings.Join(rows, "\n"))
	}
	// A word after the link goes there instead.
	if rows, last := rowsFor(s, link+" ok", ""); len(rows) != 2 || ansi.Strip(rows[1]) != strings.Repeat(" ", s.indent())+"ok" || last != s.indent()+2 {
		t.Errorf("a link and a word in a group, %d wide:\n%s", last, strings.Join(rows, "\n"))
	}
	s.kind.Direct = true
	if rows, _ := rowsFor(s, link, ""); len(rows) != 1 {
		t.Errorf("in a direct conversation:\n%s", strings.Join(rows, "\n"))
	}
}
