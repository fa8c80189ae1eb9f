package sshd

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"charm.land/ssh"
	"charm.land/wish/v2"

	"confab/app/chat"
	"confab/app/command"
	"confab/app/sshd/files"
)

// middleware lists what happens to a session, outermost first. Each step either
// deals with the session and returns, or hands it to the next step.
func (s *Server) middleware() []wish.Middleware {
	return []wish.Middleware{
		s.recovered,
		s.logged,
		s.permitted,
		s.strangers,
		s.refused,
		s.forcedCommand,
		s.foreignCommand,
		s.needsTerminal,
		s.members,
		s.sftp,
		s.scp,
		s.commands,
		s.chat,
	}
}

// outermostFirst is [wish.WithMiddleware] for a list in reading order: wish itself
// runs the last one first.
func outermostFirst(steps []wish.Middleware) ssh.Option {
	steps = slices.Clone(steps)
	slices.Reverse(steps)
	return wish.WithMiddleware(steps...)
}

// recovered logs a panic, which then ends this session and not the server.
func (s *Server) recovered(next ssh.Handler) ssh.Handler {
	return func(sess ssh.Session) { guard(sess.(*session), func() { next(sess) }) }
}

// logged logs the end of a session, with its kind and its status. Unlike the logging
// middleware of wish, it never logs commands, because they contain the text of messages.
func (s *Server) logged(next ssh.Handler) ssh.Handler {
	return func(sess ssh.Session) {
		c, begun := sess.(*session), time.Now()
		c.atEnd(func() {
			c.log.Info("session ended", "kind", c.kind(), "status", c.status, "after", time.Since(begun).Round(time.Millisecond).String())
		})
		next(sess)
	}
}

// permitted stops a session of a connection without the permissions that authentication
// gives. Such a connection should not exist, and would have no identity.
func (s *Server) permitted(next ssh.Handler) ssh.Handler {
	return func(sess ssh.Session) {
		if c := sess.(*session); c.conn.Permissions == nil {
			c.log.Error("a connection without permissions")
			return
		}
		next(sess)
	}
}

// refused tells banned and disabled members why they get no session. It does so in a
// session and not in the handshake, because every client shows a session's text.
func (s *Server) refused(next ssh.Handler) ssh.Handler {
	return func(sess ssh.Session) {
		c := sess.(*session)
		if why, refused := c.conn.Permissions.Extensions[extRefused]; refused {
			c.turnAway(why)
			c.barred = true
			return
		}
		next(sess)
	}
}

// forcedCommand replaces the client's request by the command in its certificate, if that has
// one.
func (s *Server) forcedCommand(next ssh.Handler) ssh.Handler {
	return func(sess ssh.Session) {
		c := sess.(*session)
		if forced, ok := c.conn.Permissions.CriticalOptions[certForceCommand]; ok {
			c.exec, c.command, c.subsystem = true, forced, ""
		}
		next(sess)
	}
}

// foreignCommand explains to users of rsync, git and other tools why the command that
// their tool sent cannot run here.
func (s *Server) foreignCommand(next ssh.Handler) ssh.Handler {
	return func(sess ssh.Session) {
		if sess.(*session).refuseForeign() {
			return
		}
		next(sess)
	}
}

// refuseForeign tells the client why its command cannot run here, if another tool has sent
// it or if it is too long. It reports whether it has refused the command.
func (c *session) refuseForeign() bool {
	if !c.exec {
		return false
	}
	why := foreign(c.command)
	if len(c.command) > command.MaxLine {
		why = chat.UserText(command.TooLong())
	}
	if why == "" {
		return false
	}
	c.Tell(why)
	c.status = command.Refused
	return true
}

// needsTerminal turns away a client that asks for the screen without a terminal. Commands,
// transfers of files and plain mode work without a terminal.
func (s *Server) needsTerminal(next ssh.Handler) ssh.Handler {
	return func(sess ssh.Session) {
		c := sess.(*session)
		switch {
		case c.script():
		case c.term == "" && !c.plainClient():
			c.Tell("The chat needs a terminal. Connect with ssh -t from a terminal window, or use ssh HOST plain for lines of text. For commands, see ssh HOST help.")
			return
		}
		next(sess)
	}
}

// members opens the account of the key that signed, for as long as the session lasts.
func (s *Server) members(next ssh.Handler) ssh.Handler {
	return func(sess ssh.Session) {
		c := sess.(*session)
		if c.member = s.open(c, c.conn.Permissions); c.member == nil {
			return
		}
		c.atEnd(c.member.Close)
		next(sess)
	}
}

// sftp serves a client that asked for the subsystem sftp.
func (s *Server) sftp(next ssh.Handler) ssh.Handler {
	return func(sess ssh.Session) {
		c := sess.(*session)
		if c.subsystem != subsystemSFTP {
			next(sess)
			return
		}
		done, ok := c.link.transfer()
		if !ok {
			c.Tell(fmt.Sprintf("Your account copies files in %d sessions already, which is this server's limit. Close one of them and try again.", MaxTransfers))
			return
		}
		defer done()
		c.connected()
		c.status = files.SFTP(c.ctx, files.Session{Client: c, Chat: c.member, Log: c.log})
	}
}

// scp serves a client that runs the far side of scp.
func (s *Server) scp(next ssh.Handler) ssh.Handler {
	return func(sess ssh.Session) {
		c := sess.(*session)
		if !c.exec || !files.IsSCP(c.command) {
			next(sess)
			return
		}
		done, ok := c.link.transfer()
		if !ok {
			c.Tell(fmt.Sprintf("Your account copies files in %d sessions already, which is this server's limit. Close one of them and try again.", MaxTransfers))
			return
		}
		defer done()
		c.connected()
		c.status = files.SCP(c.ctx, files.Session{Client: c, Chat: c.member, Log: c.log}, c.command)
	}
}

// commands runs "ssh HOST COMMAND".
func (s *Server) commands(next ssh.Handler) ssh.Handler {
	return func(sess ssh.Session) {
		c := sess.(*session)
		if !c.exec {
			next(sess)
			return
		}
		c.status = s.runCommand(c, c.member)
	}
}

// chat prepares the chat, on a screen or in plain mode. It is the last step, and serves all
// sessions that the other steps have passed on. The chat runs when all steps have returned.
func (s *Server) chat(ssh.Handler) ssh.Handler {
	return func(sess ssh.Session) {
		c := sess.(*session)
		c.chat = s.show(c.ctx, c, c, c.member, 0)
	}
}

// onError returns a function that logs errors, with the session's id.
func onError(log *slog.Logger) func(doing string, err error) {
	return func(doing string, err error) { log.Error(doing, "err", err) }
}
