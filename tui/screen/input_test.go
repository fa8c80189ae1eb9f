package screen

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"
)

// tell returns a message in a short form.
func tell(msg tea.Msg) string {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return msg.String()
	case tea.PasteMsg:
		return fmt.Sprintf("paste %q", msg.Content)
	case tea.MouseMsg:
		m := msg.Mouse()
		return fmt.Sprintf("%T %v %d,%d", msg, msg, m.X, m.Y)
	}
	return fmt.Sprintf("%T", msg)
}

func tellAll(msgs []tea.Msg) []string {
	var s []string
	for _, msg := range msgs {
		s = append(s, tell(msg))
	}
	return s
}

func TestInputFeed(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"text", "aA 1~", []string{"a", "A", "space", "1", "~"}},
		{"graphemes", "é世👩‍💻🇨🇭", []string{"é", "世", "👩‍💻", "🇨🇭"}},
		{"controls", "\r\t\x7f\x01\x1a\x00\x0a\x08", []string{"enter", "tab", "backspace", "ctrl+a", "ctrl+z", "ctrl+space", "ctrl+j", "ctrl+h"}},
		{"alt", "\x1ba\x1bA\x1b1\x1b/\x1bé", []string{"alt+a", "alt+shift+a", "alt+1", "alt+/", "alt+é"}},
		{"alt+enter", "\x1b\r", []string{"alt+enter"}},
		{"alt+backspace", "\x1b\x7f", []string{"alt+backspace"}},
		{"shift+enter", "\x1b[13;2u", []string{"shift+enter"}},
		{"kitty's escape and controls", "\x1b[27u\x1b[107;5u\x1b[97;3u", []string{"esc", "ctrl+k", "alt+a"}},
		{"kitty with Caps and Num Lock", "\x1b[107;197u", []string{"ctrl+k"}},
		{"kitty's release", "\x1b[97;1:3u\x1b[97;1:1u", []string{"a"}},
		{"arrows", "\x1b[A\x1bOB\x1b[1;3C\x1b[1;4D", []string{"up", "down", "alt+right", "alt+shift+left"}},
		{"alt and arrow with ESC in front", "\x1b\x1b[A\x1b\x1bOB", []string{"alt+up", "alt+down"}},
		{"page and home", "\x1b[5~\x1b[6~\x1b[H\x1b[F\x1b[1~", []string{"pgup", "pgdown", "home", "end", "home"}},
		{"function keys", "\x1bOP\x1b[15~\x1b[[A\x1b[[E\x1b[1;2R", []string{"f1", "f5", "f1", "f5", "shift+f3"}},
		{"backtab", "\x1b[Z", []string{"shift+tab"}},
		{"focus", "\x1b[I\x1b[O", []string{"tea.FocusMsg", "tea.BlurMsg"}},
		{"mouse", "\x1b[<0;3;5M\x1b[<32;4;5M\x1b[<0;4;5m", []string{
			"tea.MouseClickMsg left 2,4", "tea.MouseMotionMsg left+motion 3,4", "tea.MouseReleaseMsg left 3,4",
		}},
		{"wheel", "\x1b[<64;10;20M\x1b[<65;10;20M", []string{"tea.MouseWheelMsg wheelup 9,19", "tea.MouseWheelMsg wheeldown 9,19"}},
		{"mouse out of range", "\x1b[<0;0;0M\x1b[<0;99999;99999M", []string{"tea.MouseClickMsg left 0,0", "tea.MouseClickMsg left 499,299"}},
		{"mouse in the X10 encoding", "\x1b[M !!", []string{"tea.MouseClickMsg left 0,0"}},
		{"escape, then alt", "\x1b\x1ba", []string{"esc", "alt+a"}},
		{"alt+O, then more", "\x1bO\r", []string{"alt+shift+o", "enter"}},
		{"reports", "\x1b[?62;1c\x1b[3;4R\x1b]11;rgb:0/0/0\x1b\\\x1b]11;rgb:0/0/0\a\x1bP1+r\x1b\\\x1b_Gi=1;OK\x1b\\x", []string{"screen.reportMsg", "screen.GroundMsg", "screen.GroundMsg", "x"}},
		{"unknown", "\x1b[99;99;99z\x1b[200;1~\x1bOZx", []string{"x"}},
		{"end of a paste", "\x1b[201~x", []string{"x"}},
		{"sequence broken off", "\x1b[1;\rx\x1b]0;t\x1b[Ax\x1b[1\x1b[B", []string{"enter", "x", "up", "x", "down"}},
		{"string cancelled", "\x1b]0;t\x18x\x1bPq\x1ay", []string{"x", "y"}},
		{"no UTF-8", "a\xff\x9b\xc3b\x1b\xffc", []string{"a", "b", "c"}},
		{"C1", "a\u009b\u0085b\x1b\u0090c", []string{"a", "b", "c"}},
		{"kitty's text with a control", "\x1b[97;;27ux", []string{"x"}},
		{"paste", "\x1b[200~one\r\ntwo\t\x1b[31m\x1b[200~世\x1b[201~x", []string{`paste "one\r\ntwo\t\x1b[31m\x1b[200~世"`, "x"}},
		{"empty paste", "\x1b[200~\x1b[201~", []string{`paste ""`}},
		{"paste that nearly ends", "\x1b[200~\x1b[201\x1b[201~", []string{`paste "\x1b[201"`}},
	} {
		var in Input
		if got := tellAll(in.Feed([]byte(c.in))); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: Feed(%q) = %q, want %q", c.name, c.in, got, c.want)
		}
		if in.Timeout() != 0 || in.buffered() != 0 {
			t.Errorf("%s: %d bytes retained, timeout %v", c.name, in.buffered(), in.Timeout())
		}
	}
}

