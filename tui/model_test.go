package tui

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"confab/app/chat"
	"confab/app/testkit"
	"confab/tui/outbox"
)

var update = flag.Bool("update", false, "accept the frames as they are")

func plain(s string) string { return ansi.Strip(s) }

// golden compares a frame with the one that was accepted.
func golden(t *testing.T, name, got string) {
	t.Helper()
	testkit.Golden(t, *update, name, got)
}

// everything is a conversation with everything that a frame can show.
func everything() *fakeChat {
	c := &fakeChat{}
	yesterday := start.Add(-24 * time.Hour)
	c.post(2, "bob", "Shall we move the launch to Thursday?", yesterday)
	c.post(1, "ann", "Yes.", yesterday.Add(time.Minute))
	c.post(1, "ann", "The tests are green, and there is nothing left that anybody is waiting for, so the sooner the better.", yesterday.Add(2*time.Minute))
	c.post(3, "christopher-robin", "漢字かな交じり文も、折り返されなければならない。とても長い文章でも同じように読めるはずです。", start)
	c.post(2, "bob", "Family 👩‍👩‍👧 and flags 🇨🇭🇯🇵, naïve café (cafe\u0301)", start.Add(time.Minute))
	c.post(2, "bob", "func main() {\n\tfmt.Println(\"tabs and lines stay\")\n}", start.Add(2*time.Minute))
	c.post(3, "christopher-robin", "https://example.com/a/very/long/path/that/does/not/fit/on/one/line/of/a/narrow/screen?and=has&no=spaces", start.Add(9*time.Minute))
	return c
}

func TestGoldenFrames(t *testing.T) {
	for _, size := range []struct{ w, h int }{{120, 40}, {80, 24}, {40, 12}, {20, 6}, {19, 6}, {20, 5}, {1, 1}} {
		name := fmt.Sprintf("%dx%d", size.w, size.h)
		t.Run(name, func(t *testing.T) {
			s := newScreen(t, everything(), size.w, size.h)
			s.typeText("a draft")
			golden(t, "chat-"+name, s.text())
			s.press(tea.Key{Code: tea.KeyF1})
			golden(t, "help-"+name, s.text())
		})
	}
}

func TestGoldenStyles(t *testing.T) {
	for name, environ := range map[string][]string{
		"256":     nil,
		"16":      {"TERM=xterm"},
		"nocolor": {"NO_COLOR=1"},
		"ascii":   {"TERM=linux"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScreen(t, everything(), 80, 24, environ...)
			golden(t, "styles-"+name, s.model.Frame().String())
		})
	}
}

func TestGoldenStates(t *testing.T) {
	t.Run("empty", func(t *testing.T) {
		golden(t, "state-empty", newScreen(t, &fakeChat{}, 60, 12).text())
	})
	t.Run("sending and failed", func(t *testing.T) {
		s := newScreen(t, &fakeChat{}, 60, 14)
		s.chat.refuse = chat.Refuse(chat.ErrNotAllowed, "You are not a member of this conversation any more.")
		s.typeText("this one fails")
		s.enter()
		s.hold = true
		s.typeText("this one waits")
		s.enter()
		golden(t, "state-sending", s.text())
	})
	t.Run("scrolled up with new messages", func(t *testing.T) {
		s := newScreen(t, everything(), 60, 12)
		s.press(tea.Key{Code: tea.KeyPgUp})
		s.arrive(s.chat.post(2, "bob", "new", start.Add(time.Hour)))
		golden(t, "state-scrolled", s.text())
	})
	t.Run("several lines", func(t *testing.T) {
		s := newScreen(t, everything(), 60, 14)
		s.typeText("first\nsecond, which is long enough to be wrapped by words\nthird\nfourth\nfifth")
		golden(t, "state-multiline", s.text())
	})
	for name, environ := range map[string][]string{"file": nil, "file-ascii": {"TERM=linux"}} {
		t.Run(name, func(t *testing.T) {
			backend := everything()
			backend.post(2, "bob", "report of @ann.pdf", start.Add(20*time.Minute)).File = &chat.Attachment{
				Name: "report of @ann.pdf", Size: 12595, Sum: chat.Sum{0xab, 0x12, 0xcd, 0x34, 0xef},
			}
			s := newScreen(t, backend, 80, 14, environ...)
			golden(t, "state-"+name, s.text())
		})
	}
	t.Run("unknown command", func(t *testing.T) {
		s := newScreen(t, everything(), 40, 12)
		s.typeText("/nonsense now")
		s.enter()
		golden(t, "state-unknown", s.text())
	})
}

