package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/command"
)

func TestAwayAndBack(t *testing.T) {
	s := newScreen(t, several(), 120, 24) // it is 16:02
	for typed, want := range map[string]struct{ asks, says string }{
		"/away":                      {"status away", "Others see you as away. /back ends that."},
		"/away at lunch until 17:00": {"status away: at lunch until 17:00", "Others see you as away: at lunch until 17:00."},
		"/away for 2h":               {"status away until 18:02", "Others see you as away until 18:02."},
		"/back":                      {"status ", "Others see that you are back."},
	} {
		s.chat.asked = nil
		s.typeText(typed)
		s.enter()
		if got := s.text(); !slices.Equal(s.chat.asked, []string{want.asks}) || !strings.Contains(got, want.says) {
			t.Errorf("%s asked for %q:\n%s", typed, s.chat.asked, got)
		}
	}
	s.typeText("/away until 2020-01-01")
	s.enter()
	if got := s.text(); !strings.Contains(got, "no time that is still to come") || s.model.composer.Text() != "/away until 2020-01-01" {
		t.Errorf("refused:\n%s", got)
	}
	if back, ok := command.Named("back"); !ok || back.Misused("now") == "" {
		t.Error("/back takes arguments")
	}
}

// The status of the other is in the header of a direct conversation, at all sizes, and the
// user's own beside the name.
func TestStatusOnTheScreen(t *testing.T) {
	for _, size := range []struct {
		width, height  int
		there, own     string
		environ        []string
		sidebar, after string
	}{
		{120, 24, "◐ away: at lunch until 17:00", "ann (away)  ? help", nil, "◐@bob", "●@bob"},
		{60, 12, "◐ away: at lunch until 17:00", "ann (away)  ? help", nil, "◐@bob", "●@bob"},
		{40, 12, "◐ away: at lunch until 17:00", "ann (away)  ? help", nil, "", ""},
		{20, 6, " @bob  away…", "", nil, "", ""},
		{60, 12, "~ away: at lunch until 17:00", "ann (away)  ? help", []string{"LANG=C", "NO_COLOR=1"}, "~@bob", "*@bob"},
	} {
		backend := &fakeChat{direct: true}
		backend.post(2, "bob", "hello", start)
		s := newScreen(t, backend, size.width, size.height, append([]string{"LANG=C.UTF-8"}, size.environ...)...)
		status := func() string {
			rows := strings.Split(strings.TrimRight(s.text(), "\n"), "\n")
			return rows[len(rows)-1]
		}
		s.update(&eventsMsg{Events: []chat.Event{
			chat.StatusSet{User: 2, Status: chat.Status{Text: "at lunch", Until: start.Add(178 * time.Minute)}},
			chat.StatusSet{User: 1, Status: chat.Status{Text: "ill"}},
		}})
		if got := s.text(); !strings.Contains(s.first()+status(), size.there) || !strings.Contains(status(), size.own) || !strings.Contains(got, size.sidebar) {
			t.Errorf("%dx%d:\n%s", size.width, size.height, got)
		}
		// It ends by itself. What comes of dropped events is read.
		s.now = start.Add(178 * time.Minute)
		s.update(&eventsMsg{Resync: true})
		if got := s.text(); strings.Contains(got, "away") || !strings.Contains(got, size.after) {
			t.Errorf("afterwards:\n%s", got)
		}
	}
}

// People who are away are listed as such, with what they say.
func TestStatusInDialogs(t *testing.T) {
	for typed, want := range map[string]string{
		"/who": "bot, away: rebooting until 17:00", "/whois @botty": "bot, away: rebooting until 17:00",
		"/whois @bob": "offline, last seen today 13:02",
	} {
		s := newScreen(t, several(), 120, 24)
		s.chat.statuses = map[chat.UserID]chat.Status{3: {Text: "rebooting", Until: start.Add(178 * time.Minute)}}
		s.chat.lastSeen = map[chat.UserID]time.Time{2: start.Add(-time.Hour)}
		s.typeText(typed)
		s.enter()
		if got := s.text(); !strings.Contains(got, want) {
			t.Errorf("%s: want %q:\n%s", typed, want, got)
		}
		s.press(tea.Key{Code: tea.KeyEscape})
	}
}

// A message with a keyword that was among the dropped events notifies the user.
func TestAKeywordNotifiesAfterAResync(t *testing.T) {
	c := several()
	c.set = map[string]string{"word.deploy": "on"}
	s := newScreen(t, c, 120, 24)
	s.press(tea.Key{Code: tea.KeyDown, Mod: tea.ModAlt})
	c.unseen, c.seen = true, chat.Seq(len(c.messages))
	c.post(2, "bob", "we deploy now", start.Add(time.Hour))
	s.update(&eventsMsg{Resync: true})
	if !slices.Equal(s.rung, []string{"New message from bob"}) {
		t.Errorf("the user is notified of %q", s.rung)
	}
}
