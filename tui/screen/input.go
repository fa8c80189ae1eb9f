package screen

import (
	"bytes"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
)

// MaxPaste is the longest paste that is delivered, in bytes.
const MaxPaste = 256 << 10

const (
	// escTimeout is how long to wait for the rest of a sequence. After that, its beginning
	// counts as keys, above all as Escape. The time is ultraviolet's.
	escTimeout = uv.DefaultEscTimeout

	// pasteTimeout ends a paste whose end mark is missing (a terminal may lose it when a
	// slow paste is cancelled), so that the paste does not swallow everything that is typed
	// afterwards. It is long because the rest of a paste would count as typed: a stalled
	// link must not make a paste send itself.
	pasteTimeout = 10 * time.Second
)

// PasteCutMsg follows a [tea.PasteMsg] that is not the whole paste, because it was longer
// than [MaxPaste] or its end was missing.
type PasteCutMsg struct{}

// Input turns the bytes that a terminal sends into Bubble Tea messages: [tea.KeyPressMsg],
// [tea.PasteMsg], [PasteCutMsg], [tea.FocusMsg], [tea.BlurMsg] and the mouse's. Anything
// else (key releases, reports, unknown or malformed sequences, invalid UTF-8) is dropped.
// The bytes may be cut anywhere between two calls.
//
// A key's Text is the typed character, with all its combining marks if they came together,
// and never a control character. Its modifiers leave out the locks (Caps, Num, Scroll). A
// paste has the bytes as they came, so it may have control characters. The mouse's position
// is within the largest screen, but may be outside the terminal.
//
// Little is kept in memory: an incomplete sequence is given up after [maxSequence] bytes, a
// paste has at most [MaxPaste], and both are released when they end. The zero Input is
// ready for use. Only one goroutine may use it.
type Input struct {
	rest     []byte // the beginning of a sequence or character
	skip     kind   // the rest of a sequence given up for its length is skipped
	pasting  bool
	paste    []byte
	pasteCut bool
	decoder  uv.EventDecoder

	asked int    // how many answers of the terminal in strings have not come
	begun []byte // was taken for keys, but may be the beginning of an answer
}

// Feed takes bytes that were read, and returns the messages that they complete. It does not
// keep data.
func (in *Input) Feed(data []byte) []tea.Msg {
	buf := data
	if len(in.begun) > 0 {
		if whole := append(in.begun, data...); isAnswer(whole) {
			buf = whole
		}
		in.begun = nil
	}
	if len(in.rest) > 0 {
		buf = append(in.rest, data...)
		in.rest = nil
	}
	var msgs []tea.Msg
	for len(buf) > 0 {
		var n int
		switch {
		case in.pasting:
			n = in.feedPaste(buf, &msgs)
		case in.skip != plain:
			if n = in.feedSkip(buf); in.skip == plain {
				buf = buf[n:]
				continue
			}
		default:
			n = in.feedUnit(buf, &msgs)
		}
		if n == 0 {
			in.rest = bytes.Clone(buf)
			break
		}
		buf = buf[n:]
	}
	return msgs
}

// Timeout returns how long to wait for more bytes before Flush is called, 0 if nothing is
// pending.
func (in *Input) Timeout() time.Duration {
	switch {
	case in.pasting, in.answering():
		return pasteTimeout
	case len(in.rest) > 0 || in.skip != plain:
		return escTimeout
	}
	return 0
}

