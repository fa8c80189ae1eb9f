package sshd

import (
	"errors"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/service"
)

// open opens a session of the account of the key that signed. From then on the log of c
// names the user. If open fails, it tells the client why and returns nil.
func (s *Server) open(c *session, granted *gossh.Permissions) *service.Session {
	do := s.service.OpenAs
	if c.script() {
		do = s.service.OpenScriptAs
	}
	login, err := loginOf(granted, c.link.address)
	var open *service.Session
	if err == nil {
		open, err = do(c.ctx, login)
	}
	switch {
	case err == nil:
		c.link.proved(login, open.User().ID) // a stranger's connection, if its user has just joined
		if why := s.limiter.member(c.link, open.User().ID); why != "" {
			open.Close()
			c.turnAway(why)
			return nil
		}
		open.Mailbox().OnEnd(func() { s.mustEnd(c) })
		c.log = c.log.With("user", open.User().Name)
		open.LogTo(c.log)
		return open
	case errors.Is(err, chat.ErrNotFound):
		c.turnAway("The host has revoked this key.")
		c.barred = true
	case chat.IsRefusal(err):
		c.turnAway(chat.UserText(err))
		c.barred = true
	default:
		c.log.Error("opening a session", "err", err)
		c.turnAway(chat.UserText(err))
	}
	return nil
}
