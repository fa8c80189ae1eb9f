package tui

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/editor"
	"confab/tui/hint"
	"confab/tui/keymap"
	"confab/tui/theme"
)

const (
	// searchPage is how many hits are asked for at a time.
	searchPage = 40
	// searchLimit is how many are held; who wants more had better say more.
	searchLimit = 2000
	// searchAfter is how long after a key the search begins, so that not every
	// letter is looked for.
	searchAfter = 200 * time.Millisecond
	// hitRows is how many rows a hit has: where and when, and what.
	hitRows = 2
)

// search finds messages by their words.
type search struct {
	input   editor.Editor
	asked   string // what the hits are of
	query   chat.Query
	hits    []hit
	at      int  // of hits
	more    bool // there may be older ones
	asking  bool // the chat has been asked
	waiting bool // for the next key
	due     bool // it is time to ask
	stale   bool // one was removed from a conversation since the chat was asked
	problem string
	again   bool // it was opened again, so what is typed begins anew
	height  int
}

// hit is a message that was found: as much of it as is shown.
type hit struct {
	conversation chat.ConversationID
	seq          chat.Seq
	position     int64
	heading      string // where, who and when
	text         string // around the first of the marks, in one line
	marks        []chat.Mark
}

// searchDueMsg says that it is time to ask.
type searchDueMsg struct{ search *search }

// searchMsg has a page of hits.
type searchMsg struct {
	search *search
	older  bool // it belongs below those that there are
	hits   []chat.Hit
	err    error
}

// openSearch covers the chat with a search: for something, or the last one again.
func (m *Model) openSearch(words string) tea.Cmd {
	words = text.CleanLine(words, searchWidth)
	if words != "" || m.searched == nil {
		m.searched = &search{due: words != ""}
		m.searched.input.Set(words)
	}
	m.searched.again = m.searched.input.Text() != "" && words == ""
	m.overlay = m.searched
	return nil
}

// searchWidth is how many characters can be typed: more than a query may have.
const searchWidth = 600

// find makes the command for what the search has to ask, if anything.
func (m *Model) find() tea.Cmd {
	s, ok := m.overlay.(*search)
	if !ok || s.asking {
		return nil
	}
	text := strings.TrimSpace(s.input.Text())
	switch {
	case text != s.asked && !s.due && s.waiting:
		return nil
	case text != s.asked && !s.due:
		s.waiting = true
		return m.tick(searchAfter, func(time.Time) tea.Msg { return searchDueMsg{s} })
	case text != s.asked:
		s.asked, s.due, s.hits, s.at, s.more, s.problem = text, false, nil, 0, false, ""
		if text == "" {
			return nil
		}
		var err error
		if s.query, err = chat.ParseQuery(text, m.term.Location()); err != nil {
			s.problem = hint.Text(err)
			return nil
		}
		return m.askHits(s, 0)
	case s.more && s.at > len(s.hits)-searchPage/2:
		return m.askHits(s, s.hits[len(s.hits)-1].position)
	}
	return nil
}

func (m *Model) askHits(s *search, below int64) tea.Cmd {
	s.asking = true
	query := s.query
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), ioTimeout)
		defer cancel()
		hits, err := m.chat.Search(ctx, query, searchPage, below)
		return searchMsg{s, below != 0, hits, err}
	}
}

// hitsFound takes a page of hits. What has been typed meanwhile is asked for
// next.
func (m *Model) hitsFound(msg searchMsg) {
	s := msg.search
	s.asking = false
	if msg.err != nil {
		s.problem, s.more = hint.Text(msg.err), false
		if !chat.IsRefusal(msg.err) {
			m.fault("searching", msg.err)
		}
		return
	}
	if !msg.older {
		s.hits, s.at = nil, 0
	}
	if s.stale { // what was found is perhaps not for this user any more
		s.stale, s.asked, s.due = false, "", true
		s.hits, s.at, s.more = nil, 0, false
		return
	}
	for _, h := range msg.hits {
		s.hits = append(s.hits, m.hit(h))
	}
	s.more = len(msg.hits) == searchPage && len(s.hits) > 0 && len(s.hits) < searchLimit
}

// hit is what is kept of a hit.
func (m *Model) hit(h chat.Hit) hit {
	text, marks := excerpt(h.Message.Body, h.Marks)
	return hit{
		conversation: h.Message.Conversation, seq: h.Message.Seq, position: h.Message.Position,
		heading: h.Conversation.Title() + "  " + h.Message.AuthorName + "  " + h.Message.SentAt.In(m.term.Location()).Format("2006-01-02 15:04"),
		text:    text, marks: marks,
	}
}

const (
	// excerptBefore is how much of a text is shown before the first mark, and
	// excerptLength how much is kept of it at all, in bytes.
	excerptBefore = 24
	excerptLength = 600
)

// excerpt cuts a text to a line with the first of its marks near the beginning.
func excerpt(body string, marks []chat.Mark) (string, []chat.Mark) {
	if !text.IsClean(body) { // never raw, whatever the store holds
		body, marks = text.Clean(body), nil
	}
	from := 0
	if len(marks) > 0 && marks[0].Start > 2*excerptBefore {
		// Between words, or at least between characters.
		low := marks[0].Start - excerptBefore
		for i := 0; i < marks[0].Start; {
			n, _ := (theme.Measure{}).Next(body[i:])
			i += n
			if i >= low && from == 0 {
				from = i
			}
			if i >= low && (body[i-1] == ' ' || body[i-1] == '\n') {
				from = i
				break
			}
		}
	}
	to := from
	for to < len(body) && to-from < excerptLength {
		n, _ := (theme.Measure{}).Next(body[to:])
		to += n
	}
	line := strings.NewReplacer("\n", " ", "\t", " ").Replace(body[from:to])
	var kept []chat.Mark
	for _, k := range marks {
		if k.Start >= from && k.End <= to {
			kept = append(kept, chat.Mark{Start: k.Start - from, End: k.End - from})
		}
	}
	if from > 0 {
		const lead = "… "
		line = lead + line
		for i := range kept {
			kept[i].Start += len(lead)
			kept[i].End += len(lead)
		}
	}
	return line, kept
}

