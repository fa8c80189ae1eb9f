package dialog

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/ask"
	"confab/tui/editor"
	"confab/tui/hint"
	"confab/tui/keymap"
	"confab/tui/theme"
)

const (
	// searchPage is how many hits a query asks for.
	searchPage = 40
	// searchLimit is how many hits are kept. Users who want others can add a word.
	searchLimit = 2000
	// searchAfter is the delay between a key and the search, so that not every letter
	// searches.
	searchAfter = 200 * time.Millisecond
	// searchWidth is how many characters can be typed: more than a query may have.
	searchWidth = 600
)

// Searcher has the method of the chat that the search needs.
type Searcher interface {
	// Search returns at most limit messages that match, the newest first, with
	// positions below the given one, if it is not 0.
	Search(ctx context.Context, q text.Query, limit int, below int64) ([]chat.Hit, error)
}

// Completer completes the word before the cursor of a search, or lists its completions.
// Package complete has it.
type Completer interface {
	Start() tea.Cmd
	Open() bool
	Update(tea.Msg)
	// Key handles a key while a list is open. It reports false if the key is not for the
	// list.
	Key(keymap.Action) bool
	// Follow updates the list after the text has changed. It closes the list if the text is
	// not shown.
	Follow(shown bool)
	Height(room int) int
	Rows(rows []string, th *theme.Theme, width, height int) []string
}

// SearchOptions configure a search.
type SearchOptions struct {
	Messages Searcher
	Zone     *time.Location
	// Tick makes a command that waits; it is [tea.Tick].
	Tick func(time.Duration, func(time.Time) tea.Msg) tea.Cmd
	// Completer makes a completer of the text being typed; nil if there is none.
	Completer func(*SearchText) Completer
	OnError   OnError
}

// SearchText is the text that is typed in a search.
type SearchText struct{ editor.Editor }

// Replace replaces the text between two offsets by clean text. It reports false if that
// does not fit.
func (t *SearchText) Replace(from, to int, words string) bool {
	return len(t.Text())-(to-from)+len(words) <= searchWidth && t.Editor.Replace(from, to, words)
}

// SentLines returns nothing: searches are not kept.
func (*SearchText) SentLines() []string { return nil }

// Search finds messages by their words. It can be opened again with its last hits. While it
// is closed, it asks the chat for nothing.
type Search struct {
	o       SearchOptions
	input   SearchText
	list    Completer // nil until it is first used
	open    bool
	asked   string // the query of the hits
	query   text.Query
	hits    []hit
	at      int  // index in hits
	more    bool // there may be older hits
	asking  bool // a query is running
	waiting bool // the timer of [searchAfter] runs
	due     bool // it is time to ask
	stale   bool // messages may have changed since the running query began
	problem string
	again   bool // it was opened again, so that typing begins a new search
	height  int
}

// searchDueMsg says that it is time to ask.
type searchDueMsg struct{}

// hitsMsg has a page of hits.
type hitsMsg struct {
	older bool // it belongs below the hits that are there
	hits  []chat.Hit
	err   error
}

// NewSearch makes a search, for some words if there are any.
func NewSearch(o SearchOptions, words string) *Search {
	words = text.CleanLine(words, searchWidth)
	s := &Search{o: o, due: words != ""}
	s.input.Set(words)
	return s
}

// Again prepares the search to be opened again: the words stay, and typing begins a
// new search.
func (s *Search) Again() { s.again = s.input.Text() != "" }

// Init implements Dialog.
func (s *Search) Init() tea.Cmd {
	s.open = true
	return s.next()
}

// Leave tells the search that it is closed.
func (s *Search) Leave() {
	s.open = false
	if s.list != nil {
		s.list.Follow(false)
	}
}

// Update implements Dialog. It also takes [chat.Removed] and [chat.MessageChanged],
// whether it is open or not.
func (s *Search) Update(msg tea.Msg) (Result, tea.Cmd) {
	var r Result
	var complete tea.Cmd
	switch msg := msg.(type) {
	case Key:
		switch {
		case s.listing() && s.list.Key(msg.Act):
		case msg.Act == keymap.Complete:
			complete = s.complete()
		default:
			r = s.key(msg.Act)
		}
	case Text:
		s.typed(string(msg))
	case Scroll:
		s.scroll(int(msg))
	case searchDueMsg:
		s.waiting, s.due = false, true
	case hitsMsg:
		s.found(msg)
	case chat.Removed:
		s.forget(msg.Conversation)
	case chat.MessageChanged:
		s.changed(msg.Message)
	default:
		if s.list != nil {
			s.list.Update(msg)
		}
	}
	if s.list != nil {
		s.list.Follow(s.open && !r.Close)
	}
	if r.Close {
		return r, nil
	}
	return r, tea.Batch(complete, s.next())
}