// Flush returns the messages of the pending bytes when no more bytes have come: a lone ESC
// is the Escape key, ESC and [ are Alt+[, and a paste ends.
func (in *Input) Flush() []tea.Msg {
	var msgs []tea.Msg
	if in.answering() {
		in.rest = nil // the rest of the answer does not come
		return nil
	}
	if in.asked > 0 && slices.ContainsFunc(answers[:], func(begin string) bool { return len(in.rest) < len(begin) && strings.HasPrefix(begin, string(in.rest)) }) {
		in.begun = bytes.Clone(in.rest)
	}
	if in.pasting {
		in.rest, in.pasteCut = nil, true // the rest is the beginning of an end
		in.endPaste(&msgs)
	}
	rest := in.rest
	in.rest, in.skip = nil, plain
	for len(rest) > 1 && rest[0] == esc && rest[1] == esc {
		in.emit(rest[:1], &msgs)
		rest = rest[1:]
	}
	if len(rest) > 0 && rest[0] == esc {
		in.emit(rest, &msgs)
	}
	return msgs
}

// answering reports whether a part of an answer of the terminal has arrived.
func (in *Input) answering() bool { return isAnswer(in.rest) }

// feedUnit decodes the unit that buf begins with and gives its length; 0 if it
// is not complete.
func (in *Input) feedUnit(buf []byte, msgs *[]tea.Msg) int {
	u := next(buf)
	switch {
	case !u.complete && len(buf) > maxSequence:
		in.skip = u.kind
	case !u.complete:
		return 0
	case u.length > maxSequence:
	case u.kind == text:
		// The decoder takes all that makes one character on the screen.
		n, ev := in.decoder.Decode(buf[:u.length])
		in.convert(ev, msgs)
		return max(n, 1)
	case u.kind != junk:
		in.emit(buf[:u.length], msgs)
	default:
		in.answer(buf[:u.length], msgs)
	}
	return u.length
}

// answer takes what may be an answer of the terminal.
func (in *Input) answer(unit []byte, msgs *[]tea.Msg) {
	if version, ok := versionOf(unit); ok {
		*msgs = append(*msgs, version)
	} else if ground, ok := groundOf(unit); ok {
		*msgs = append(*msgs, ground)
	} else if graphicsAnswer(unit) {
		*msgs = append(*msgs, GraphicsMsg{})
	} else {
		return
	}
	in.asked = max(0, in.asked-1)
}

// emit decodes one whole unit.
func (in *Input) emit(unit []byte, msgs *[]tea.Msg) {
	if string(unit) == pasteBegin {
		in.pasting = true
		return
	}
	if k, ok := linuxFunctionKey(unit); ok {
		in.convert(k, msgs)
		return
	}
	// The decoder has read only a part of the unit, so it does not know it.
	if n, ev := in.decoder.Decode(unit); n == len(unit) {
		in.convert(ev, msgs)
	}
}

// convert appends the message for a decoded event, if it is one for the model.
func (in *Input) convert(ev uv.Event, msgs *[]tea.Msg) {
	var msg tea.Msg
	switch ev := ev.(type) {
	case uv.MultiEvent:
		// F3 with a modifier looks like a report of a cursor in the first line. The screen
		// never asks while the cursor is there.
		for _, ev := range ev {
			if _, report := ev.(uv.CursorPositionEvent); !report {
				in.convert(ev, msgs)
			}
		}
		return
	case uv.CursorPositionEvent:
		msg = reportMsg{ev.X, ev.Y}
	case uv.KeyPressEvent:
		ev.Mod &^= uv.ModCapsLock | uv.ModNumLock | uv.ModScrollLock
		for _, r := range ev.Text {
			if forbidden(r, 0) {
				return
			}
		}
		msg = tea.KeyPressMsg(ev)
	case uv.DarkColorSchemeEvent, uv.LightColorSchemeEvent:
		msg = schemeMsg{}
	case uv.FocusEvent:
		msg = tea.FocusMsg{}
	case uv.BlurEvent:
		msg = tea.BlurMsg{}
	case uv.MouseClickEvent:
		msg = tea.MouseClickMsg(place(uv.Mouse(ev)))
	case uv.MouseReleaseEvent:
		msg = tea.MouseReleaseMsg(place(uv.Mouse(ev)))
	case uv.MouseWheelEvent:
		msg = tea.MouseWheelMsg(place(uv.Mouse(ev)))
	case uv.MouseMotionEvent:
		msg = tea.MouseMotionMsg(place(uv.Mouse(ev)))
	default:
		return
	}
	*msgs = append(*msgs, msg)
}

