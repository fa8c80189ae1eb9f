package sshd

import (
	"context"

	"confab/app/chat"
	"confab/app/command"
	"confab/app/service"
)

// runCommand carries out the command of "ssh HOST COMMAND", and returns the exit status.
func (s *Server) runCommand(c *session, open *service.Session) int {
	return command.Run(c.ctx, command.Session{
		Chat:     open,
		Parser:   s.parser,
		In:       c,
		Out:      c.plain(c, c.term != ""),
		Err:      c.plain(c.Stderr(), true),
		Terminal: c.term != "",
		ASCII:    c.term != "" && c.ascii(),
		Zone:     c.terminal().Location(),
		Now:      s.service.Now,
		Screen: func(ctx context.Context, in chat.ConversationID) int {
			if c.dumb() {
				return 1
			}
			return s.showChat(ctx, c, c, open, in)
		},
		Alive:   c.alive,
		Cut:     func() { _ = c.Close() },
		OnError: onError(c.log),
	}, c.command)
}

// alive asks the client whether it is still there: input ends in the same way when the client
// ends it and when the connection breaks.
func (c *session) alive() bool {
	// A client answers "no" to requests that it does not know, which proves as much.
	_, err := c.SendRequest("keepalive@openssh.com", true, nil)
	return err == nil
}
