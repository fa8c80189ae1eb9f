package tui

import (
	"strconv"
	"strings"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/sidebar"
	"confab/tui/theme"
)

// chrome draws the parts around the components: the window's title, the header, the rule above
// the composer and the status row. It caches each of them, so that an unchanged part stays the
// same string and costs nothing.
type chrome struct {
	title  titled
	at     whereabouts
	header headerRow
	crowd  crowdRow
	status statusRow
	rule   ruleRow
}

// redraw drops the cached parts, so that the next frame draws them again.
func (c *chrome) redraw() { c.header, c.status, c.rule = headerRow{}, statusRow{}, ruleRow{} }

// titleFor is the window's title: where the user is, and how much is unread
// elsewhere.
func (c *chrome) titleFor(is titleShown) string {
	if c.title.text != "" && c.title.titleShown == is {
		return c.title.text
	}
	title := "confab"
	if is.where != "" {
		title = is.where + " - confab"
	}
	if is.unread > 0 {
		title = "(" + theme.Unread(is.unread) + ") " + title
	}
	c.title = titled{is, title}
	return title
}

// titleShown has the values that the title and the status row show.
type titleShown struct {
	where  string
	unread int
}

// titled is the cached title.
type titled struct {
	titleShown
	text string
}

// where is the title of a conversation, "" for none.
func (c *chrome) where(l *chat.ConversationSummary) string {
	if l == nil {
		return ""
	}
	is := whereabouts{kind: l.Kind, notes: l.Notes(), name: l.Name}
	if l.Kind == chat.KindDirect {
		is.name = l.Other.Name
	}
	if is.title = c.at.title; is != c.at || is.title == "" {
		is.title = l.Title()
		if is.notes {
			is.title += sidebar.NotesSign
		}
		c.at = is
	}
	return c.at.title
}

// whereabouts is the cached title of a conversation, with the values that it was made from.
type whereabouts struct {
	kind        chat.Kind
	notes       bool
	name, title string
}

// unseenText says that messages arrived below the screen.
func unseenText(n int, th *theme.Theme) string {
	if n == 0 {
		return ""
	}
	return th.Down + " " + theme.Unread(n) + " new"
}

// ruleFor is the row between the messages and the composer. It shows who is typing, and how
// many new messages are below the screen.
func (c *chrome) ruleFor(th *theme.Theme, is ruleShown) string {
	if c.rule.row == "" || c.rule.ruleShown != is {
		c.rule = ruleRow{is, is.text(th)}
	}
	return c.rule.row
}

// ruleShown has the values that the rule shows.
type ruleShown struct {
	typing        string // who is typing or what takes a while, in words; "" for nothing
	unseen, width int
}

// ruleRow is the cached rule.
type ruleRow struct {
	ruleShown
	row string
}

func (is ruleShown) text(th *theme.Theme) string {
	width, left, right := is.width, is.typing, unseenText(is.unseen, th)
	if left != "" {
		left = " " + th.FitMax(left+th.Ellipsis, max(1, width-20), th.Ellipsis) + " "
	}
	if right != "" {
		right = " " + right + " "
	}
	line := func(n int) string {
		return theme.Paint(th.Faint, strings.Repeat(th.Horizontal, max(0, n)))
	}
	if left == "" && right == "" {
		return line(width)
	}
	lead := min(2, width)
	if left == "" {
		lead = 0
	}
	tail := 0
	if right != "" {
		tail = 2
	}
	middle := width - lead - th.Width(left) - th.Width(right) - tail
	if middle < 0 {
		left, lead = "", 0
		middle = max(0, width-th.Width(right)-tail)
	}
	return line(lead) + theme.Paint(th.Faint, left) + line(middle) + theme.Paint(th.Bold, right) + line(min(tail, width))
}

// statusFor is the last row of the screen.
func (c *chrome) statusFor(th *theme.Theme, is statusShown) string {
	if c.status.row == "" || c.status.statusShown != is {
		c.status = statusRow{is, is.text(th)}
	}
	return c.status.row
}

// statusShown has the values that the status row shows: what the user is doing and the keys
// for that; what waits elsewhere; how to get help; and without a header the conversation and
// its topic.
type statusShown struct {
	titleShown
	headed             bool   // the header shows the conversation
	rules              string // as in the header
	topic, self        string
	away               bool   // the user is
	status             string // of the other member of a direct conversation, "" for none
	unseen             int    // messages below, if there is no rule to say so
	doing              string // a command that takes a while, likewise
	width              int
	waiting            int    // requests to join
	invited            int    // invitations to groups
	due                int    // reminders that are due
	quiet              string // the sign that the user does not want to be disturbed, "" otherwise
	sidebar            bool
	editing, selecting bool
	own                bool   // the selected message is the user's own
	viewable           bool   // and has a picture
	thread, follows    bool   // a thread is open, and followed
	threads            int    // with unread replies
	replying           string // whose message the text being written answers, "" for none
	listing            bool   // what can be completed
}

// statusRow is the cached status row.
type statusRow struct {
	statusShown
	row string
}

