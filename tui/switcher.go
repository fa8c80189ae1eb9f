package tui

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/sahilm/fuzzy"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/editor"
	"confab/tui/keymap"
	"confab/tui/theme"
)

// switcher finds conversations, people and commands by a few letters.
type switcher struct {
	input  editor.Editor
	all    []target
	shown  []int // of all, in the order in which they are listed
	at     int   // of shown
	height int
	stale  bool // what is typed is not what is shown

	complete bool // people are among them
	entered  bool // Enter was pressed before they were
}

// maxQuery is how many characters are looked for at most: no name is so long.
const maxQuery = 80

// target is something to go to.
type target struct {
	text   string // what is matched and shown
	note   string // beside it
	unread bool
	latest int64 // to order them: of conversations in Unix milliseconds, people 0, commands -1
	open   func(*Model) tea.Cmd
}

// usersMsg has all accounts.
type usersMsg struct {
	users []chat.User
	err   error
}

// openSwitcher covers the chat with the switcher, which lists the conversations
// at once and people when they have been read.
func (m *Model) openSwitcher(query string) tea.Cmd {
	s := &switcher{}
	m.overlay = s
	for _, l := range m.visible() {
		s.all = append(s.all, m.conversationTarget(l))
	}
	for _, c := range commands() {
		s.all = append(s.all, commandTarget(c))
	}
	s.input.Set(text.CleanLine(query, maxQuery))
	s.match()
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), ioTimeout)
		defer cancel()
		users, err := m.chat.Users(ctx)
		return usersMsg{users, err}
	}
}

func (m *Model) conversationTarget(l *chat.Listed) target {
	id := l.ID
	t := target{text: l.Title(), unread: l.Unread > 0, latest: max(l.LastAt.UnixMilli(), 1), open: func(m *Model) tea.Cmd { return m.visit(id) }}
	if l.Unread > 0 {
		t.note = countText(l.Unread) + " unread"
	} else if l.Kind == chat.KindGroup {
		t.note = l.Topic
	}
	return t
}

func commandTarget(c command) target {
	return target{text: "/" + c.name, note: c.does, latest: -1, open: func(m *Model) tea.Cmd {
		if c.takes != "" {
			// What it needs is still to be typed.
			m.overlay = nil
			if text := m.draft(); text != "" {
				m.composer.Keep(text)
				m.notice = m.keys.KeysFor(keymap.Yank) + " brings back what you were writing."
			}
			m.composer.Set("/" + c.name + " ")
			return nil
		}
		m.overlay = nil
		return c.run(m, "")
	}}
}

// found adds the people with whom one has no conversation yet.
func (s *switcher) found(m *Model, msg usersMsg) tea.Cmd {
	s.complete = true
	if msg.err != nil {
		m.fail("listing accounts", msg.err)
		return nil
	}
	known := make(map[string]bool, len(s.all))
	for _, t := range s.all {
		known[t.text] = true
	}
	for _, u := range msg.users {
		name := u.Name
		if u.ID == m.self.ID || known["@"+name] {
			continue
		}
		note := "write to " + name
		if u.Bot {
			note += ", a bot"
		}
		if u.DisplayName != "" {
			note += ", " + u.DisplayName
		}
		s.all = append(s.all, target{text: "@" + name, note: note, open: func(m *Model) tea.Cmd {
			m.overlay = nil
			return m.cmdDirect(name)
		}})
	}
	at := -1
	if s.at > 0 && s.at < len(s.shown) {
		at = s.shown[s.at]
	}
	s.match()
	s.at = max(0, slices.Index(s.shown, at)) // what one had gone to stays
	if s.entered {
		return s.enter(m)
	}
	return nil
}

// enter goes to what is chosen. Who is quicker than the list of people goes
// there when it has come.
func (s *switcher) enter(m *Model) tea.Cmd {
	s.entered = len(s.shown) == 0 && !s.complete
	if s.at < len(s.shown) {
		return s.all[s.shown[s.at]].open(m)
	}
	return nil
}

