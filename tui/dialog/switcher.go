package dialog

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
	"confab/tui/ask"
	"confab/tui/editor"
	"confab/tui/keymap"
	"confab/tui/theme"
)

// Directory has the method of the chat that the switcher needs.
type Directory interface {
	// Users returns all accounts.
	Users(context.Context) ([]chat.User, error)
}

// Switcher finds conversations, people and commands by a few letters.
type Switcher struct {
	directory Directory
	report    OnError
	self      chat.UserID
	input     editor.Editor
	all       []target
	shown     []int // indices in all, in the order of the list
	at        int   // index in shown
	height    int
	stale     bool // the letters have changed since the list was made

	complete bool // people have been added
	entered  bool // Enter was pressed before that
}

// maxQuery is how many characters can be searched for. No name is longer.
const maxQuery = 80

// target is something to go to.
type target struct {
	text   string // the text that is matched and shown
	note   string // the text beside it
	unread bool
	latest int64 // for the order: Unix milliseconds for conversations, 0 for people, -1 for commands
	open   Result
}

// NewSwitcher makes a switcher for a user. It lists the conversations and the commands at
// once, and people as soon as they have been read.
func NewSwitcher(directory Directory, self chat.UserID, conversations []*chat.ConversationSummary, commands []Command, query string, report OnError) *Switcher {
	s := &Switcher{directory: directory, report: report, self: self}
	for _, l := range conversations {
		s.all = append(s.all, conversationTarget(l))
	}
	for _, c := range commands {
		s.all = append(s.all, commandTarget(c))
	}
	s.input.Set(text.CleanLine(query, maxQuery))
	s.match()
	return s
}

func conversationTarget(l *chat.ConversationSummary) target {
	t := target{text: l.Title(), unread: l.Unread > 0 || l.New(), latest: max(l.LastAt.UnixMilli(), 1), open: Result{Close: true, Open: l.ID}}
	if l.Unread > 0 {
		t.note = theme.Unread(l.Unread) + " unread"
	} else if l.New() {
		t.note = l.AddedBy + " added you"
	} else if l.Notes() {
		t.note = "notes to yourself"
	} else if l.Kind == chat.KindGroup {
		t.note = l.Topic
	} else if l.Unused() {
		t.note = unused
	}
	return t
}

// commandTarget runs a command, or puts it in the composer if the user has to type
// something after it.
func commandTarget(c Command) target {
	t := target{text: "/" + c.Name, note: c.Does, latest: -1, open: Result{Close: true, Run: Call{Name: c.Name}}}
	if c.Takes != "" {
		t.open = Result{Close: true, Compose: "/" + c.Name + " "}
	}
	return t
}

// usersMsg has all accounts.
type usersMsg struct {
	users []chat.User
	err   error
}

// Init implements Dialog.
func (s *Switcher) Init() tea.Cmd {
	return func() tea.Msg {
		users, err := ask.For(s.directory.Users)
		return Answer{s, usersMsg{users, err}}
	}
}

// Update implements Dialog.
func (s *Switcher) Update(msg tea.Msg) (Result, tea.Cmd) {
	switch msg := msg.(type) {
	case Key:
		return s.key(msg.Act), nil
	case Text:
		s.typed(string(msg))
	case Scroll:
		s.scroll(int(msg))
	case usersMsg:
		return s.found(msg), nil
	}
	return Result{}, nil
}

func (s *Switcher) key(act keymap.Action) Result {
	switch act {
	case keymap.Escape, keymap.Switcher:
		return Result{Close: true}
	case keymap.Up, keymap.Previous:
		s.scroll(-1)
	case keymap.Down, keymap.Next:
		s.scroll(1)
	case keymap.PageUp:
		s.scroll(-max(1, s.height-3))
	case keymap.PageDown:
		s.scroll(max(1, s.height-3))
	case keymap.Send:
		return s.enter()
	default:
		s.stale = s.input.Edit(act) || s.stale
	}
	return Result{}
}