func TestInputFlush(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"nothing", "", nil},
		{"lone ESC", "\x1b", []string{"esc"}},
		{"two", "\x1b\x1b", []string{"esc", "esc"}},
		{"alt+[", "\x1b[", []string{"alt+["}},
		{"alt+O", "\x1bO", []string{"alt+shift+o"}},
		{"alt+]", "\x1b]", []string{"alt+]"}},
		{"alt+P", "\x1bP", []string{"alt+shift+p"}},
		{"escape, alt+[", "\x1b\x1b[", []string{"esc", "alt+["}},
		{"shift+delete of rxvt", "\x1b[3$", []string{"shift+delete"}},
		{"half a sequence", "\x1b[1;", nil},
		{"half a string", "\x1b]11;rgb", nil},
		{"half a mouse report", "\x1b[M !", nil},
		{"half a character", "\xe4\xb8", nil},
		{"half a paste", "\x1b[200~half\x1b[20", []string{`paste "half"`, "screen.PasteCutMsg"}},
	} {
		var in Input
		if got := in.Feed([]byte(c.in)); len(got) > 0 {
			t.Errorf("%s: Feed(%q) = %q", c.name, c.in, tellAll(got))
		}
		switch got := in.Timeout(); {
		case c.in == "" && got != 0:
			t.Errorf("%s: timeout %v", c.name, got)
		case strings.Contains(c.in, "paste") != (got == pasteTimeout):
		case c.in != "" && got == 0:
			t.Errorf("%s: no timeout", c.name)
		}
		if got := tellAll(in.Flush()); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: Flush() = %q, want %q", c.name, got, c.want)
		}
		if in.Timeout() != 0 || in.buffered() != 0 {
			t.Errorf("%s: %d bytes retained, timeout %v", c.name, in.buffered(), in.Timeout())
		}
		if got, want := tellAll(in.Feed([]byte("x\x1b[A"))), []string{"x", "up"}; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: then %q, want %q", c.name, got, want)
		}
	}
}

