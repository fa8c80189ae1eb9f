package tui

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"

	"confab/app/chat"
	"confab/tui/theme"
)

// long is a chat with n messages of differing heights.
func long(n int) *fakeChat {
	c := &fakeChat{}
	for i := range n {
		body := fmt.Sprintf("message %d", i+1)
		if i%7 == 0 {
			body += strings.Repeat(" and more of it", i%5)
		}
		c.post(chat.UserID(1+i%3), fmt.Sprint("user", i%3), body, start.Add(time.Duration(i)*time.Minute))
	}
	return c
}

func timelineText(s *testScreen) string { return plain(strings.Join(s.model.timeline.Rows(), "\n")) }

func TestReachingTheTopLoadsOlderMessages(t *testing.T) {
	s := newScreen(t, long(5*pageSize), 80, 24)
	if n := len(s.model.timeline.open.window); n != pageSize {
		t.Fatalf("opening read %d messages, want a page of %d", n, pageSize)
	}
	for range 200 {
		s.press(tea.Key{Code: tea.KeyPgUp})
	}
	if got := timelineText(s); !strings.Contains(got, "message 1\n") && !strings.Contains(got, "message 1 ") {
		t.Fatalf("after many pages up:\n%s", got)
	}
	for range 200 {
		s.press(tea.Key{Code: tea.KeyPgDown})
	}
	if got := timelineText(s); !strings.Contains(got, fmt.Sprintf("message %d", 5*pageSize)) || !s.model.timeline.open.following {
		t.Fatalf("after many pages down:\n%s", got)
	}
}

func TestTheWindowStaysBounded(t *testing.T) {
	s := newScreen(t, long(40*pageSize), 80, 24)
	most := 0
	for range 400 {
		s.press(tea.Key{Code: tea.KeyPgUp})
		most = max(most, len(s.model.timeline.open.window))
	}
	s.press(tea.Key{Code: tea.KeyEnd})
	for range 2 * windowLimit {
		s.arrive(s.chat.post(2, "bob", "more", start.Add(90*24*time.Hour)))
		most = max(most, len(s.model.timeline.open.window))
	}
	if most > windowLimit+2*pageSize {
		t.Errorf("the window held %d messages, want at most about %d", most, windowLimit)
	}
	if !s.model.timeline.open.atEnd() || s.model.timeline.open.last() != chat.Seq(len(s.chat.messages)) {
		t.Error("the newest message is not there")
	}
}

func TestNewMessagesDoNotMoveAScrolledView(t *testing.T) {
	s := newScreen(t, long(200), 80, 24)
	s.press(tea.Key{Code: tea.KeyPgUp}, tea.Key{Code: tea.KeyPgUp})
	before := timelineText(s)
	for i := range 3 * pageSize {
		s.arrive(s.chat.post(2, "bob", "new", start.Add(24*time.Hour)))
		if got := timelineText(s); got != before {
			t.Fatalf("message %d moved the view from\n%s\nto\n%s", i, before, got)
		}
	}
	if got := s.text(); !strings.Contains(got, fmt.Sprint("↓ ", 3*pageSize, " new")) {
		t.Errorf("the number of new messages is not shown:\n%s", got)
	}
	s.press(tea.Key{Code: tea.KeyEnd})
	if got := s.text(); strings.Contains(got, "↓") || !strings.Contains(got, "new") {
		t.Errorf("after going to the end:\n%s", got)
	}
}

func TestAResyncReadsTheGap(t *testing.T) {
	for _, missed := range []int{0, 1, pageSize - 1, pageSize, pageSize + 1, 5 * pageSize} {
		t.Run(fmt.Sprint(missed), func(t *testing.T) {
			s := newScreen(t, long(100), 80, 24)
			for range missed {
				s.chat.post(2, "bob", "missed", start.Add(24*time.Hour))
			}
			s.update(eventsMsg{Resync: true})
			if !s.model.timeline.open.atEnd() || s.model.timeline.open.last() != chat.Seq(100+missed) {
				t.Errorf("the timeline ends with %d, want %d", s.model.timeline.open.last(), 100+missed)
			}
		})
	}
}

