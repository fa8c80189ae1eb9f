package tui

import (
	"context"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/keymap"
	"confab/tui/theme"
)

// requests is the page of those who ask to join. What is done is done to the request
// that the screen has shown, and after a question that it has shown: the list may
// change at any moment.
type requests struct {
	list     []chat.JoinRequest
	at       int
	drawn    int64 // the request at which one was in the last frame, or has gone to since
	asking   *answer
	note     string
	location *time.Location
}

// answer is one that has to be confirmed.
type answer struct {
	to      chat.JoinRequest
	approve bool
	drawn   bool // the question was on the screen
}

// answeredMsg says what has become of an answer.
type answeredMsg struct {
	answer
	named bool // it has the name that it asked for
	err   error
}

// replace takes a newer list and stays at the same request. A question about one
// that is not there any more is dropped.
func (r *requests) replace(list []chat.JoinRequest) {
	was := int64(0)
	if r.at < len(r.list) {
		was = r.list[r.at].ID
	}
	r.list = list
	there := false
	for i, q := range list {
		if q.ID <= was {
			r.at = i
		}
		there = there || r.asking != nil && q.ID == r.asking.to.ID
	}
	if r.asking != nil && !there {
		r.note = r.asking.to.Name + " does not wait any more: somebody else has answered, or it has asked anew."
		r.asking = nil
	}
	r.scroll(0)
}

func (r *requests) key(m *Model, act keymap.Action, _ tea.KeyPressMsg) tea.Cmd {
	r.note = ""
	if r.asking != nil {
		r.asking = nil
		return nil
	}
	m.browse(act, r.move)
	return nil
}

func (r *requests) text(m *Model, text string) tea.Cmd {
	asking := r.asking
	if asking != nil && text == "y" && !asking.drawn {
		return nil
	}
	r.asking, r.note = nil, ""
	switch {
	case asking != nil && text == "y":
		return m.answer(*asking)
	case asking != nil:
	case text == "q":
		m.overlay = nil
	case (text == "a" || text == "r") && r.at < len(r.list) && r.list[r.at].ID == r.drawn:
		r.asking = &answer{to: r.list[r.at], approve: text == "a"}
	}
	return nil
}

func (m *Model) answer(a answer) tea.Cmd {
	return func() tea.Msg {
		msg := answeredMsg{answer: a}
		msg.named, msg.err = ask(func(ctx context.Context) (bool, error) { return m.chat.AnswerRequest(ctx, a.to.ID, a.approve) })
		return msg
	}
}

// answered says what has become of an answer, on the page if it is still open.
func (m *Model) answered(msg answeredMsg) tea.Cmd {
	name := msg.to.Name
	said := name + " is let in."
	switch {
	case msg.err != nil:
		said = m.fail("answering a request", msg.err)
	case !msg.approve:
		said = name + " is refused."
	case !msg.named:
		said = name + " is let in and has to choose another name first: you will be told which."
	}
	m.notice = said
	if r, ok := m.overlay.(*requests); ok {
		r.note, m.notice = said, ""
	}
	return m.readRequests(false)
}

// requestNamed tells which name somebody has chosen who was let in.
func (m *Model) requestNamed(ev chat.RequestNamed) {
	said := "The newcomer who asked to be " + ev.Asked + " and was let in is called " + ev.Name + "."
	m.notice = said
	if r, ok := m.overlay.(*requests); ok {
		r.note = said
	}
}

// move goes to another request, which counts as shown: the question that comes before
// anything is done names it.
func (r *requests) move(by int) {
	r.scroll(by)
	if r.at < len(r.list) {
		r.drawn = r.list[r.at].ID
	}
}

func (r *requests) scroll(rows int) { r.at = max(0, min(r.at+rows, len(r.list)-1)) }

func (r *requests) resize(theme.Theme, int, int) {}

// question is what is to be confirmed.
func (a *answer) question() string {
	if a.approve {
		return "Let " + a.to.Name + " in, who asked from " + a.to.Address + "? y: yes, any other key: no"
	}
	return "Refuse " + a.to.Name + ", who asked from " + a.to.Address + "? y: yes, any other key: no"
}

// rows shows each request whole, in as many rows as it takes.
func (r *requests) rows(th theme.Theme, width, height int) ([]string, int, int) {
	rows := make([]string, height)
	foot := " a: let in  r: refuse  Up, Down: choose  Esc: close"
	rows[height-1] = theme.Paint(th.Reverse, th.Fit(foot, width, th.Ellipsis))
	r.drawn = 0
	if height < 4 {
		return rows, -1, 0
	}
	rows[0] = " " + theme.Paint(th.Bold, th.FitMax("Asking to join: "+strconv.Itoa(len(r.list)), width-2, th.Ellipsis))
	below := &sheet{theme: th, width: width}
	if r.asking != nil {
		below.text(1, th.Warn, r.asking.question())
	} else if r.note != "" {
		below.text(1, th.Warn, r.note)
	}
	all := &sheet{theme: th, width: width}
	from, to := 0, 0
	for i, q := range r.list {
		if i == r.at {
			from = len(all.rows)
		}
		r.request(all, q, i == r.at)
		if i == r.at {
			to = len(all.rows)
		}
	}
	room := max(0, height-2-len(below.rows))
	first := max(0, min((from+to-room)/2, len(all.rows)-room, from))
	copy(rows[1:1+room], all.rows[min(first, len(all.rows)):])
	copy(rows[1+room:height-1], below.rows)
	if r.at < len(r.list) && room > 0 {
		r.drawn = r.list[r.at].ID
	}
	if r.asking != nil {
		r.asking.drawn = true
	}
	return rows, -1, 0
}

// request draws one request, and all that it says.
func (r *requests) request(s *sheet, q chat.JoinRequest, chosen bool) {
	style := s.theme.Bold
	if chosen {
		style = s.theme.Reverse
	}
	s.text(1, style, q.Name+", "+q.AskedAt.In(r.location).Format("2 Jan 15:04")+", from "+q.Address)
	s.text(3, "", q.Note)
	s.text(3, s.theme.Faint, q.Fingerprint)
	if q.Conflict != "" {
		s.text(3, s.theme.Warn, q.Conflict+". If you let this person in, they choose another name, and you are told which.")
	}
}
