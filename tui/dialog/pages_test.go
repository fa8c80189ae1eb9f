package dialog

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"confab/app/chat"
	"confab/tui/keymap"
	"confab/tui/theme"
)

func TestDetailsOfWhatWasEdited(t *testing.T) {
	s := newScreen(t, 120, 24)
	s.show(Details(chat.Details{
		Message:   &chat.Message{Body: "hello", SentAt: start, EditedAt: start.Add(time.Hour)},
		Members:   []chat.MemberDetail{{Name: "bob", Delivered: true, Tells: true, Read: true, ReadAt: start, BeforeEdit: true}},
		Reactions: []chat.Reactor{{Emoji: "🎉", Name: "bob", DisplayName: "Bob B."}, {Emoji: "🎉", Name: "eve"}, {Emoji: "👍", Name: "eve"}},
	}, "#ops", time.UTC, s.theme))
	s.shows("before it was edited", "🎉 :tada:", "bob (Bob B.), eve", "👍 :+1:")
	if got := strings.Join(strings.Fields(s.text()), " "); !strings.Contains(got, "Edited 24 Nov 15:02:00") {
		t.Errorf("the details are %s", got)
	}
}

// A page scrolls to its end and no further, and Esc closes it.
func TestPages(t *testing.T) {
	members := make([]chat.Member, 100)
	for i := range members {
		members[i].Name = strings.Repeat("x", 1+i%9)
	}
	members[99].Name = "last"
	s := newScreen(t, 80, 24)
	s.show(Members("#general", members, []chat.User{{Name: "invited-one"}}, time.Now()))
	s.shows("Members of #general", "PgDn: more")
	for range 20 {
		s.press(keymap.PageDown)
	}
	s.shows("last", "invited-one")
	s.update(Scroll(-3))
	if got := s.text(); strings.Contains(got, "invited-one") {
		t.Errorf("the wheel does not scroll:\n%s", got)
	}
	s.asksFor()
	s.press(keymap.Escape)
	s.typeText("q")
	s.asksFor(Result{Close: true}, Result{Close: true})
}

// endless is an export that ends when nobody takes more of it.
type endless struct{ wrote int }

func (c *endless) Export(_ context.Context, w io.Writer) error {
	for c.wrote < 64<<20 {
		n, err := io.WriteString(w, strings.Repeat("x", 1<<10))
		c.wrote += n
		if err != nil {
			return err
		}
	}
	return nil
}

// An export that is too long for the screen is not collected first.
func TestALongExportIsNotCollected(t *testing.T) {
	c := &endless{}
	if _, err := Export(t.Context(), c); !errors.Is(err, chat.ErrTooLarge) || c.wrote > 2*maxExportShown {
		t.Errorf("%d bytes were taken: %v", c.wrote, err)
	}
}

// The last row keeps the keys in view on the narrowest screen.
func TestTheKeysOfADialogFitANarrowScreen(t *testing.T) {
	th := theme.New(theme.Terminal{})
	for _, c := range []struct {
		keys    string
		shorter []string
		want    string
	}{
		{"Esc closes", nil, "Esc closes"},
		{"Esc closes, PgDn: more", []string{"PgDn: more, Esc"}, "PgDn: more, Esc"},
		{"a: accept  d: decline  Esc: close", nil, "a: accept  Esc"},
		{"d: cancel  Esc: close", nil, "d: cancel  Esc"},
	} {
		if got := strings.TrimSpace(ansi.Strip(foot(th, 20, c.keys, c.shorter...))); got != c.want {
			t.Errorf("%q becomes %q, want %q", c.keys, got, c.want)
		}
	}
}
