package command

import (
	"io"

	"confab/app/chat"
)

type whoamiCmd struct{}

func (*whoamiCmd) Run(c *call) error {
	u := c.Chat.User()
	return c.out.write(&accountRecord{
		head: newHead("account"), ID: u.UID.String(), Name: u.Name, Role: string(u.Role), Bot: u.Bot, Created: stamp(u.CreatedAt),
	})
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
	return c.Chat.Account().Export(c.ctx, lineWriter{c.Out, c.Terminal})
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