// listing reports whether the list of completions is open.
func (s *Search) listing() bool { return s.list != nil && s.list.Open() }

// complete completes the word before the cursor, or lists how it can be completed.
func (s *Search) complete() tea.Cmd {
	if s.o.Completer == nil {
		return nil
	}
	if s.list == nil {
		s.list = s.o.Completer(&s.input)
	}
	s.again = false
	read := s.list.Start()
	if read == nil {
		return nil
	}
	return func() tea.Msg { return Answer{s, read()} }
}

// next returns the command that asks the chat or waits, if either is needed now.
func (s *Search) next() tea.Cmd {
	if !s.open || s.asking {
		return nil
	}
	words := strings.TrimSpace(s.input.Text())
	switch {
	case words != s.asked && !s.due && s.waiting:
		return nil
	case words != s.asked && !s.due:
		s.waiting = true
		return s.o.Tick(searchAfter, func(time.Time) tea.Msg { return Answer{s, searchDueMsg{}} })
	case words != s.asked:
		s.asked, s.due, s.hits, s.at, s.more, s.problem = words, false, nil, 0, false, ""
		if words == "" {
			return nil
		}
		var err error
		if s.query, err = text.ParseQuery(words, s.o.Zone); err != nil {
			s.problem = hint.Text(err)
			return nil
		}
		return s.ask(0)
	case s.more && s.at > len(s.hits)-searchPage/2:
		return s.ask(s.hits[len(s.hits)-1].position)
	}
	return nil
}

func (s *Search) ask(below int64) tea.Cmd {
	s.asking = true
	query := s.query
	return func() tea.Msg {
		hits, err := ask.For(func(ctx context.Context) ([]chat.Hit, error) {
			return s.o.Messages.Search(ctx, query, searchPage, below)
		})
		return Answer{s, hitsMsg{below != 0, hits, err}}
	}
}

// found takes a page of hits.
func (s *Search) found(msg hitsMsg) {
	s.asking = false
	if msg.err != nil {
		s.problem, s.more = s.o.OnError.explain("searching", msg.err), false
		return
	}
	if !msg.older {
		s.hits, s.at = nil, 0
	}
	if s.stale { // the user may no longer be allowed to see these hits
		s.stale, s.asked, s.due = false, "", true
		s.hits, s.at, s.more = nil, 0, false
		return
	}
	for _, h := range msg.hits {
		s.hits = append(s.hits, newHit(h, s.o.Zone))
	}
	s.more = len(msg.hits) == searchPage && len(s.hits) > 0 && len(s.hits) < searchLimit
}

// forget drops the hits of a conversation that the user is no longer a member of.
func (s *Search) forget(id chat.ConversationID) {
	s.hits = slices.DeleteFunc(s.hits, func(h hit) bool { return h.conversation == id })
	s.more = s.more && len(s.hits) > 0
	s.stale = s.asking
	s.scroll(0)
}

// changed drops the hit of a message that was edited or deleted, and searches again.
func (s *Search) changed(m *chat.Message) {
	s.stale = s.stale || s.asking
	for i, h := range s.hits {
		if h.conversation == m.Conversation && h.seq == m.Seq {
			s.hits = slices.Delete(s.hits, i, i+1)
			s.asked, s.due, s.more = "", true, false
			s.at = max(0, min(s.at, len(s.hits)-1))
			return
		}
	}
}

