package command

import (
	"io"

	"confab/app/chat"
)

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
