package screen

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

func TestWriterBytes(t *testing.T) {
	var w Writer
	f := chat(60, 6, entries(), []string{"one", "two"}, "")
	w.Append(w.AppendEnter(nil), &f)
	step := func(name, want string, change func()) {
		t.Helper()
		change()
		if got := string(w.Append(nil, &f)); got != want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, want)
		}
	}
	blank := strings.Repeat(" ", 24)
	step("nothing", "", func() {})
	step("cursor", "\x1b[6;30H", func() { f.Cursor.X = 29 })
	step("one row at the right edge", "\x1b[4;25HONE\x1b[6;30H", func() { f.Panes[1].Rows[3] = "ONE" })
	step("one row of the sidebar", "\x1b[2H"+blank+"\x1b[2Hrandom\x1b[6;30H", func() { f.Panes[0].Rows[1] = "random" })
	step("a row that was blank", "\x1b[;25Htop\x1b[6;30H", func() { f.Panes[1].Rows[0] = "top" })
	step("a row that gets blank", "\x1b[;25H\x1b[K\x1b[6;30H", func() { f.Panes[1].Rows[0] = "" })
	step("two rows", "\x1b[?2026h\x1b[2;25Ha\x1b[3;25Hb\x1b[6;30H\x1b[?2026l", func() {
		f.Panes[1].Rows[1], f.Panes[1].Rows[2] = "a", "b"
	})
	step("two panes of a line", "\x1b[?2026h\x1b[2H"+blank+"\x1b[2Hx\x1b[2;25Hy\x1b[6;30H\x1b[?2026l", func() {
		f.Panes[0].Rows[1], f.Panes[1].Rows[1] = "x", "y"
	})
	step("hidden cursor", "\x1b[?25l", func() { f.Cursor.Shown = false })
	step("a row with the cursor hidden", "\x1b[4;25Hone", func() { f.Panes[1].Rows[3] = "one" })
	step("shown cursor", "\x1b[6;30H\x1b[?25h", func() { f.Cursor.Shown = true })
	row := func(was, is string) func() {
		f.Panes[1].Rows[3] = was
		w.Append(nil, &f)
		return func() { f.Panes[1].Rows[3] = is }
	}
	const red, line = "\x1b[31mred\x1b[m", "\u2502"
	step("more of a row", "\x1b[4;40Hmarkers\x1b[6;30H", row(red+" and the", red+" and the    markers"))
	step("less of a row", "\x1b[4;32H\x1b[K\x1b[6;30H", row(red+" and the    markers", red+" and"))
	step("the end of a row", "\x1b[4;29H\x1b[Kor\x1b[6;30H", row(red+" and", red+" or"))
	step("the middle of a row", "\x1b[4;29Hor \x1b[6;30H", row(red+" and "+red+line, red+" or  "+red+line))
	step("a row of another style", "\x1b[4;25H\x1b[K\x1b[1mred\x1b[m\x1b[6;30H", row(red, "\x1b[1mred\x1b[m"))
	step("wide characters", "\x1b[4;25H\x1b[K世界 and\x1b[6;30H", row("世界 an", "世界 and"))
	step("an accent", "\x1b[4;29H\x1b[Ke\u0301\x1b[6;30H", row(red+" e", red+" e\u0301"))
	step("blanks before a row", "\x1b[4;33H"+line+"\x1b[6;30H", row("", "        "+line))
	step("blanks behind a row", "\x1b[4;25Hred\x1b[6;30H", row("", "red      "))
	step("nothing but blanks", "", row("", "         "))
	step("title", "\x1b]2;(3) conf[31mab\a", func() { f.Title = "(3) con\x07f\x1b[31mab\u009c" })
	step("mouse", "\x1b[?1002h\x1b[?1006h", func() { f.Mouse = true })
	step("no mouse", "\x1b[?1006l\x1b[?1002l", func() { f.Mouse = false })
	step("no size", "", func() { f.W = 0 })
}

