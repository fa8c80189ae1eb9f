package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/text"
)

const (
	keyUp   = "\x1b[A"
	keyDown = "\x1b[B"
)

// history starts a server with ann and bob and messages of ann's, which both have
// read.
func history(t *testing.T, bodies ...string) (s *server, annKey, bobKey gossh.Signer) {
	t.Helper()
	dir := t.TempDir()
	annKey, bobKey = enrol(t, dir, "ann"), enrol(t, dir, "bob")
	post(t, dir, "ann", bodies...)
	readByAll(t, dir)
	return startServer(t, dir), annKey, bobKey
}

func TestWhatArrivesDoesNotMoveWhatOneReads(t *testing.T) {
	t.Parallel()
	old := numbered("old", 100)
	s, annKey, bobKey := history(t, old...)
	ann, bob := s.connect(annKey), s.connect(bobKey)
	bob.shows("old 100")
	bob.press(keyPageUp)
	bob.hides("old 100")
	bob.settled()
	reading := inOrder(bob.text(), old)
	for i, text := range numbered("new", 12) {
		ann.say(text)
		bob.shows(fmt.Sprintf("↓ %d new", i+1))
		if got := inOrder(bob.text(), old); !slices.Equal(got, reading) {
			t.Fatalf("after %q the screen shows %q, want %q", text, got, reading)
		}
	}
	bob.press(keyEnd)
	bob.shows("new 012")
	bob.hides("↓")
	ann.edge("new 012", "read 1/1 ✔✔ B") // so that only later ones are unread
	// Scrolling down gets there too, and so does sending.
	bob.press(keyPageUp)
	bob.hides("new 012")
	ann.say("newer")
	bob.shows("↓ 1 new")
	bob.press("\x1b[6~", "\x1b[6~")
	bob.shows("newer")
	bob.hides("↓")
	bob.press(keyPageUp)
	bob.hides("newer")
	bob.say("newest")
	bob.showsSent("newest")
}

func TestAllOfThePastIsReached(t *testing.T) {
	t.Parallel()
	old := numbered("old", 300)
	s, annKey, bobKey := history(t, old...)
	ann, bob := s.connect(annKey), s.connect(bobKey)
	bob.shows("old 300")
	var reached []string // from the top of the screen down to the newest
	for page := 0; len(reached) < len(old); page++ {
		if page > 100 {
			t.Fatalf("after %d pages only %q and newer are reached", page, reached[0])
		}
		shown := inOrder(bob.text(), old)
		first := slices.Index(old, shown[0])
		if first < 0 || !slices.Equal(shown, old[first:first+len(shown)]) {
			t.Fatalf("page %d shows %q", page, shown)
		}
		if above := len(old) - len(reached) - first; above > 0 {
			if above > len(shown) {
				t.Fatalf("page %d begins with %q, which is more than a page above %q", page, shown[0], reached[0])
			}
			reached = append(slices.Clone(shown[:above]), reached...)
		}
		bob.press(keyPageUp)
		bob.settled()
		ann.say(fmt.Sprintf("meanwhile %d", page)) // and it goes on below
	}
	if !slices.Equal(reached, old) {
		t.Errorf("reached %q", reached)
	}
	ann.showsSent("meanwhile 1")
}