func TestSendingShowsTheTickOnlyWhenItIsOnDisk(t *testing.T) {
	s := newScreen(t, &fakeChat{}, 80, 12)
	s.hold = true
	s.typeText("hello")
	s.enter()
	if got := s.text(); !strings.Contains(got, "hello") || strings.Contains(got, "✓") {
		t.Fatalf("while it is under way the message should stand there without a tick:\n%s", got)
	}
	s.release()
	if got := s.text(); !strings.Contains(got, "✓") || strings.Count(got, "hello") != 1 {
		t.Fatalf("after the commit it should be there once, with a tick:\n%s", got)
	}
	// The event may come before or after the answer, and more than once.
	s.arrive(s.chat.messages[0])
	s.arrive(s.chat.messages[0])
	if got := s.text(); strings.Count(got, "hello") != 1 {
		t.Errorf("the event made it appear again:\n%s", got)
	}
}

func TestMessagesArePostedInTheOrderTheyWereWritten(t *testing.T) {
	s := newScreen(t, &fakeChat{}, 80, 24)
	s.hold = true
	for i := range 5 {
		s.typeText(fmt.Sprint("message ", i))
		s.enter()
	}
	if n := s.model.outbox.Len(); n != 5 || s.model.outbox.Next() != nil {
		t.Errorf("%d messages are in the outbox, want 5, and only one of them under way", n)
	}
	s.release()
	for i, m := range s.chat.messages {
		if want := fmt.Sprint("message ", i); m.Body != want {
			t.Errorf("message %d is %q, want %q", i, m.Body, want)
		}
	}
	if len(s.chat.messages) != 5 || len(s.model.outbox.Unsent(fakeConversation)) != 0 {
		t.Errorf("%d posted and %d pending, want 5 and none", len(s.chat.messages), len(s.model.outbox.Unsent(fakeConversation)))
	}
}

func TestAFailedSendStaysAndEnterTriesAgain(t *testing.T) {
	s := newScreen(t, &fakeChat{}, 80, 24)
	s.chat.refuse = errBroken
	s.typeText("precious")
	s.enter()
	got := s.text()
	if !strings.Contains(got, "precious") || !strings.Contains(got, "Not sent") || strings.Contains(got, errBroken.Error()) {
		t.Fatalf("the message should stay with a reason in plain words:\n%s", got)
	}
	if len(s.faults) != 1 || s.faults[0] != errBroken {
		t.Errorf("the log was told %v, want the error itself", s.faults)
	}
	id := s.model.outbox.Unsent(fakeConversation)[0].ID
	s.chat.refuse = nil
	s.enter()
	if len(s.chat.messages) != 1 || s.chat.messages[0].ID != id {
		t.Fatalf("another try should post it with the same id; posted: %v", s.chat.messages)
	}
	if got := s.text(); strings.Contains(got, "Not sent") || !strings.Contains(got, "✓") {
		t.Errorf("after the second try:\n%s", got)
	}
}

func TestWhatCannotBeSentStaysInTheComposer(t *testing.T) {
	long := strings.Repeat("x", chat.MaxBody+1)
	for name, c := range map[string]struct{ typed, notice string }{
		"unknown command": {"/nonsense", "no command /nonsense"},
		"too long":        {long, "16385 bytes and the limit is 16384"},
		"blank":           {"   ", "nothing to send"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScreen(t, &fakeChat{}, 80, 24)
			s.update(tea.PasteMsg{Content: c.typed})
			s.enter()
			if s.model.composer.Text() != c.typed {
				t.Errorf("the typed text is gone: %.40q", s.model.composer.Text())
			}
			if got := s.text(); !strings.Contains(got, c.notice) {
				t.Errorf("want a notice with %q:\n%s", c.notice, got)
			}
			if len(s.chat.messages) != 0 {
				t.Errorf("posted %v", s.chat.messages)
			}
		})
	}
}

func TestSlashes(t *testing.T) {
	s := newScreen(t, &fakeChat{}, 80, 24)
	s.typeText("//etc/passwd is a file")
	s.enter()
	if len(s.chat.messages) != 1 || s.chat.messages[0].Body != "/etc/passwd is a file" {
		t.Errorf("two slashes posted %v, want a message with one", s.chat.messages)
	}
	s.typeText("/help")
	s.enter()
	if !s.model.overlay.Covers() || s.model.composer.Text() != "" {
		t.Error("/help did not open the help")
	}
	s.press(tea.Key{Code: tea.KeyEscape})
	s.typeText("/quit")
	s.enter()
	if !s.quit {
		t.Error("/quit did not leave")
	}
}

func TestPasteOfManyLinesIsOneMessageAndIsCleaned(t *testing.T) {
	s := newScreen(t, &fakeChat{}, 80, 24)
	s.update(tea.PasteMsg{Content: "one\r\ntwo\rthree\x1b[2J\x07\n/four"})
	if len(s.chat.messages) != 0 {
		t.Fatal("the paste sent itself")
	}
	s.enter()
	if len(s.chat.messages) != 1 || s.chat.messages[0].Body != "one\ntwo\nthree\n/four" {
		t.Errorf("posted %+v", s.chat.messages)
	}
}