// Len and String are for the matching.
func (s *switcher) Len() int            { return len(s.all) }
func (s *switcher) String(i int) string { return s.all[i].text }

// match lists what fits the letters, the best first; among equals, and without
// letters, what is unread, and then the latest. Commands come last, unless the
// letters begin with a slash.
func (s *switcher) match() {
	s.shown, s.at, s.stale = s.shown[:0], 0, false
	query := strings.TrimSpace(s.input.Text())
	score := make(map[int]int, len(s.all))
	if query == "" {
		for i := range s.all {
			s.shown = append(s.shown, i)
		}
	} else {
		for _, f := range fuzzy.FindFromNoSort(query, s) {
			s.shown = append(s.shown, f.Index)
			score[f.Index] = f.Score
		}
	}
	unread := func(i int) int {
		if s.all[i].unread {
			return 0
		}
		return 1
	}
	command := func(i int) int {
		if s.all[i].latest < 0 && query != "" && query[0] != '/' {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(s.shown, func(a, b int) int {
		return cmp.Or(
			cmp.Compare(command(a), command(b)),
			cmp.Compare(score[b], score[a]),
			cmp.Compare(unread(a), unread(b)),
			cmp.Compare(s.all[b].latest, s.all[a].latest),
			strings.Compare(s.all[a].text, s.all[b].text),
		)
	})
}

func (s *switcher) key(m *Model, act keymap.Action, k tea.KeyPressMsg) tea.Cmd {
	switch act {
	case keymap.Escape, keymap.Switcher:
		m.overlay = nil
	case keymap.Up, keymap.Previous:
		s.scroll(-1)
	case keymap.Down, keymap.Next:
		s.scroll(1)
	case keymap.PageUp:
		s.scroll(-max(1, s.height-3))
	case keymap.PageDown:
		s.scroll(max(1, s.height-3))
	case keymap.Send:
		return s.enter(m)
	default:
		s.stale = s.input.Edit(act) || s.stale
	}
	return nil
}

func (s *switcher) text(_ *Model, words string) tea.Cmd {
	if words != " " {
		words = text.CleanLine(words, maxQuery)
	}
	if len(s.input.Text())+len(words) <= 4*maxQuery {
		s.input.Insert(words)
		s.stale = true
	}
	return nil
}

func (s *switcher) scroll(rows int) {
	s.at = max(0, min(s.at+rows, len(s.shown)-1))
}

// resize also looks for what has been typed: once for all keys that came together,
// since there may be thousands of people.
func (s *switcher) resize(_ theme.Theme, _, height int) {
	s.height = height
	if s.stale {
		s.match()
	}
}

func (s *switcher) rows(th theme.Theme, width, height int) (rows []string, x, y int) {
	rows = make([]string, height)
	prompt := " Go to: "
	rows[0] = theme.Paint(th.Bold, prompt) + th.FitMax(s.input.Text(), max(1, width-len(prompt)-1), th.Ellipsis)
	x = min(width-1, len(prompt)+th.Width(s.input.Text()[:s.input.Cursor()]))
	room := height - 2
	first := max(0, min(s.at-room/2, len(s.shown)-room))
	for i := range min(room, len(s.shown)-first) {
		t := &s.all[s.shown[first+i]]
		row := th.Fit(" "+t.text, min(30, width), th.Ellipsis)
		if rest := width - th.Width(row) - 1; rest > 0 {
			row += " " + th.Fit(t.note, rest, th.Ellipsis)
		}
		style := ""
		switch {
		case first+i == s.at:
			style = th.Reverse
		case t.unread:
			style = th.Bold
		}
		rows[1+i] = theme.Paint(style, row)
	}
	foot := " " + strconv.Itoa(len(s.shown)) + " found. Enter goes there, Esc closes"
	rows[height-1] = theme.Paint(th.Reverse, th.Fit(foot, width, th.Ellipsis))
	return rows, x, 0
}
