package sshd

import (
	"errors"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/refusal"
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
		err = s.Host().follow(c.ctx, granted, login)
	}
	if err == nil {
		open, err = do(c.ctx, login)
	}
	switch {
	case err == nil:
		c.link.proved(login, open.User().ID) // a stranger's connection, if its user has just joined
		if why := s.limiter.member(c.link, open.User().ID); why != "" {
			open.Close()
			c.link.tell(refusal.MaxPerAccount, login.Key, "the account has as many connections as --max-per-account allows", "raise the limit if its user needs more", "user", open.User().Name)
			c.turnAway(why)
			return nil
		}
		open.Mailbox().OnEnd(func() { s.mustEnd(c) })
		c.log = c.log.With("user", open.User().Name)
		open.LogTo(c.log)
		return open
	case errors.Is(err, chat.ErrNotFound):
		c.link.tell(refusal.Key, login.Key, "the key was revoked", "if that was wrong, add the key again with confab keys add{data}")
		c.turnAway("The host has revoked this key.")
		c.barred = true
	case chat.IsRefusal(err):
		c.link.tell(refusal.Ban, login.Key, chat.UserText(err), "lift the ban with confab bans remove{data} if it is wrong")
		c.turnAway(chat.UserText(err))
		c.barred = true
	case c.ctx.Err() != nil: // the client has gone meanwhile, which is no fault
	default:
		c.log.Error("opening a session", "err", err)
		c.turnAway(chat.UserText(err))
	}
	return nil
}
