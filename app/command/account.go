package command

import (
	"io"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/text"
)

type whoamiCmd struct{}

func (*whoamiCmd) Run(c *call) error {
	u := c.Chat.User()
	return c.out.write(&accountRecord{
		head: newHead("account"), ID: u.UID.String(), Name: u.Name, Role: string(u.Role), Bot: u.Bot, Created: stamp(u.CreatedAt),
	})
}

type awayCmd struct {
	Until string `placeholder:"TIME" help:"The time at which your status ends: 14:00, in 2h, tomorrow at 9. You can also write it after the text, as in: at lunch until 14:00."`

	Text []string `arg:"" optional:"" passthrough:"partial" help:"What others see, such as: at lunch."`
}

func (a *awayCmd) take(text []string) { a.Text = text }

func (a *awayCmd) Run(c *call) error {
	words := a.Text
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	line, now := strings.Join(words, " "), c.Now().In(c.Zone)
	if a.Until != "" {
		line += " until " + a.Until
	}
	status, err := chat.ParseStatus(line, now)
	if err == nil && a.Until != "" && status.Until.IsZero() {
		return usage("--until takes a time, in quotes: %s.", text.WhenForms)
	}
	if err == nil {
		err = c.Chat.Account().SetStatus(c.ctx, status)
	}
	if err != nil {
		return err
	}
	return c.out.write(&awayRecord{newHead("away"), true, statusOf(status, now)})
}

type backCmd struct{}

func (*backCmd) Run(c *call) error {
	if err := c.Chat.Account().SetStatus(c.ctx, chat.Status{}); err != nil {
		return err
	}
	return c.out.write(&awayRecord{head: newHead("away")})
}

// awayRecord says whether the user's own account is away now.
type awayRecord struct {
	head
	Away   bool       `json:"away"`
	Status *statusRef `json:"status,omitempty"`
}

func (r *awayRecord) columns(o *output) []string {
	state := "back"
	if r.Away {
		state = "away"
	}
	return append([]string{state}, r.Status.columns(o)...)
}

// statusRef is what an account that is away says of itself.
type statusRef struct {
	Text  string `json:"text"`
	Until string `json:"until,omitempty"` // when it ends by itself

	until time.Time
}

// statusOf returns nil for an account that is not away.
func statusOf(s chat.Status, now time.Time) *statusRef {
	if !s.Away(now) {
		return nil
	}
	return &statusRef{s.Text, stamp(s.Until), s.Until}
}

// columns are the text and the end, without empty ones.
func (s *statusRef) columns(o *output) []string {
	switch {
	case s == nil:
		return nil
	case s.until.IsZero():
		return []string{s.Text}
	default:
		return []string{s.Text, o.time(s.until)}
	}
}

// accountRecord is an account.
type accountRecord struct {
	head
	ID      string `json:"id"`
	Name    string `json:"name"`
	Role    string `json:"role"`
	Bot     bool   `json:"bot"`
	Created string `json:"created_at"`
}

func (r *accountRecord) columns(*output) []string {
	return []string{r.Name, r.Role, botWord(r.Bot), r.ID}
}

// botWord distinguishes bots from people in plain output.
func botWord(bot bool) string {
	if bot {
		return "bot"
	}
	return "person"
}

// userRef is a user that another record names.
type userRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Bot  bool   `json:"bot"`
}

func refOf(u chat.User) *userRef { return &userRef{u.UID.String(), u.Name, u.Bot} }

type exportCmd struct{}

func (*exportCmd) Run(c *call) error {
	if c.bot {
		return chat.Refuse(chat.ErrNotAllowed, "An export is not JSON Lines, so a bot cannot run it: run  ssh HOST export  instead.")
	}
	var out io.Writer = lineWriter{c.Out, c.Terminal}
	if !c.Terminal { // else the two streams are one
		out = &progressWriter{w: out, tell: c.Err, now: c.Now, told: c.Now()}
	}
	return c.Chat.Account().Export(c.ctx, out)
}

// progressWriter tells the user every few seconds how much has been written. A short export
// ends before the first line about it.
type progressWriter struct {
	w, tell io.Writer
	now     func() time.Time
	written int64
	told    time.Time
}

// progressEvery is the time between two lines about the progress.
const progressEvery = 3 * time.Second

func (p *progressWriter) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	p.written += int64(n)
	if now := p.now(); err == nil && now.Sub(p.told) >= progressEvery {
		p.told = now
		_, err = io.WriteString(p.tell, "Exporting: "+chat.SizeText(p.written)+" so far.\n")
	}
	return n, err
}

// lineWriter ends lines as a terminal needs it, if it writes to one.
type lineWriter struct {
	w        io.Writer
	terminal bool
}

func (l lineWriter) Write(p []byte) (int, error) {
	if _, err := io.WriteString(l.w, lineEnds(string(p), l.terminal)); err != nil {
		return 0, err
	}
	return len(p), nil
}