// joined returns messages in a short form, with the text of adjacent keys joined: a
// character whose marks come later is two keys, but the text is the same.
func joined(msgs []tea.Msg) []string {
	var s []string
	text := false
	for _, msg := range msgs {
		k, ok := msg.(tea.KeyPressMsg)
		isText := ok && k.Text != ""
		switch {
		case isText && text:
			s[len(s)-1] += k.Text
		case isText:
			s = append(s, "text "+k.Text)
		default:
			s = append(s, tell(msg))
		}
		text = isText
	}
	return s
}

// It does not matter where the input is cut.
func TestInputCutAnywhere(t *testing.T) {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{
			"a", "B", " ", "hello", "\r", "é", "世", "👩‍💻", "e\u0301", "\x1b[A", "\x1bOP", "\x1b\x1b[A", "\x1ba", "\x1b\r", "\x1b\x1bx",
			"\x1b[13;2u", "\x1b[1;5C", "\x1b[<64;10;20M", "\x1b[I", "\x1b[O", "\x1b[200~", "\x1b[201~", "\x1b[200~one\ntwo\x1b[201~",
			"\x1b]11;rgb:0/0/0\x1b\\", "\x1b]0;title\a", "\x1bPabc\x1b\\", "\x1b[M !!", "\x1b[[A", "\x1b[1;2R", "\x1b", "\x1b[", "\x1b]", "\x18",
			"\xff", "\xe4\xb8", "\u009b", "\x1b[" + strings.Repeat("1;", maxSequence), "\x1b]" + strings.Repeat("t", 2*maxSequence),
			strings.Repeat("x", 1500), "\x1bO12345",
		}),
		rapid.StringN(0, 4, -1),
	)
	rapid.Check(t, func(t *rapid.T) {
		data := []byte(strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "input"), ""))
		var whole, cut Input
		want := joined(append(whole.Feed(data), whole.Flush()...))
		var got []tea.Msg
		step := rapid.IntRange(1, 5).Draw(t, "step")
		for rest := data; len(rest) > 0; {
			n := min(len(rest), step)
			if rapid.IntRange(0, 9).Draw(t, "more") == 0 {
				n = rapid.IntRange(0, len(rest)).Draw(t, "n")
			}
			got = append(got, cut.Feed(rest[:n])...)
			if cut.buffered() > maxSequence*2+MaxPaste {
				t.Fatalf("%d bytes retained", cut.buffered())
			}
			rest = rest[n:]
		}
		got = append(got, cut.Flush()...)
		if got := joined(got); !reflect.DeepEqual(got, want) {
			t.Fatalf("cut: %q\nwhole: %q", got, want)
		}
	})
}

func TestInputPasteBounds(t *testing.T) {
	for _, c := range []struct {
		name string
		size int
		cut  bool
	}{
		{"fits", MaxPaste, false},
		{"too long", MaxPaste + 1, true},
		{"far too long", 8 * MaxPaste, true},
	} {
		var in Input
		msgs := in.Feed([]byte(pasteBegin))
		chunk := strings.Repeat("p", 1<<10)
		for sent := 0; sent < c.size; sent += len(chunk) {
			msgs = append(msgs, in.Feed([]byte(chunk[:min(len(chunk), c.size-sent)]))...)
			if in.buffered() > 2*MaxPaste {
				t.Fatalf("%s: %d bytes retained", c.name, in.buffered())
			}
		}
		msgs = append(msgs, in.Feed([]byte(pasteEnd))...)
		want := 1
		if c.cut {
			want = 2
		}
		if len(msgs) != want {
			t.Fatalf("%s: %d messages, want %d", c.name, len(msgs), want)
		}
		if p, ok := msgs[0].(tea.PasteMsg); !ok || len(p.Content) != min(c.size, MaxPaste) {
			t.Errorf("%s: %T of %d bytes", c.name, msgs[0], len(p.Content))
		}
		if c.cut && msgs[1] != (PasteCutMsg{}) {
			t.Errorf("%s: %T is no PasteCutMsg", c.name, msgs[1])
		}
		if in.buffered() != 0 {
			t.Errorf("%s: %d bytes retained after the paste", c.name, in.buffered())
		}
	}
}

