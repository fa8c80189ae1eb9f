package sshd

import (
	"context"
	"time"

	"confab/app/chat"
	"confab/app/command"
)

// command carries out what stands after the host's name, "ssh host COMMAND",
// and returns the exit status.
func (s *Server) command(ctx context.Context, c *session, open *chat.Session, line string) int {
	log := c.log.With("user", open.User().Name)
	begun := time.Now()
	status := command.Run(ctx, command.Session{
		Chat:     open,
		Parser:   s.commands,
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
			return s.chat(ctx, c, c, open, in)
		},
		Alive: c.alive,
		Cut:   func() { _ = c.Close() },
		Fault: func(doing string, err error) { log.Error(doing, "err", err) },
	}, line)
	log.Info("command", "status", status, "after", time.Since(begun).Round(time.Millisecond).String())
	return status
}

// alive asks the client whether it is still there. After a broken connection
// input ends as it does when the client ends it.
func (c *session) alive() bool {
	// It answers "no" to what it does not know, which is as good.
	_, err := c.SendRequest("keepalive@openssh.com", true, nil)
	return err == nil
}
