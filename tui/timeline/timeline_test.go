package timeline

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"confab/app/chat"
	"confab/tui/theme"
)

func TestReachingTheTopLoadsOlderMessages(t *testing.T) {
	s := newScreen(t, long(5*pageSize), 80, 24)
	if n := len(s.timeline.open.window); n != pageSize {
		t.Fatalf("opening read %d messages, want a page of %d", n, pageSize)
	}
	for range 200 {
		s.pageUp()
	}
	if got := s.text(); !strings.Contains(got, "message 1\n") && !strings.Contains(got, "message 1 ") {
		t.Fatalf("after many pages up:\n%s", got)
	}
	for range 200 {
		s.pageDown()
	}
	if got := s.text(); !strings.Contains(got, fmt.Sprintf("message %d", 5*pageSize)) || !s.timeline.open.following {
		t.Fatalf("after many pages down:\n%s", got)
	}
}

func TestTheWindowStaysBounded(t *testing.T) {
	s := newScreen(t, long(40*pageSize), 80, 24)
	most := 0
	for range 400 {
		s.pageUp()
		most = max(most, len(s.timeline.open.window))
	}
	s.end()
	for range 2 * windowLimit {
		s.arrive(s.chat.post(2, "bob", "more", start.Add(90*24*time.Hour)))
		most = max(most, len(s.timeline.open.window))
	}
	if most > windowLimit+2*pageSize {
		t.Errorf("the window held %d messages, want at most about %d", most, windowLimit)
	}
	if !s.timeline.open.atEnd() || s.timeline.open.last() != chat.Seq(len(s.chat.messages)) {
		t.Error("the newest message is not there")
	}
}

func TestNewMessagesDoNotMoveAScrolledView(t *testing.T) {
	s := newScreen(t, long(200), 80, 24)
	s.pageUp()
	s.pageUp()
	before := s.text()
	for i := range 3 * pageSize {
		s.arrive(s.chat.post(2, "bob", "new", start.Add(24*time.Hour)))
		s.unread = min(i+1, chat.UnreadLimit)
		if got := s.text(); got != before {
			t.Fatalf("message %d moved the view from\n%s\nto\n%s", i, before, got)
		}
	}
	if got := s.timeline.Unseen(); got != chat.UnreadLimit {
		t.Errorf("%d messages are unread below, want %d", got, chat.UnreadLimit)
	}
	s.end()
	if got := s.text(); s.timeline.Unseen() != 0 || !strings.Contains(got, "new") {
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
			s.resync()
			if !s.timeline.open.atEnd() || s.timeline.open.last() != chat.Seq(100+missed) {
				t.Errorf("the timeline ends with %d, want %d", s.timeline.open.last(), 100+missed)
			}
		})
	}
}

// After a gap in the events, the column of names is as wide as the names that were read.
func TestAResyncMeasuresTheNames(t *testing.T) {
	backend := &fakeChat{}
	backend.post(2, "bob", "word", start)
	s := newScreen(t, backend, 120, 24)
	if got := s.text(); !strings.Contains(got, "bob   word") {
		t.Fatalf("before:\n%s", got)
	}
	renamed := *backend.messages[0]
	renamed.AuthorName = "benjamin"
	backend.messages[0] = &renamed
	s.resync()
	if got := s.text(); !strings.Contains(got, "benjamin  word") {
		t.Errorf("the name is cut:\n%s", got)
	}
}

// For any order of events and answers, the window has no gaps and equals the store, and the
// place is in it. When nothing is under way any longer and the user follows the end, the
// newest messages are there.
func TestTimelineHoldsWhatTheStoreHolds(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		backend := long(rapid.IntRange(0, 3*pageSize).Draw(r, "history"))
		s := newScreen(t, backend, rapid.IntRange(20, 130).Draw(r, "w"), rapid.IntRange(6, 60).Draw(r, "h"))
		var undelivered []*chat.Message
		edits := 0
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
				s.resync()
			},
			"send": func(*rapid.T) { s.send("mine") },
			"edit or delete": func(r *rapid.T) {
				if len(backend.messages) == 0 {
					return
				}
				s.arrive(undelivered...) // events come in order
				undelivered = nil
				seq := chat.Seq(rapid.IntRange(1, len(backend.messages)).Draw(r, "seq"))
				gone := rapid.Bool().Draw(r, "delete")
				m := backend.change(seq, func(m *chat.Message) {
					switch {
					case m.Deleted(): // nothing changes any more
					case gone:
						m.Body, m.DeletedAt = "", start.Add(time.Hour)
					default:
						edits++
						m.Body, m.EditedAt = "edited", start.Add(time.Duration(edits)*time.Second)
					}
				})
				s.timeline.Event(chat.MessageChanged{Message: m})
				s.next()
			},
			"hold":    func(*rapid.T) { s.hold = true },
			"release": func(*rapid.T) { s.release() },
			"up":      func(*rapid.T) { s.pageUp() },
			"down":    func(*rapid.T) { s.pageDown() },
			"home":    func(*rapid.T) { s.scroll(-10 * max(1, s.height-1)) },
			"end":     func(*rapid.T) { s.end() },
			"resize": func(r *rapid.T) {
				s.width, s.height = rapid.IntRange(1, 130).Draw(r, "w"), rapid.IntRange(0, 60).Draw(r, "h")
				s.next()
			},
			"": func(r *rapid.T) {
				if err := asStored(s); err != "" {
					r.Fatal(err)
				}
				rows := s.timeline.Rows()
				for _, row := range rows {
					// A cell that is wider than the smallest timeline of a screen is not
					// cut.
					if w := (theme.Measure{}).Width(plain(row)); s.width >= 20 && w > s.width {
						r.Fatalf("a row of %d cells in a timeline of %d: %q", w, s.width, row)
					}
				}
				if len(rows) != s.height {
					r.Fatalf("%d rows in a timeline of %d", len(rows), s.height)
				}
			},
		})
		s.release()
		s.arrive(undelivered...)
		s.width, s.height = 80, 24
		s.next()
		s.end()
		if !s.timeline.open.atEnd() || len(backend.messages) > 0 && s.timeline.open.last() != chat.Seq(len(backend.messages)) {
			r.Fatalf("at the end the timeline has up to %d of %d", s.timeline.open.lastOrZero(), len(backend.messages))
		}
		if len(s.outbox.Unsent(here)) > 0 {
			r.Fatalf("%d messages stay in the outbox", len(s.outbox.Unsent(here)))
		}
	})
}

func asStored(s *testScreen) string {
	if s.timeline.open == nil {
		return ""
	}
	w := s.timeline.open.window
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

// Scrolling up and down by the same number of rows returns to the same place, and a full
// screen stays full.
func TestScrollingIsReversible(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := newScreen(t, long(pageSize), rapid.IntRange(20, 130).Draw(r, "w"), rapid.IntRange(6, 30).Draw(r, "h"))
		c := s.timeline.canvas()
		for range rapid.IntRange(0, 30).Draw(r, "ups") {
			c.scroll(-1)
		}
		before := slices.Clone(c.draw())
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
		if got := c.draw(); !slices.Equal(got, before) {
			r.Fatalf("%d up and down again went from\n%s\nto\n%s", moved, strings.Join(before, "\n"), strings.Join(got, "\n"))
		}
	})
}