func (s *search) key(m *Model, act keymap.Action, _ tea.KeyPressMsg) tea.Cmd {
	switch act {
	case keymap.Escape, keymap.Search:
		m.overlay = nil
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
			s.due = true // not what the hits are of
			return nil
		}
		if s.at < len(s.hits) {
			return m.goTo(s.hits[s.at].conversation, s.hits[s.at].seq)
		}
		s.asked, s.due = "", true // there may be something by now
	default:
		s.again = false
		s.input.Edit(act)
	}
	return nil
}

func (s *search) text(_ *Model, text string) tea.Cmd {
	if s.again {
		s.again = false
		s.input.Clear()
	}
	text = strings.Join(strings.Split(editor.Clean(text), "\n"), " ")
	if len(s.input.Text())+len(text) <= searchWidth {
		s.input.Insert(text)
	}
	return nil
}

// page is how many hits the screen has room for.
func (s *search) page() int { return max(1, (s.height-2)/hitRows) }

func (s *search) scroll(hits int) { s.at = max(0, min(s.at+hits, len(s.hits)-1)) }

func (s *search) resize(_ theme.Theme, _, height int) { s.height = height }

// forget drops the hits of a conversation that one is no member of any more.
func (s *search) forget(id chat.ConversationID) {
	s.hits = slices.DeleteFunc(s.hits, func(h hit) bool { return h.conversation == id })
	s.more = s.more && len(s.hits) > 0
	s.stale = s.asking
	s.scroll(0)
}

func (s *search) rows(th theme.Theme, width, height int) (rows []string, x, y int) {
	rows = make([]string, 1, height)
	const prompt = " Search: "
	room := max(1, width-len(prompt)-1)
	// The end of what is typed, if it does not fit.
	from := 0
	for th.Width(s.input.Text()[from:s.input.Cursor()]) > room {
		n, _ := th.Next(s.input.Text()[from:])
		from += n
	}
	rows[0] = theme.Paint(th.Bold, prompt) + th.FitMax(theme.ExpandTabs(s.input.Text()[from:]), room, th.Ellipsis)
	x = min(width-1, len(prompt)+th.Width(s.input.Text()[from:s.input.Cursor()]))
	first := max(0, min(s.at-s.page()/2, len(s.hits)-s.page()))
	for i := first; i < len(s.hits) && len(rows)+hitRows < height; i++ {
		rows = append(rows, s.hits[i].rows(th, width, i == s.at)...)
	}
	if len(s.hits) == 0 {
		for _, line := range s.blank() {
			for _, l := range th.Wrap(line, width-2) {
				rows = append(rows, " "+theme.Paint(th.Faint, line[l.Start:l.End]))
			}
		}
	}
	rows = slices.Concat(rows[:min(len(rows), height-1)], make([]string, max(0, height-1-len(rows))))
	return append(rows, theme.Paint(th.Reverse, th.Fit(s.foot(), width, th.Ellipsis))), x, 0
}

// blank is what stands where there are no hits.
func (s *search) blank() []string {
	switch {
	case s.problem != "":
		return []string{s.problem}
	case s.asked == "":
		return []string{
			"Messages that have all the words, the newest first. Also:",
			"\"words in a row\"",
			"wor* for words that begin so",
			"from:ann, from:me",
			"in:#general, in:@ann",
			"before:2026-01-31, after:2026-01-31",
		}
	case s.asking:
		return []string{"Searching…"}
	default:
		return []string{"Nothing found."}
	}
}

func (s *search) foot() string {
	switch {
	case len(s.hits) == 0:
		return " Esc closes"
	case s.problem != "":
		return " " + s.problem
	case s.more:
		return " " + strconv.Itoa(s.at+1) + " of more than " + strconv.Itoa(len(s.hits)) + ". Enter goes there, Esc closes"
	default:
		return " " + strconv.Itoa(s.at+1) + " of " + strconv.Itoa(len(s.hits)) + ". Enter goes there, Esc closes"
	}
}

// rows draws a hit.
func (h *hit) rows(th theme.Theme, width int, selected bool) []string {
	style := ""
	if selected {
		style = th.Reverse
	}
	heading := theme.Paint(style+th.Faint, th.Fit(" "+h.heading, width, th.Ellipsis))
	// Cut where the row ends, then painted.
	line, room := h.text, width-3
	cut := th.Width(line) > room
	if cut {
		room -= th.Width(th.Ellipsis)
		end, cells := 0, 0
		for end < len(line) {
			n, w := th.Next(line[end:])
			if cells+w > room {
				break
			}
			end, cells = end+n, cells+w
		}
		line = line[:end]
	}
	var b strings.Builder
	b.WriteString(theme.Paint(style, "   "))
	at := 0
	for _, k := range h.marks {
		if k.Start >= len(line) {
			break
		}
		end := min(k.End, len(line))
		b.WriteString(theme.Paint(style, line[at:k.Start]) + theme.Paint(style+th.Match, line[k.Start:end]))
		at = end
	}
	rest := line[at:]
	if cut {
		rest += th.Ellipsis
	}
	rest += strings.Repeat(" ", max(0, width-3-th.Width(line[:at]+rest)))
	b.WriteString(theme.Paint(style, rest))
	return []string{heading, b.String()}
}