// Whatever happens, in whatever order answers come: the window is dense and as
// in the store, the place is on it, and once all has settled and one follows
// the end, the newest messages are there.
func TestTimelineHoldsWhatTheStoreHolds(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		backend := long(rapid.IntRange(0, 3*pageSize).Draw(r, "history"))
		s := newScreen(t, backend, rapid.IntRange(20, 130).Draw(r, "w"), rapid.IntRange(6, 60).Draw(r, "h"))
		var undelivered []*chat.Message
		r.Repeat(map[string]func(*rapid.T){
			"post": func(r *rapid.T) {
				for range rapid.IntRange(1, pageSize+2).Draw(r, "n") {
					undelivered = append(undelivered, backend.post(2, "bob", "a message", start.Add(24*time.Hour)))
				}
			},
			"deliver": func(*rapid.T) {
				s.arrive(undelivered...)
				undelivered = nil
			},
			"overflow": func(*rapid.T) {
				undelivered = nil
				s.update(eventsMsg{Resync: true})
			},
			"send":    func(*rapid.T) { s.typeText("mine"); s.enter() },
			"hold":    func(*rapid.T) { s.hold = true },
			"release": func(*rapid.T) { s.release() },
			"up":      func(*rapid.T) { s.press(tea.Key{Code: tea.KeyPgUp}) },
			"down":    func(*rapid.T) { s.press(tea.Key{Code: tea.KeyPgDown}) },
			"home":    func(*rapid.T) { s.press(tea.Key{Code: tea.KeyHome}) },
			"end":     func(*rapid.T) { s.press(tea.Key{Code: tea.KeyEnd}) },
			"resize": func(r *rapid.T) {
				s.update(tea.WindowSizeMsg{Width: rapid.IntRange(1, 130).Draw(r, "w"), Height: rapid.IntRange(1, 60).Draw(r, "h")})
			},
			"": func(r *rapid.T) {
				if err := asStored(s); err != "" {
					r.Fatal(err)
				}
				frame := s.model.Frame()
				for _, p := range frame.Panes {
					for _, row := range p.Rows {
						if w := (theme.Measure{}).Width(plain(row)); w > p.W {
							r.Fatalf("a row of %d cells in a pane of %d: %q", w, p.W, row)
						}
					}
					if len(p.Rows) > p.H {
						r.Fatalf("%d rows in a pane of %d", len(p.Rows), p.H)
					}
				}
			},
		})
		s.release()
		s.arrive(undelivered...)
		s.update(tea.WindowSizeMsg{Width: 80, Height: 24})
		s.press(tea.Key{Code: tea.KeyEnd})
		if !s.model.timeline.open.atEnd() || len(backend.messages) > 0 && s.model.timeline.open.last() != chat.Seq(len(backend.messages)) {
			r.Fatalf("at the end the timeline has up to %d of %d", s.model.timeline.open.lastOrZero(), len(backend.messages))
		}
		if len(s.model.outbox.Unsent(fakeConversation)) > 0 {
			r.Fatalf("%d sends never settled", len(s.model.outbox.Unsent(fakeConversation)))
		}
	})
}

func asStored(s *testScreen) string {
	if s.model.timeline.open == nil {
		return ""
	}
	w := s.model.timeline.open.window
	for i, m := range w {
		if i > 0 && m.Seq != w[i-1].Seq+1 {
			return fmt.Sprintf("message %d comes after %d", m.Seq, w[i-1].Seq)
		}
		if stored := s.chat.messages[m.Seq-1]; stored != m && !reflect.DeepEqual(stored, m) {
			return fmt.Sprintf("message %d is not the stored one", m.Seq)
		}
	}
	return ""
}

// Scrolling up and down by the same number of rows comes back to the same
// place, and a full screen stays full.
func TestScrollingIsReversible(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := newScreen(t, long(pageSize), rapid.IntRange(20, 130).Draw(r, "w"), rapid.IntRange(6, 30).Draw(r, "h"))
		c := s.model.timeline.canvas()
		for range rapid.IntRange(0, 30).Draw(r, "ups") {
			c.scroll(-1)
		}
		here := slices.Clone(c.draw())
		moved := 0
		by := rapid.IntRange(1, 40).Draw(r, "by")
		for range by {
			if c.scroll(-1) {
				moved++
			}
			if got := len(c.draw()); got != c.height {
				r.Fatalf("%d rows on a screen of %d", got, c.height)
			}
		}
		if moved > 0 {
			c.scroll(moved)
		}
		if got := c.draw(); !slices.Equal(got, here) {
			r.Fatalf("%d up and down again went from\n%s\nto\n%s", moved, strings.Join(here, "\n"), strings.Join(got, "\n"))
		}
	})
}

// What arrives while one selects does not push the selected message off.
func TestSelectingHoldsThePlace(t *testing.T) {
	s := newScreen(t, long(100), 80, 24)
	s.press(tea.Key{Code: tea.KeyEscape}, tea.Key{Code: tea.KeyUp}, tea.Key{Code: tea.KeyUp})
	for range 100 {
		s.arrive(s.chat.post(2, "bob", "new", start.Add(24*time.Hour)))
	}
	if got := timelineText(s); s.model.timeline.Selected() != 98 || !strings.Contains(got, "message 98") {
		t.Errorf("message %d is selected:\n%s", s.model.timeline.Selected(), got)
	}
}

// One can scroll up from a message that was not sent, however tall it is.
func TestScrollingPastATallFailedMessage(t *testing.T) {
	s := newScreen(t, long(100), 80, 24)
	s.chat.refuse = errBroken
	s.update(tea.PasteMsg{Content: strings.Repeat("line\n", 100) + "end"})
	s.enter()
	s.press(tea.Key{Code: tea.KeyPgUp})
	if got := timelineText(s); !strings.Contains(got, "message 100") {
		t.Errorf("a page up:\n%s", got)
	}
	s.press(tea.Key{Code: tea.KeyPgDown})
	if got := timelineText(s); !strings.Contains(got, "Not sent") {
		t.Errorf("and down:\n%s", got)
	}
}