func TestTheWheel(t *testing.T) {
	t.Parallel()
	s, _, bobKey := history(t, numbered("old", 100)...)
	bob := s.connect(bobKey)
	scrolls := func(up, down string) {
		t.Helper()
		bob.shows("old 100")
		bob.press(up, up, up)
		bob.hides("old 100")
		bob.press(down, down, down)
		bob.shows("old 100")
	}
	scrolls(keyUp, keyDown) // a wheel that sends arrows
	// The terminal keeps the mouse until the user asks for it.
	if raw := bob.received(); strings.Contains(raw, "\x1b[?1002h") || strings.Contains(raw, "\x1b[?1006h") {
		t.Error("the mouse was captured")
	}
	bob.press(keyAltM)
	bob.shows("The wheel scrolls now")
	scrolls("\x1b[<64;60;10M", "\x1b[<65;60;10M")
	bob.press(keyAltM)
	bob.shows("The mouse selects text again.")
	if !strings.Contains(bob.received(), "\x1b[?1002l") {
		t.Error("the mouse was not given back")
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	s, annKey, bobKey := history(t, numbered("old", 100)...)
	ann, bob := s.connect(annKey), s.connect(bobKey)
	bob.press("a draft")
	for i, size := range []struct{ w, h int }{
		{20, 6}, {1, 1}, {19, 6}, {40, 12}, {20, 5}, {120, 40}, {60, 10}, {80, 24}, {500, 1}, {1, 300}, {5000, 5000}, {20, 6},
	} {
		bob.resize(size.w, size.h)
		text := fmt.Sprintf("size %d", i)
		ann.say(text)
		ann.showsSent(text)
		if size.w < 20 || size.h < 6 {
			const want = "confab needs 20x6 characters: make the window larger."
			bob.until(fmt.Sprintf("%dx%d to be too small", size.w, size.h), func(screen string) bool {
				words := strings.Join(strings.Fields(screen), "")
				return words != "" && strings.HasPrefix(strings.ReplaceAll(want, " ", ""), words)
			})
			continue
		}
		bob.shows("? help")
		bob.shows(text)
		bob.shows("› a draft") // it stays
		bob.settled()
	}
	bob.resize(columns, lines)
	bob.press(keyCtrlU)
	ann.edge("size 11", "read 1/1 ✔✔ B") // all is read
	isLikeNew(t, bob, s, bobKey)
}

// isLikeNew checks that a screen with a history looks like one that was just
// opened.
func isLikeNew(t *testing.T, c *client, s *server, key gossh.Signer) {
	t.Helper()
	c.settled()
	want := trimmed(c.text())
	fresh := s.connect(key)
	fresh.press(keyCtrlU) // the typed text may have been stored as a draft
	fresh.until("the screen that another session has:\n"+want, func(screen string) bool {
		return trimmed(screen) == want
	})
}

// trimmed returns a screen without the blanks at the right and below.
func trimmed(screen string) string {
	var b strings.Builder
	for row := range strings.SplitSeq(screen, "\n") {
		b.WriteString(strings.TrimRight(row, " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

func TestAStormOfWindowChanges(t *testing.T) {
	t.Parallel()
	s, annKey, bobKey := history(t, numbered("old", 100)...)
	ann, bob := s.connect(annKey), s.connect(bobKey)
	random := rand.New(rand.NewPCG(1, 2))
	bob.resize(500, 300)
	for i := range 500 {
		if err := bob.session.WindowChange(random.IntN(320), random.IntN(520)); err != nil {
			t.Fatal(err)
		}
		if i%50 == 0 {
			ann.say(fmt.Sprintf("in the storm %d", i))
			bob.press("x")
		}
	}
	bob.resize(columns, lines)
	bob.shows("in the storm 450")
	bob.shows("› " + strings.Repeat("x", 10))
	bob.press(keyCtrlU)
	ann.edge("in the storm 450", "read 1/1 ✔✔ B") // all is read
	isLikeNew(t, bob, s, bobKey)
}

func TestTerminalsDiffer(t *testing.T) {
	t.Parallel()
	s, annKey, bobKey := history(t, "what time is it?")
	at := func(c *client) time.Time {
		t.Helper()
		c.shows("what time is it?")
		row, _ := rowWith(c.text(), "what time is it?")
		_, row, _ = strings.Cut(row, "│")
		clock, err := time.Parse("15:04", strings.Fields(row)[0])
		if err != nil {
			t.Fatal(err)
		}
		return clock
	}
	utc := s.connect(bobKey)
	india := s.ssh(options{keys: []gossh.Signer{bobKey}, env: map[string]string{"TZ": "Asia/Kolkata", "NO_COLOR": "1"}})
	want := 5*time.Hour + 30*time.Minute
	if ahead := (at(india).Sub(at(utc)) + 24*time.Hour) % (24 * time.Hour); ahead != want {
		t.Errorf("the time in India is %v ahead, want %v", ahead, want)
	}
	// Authors have colours where a terminal has them.
	if strings.Contains(india.received(), ";5;") || !strings.Contains(utc.received(), ";5;") {
		t.Error("colours are sent with NO_COLOR, or not without")
	}
	// A locale without UTF-8 gets ASCII.
	ascii := s.ssh(options{keys: []gossh.Signer{annKey}, env: map[string]string{"LANG": "C"}})
	ascii.shows("what time is it?")
	ascii.shows("|>")
	if row, _ := rowWith(ascii.text(), "what time is it?"); !strings.HasSuffix(row, " ## B") {
		t.Errorf("an ASCII terminal shows %q", row)
	}
}

// hostile is text that tries to be more than text. None of it ends the session when
// it is typed.
func hostile() []string {
	return []string{
		"\x1b[31mred\x1b[2J\x1b[H", "\x1b]0;title\x07", "\x1b]52;c;ZXZpbA==\x1b\\", "\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\",
		"\x1bP+q544e\x1b\\", "\x1b_Gapc\x1b\\", "\x1b^pm\x1b\\", "\x1bXsos\x1b\\", "\x1b]0;never ends", "\x1b[?1049l\x1b[?2004l", "\x1bc", "\x1b[6n\x1b[c\x1b[>q",
		"\u009b31mC1\u009d0;title\u009c", "raw \x9b31m C1 \x90 \x9d", "\x00\x01\x02\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x7f", "\r\roverwrites",
		"\u202eright to left\u202c \u2066isolate\u2069 \u200e\u200f\u061c", "zero\u200bwidth\ufeff\u00ad\u2060", "tags \U000e0041\U000e0042",
		"z" + strings.Repeat("\u0301", 50), "\xff\xfe not UTF-8 \xe2\x82 \xed\xa0\x80", "\u2028line\u2029paragraph\u0085next", "\ufff9a\ufffab\ufffb",
		"*b\x1b[2J* `\x1b]0;t\a` https://example.org/\x1b\\\u009c\u202e/x",
	}
}

// Whichever way hostile text gets in, terminals receive it only as text: the
// author's and everyone else's.
func TestHostileText(t *testing.T) {
	t.Parallel()
	var old []string
	for i, text := range hostile() {
		old = append(old, fmt.Sprintf("old %s end %d.", text, i))
	}
	s, annKey, bobKey := history(t, old...)
	ann, bob := s.connect(annKey), s.connect(bobKey)
	bob.shows(fmt.Sprintf("end %d.", len(old)-1))
	send := func(how string, write func(text string)) {
		t.Helper()
		for i, text := range hostile() {
			end := fmt.Sprintf("%s %d.", how, i)
			write(how + " " + text)
			ann.settled()
			if strings.Contains(ann.text(), "Esc closes") { // a control character that is a key
				ann.press(keyEscape)
				ann.hides("Esc closes")
			}
			ann.press(keyAltEnter) // so that it is on one row
			ann.say(end)
			bob.shows(end)
			ann.showsSent(end)
		}
	}
	send("pasted", ann.paste)
	send("broken", func(text string) { ann.paste(text + "\x1b[201~" + text) }) // a paste that ends itself
	send("typed", func(text string) { ann.press(text, "\x1b\\") })             // ends a string
	isHarmless(t, ann)
	isHarmless(t, bob)
	for _, body := range stored(t, s.dir)[len(old):] {
		if !text.IsClean(body) {
			t.Errorf("stored: %q", body)
		}
	}
	// The same holds when it comes back from the disk.
	again := s.connect(bobKey)
	for range 10 {
		again.press(keyPageUp)
		again.settled()
	}
	isHarmless(t, again)
}