func TestLeaving(t *testing.T) {
	ctrlC, ctrlD := tea.Key{Code: 'c', Mod: tea.ModCtrl}, tea.Key{Code: 'd', Mod: tea.ModCtrl}
	for name, c := range map[string]struct {
		do   func(*testScreen)
		quit bool
	}{
		"Ctrl+C once":                 {func(s *testScreen) { s.press(ctrlC) }, false},
		"Ctrl+C twice":                {func(s *testScreen) { s.press(ctrlC, ctrlC) }, true},
		"Ctrl+C, a key, Ctrl+C":       {func(s *testScreen) { s.press(ctrlC, tea.Key{Code: 'a', Text: "a"}, ctrlC) }, false},
		"Ctrl+D in an empty composer": {func(s *testScreen) { s.press(ctrlD) }, true},
		"Ctrl+D in a draft":           {func(s *testScreen) { s.typeText("x"); s.press(ctrlD) }, false},
		"the server ends it":          {func(s *testScreen) { s.update(&eventsMsg{Ended: "Bye."}) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScreen(t, &fakeChat{}, 80, 24)
			c.do(s)
			if s.quit != c.quit {
				t.Errorf("left: %v, want %v", s.quit, c.quit)
			}
		})
	}
	s := newScreen(t, &fakeChat{}, 80, 24)
	s.update(&eventsMsg{Ended: "Bye."})
	if got := s.model.ExitMessage(); got != "Bye.\n" {
		t.Errorf("the exit message is %q", got)
	}
}

func TestQuestionMarkIsHelpOnlyInAnEmptyComposer(t *testing.T) {
	s := newScreen(t, &fakeChat{}, 80, 24)
	s.typeText("?")
	if !s.model.overlay.Covers() {
		t.Fatal("? did not open the help")
	}
	s.press(tea.Key{Code: tea.KeyEscape})
	s.typeText("really?")
	if s.model.overlay.Covers() || s.model.composer.Text() != "really?" {
		t.Errorf("in a text it is a character; the composer has %q", s.model.composer.Text())
	}
}

func TestTheMouseIsCapturedOnlyOnRequest(t *testing.T) {
	s := newScreen(t, everything(), 80, 12)
	if s.model.Frame().Mouse {
		t.Error("the mouse is captured from the start")
	}
	s.press(tea.Key{Code: 'm', Mod: tea.ModAlt})
	if !s.model.Frame().Mouse {
		t.Error("Alt+M does not capture it")
	}
	before := s.text()
	s.update(tea.MouseWheelMsg{Button: tea.MouseWheelUp})
	if s.text() == before {
		t.Error("the wheel does not scroll")
	}
	s.press(tea.Key{Code: 'm', Mod: tea.ModAlt})
	if s.model.Frame().Mouse {
		t.Error("Alt+M does not give it back")
	}
}

func TestAStoreThatFailsIsSaidInWords(t *testing.T) {
	chat := everything()
	chat.fail = errBroken
	s := newScreen(t, chat, 80, 24)
	if got := s.text(); !strings.Contains(got, "could not do that") || strings.Contains(got, errBroken.Error()) {
		t.Errorf("want a plain sentence:\n%s", got)
	}
	if len(s.faults) == 0 {
		t.Error("the log was not told")
	}
}

// Times are in the user's time zone, if it is known.
func TestLocalTime(t *testing.T) {
	s := newScreen(t, everything(), 120, 40, "TZ=Asia/Tokyo")
	if got := s.text(); !strings.Contains(got, "23:02") {
		t.Errorf("14:02 UTC is 23:02 in Tokyo:\n%s", got)
	}
}

// The queue of messages to send is bounded. A message beyond it stays in the composer.
func TestTheQueueIsBounded(t *testing.T) {
	s := newScreen(t, &fakeChat{}, 80, 24)
	s.hold = true
	for range outbox.Limit {
		s.typeText("quick")
		s.enter()
	}
	s.typeText("one too many")
	s.enter()
	if got := s.text(); !strings.Contains(got, "100 messages wait to be sent") || !strings.Contains(got, "› one too many") {
		t.Errorf("with a full queue:\n%s", got)
	}
	if n := s.model.outbox.Len(); n != outbox.Limit {
		t.Errorf("%d wait, want %d", n, outbox.Limit)
	}
	s.release()
	s.enter()
	s.release()
	if n := len(s.chat.messages); n != outbox.Limit+1 || s.chat.messages[n-1].Body != "one too many" {
		t.Errorf("%d are posted, want %d", n, outbox.Limit+1)
	}
}