// A paste is not cut in the middle of a character.
func TestInputPasteCutAtCharacter(t *testing.T) {
	for _, char := range []string{"é", "世", "🎉"} {
		var in Input
		in.Feed([]byte(pasteBegin + strings.Repeat("p", MaxPaste-1) + char + "more"))
		msgs := in.Feed([]byte(pasteEnd))
		if p := msgs[0].(tea.PasteMsg); len(p.Content) != MaxPaste-1 || !strings.HasSuffix(p.Content, "p") {
			t.Errorf("%s: %d bytes", char, len(p.Content))
		}
	}
}

// A sequence without an end is given up, and the following input is read.
func TestInputEndlessSequence(t *testing.T) {
	for _, c := range []struct{ name, begin, more, end string }{
		{"CSI", "\x1b[", "1", "z"},
		{"alt and CSI", "\x1b\x1b[", ";", "A"},
		{"OSC", "\x1b]0;", "t", "\a"},
		{"DCS", "\x1bP", "t", "\x1b\\"},
		{"broken off", "\x1b[", "1", "\x1b[B\x1b]x\x18"},
	} {
		var in Input
		var msgs []tea.Msg
		msgs = append(msgs, in.Feed([]byte(c.begin))...)
		for range 64 {
			msgs = append(msgs, in.Feed([]byte(strings.Repeat(c.more, 1000)))...)
			if in.buffered() > 4*maxSequence {
				t.Fatalf("%s: %d bytes retained", c.name, in.buffered())
			}
		}
		for _, b := range []byte(c.end) {
			msgs = append(msgs, in.Feed([]byte{b})...)
		}
		msgs = append(msgs, in.Feed([]byte("x"))...)
		want := []string{"x"}
		if c.name == "broken off" {
			want = []string{"down", "x"}
		}
		if got := tellAll(msgs); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, want %q", c.name, got, want)
		}
	}
}

func TestInputDoesNotKeepData(t *testing.T) {
	var in Input
	data := []byte("\x1b[200~abc\x1b")
	in.Feed(data)
	clear(data)
	if got := tellAll(in.Feed([]byte("[201~"))); !reflect.DeepEqual(got, []string{`paste "abc"`}) {
		t.Errorf("%q", got)
	}
}

func FuzzInput(f *testing.F) {
	for _, s := range []string{
		"hello é世👩‍💻", "\x1b[A\x1bOP\x1b\x1b[A", "\x1b[13;2u\x1b[97:65:97;5:2;97u", "\x1b[<64;10;20M\x1b[M !!", "\x1b[200~a\x1b[201~",
		"\x1b]11;rgb:0/0/0\x1b\\\x1bP1+r5463=1\x1b\\\x1b_Gi=1;OK\x1b\\", "\x1b[1;2R\x1b[48;1;2;3;4t\x1b[?62c\x1b[65;30;97;1;0;1_", "\x1b[27;5;9~",
	} {
		f.Add([]byte(s), uint8(3))
	}
	f.Fuzz(func(t *testing.T, data []byte, step uint8) {
		var in Input
		check := func(msgs []tea.Msg) {
			for _, msg := range msgs {
				if k, ok := msg.(tea.KeyPressMsg); ok {
					_ = k.String()
					if strings.ContainsFunc(k.Text, unicode.IsControl) {
						t.Errorf("control character in the text %q", k.Text)
					}
				}
			}
			if in.buffered() > 2*MaxPaste || !in.pasting && in.buffered() > 4*maxSequence {
				t.Errorf("%d bytes retained", in.buffered())
			}
		}
		for rest := data; len(rest) > 0; {
			n := min(len(rest), int(step)+1)
			check(in.Feed(rest[:n]))
			rest = rest[n:]
		}
		check(in.Flush())
		if in.Timeout() != 0 || in.buffered() != 0 {
			t.Errorf("%d bytes retained, timeout %v", in.buffered(), in.Timeout())
		}
	})
}
