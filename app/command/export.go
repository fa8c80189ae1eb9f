package command

import (
	"io"

	"confab/app/chat"
)

type exportCmd struct{}

func (*exportCmd) Run(c *call) error {
	if c.bot {
		return chat.Refuse(chat.ErrNotAllowed, "An export is not JSON Lines: run  ssh HOST export  by itself.")
	}
	return c.Chat.Account().Export(c.ctx, lineWriter{c.Out, c.Terminal})
}

// lineWriter ends lines as a terminal needs it, if it is one.
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