// hints returns what the user is doing with the keys for it, the most useful first; nil if
// that is nothing in particular.
func (is statusShown) hints() []string {
	switch {
	case is.listing:
		return []string{"Enter takes it", "Esc closes"}
	case is.selecting:
		hints := []string{"Selecting: Esc ends", "?: more", "Up/Down: select", "r: reply"}
		if is.viewable {
			hints = []string{"v: picture", "Esc ends", "?: more", "Up/Down: select", "r: reply"}
		}
		if is.own {
			hints = append(hints, "e: edit", "d: delete")
		}
		return append(hints, "t: thread", "+: react", "y: copy", "p: pin", "s: save", "i: details")
	case is.editing:
		return []string{"Editing: Enter saves", "Esc gives up", "Alt+Enter: new line"}
	case is.replying != "":
		return []string{"Reply to " + is.replying + ": Enter sends", "Esc gives up", "Alt+Enter: new line"}
	}
	return nil
}

// waits has what waits for the user elsewhere, each as a number and what it is, with the key
// or the command that leads there, and how many these are together.
func (is statusShown) waits() (words, leads []string, count int) {
	add := func(n int, what, lead string) {
		if n > 0 {
			words, leads, count = append(words, what), append(leads, lead), count+n
		}
	}
	add(is.due, strconv.Itoa(is.due)+" due", "/later")
	add(is.invited, text.Plural(is.invited, "invitation"), "/invitations")
	add(is.waiting, text.Plural(is.waiting, "request"), "/requests")
	add(is.threads, text.Plural(is.threads, "thread"), "/threads")
	if !is.sidebar {
		add(is.unread, theme.Unread(is.unread)+" unread", "Alt+A")
	}
	return words, leads, count
}

func (is statusShown) text(th *theme.Theme) string {
	left := "confab"
	if is.headed {
		left = ""
	} else if is.where != "" {
		left = is.where + ruled(is.rules)
		if is.topic != "" && is.width >= 60 {
			left += "  " + th.Isolate(is.topic)
		}
		if is.status != "" {
			left += "  " + th.Isolate(is.status)
		}
	}
	if is.thread && !is.headed {
		left = strings.TrimSpace(threadWords(is.where, is.follows, is.width))
	}
	right := is.self + "  ? help"
	if is.away {
		right = is.self + " (" + chat.AwayText + ")  ? help"
	}
	if is.width < 40 {
		right = "? help"
	}
	if is.quiet != "" && is.width < 60 {
		right = "dnd  " + right
	} else if is.quiet != "" {
		right = is.quiet + "  " + right
	}
	words, leads, count := is.waits()
	waits := strings.Join(words, "  ")
	hints := is.hints()
	if hints != nil {
		right = "" // these keys do something else now
	}
	if len(words) > 0 {
		long := make([]string, len(words))
		for i := range words {
			long[i] = words[i] + ": " + leads[i]
		}
		room := is.width / 2
		if left == "" && hints == nil {
			room = is.width
		}
		if full := strings.Join(long, "  "); th.Width(full)+th.Width(right)+4 <= room {
			waits = full
		}
		waits += "  "
	}
	room := is.width - 3 - th.Width(waits) - th.Width(right)
	if hints != nil {
		if room < th.Width(hints[0]) { // what waits can wait until the keys are needed no more
			room, waits = is.width-3, ""
		}
		left = fitting(th, hints, room)
	} else if least := min(th.Width(left), leastWhere); room < least {
		if right, waits = "", strings.TrimSpace(waits); is.quiet != "" {
			right = "  dnd"
		}
		if room = is.width - 3 - th.Width(waits+right); room < least && waits != "" {
			waits = theme.Unread(count) + " new"
			room = is.width - 3 - th.Width(waits+right)
		}
	}
	if is.unseen > 0 && hints == nil { // the keys for what the user is doing come first
		left = unseenText(is.unseen, th)
	}
	if is.doing != "" {
		left = is.doing + th.Ellipsis
	}
	left = " " + th.FitMax(left, max(1, room), th.Ellipsis)
	space := is.width - th.Width(left) - th.Width(waits) - th.Width(right) - 1
	if space < 1 {
		return theme.Paint(th.Bar, th.Fit(left, is.width, th.Ellipsis))
	}
	if waits == "" {
		return theme.Paint(th.Bar, left+strings.Repeat(" ", space)+right+" ")
	}
	return theme.Paint(th.Bar, left+strings.Repeat(" ", space)) + theme.Paint(th.Call, waits) + theme.Paint(th.Bar, right+" ")
}

// leastWhere is how many cells the name of the conversation keeps in the status row.
const leastWhere = 8

// fitting joins as many hints as fit so many cells. Without room for the first, it leaves out
// what the user is doing.
func fitting(th *theme.Theme, hints []string, room int) string {
	words := hints[0]
	if _, key, ok := strings.Cut(words, ": "); ok && th.Width(words) > room {
		words = key
	}
	for _, h := range hints[1:] {
		if th.Width(words)+len(", ")+th.Width(h) > room {
			break
		}
		words += ", " + h
	}
	return words
}