func TestWriterScrolls(t *testing.T) {
	var w Writer
	messages := numbered(0, 60)
	f := chat(120, 40, entries(), messages[:50], "")
	term := newTerminal(120, 40)
	term.write(w.Append(nil, &f))
	step := func(name, scroll string, most int, next Frame) {
		t.Helper()
		f = next
		b := w.Append(nil, &f)
		term.write(b)
		if !strings.Contains(string(b), scroll) {
			t.Errorf("%s: no %q in %q", name, scroll, b)
		}
		if len(b) > most {
			t.Errorf("%s: %d bytes, want at most %d", name, len(b), most)
		}
		if d := diff(term.cells(), draw(f).cells()); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	step("one up", "\x1b[;39r\x1b[M\x1b[r", 320, chat(120, 40, entries(), messages[:51], ""))
	step("three up", "\x1b[;39r\x1b[3M\x1b[r", 500, chat(120, 40, entries(), messages[:54], ""))
	step("five down", "\x1b[;39r\x1b[5L\x1b[r", 700, chat(120, 40, entries(), messages[:49], ""))

	// A composer that grows takes a line from the timeline, and all rows move up.
	grown := chat(120, 40, entries(), messages[:49], "")
	grown.Panes[1].H--
	grown.Panes[1].Rows = grown.Panes[1].Rows[1:]
	grown.Panes[2].Y--
	grown.Panes[2].H++
	step("composer", "\x1b[;38r\x1b[M\x1b[r", 320, grown)
}

// A band in the middle of the screen has its region and its first line.
func TestWriterScrollsBand(t *testing.T) {
	frame := func(rows []string) Frame {
		return Frame{W: 40, H: 10, Panes: []Pane{
			{W: 40, H: 2, Rows: []string{"head", "-----"}},
			{Y: 2, W: 40, H: 7, Rows: rows},
			{Y: 9, W: 40, H: 1, Rows: []string{"foot"}},
		}}
	}
	rows := numbered(0, 20)
	var w Writer
	f := frame(rows[:7])
	w.Append(nil, &f)
	f = frame(rows[2:9])
	want := beginSync + "\x1b[3;9r\x1b[3H\x1b[2M\x1b[r" +
		"\x1b[8H" + ansi.Truncate(rows[7], 40, "") + "\x1b[9H" + ansi.Truncate(rows[8], 40, "") + endSync
	if got := string(w.Append(nil, &f)); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	whole := func(rows []string) Frame {
		return Frame{W: 90, H: 4, Panes: []Pane{{W: 90, H: 4, Rows: rows}}}
	}
	f = whole(rows[:4])
	w.Append(nil, &f)
	f = whole(rows[1:5])
	want = beginSync + "\x1b[H\x1b[M\x1b[4H" + rows[4] + endSync
	if got := string(w.Append(nil, &f)); got != want {
		t.Errorf("whole screen:\n got %q\nwant %q", got, want)
	}
}

// A frame that may come in pieces hides the cursor, for terminals that do not
// know synchronised output.
func TestWriterHidesTheCursor(t *testing.T) {
	var w Writer
	f := chat(120, 40, entries(), numbered(0, 60), "")
	w.Append(nil, &f)
	f = chat(120, 40, entries(), numbered(100, 160), "")
	b := string(w.Append(nil, &f))
	if !strings.HasPrefix(b, beginSync+hideCursor) || !strings.HasSuffix(b, showCursor+endSync) {
		t.Errorf("%d bytes: %.40q ... %q", len(b), b, b[len(b)-20:])
	}
}

func TestWriterInvalidate(t *testing.T) {
	var w Writer
	f := chat(60, 10, entries(), numbered(0, 30), "hello")
	f.Mouse = true
	first := w.Append(nil, &f)
	term := newTerminal(60, 10)
	term.write(first)
	term.write([]byte("\x1b[3;3H\x1b[31mBroadcast message\x1b]2;other\a\x1b[?1002l"))
	w.Invalidate()
	again := w.Append(nil, &f)
	if string(again) != string(first) {
		t.Errorf("after Invalidate %q, want %q", again, first)
	}
	term.write(again)
	want := draw(f)
	if d := diff(term.cells(), want.cells()); d != "" {
		t.Error(d)
	}
	if term.Title() != "confab" || !term.Modes[ansi.ModeMouseButtonEvent] {
		t.Errorf("title %q, mouse %v", term.Title(), term.Modes[ansi.ModeMouseButtonEvent])
	}
}

// Leaving restores each mode that entering or a frame has set, from any state.
func TestWriterLeave(t *testing.T) {
	initial := map[ansi.Mode]bool{ansi.ModeAutoWrap: true, ansi.ModeTextCursorEnable: true}
	for _, c := range []struct {
		name   string
		change func(*Frame)
		cut    bool // the last frame does not arrive whole
	}{
		{"plain", func(*Frame) {}, false},
		{"mouse", func(f *Frame) { f.Mouse = true }, false},
		{"hidden cursor", func(f *Frame) { f.Cursor.Shown = false }, false},
		{"cut off while drawing", func(f *Frame) { f.Panes[1].Rows = numbered(30, 60) }, true},
	} {
		term := newTerminal(80, 24)
		term.write([]byte("shell$ ssh chat\r\n"))
		before, at := term.cells(), term.CursorPosition()
		var w Writer
		f := chat(80, 24, entries(), numbered(0, 30), "hello")
		term.write(w.Append(w.AppendEnter(nil), &f))
		if !term.IsAltScreen() {
			t.Errorf("%s: no alternate screen", c.name)
		}
		c.change(&f)
		b := w.Append(nil, &f)
		if c.cut {
			b = b[:len(b)/2]
		}
		term.write(b)
		b = w.AppendLeave(nil)
		term.write(b)
		if term.IsAltScreen() {
			t.Errorf("%s: still on the alternate screen", c.name)
		}
		for mode, on := range term.Modes {
			if on != initial[mode] {
				t.Errorf("%s: mode %v is %v", c.name, mode, on)
			}
		}
		if term.CursorHidden() {
			t.Errorf("%s: the cursor is hidden", c.name)
		}
		// The emulator does not know these modes, or does not report them.
		for _, seq := range []string{"\x1b[<u", "\x1b[23;2t", resetRegion, resetStyle, resetLink} {
			if !strings.Contains(string(b), seq) {
				t.Errorf("%s: no %q in %q", c.name, seq, b)
			}
		}
		if d := diff(term.cells(), before); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
		if got := term.CursorPosition(); got != at {
			t.Errorf("%s: cursor at %v, was at %v", c.name, got, at)
		}
	}
}

// A terminal without an alternate screen shows no rest of the last frame.
func TestWriterLeaveWithoutAltScreen(t *testing.T) {
	var w Writer
	f := chat(60, 10, entries(), numbered(0, 30), "hello")
	b := w.Append(w.AppendEnter(nil), &f)
	b = append(w.AppendLeave(b), "bye"...)
	term := newTerminal(60, 10)
	term.write([]byte(strings.NewReplacer("\x1b[?1049h", "", "\x1b[?1049l", "").Replace(string(b))))
	if got := strings.TrimSpace(term.String()); got != "bye" {
		t.Errorf("shows %q", got)
	}
}

func TestWriterKeepsNoSlices(t *testing.T) {
	var w Writer
	rows := []string{"one", "two", "three"}
	f := Frame{W: 20, H: 3, Panes: []Pane{{W: 20, H: 3, Rows: rows}}}
	w.Append(nil, &f)
	rows[1] = "TWO" // the model may use its slices again
	if got, want := string(w.Append(nil, &f)), "\x1b[2HTWO"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWriterUnchangedAllocatesNothing(t *testing.T) {
	var w Writer
	f := chat(120, 40, entries(), numbered(0, 60), "hello")
	buf := w.Append(nil, &f)
	if n := testing.AllocsPerRun(100, func() { buf = w.Append(buf[:0], &f) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if len(buf) != 0 {
		t.Errorf("%d bytes", len(buf))
	}
}

func BenchmarkWriterUnchanged(b *testing.B) {
	f := chat(120, 40, entries(), numbered(0, 60), "hello")
	benchmarkFrames(b, f, f)
}

func BenchmarkWriterAppendOneRow(b *testing.B) {
	messages := numbered(0, 60)
	benchmarkFrames(b,
		chat(120, 40, entries(), messages, "hello, worl"),
		chat(120, 40, entries(), messages, "hello, world"))
}

func BenchmarkWriterScroll(b *testing.B) {
	messages := numbered(0, 600)
	var frames []Frame
	for i := range 500 {
		frames = append(frames, chat(120, 40, entries(), messages[:i+60], ""))
	}
	benchmarkFrames(b, frames...)
}

func BenchmarkWriterWhole(b *testing.B) {
	benchmarkFrames(b,
		chat(120, 40, entries(), numbered(0, 60), ""),
		chat(119, 40, entries(), numbered(0, 60), ""))
}

// benchmarkFrames draws the frames in turn, forwards and backwards.
func benchmarkFrames(b *testing.B, frames ...Frame) {
	var w Writer
	buf := w.Append(nil, &frames[0])
	total, n, i, step := 0, 0, 0, 1
	b.ReportAllocs()
	for b.Loop() {
		if i+step < 0 || i+step == len(frames) {
			step = -step
		}
		i += step
		buf = w.Append(buf[:0], &frames[i])
		total += len(buf)
		n++
	}
	b.ReportMetric(float64(total)/float64(n), "bytes/frame")
}

// Rows side by side that end and begin in the same style need its sequence once.
func TestAStyleGoesOnInTheNextPane(t *testing.T) {
	frame := func(line, row string) Frame {
		return Frame{W: 20, H: 1, Panes: []Pane{{W: 4, H: 1, Rows: []string{line}}, {X: 4, W: 16, H: 1, Rows: []string{row}}}}
	}
	for _, c := range []struct {
		name, line, row string
		sequences       int // that begin a style
	}{
		{"the same", "a  \x1b[31m|\x1b[m", "\x1b[31m13:02\x1b[m words", 1},
		{"another", "a  \x1b[31m|\x1b[m", "\x1b[32m13:02\x1b[m words", 2},
		{"added to another", "a\x1b[1m  \x1b[31m|\x1b[m", "\x1b[31m13:02\x1b[m words", 3},
		{"not at the end", "\x1b[31ma\x1b[m  |", "\x1b[31m13:02\x1b[m words", 2},
		{"a background over a gap", "a  \x1b[41m|\x1b[m", "\x1b[41m            \x1b[m12", 1},
	} {
		was, is := frame("", ""), frame(c.line, c.row)
		var w, anew Writer
		term, other := newTerminal(20, 1), newTerminal(20, 1)
		term.write(w.Append(nil, &was))
		change := w.Append(nil, &is)
		term.write(change)
		other.write(anew.Append(nil, &is))
		if got := bytes.Count(change, []byte("\x1b[3")) + bytes.Count(change, []byte("\x1b[1m")) + bytes.Count(change, []byte("\x1b[4")); got != c.sequences {
			t.Errorf("%s: %d sequences begin a style, want %d: %q", c.name, got, c.sequences, change)
		}
		if got, want := term.cells(), other.cells(); !slices.Equal(got, want) {
			t.Errorf("%s: the change %q shows\n%q\nwant\n%q", c.name, change, got, want)
		}
	}
}