// reportMsg is the position of the cursor that the terminal has reported, in cells from 0.
// It is for the session, not for the model.
type reportMsg struct{ X, Y int }

// place bounds the position of the mouse, because a client may report any number.
func place(m uv.Mouse) tea.Mouse {
	m.X = max(min(m.X, MaxWidth-1), 0)
	m.Y = max(min(m.Y, MaxHeight-1), 0)
	return tea.Mouse(m)
}

// linuxFunctionKey reads ESC [ [ A to E, F1 to F5 of the Linux console, which
// the decoder does not know.
func linuxFunctionKey(unit []byte) (uv.KeyPressEvent, bool) {
	if len(unit) != 4 || string(unit[:3]) != "\x1b[[" || unit[3] < 'A' || unit[3] > 'E' {
		return uv.KeyPressEvent{}, false
	}
	return uv.KeyPressEvent{Code: uv.KeyF1 + rune(unit[3]-'A')}, true
}

// feedSkip drops the rest of a sequence that was given up, and returns its length. It
// returns 0 if buf may be the beginning of the sequence's end.
func (in *Input) feedSkip(buf []byte) int {
	for i, b := range buf {
		switch {
		case in.skip == csi && b >= ' ' && b <= '?':
		case in.skip == csi:
			in.skip = plain
			if b >= '@' && b <= '~' {
				i++
			}
			return i
		case b == bel || b == can || b == sub:
			in.skip = plain
			return i + 1
		case b == esc:
			if i+1 == len(buf) {
				return i
			}
			in.skip = plain
			if buf[i+1] == '\\' {
				return i + 2
			}
			return i
		}
	}
	return len(buf)
}

// buffered returns the number of bytes that in keeps in memory.
func (in *Input) buffered() int { return cap(in.rest) + cap(in.paste) }

// pasted are the marks around a bracketed paste.
const (
	pasteBegin = "\x1b[200~"
	pasteEnd   = "\x1b[201~"
)

// feedPaste takes the part of buf that belongs to the paste, and returns its length. It
// returns 0 if buf may be the beginning of the paste's end.
func (in *Input) feedPaste(buf []byte, msgs *[]tea.Msg) int {
	if i := bytes.Index(buf, []byte(pasteEnd)); i >= 0 {
		in.keep(buf[:i])
		in.endPaste(msgs)
		return i + len(pasteEnd)
	}
	n := len(buf)
	for k := min(len(pasteEnd)-1, n); k > 0; k-- {
		if string(buf[n-k:]) == pasteEnd[:k] {
			n -= k
			break
		}
	}
	in.keep(buf[:n])
	return n
}

// keep adds bytes to the paste, up to its limit.
func (in *Input) keep(b []byte) {
	if room := MaxPaste - len(in.paste); len(b) > room {
		b = b[:room]
		in.pasteCut = true
	}
	in.paste = append(in.paste, b...)
}

// endPaste delivers the paste and releases it.
func (in *Input) endPaste(msgs *[]tea.Msg) {
	p := in.paste
	if in.pasteCut {
		// The paste is not cut in the middle of a character.
		for i := 1; i < utf8.UTFMax && i <= len(p); i++ {
			if b := p[len(p)-i]; utf8.RuneStart(b) {
				if !utf8.FullRune(p[len(p)-i:]) {
					p = p[:len(p)-i]
				}
				break
			}
		}
	}
	*msgs = append(*msgs, tea.PasteMsg{Content: string(p)})
	if in.pasteCut {
		*msgs = append(*msgs, PasteCutMsg{})
	}
	in.pasting, in.paste, in.pasteCut = false, nil, false
}
