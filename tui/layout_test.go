package tui

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"

	"confab/app/chat"
	"confab/tui/screen"
	"confab/tui/setting"
	"confab/tui/theme"
)

var f3 = tea.Key{Code: tea.KeyF3}

// scene is a group in which much happens.
func scene() *fakeChat {
	c := everything()
	c.others, c.topic = several().others, "Launch on Thursday; https://example.org/plan has the plan"
	c.post(2, "bob", "@ann, *could* you look at `main.go`?", start.Add(10*time.Minute))
	c.post(1, "ann", "Yes, after lunch.", start.Add(11*time.Minute))
	c.receipts = receiptsOf(5, 8)
	for i := range 3 {
		c.receipts.Members[i].Here = true
	}
	c.receipts.Members[1].Read = 9
	return c
}

// Each theme at each size. Wide screens have the right pane.
func TestGoldenLayouts(t *testing.T) {
	for _, name := range []string{"auto", theme.Dark, theme.Light, theme.Contrast, theme.Basic, theme.None, "ascii"} {
		for _, size := range []struct{ w, h int }{{20, 6}, {40, 12}, {80, 24}, {110, 32}, {160, 50}, {250, 60}} {
			t.Run(fmt.Sprintf("%s-%dx%d", name, size.w, size.h), func(t *testing.T) {
				c, environ := scene(), []string(nil)
				if name == "ascii" {
					environ = []string{"TERM=linux"}
				} else {
					c.set = map[string]string{setting.Preference(setting.Theme): name}
				}
				s := newScreen(t, c, size.w, size.h, environ...)
				if name == theme.Contrast {
					s.update(screen.GroundMsg{Dark: true})
				}
				if size.w >= asideFrom {
					s.press(f3)
				}
				golden(t, fmt.Sprintf("layout-%dx%d-%s", size.w, size.h, name), s.model.Frame().String())
			})
		}
	}
}

var clock = regexp.MustCompile(`\d\d:\d\d`)

// On any screen, after any resizes, no pane overlaps another, the message at the bottom stays
// there, and each message in view has its time or a mark, and its author at it or above it.
func TestLayoutsUnderResizes(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		names := []string{"ann", "bob", "eve", "christopher-robin"}
		c := several()
		c.messages = nil
		for i := range rapid.IntRange(1, 120).Draw(r, "history") {
			author := rapid.IntRange(0, 3).Draw(r, "author")
			words := strings.Repeat(" word", rapid.SampledFrom([]int{0, 3, 12, 60}).Draw(r, "words"))
			c.post(chat.UserID(author+1), names[author], fmt.Sprintf("m%03d.%s", i+1, words), start.Add(time.Duration(i)*3*time.Minute))
		}
		c.receipts = receiptsOf(5, chat.Seq(len(c.messages)/2))
		resize := func(s *testScreen) {
			s.update(tea.WindowSizeMsg{Width: rapid.IntRange(minWidth, 260).Draw(r, "w"), Height: rapid.IntRange(minHeight, 70).Draw(r, "h")})
		}
		s := newScreen(t, c, 80, 24)
		for range rapid.IntRange(1, 6).Draw(r, "rounds") {
			resize(s)
			for range rapid.IntRange(0, 12).Draw(r, "up") {
				s.press(tea.Key{Code: tea.KeyPgUp})
			}
			if rapid.Bool().Draw(r, "pane") {
				s.press(f3)
			}
			at := s.model.timeline.At()
			for range rapid.IntRange(1, 4).Draw(r, "resizes") {
				resize(s)
				if now := s.model.timeline.At(); now != at {
					r.Fatalf("the place was at message %d, and is at %d", at, now)
				}
				inView(r, s, at)
			}
			if rapid.Bool().Draw(r, "end") {
				s.model.timeline.End()
				s.model.relayout()
			}
		}
	})
}

// inView checks what is on the screen. The message with the number at is to be there, or the
// newest one if that is 0.
func inView(r *rapid.T, s *testScreen, at chat.Seq) {
	f, messages := s.model.Frame(), s.chat.messages
	for i, p := range f.Panes {
		for _, o := range f.Panes[:i] {
			if p.X < o.X+o.W && o.X < p.X+p.W && p.Y < o.Y+o.H && o.Y < p.Y+p.H {
				r.Fatalf("panes overlap on a screen of %dx%d: %dx%d at %d,%d and %dx%d at %d,%d", f.W, f.H, p.W, p.H, p.X, p.Y, o.W, o.H, o.X, o.Y)
			}
		}
	}
	if at == 0 {
		at = messages[len(messages)-1].Seq
	}
	rows := strings.Split(plain(strings.Join(s.model.timeline.Rows(), "\n")), "\n")
	var seen []chat.Seq
	for _, m := range messages {
		first := slices.IndexFunc(rows, func(row string) bool { return strings.Contains(row, m.Body[:5]) })
		if first < 0 {
			continue
		}
		seen = append(seen, m.Seq)
		mark := strings.HasPrefix(rows[first], "·")
		if s.model.layout.timeline.W >= 30 {
			mark = clock.MatchString(rows[first])
		}
		if !mark {
			r.Fatalf("message %d has neither a time nor a mark: %q", m.Seq, rows[first])
		}
		name := m.AuthorName[:3] // the rest may be cut
		named := slices.ContainsFunc(rows[:first+1], func(row string) bool { return strings.Contains(row, name) })
		if grouped := m.Seq > 1 && messages[m.Seq-2].Author == m.Author; !named && !grouped && first > 0 {
			r.Fatalf("message %d has no author:\n%s", m.Seq, strings.Join(rows, "\n"))
		}
	}
	// Only the row with its author may be in view, or only rows after the first.
	if len(seen) > 0 && (at < seen[0] || at > seen[len(seen)-1]+1) {
		r.Fatalf("message %d is not in view:\n%s", at, strings.Join(rows, "\n"))
	}
}

// Long names in the list have the room that the messages of a wide screen do not need.
func TestLongNamesInTheListOfAWideScreen(t *testing.T) {
	const name = "team-infrastructure-deploys"
	for _, c := range []struct {
		width int
		want  string
	}{{80, "#team-infrast…"}, {110, "#team-infrastructu…"}, {160, "#team-infrastructu…"}, {164, "#team-infrastructure-d…"}, {200, "#" + name}} {
		ch := &fakeChat{others: []chat.ConversationSummary{{Conversation: chat.Conversation{ID: 8, Kind: chat.KindGroup, Name: name}}}}
		s := newScreen(t, ch, c.width, 24)
		if got := s.text(); !strings.Contains(got, c.want) {
			t.Errorf("at %d columns, the list does not have %q:\n%s", c.width, c.want, got)
		}
	}
}
