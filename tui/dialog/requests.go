package dialog

import (
	"context"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/ask"
	"confab/tui/theme"
)

// Doorkeeper reads and answers requests to join.
type Doorkeeper interface {
	// JoinRequests returns the requests of people who ask to join.
	JoinRequests(context.Context) ([]chat.JoinRequest, error)
	// AnswerRequest lets somebody in, or refuses the request. named is false if the
	// newcomer has to choose another name first.
	AnswerRequest(ctx context.Context, id int64, approve bool) (named bool, err error)
}

// RequestsMsg has the requests to join that [ReadRequests] read. Open says that the
// user wants to see them.
type RequestsMsg struct {
	List []chat.JoinRequest
	Err  error
	Open bool
}

// ReadRequests returns the command that reads the requests to join.
func ReadRequests(server Doorkeeper, open bool) tea.Cmd {
	return func() tea.Msg {
		list, err := ask.For(server.JoinRequests)
		return RequestsMsg{list, err, open}
	}
}

// Requests is the page of the people who ask to join. The list may change at any
// moment. So an answer always goes to the request that the user has seen, and only
// after the user has seen a question about it.
type Requests struct {
	server Doorkeeper
	zone   *time.Location
	report OnError
	list   []chat.JoinRequest
	at     int
	seen   int64 // the request that the user has seen as the chosen one
	asking *answer
	note   string
}

// NewRequests makes the page of requests that have been read.
func NewRequests(server Doorkeeper, zone *time.Location, report OnError, list []chat.JoinRequest) *Requests {
	return &Requests{server: server, zone: zone, report: report, list: list}
}

// answer is an answer that has to be confirmed.
type answer struct {
	to      chat.JoinRequest
	approve bool
	seen    bool // the question was on the screen
}

// answeredMsg has the result of an answer.
type answeredMsg struct {
	answer
	named bool // the newcomer has the requested name
	err   error
}

// Init implements Dialog. The list has been read already.
func (r *Requests) Init() tea.Cmd { return nil }

// Update implements Dialog. It also takes a [chat.RequestNamed].
func (r *Requests) Update(msg tea.Msg) (Result, tea.Cmd) {
	switch msg := msg.(type) {
	case Key:
		r.note = ""
		if r.asking != nil {
			r.asking = nil
			return Result{}, nil
		}
		return Result{Close: browse(msg.Act, r.move)}, nil
	case Text:
		return r.typed(string(msg))
	case Scroll:
		r.scroll(int(msg))
	case answeredMsg:
		r.note = r.outcome(msg)
		return Result{Notice: r.note}, ReadRequests(r.server, false)
	case chat.RequestNamed:
		r.note = named(msg)
	}
	return Result{}, nil
}

// Replace takes a newer list and stays at the same request. A question about a
// request that is gone is dropped.
func (r *Requests) Replace(list []chat.JoinRequest) {
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
		r.note = r.asking.to.Name + " is no longer waiting: somebody else has answered the request, or it was replaced by a new one."
		r.asking = nil
	}
	r.scroll(0)
}

func (r *Requests) typed(letter string) (Result, tea.Cmd) {
	asking := r.asking
	if asking != nil && letter == "y" && !asking.seen {
		return Result{}, nil
	}
	r.asking, r.note = nil, ""
	switch {
	case asking != nil && letter == "y":
		return Result{}, r.send(*asking)
	case asking != nil:
	case letter == "q":
		return Result{Close: true}, nil
	case (letter == "a" || letter == "r") && r.at < len(r.list) && r.list[r.at].ID == r.seen:
		r.asking = &answer{to: r.list[r.at], approve: letter == "a"}
	}
	return Result{}, nil
}

func (r *Requests) send(a answer) tea.Cmd {
	return func() tea.Msg {
		msg := answeredMsg{answer: a}
		msg.named, msg.err = ask.For(func(ctx context.Context) (bool, error) { return r.server.AnswerRequest(ctx, a.to.ID, a.approve) })
		return Answer{r, msg}
	}
}

// outcome describes the result of an answer.
func (r *Requests) outcome(msg answeredMsg) string {
	switch name := msg.to.Name; {
	case msg.err != nil:
		return r.report.explain("answering a request", msg.err)
	case !msg.approve:
		return name + " is refused."
	case !msg.named:
		return name + " is let in and has to choose another name first: you will be told which."
	default:
		return name + " is let in."
	}
}

// named says which name a newcomer chose after being let in.
func named(ev chat.RequestNamed) string {
	return "The newcomer who asked for the name " + ev.Asked + " is now called " + ev.Name + "."
}

// move chooses another request. The user counts as having seen it, because the question
// before each answer names it.
func (r *Requests) move(by int) {
	r.scroll(by)
	if r.at < len(r.list) {
		r.seen = r.list[r.at].ID
	}
}

func (r *Requests) scroll(rows int) { r.at = max(0, min(r.at+rows, len(r.list)-1)) }

// Resize implements Dialog.
func (r *Requests) Resize(*theme.Theme, int, int) {}

// question asks the user to confirm an answer.
func (a *answer) question() string {
	if a.approve {
		return "Let " + a.to.Name + " in, who asked from " + a.to.Address + "? y: yes, any other key: no"
	}
	return "Refuse " + a.to.Name + ", who asked from " + a.to.Address + "? y: yes, any other key: no"
}

// Rows implements Dialog. Each request is shown whole, in as many rows as it takes.
func (r *Requests) Rows(th *theme.Theme, width, height int) ([]string, int, int) {
	rows := make([]string, height)
	rows[height-1] = foot(th, width, "a: let in  r: refuse  Up, Down: choose  Esc: close")
	r.seen = 0
	if height < 4 {
		return rows, -1, 0
	}
	rows[0] = title(th, width, "Asking to join: "+strconv.Itoa(len(r.list)))
	below := &theme.Sheet{Theme: th, Width: width}
	if r.asking != nil {
		below.Text(1, th.Warn, r.asking.question())
	} else if r.note != "" {
		below.Text(1, th.Warn, r.note)
	}
	all := &theme.Sheet{Theme: th, Width: width}
	from, to := 0, 0
	for i, q := range r.list {
		if i == r.at {
			from = len(all.Rows)
		}
		r.request(all, q, i == r.at)
		if i == r.at {
			to = len(all.Rows)
		}
	}
	room := max(0, height-2-len(below.Rows))
	first := max(0, min((from+to-room)/2, len(all.Rows)-room, from))
	copy(rows[1:1+room], all.Rows[min(first, len(all.Rows)):])
	copy(rows[1+room:height-1], below.Rows)
	if r.at < len(r.list) && room > 0 {
		r.seen = r.list[r.at].ID
	}
	if r.asking != nil {
		r.asking.seen = true
	}
	return rows, -1, 0
}

// request draws all the details of one request.
func (r *Requests) request(s *theme.Sheet, q chat.JoinRequest, chosen bool) {
	heading := q.Name + ", " + q.AskedAt.In(r.zone).Format("2 Jan 15:04") + ", from " + q.Address
	if first := len(s.Rows); chosen {
		s.Text(1, "", heading)
		for i, row := range s.Rows[first:] {
			s.Rows[first+i] = chosenRow(s.Theme, s.Width, row)
		}
	} else {
		s.Text(1, s.Theme.Bold, heading)
	}
	s.Text(3, "", q.Note)
	s.Text(3, s.Theme.Faint, q.Fingerprint)
	if q.Conflict != "" {
		s.Text(3, s.Theme.Warn, q.Conflict+". If you let this person in, they choose another name, and you are told which.")
	}
}