func (s *Search) key(act keymap.Action) Result {
	switch act {
	case keymap.Escape, keymap.Search:
		return Result{Close: true}
	case keymap.Up, keymap.Previous:
		s.scroll(-1)
	case keymap.Down, keymap.Next:
		s.scroll(1)
	case keymap.PageUp:
		s.scroll(-s.page())
	case keymap.PageDown:
		s.scroll(s.page())
	case keymap.Send:
		if strings.TrimSpace(s.input.Text()) != s.asked || s.asking {
			s.due = true // the hits do not match what is typed
			return Result{}
		}
		if s.at < len(s.hits) {
			return Result{Close: true, Open: s.hits[s.at].conversation, Thread: s.hits[s.at].thread, At: s.hits[s.at].seq}
		}
		s.asked, s.due = "", true // there may be new hits
	default:
		s.again = false
		s.input.Edit(act)
	}
	return Result{}
}

func (s *Search) typed(words string) {
	if s.again {
		s.again = false
		s.input.Clear()
	}
	words = strings.Join(strings.Split(editor.Clean(words), "\n"), " ")
	if len(s.input.Text())+len(words) <= searchWidth {
		s.input.Insert(words)
	}
}

// page returns how many hits fit the screen.
func (s *Search) page() int { return max(1, (s.height-2)/hitRows) }

func (s *Search) scroll(hits int) { s.at = max(0, min(s.at+hits, len(s.hits)-1)) }

// Resize implements Dialog.
func (s *Search) Resize(_ *theme.Theme, _, height int) { s.height = height }

// Rows implements Dialog.
func (s *Search) Rows(th *theme.Theme, width, height int) (rows []string, x, y int) {
	rows = make([]string, 1, height)
	const prompt = " Search: "
	room := max(1, width-len(prompt)-1)
	// If the input does not fit, its end is shown.
	input, from := s.input.Text(), 0
	for th.Width(input[from:s.input.Cursor()]) > room {
		n, _ := th.Next(input[from:])
		from += n
	}
	rows[0] = theme.Paint(th.Bold, prompt) + th.FitMax(theme.ExpandTabs(input[from:]), room, th.Ellipsis)
	x = min(width-1, len(prompt)+th.Width(input[from:s.input.Cursor()]))
	if s.listing() {
		rows = s.list.Rows(rows, th, width, s.list.Height(height-2))
	}
	first := max(0, min(s.at-s.page()/2, len(s.hits)-s.page()))
	for i := first; i < len(s.hits) && len(rows)+hitRows < height; i++ {
		rows = append(rows, s.hits[i].rows(th, width, i == s.at)...)
	}
	if len(s.hits) == 0 && !s.listing() {
		for _, line := range s.blank() {
			for _, l := range th.Wrap(line, width-2) {
				rows = append(rows, " "+theme.Paint(th.Faint, line[l.Start:l.End]))
			}
		}
	}
	rows = slices.Concat(rows[:min(len(rows), height-1)], make([]string, max(0, height-1-len(rows))))
	words, short := s.keys()
	return append(rows, foot(th, width, words, short)), x, 0
}

// blank returns the text that is shown while there are no hits.
func (s *Search) blank() []string {
	switch {
	case s.problem != "":
		return []string{s.problem}
	case s.asked == "":
		return []string{
			"Finds messages with all the words, newest first. Also:",
			"\"words in a row\"",
			"wor* for words that begin with wor",
			"from:ann, from:me",
			"in:#general, in:@ann",
			"before:2026-01-31, after:2026-01-31",
			"has:file, has:link",
			"Tab completes these and their values",
		}
	case s.asking:
		return []string{"Searching…"}
	default:
		return []string{"Nothing found."}
	}
}

// keys is the last row: the keys of the search, and the number of hits. The other text is for a
// narrow screen.
func (s *Search) keys() (words, short string) {
	switch {
	case s.listing():
		return "Enter takes it, Esc closes the list", "Enter: take, Esc"
	case len(s.hits) == 0:
		return "Esc closes", ""
	case s.problem != "":
		return s.problem, s.problem
	case s.asking:
		return strconv.Itoa(s.at+1) + " of more than " + strconv.Itoa(len(s.hits)) + ". Searching…", "Searching…"
	case s.more:
		return strconv.Itoa(s.at+1) + " of more than " + strconv.Itoa(len(s.hits)) + ". Enter goes there, Esc closes", "Enter: open, Esc"
	default:
		return strconv.Itoa(s.at+1) + " of " + strconv.Itoa(len(s.hits)) + ". Enter goes there, Esc closes", "Enter: open, Esc"
	}
}
