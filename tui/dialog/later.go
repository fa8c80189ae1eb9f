package dialog

import (
	"context"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/ask"
	"confab/tui/theme"
)

// Reminded reads reminders and scheduled messages from the chat.
type Reminded interface {
	// List returns them, the due ones first, and then the others, the earliest first.
	List(context.Context) ([]chat.Later, error)
}

// LaterMsg has the reminders and scheduled messages that [ReadLater] read. Open says that
// the user wants to see them.
type LaterMsg struct {
	List []chat.Later
	Err  error
	Open bool
}

// due returns how many of them are due.
func (m LaterMsg) due() int {
	n := 0
	for _, l := range m.List {
		if l.Due() {
			n++
		}
	}
	return n
}

// ReadLater returns the command that reads the user's reminders and scheduled messages.
func ReadLater(account Reminded, open bool) tea.Cmd {
	return func() tea.Msg {
		list, err := ask.For(account.List)
		return LaterMsg{list, err, open}
	}
}

// Later is the page of reminders and scheduled messages.
type Later struct {
	zone *time.Location
	now  func() time.Time
	list []chat.Later
	at   int
	// dropping says that d was pressed on a message. The text would be lost, so the user
	// has to confirm it.
	dropping bool
}

// NewLater makes the page of a list that has been read.
func NewLater(zone *time.Location, now func() time.Time, read LaterMsg) *Later {
	return &Later{zone: zone, now: now, list: read.List}
}

// Init implements Dialog. The list has been read already.
func (p *Later) Init() tea.Cmd { return nil }

// Update implements Dialog.
func (p *Later) Update(msg tea.Msg) (Result, tea.Cmd) {
	switch msg := msg.(type) {
	case Key:
		p.dropping = false
		return Result{Close: browse(msg.Act, p.scroll)}, nil
	case Text:
		return p.typed(string(msg)), nil
	case Scroll:
		p.scroll(int(msg))
	}
	return Result{}, nil
}

func (p *Later) typed(letter string) Result {
	dropping := p.dropping
	p.dropping = false
	if letter == "q" {
		return Result{Close: true}
	}
	if p.at >= len(p.list) {
		return Result{}
	}
	l := p.list[p.at]
	switch {
	case letter == "d" && !l.Reminder():
		p.dropping = true
	case letter == "d", letter == "y" && dropping:
		return Result{Run: Call{"cancel", strconv.Itoa(l.Number)}}
	case letter == "e":
		return Result{Close: true, Compose: l.Body}
	}
	return Result{}
}

// Replace takes a list that was read again.
func (p *Later) Replace(read LaterMsg) {
	p.list, p.dropping = read.List, false
	p.scroll(0)
}

func (p *Later) scroll(rows int) { p.at = max(0, min(p.at+rows, len(p.list)-1)) }

// Resize implements Dialog.
func (p *Later) Resize(*theme.Theme, int, int) {}

// Rows implements Dialog. Each reminder or message has two rows.
func (p *Later) Rows(th *theme.Theme, width, height int) ([]string, int, int) {
	rows := make([]string, height)
	keys := "d: cancel  e: copy the text below  Up, Down: choose  Esc: close"
	if p.at < len(p.list) && p.list[p.at].Due() {
		keys = "d: done, take it off  e: copy the text below  Up, Down: choose  Esc: close"
	}
	if p.dropping {
		keys = "Press y to drop this message."
	}
	rows[height-1] = foot(th, width, keys)
	if height < 4 {
		return rows, -1, 0
	}
	rows[0] = title(th, width, "Reminders and scheduled messages: "+strconv.Itoa(len(p.list)))
	pairs(th, rows[1:height-1], width, th.Bold, len(p.list), p.at, func(n int) (heading, about string) {
		l := p.list[n]
		return " " + strings.ReplaceAll(l.Body, "\n", " "), "   " + strconv.Itoa(l.Number) + ". " + p.about(l)
	})
	return rows, -1, 0
}

// about says when a reminder or a message is due, or why a message was not sent.
func (p *Later) about(l chat.Later) string {
	when := l.When(p.zone, p.now())
	switch {
	case l.Due() && l.Reminder():
		return "due since " + when
	case l.Due():
		return "not sent to " + l.Place() + ", " + when + ": " + l.Refused
	case l.Reminder():
		return "reminds you " + when
	default:
		return "goes to " + l.Place() + " " + when
	}
}

// laterNotice says in one line what is due.
func laterNotice(l chat.Later) string {
	if l.Reminder() {
		return "Reminder: " + strings.ReplaceAll(l.Body, "\n", " ") + " (/later takes it off)"
	}
	return "Your message was not sent to " + l.Place() + ": " + l.Refused + " /later has the text."
}

// laterRing announces that something is due, without its text, and says where to find it.
func laterRing(l chat.Later) string {
	if l.Reminder() {
		return "A reminder is due: /later"
	}
	return "A message was not sent: /later"
}

// later takes the user's reminders and scheduled messages.
func (v *Overlay) later(msg LaterMsg) (r Result, cmd tea.Cmd) {
	if msg.Err != nil {
		return v.unread("reading reminders", msg.Err), nil
	}
	var newest chat.Later
	for _, l := range msg.List[:msg.due()] {
		if l.DueAt.After(newest.DueAt) {
			newest = l
		}
	}
	if !msg.Open && newest.DueAt.After(v.newest) {
		r.Notice = laterNotice(newest)
		if v.dueRead { // what waited for the user to connect need not ring
			r.Ring = laterRing(newest)
		}
	}
	v.due, v.dueRead = msg.due(), true
	if newest.DueAt.After(v.newest) {
		v.newest = newest.DueAt
	}
	have, shown := v.dialog.(*Later)
	switch {
	case shown && len(msg.List) == 0:
		v.Close()
	case shown:
		have.Replace(msg)
	case msg.Open && len(msg.List) == 0:
		r.Notice = "You have no reminders and no scheduled messages: /remind and /send make them."
	case msg.Open:
		return r, v.Show(NewLater(v.o.Zone, v.o.Now, msg))
	}
	return r, nil
}

// Due returns the number of reminders that are due and scheduled messages that were not
// sent.
func (v *Overlay) Due() int { return v.due }

// ShowLater reads the user's reminders and scheduled messages, and shows them.
func (v *Overlay) ShowLater() tea.Cmd { return ReadLater(v.o.Later, true) }