func (s *Switcher) typed(words string) {
	if words != " " {
		words = text.CleanLine(words, maxQuery)
	}
	if len(s.input.Text())+len(words) <= 4*maxQuery {
		s.input.Insert(words)
		s.stale = true
	}
}

// found adds the people with whom the user has no conversation yet. It leaves out accounts
// that nobody uses.
func (s *Switcher) found(msg usersMsg) Result {
	s.complete = true
	if msg.err != nil {
		return Result{Notice: s.report.explain("listing accounts", msg.err)}
	}
	known := make(map[string]bool, len(s.all))
	for _, t := range s.all {
		known[t.text] = true
	}
	for _, u := range msg.users {
		if known["@"+u.Name] || u.Disabled {
			continue
		}
		note := "write to " + u.Name
		switch {
		case u.ID == s.self:
			note = "notes to yourself"
		case u.Bot:
			note += ", a bot"
		}
		if u.DisplayName != "" {
			note += ", " + u.DisplayName
		}
		s.all = append(s.all, target{text: "@" + u.Name, note: note, open: Result{Close: true, Run: Call{"dm", u.Name}}})
	}
	at := -1
	if s.at > 0 && s.at < len(s.shown) {
		at = s.shown[s.at]
	}
	s.match()
	s.at = max(0, slices.Index(s.shown, at)) // stay at the user's choice
	if s.entered {
		return s.enter()
	}
	return Result{}
}

// enter goes to the chosen target. If nothing matches because people have not been
// read yet, it waits for them.
func (s *Switcher) enter() Result {
	s.entered = len(s.shown) == 0 && !s.complete
	if s.at < len(s.shown) {
		return s.all[s.shown[s.at]].open
	}
	return Result{}
}

// Len implements [fuzzy.Source].
func (s *Switcher) Len() int { return len(s.all) }

// String implements [fuzzy.Source].
func (s *Switcher) String(i int) string { return s.all[i].text }

// match lists the targets that contain the letters, the best match first. Commands come
// last, unless the letters begin with a slash. Equal matches, and all targets while there
// are no letters, are in this order: unread conversations, other conversations by their
// latest message, people, commands.
func (s *Switcher) match() {
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

func (s *Switcher) scroll(rows int) { s.at = max(0, min(s.at+rows, len(s.shown)-1)) }

// Resize implements Dialog. It also makes the list for new letters: once for all
// keys that came together, since there may be thousands of people.
func (s *Switcher) Resize(_ *theme.Theme, _, height int) {
	s.height = height
	if s.stale {
		s.match()
	}
}

// Rows implements Dialog.
func (s *Switcher) Rows(th *theme.Theme, width, height int) (rows []string, x, y int) {
	rows = make([]string, height)
	prompt := " Go to: "
	rows[0] = theme.Paint(th.Bold, prompt) + th.FitMax(s.input.Text(), max(1, width-len(prompt)-1), th.Ellipsis)
	x = min(width-1, len(prompt)+th.Width(s.input.Text()[:s.input.Cursor()]))
	room := height - 2
	first := max(0, min(s.at-room/2, len(s.shown)-room))
	for i := range min(room, len(s.shown)-first) {
		t := &s.all[s.shown[first+i]]
		row := th.Fit(" "+th.Isolate(t.text), min(30, width), th.Ellipsis)
		if rest := width - th.Width(row) - 1; rest > 0 {
			row += " " + th.Fit(th.Isolate(t.note), rest, th.Ellipsis)
		}
		switch {
		case first+i == s.at:
			row = chosenRow(th, width, row)
		case t.unread:
			row = theme.Paint(th.Bold, row)
		}
		rows[1+i] = row
	}
	rows[height-1] = foot(th, width, strconv.Itoa(len(s.shown))+" found. Enter goes there, Esc closes", "Enter: open, Esc")
	return rows, x, 0
}
