package sshd

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	gossh "golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/command"
	"confab/app/text"
	"confab/tui"
	"confab/tui/screen"
)

// serve runs what the client asked for, the screen if it is no command, and
// returns the exit status.
func (s *Server) serve(ctx context.Context, c *session, line *string) int {
	granted := c.conn.Permissions
	if granted == nil {
		c.log.Error("a connection without permissions")
		return 1
	}
	if forced, ok := granted.CriticalOptions[certForceCommand]; ok {
		line, c.sftp = &forced, false // whatever the client asked for
	}
	if line != nil {
		why := foreign(*line)
		if len(*line) > command.MaxLine {
			why = chat.UserText(command.TooLong())
		}
		if why != "" {
			c.say(c.Stderr(), why+"\n")
			return command.Refused
		}
	}
	if proven, stranger := granted.Extensions[extStranger]; stranger {
		// Not with the login name, which may be a code that was mistyped.
		c.log.Info("a stranger came", "keys", len(lines(proven)))
		return s.receive(ctx, c, proven, lines(granted.Extensions[extCauses]))
	}
	if why, refused := granted.Extensions[extRefused]; refused {
		c.barred = true
		return c.turnAway(why)
	}
	script := line != nil || c.sftp
	if !script && c.term == "" {
		c.say(c.Stderr(), "The chat needs a terminal: connect with ssh -t, from a terminal window. For commands: ssh HOST help.\n")
		return 1
	}
	if !script && c.dumb() {
		return 1
	}
	open := s.open(ctx, c, granted, script)
	if open == nil {
		return 1
	}
	defer open.Close()
	open.LogTo(c.log.With("user", open.User().Name))
	switch {
	case c.sftp:
		defer c.link.transfer()()
		return s.sftp(ctx, c, open)
	case line == nil:
		return s.chat(ctx, c, c, open, 0)
	case isSCP(*line):
		defer c.link.transfer()()
		return s.scp(ctx, c, open, *line)
	default:
		return s.command(ctx, c, open, *line)
	}
}

// dumb says so if the client's terminal is one on which no screen can be drawn.
func (c *session) dumb() bool {
	if c.term != "dumb" {
		return false
	}
	c.say(c.Stderr(), "A terminal of the type \"dumb\" cannot show the chat: set TERM to the type that you have, such as xterm, or use commands (ssh HOST help).\n")
	return true
}

// lines are the lines of a text, none if it is empty.
func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// open opens a session of the account of the key that signed. If it cannot the
// client is told why, and it returns nil.
func (s *Server) open(ctx context.Context, c *session, granted *gossh.Permissions, script bool) *chat.Session {
	do := s.service.OpenAs
	if script {
		do = s.service.OpenScriptAs
	}
	login, err := loginOf(granted, c.link.address)
	var open *chat.Session
	if err == nil {
		open, err = do(ctx, login)
	}
	if err == nil {
		c.link.proved(login, open.User().ID) // it was a stranger's if its user has just joined
	}
	switch {
	case err == nil:
		if why := s.gate.member(c.link, open.User().ID); why != "" {
			open.Close()
			c.turnAway(why)
			return nil
		}
		open.Mailbox().OnEnd(func() { s.mustEnd(c) })
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

// turnAway tells a client in sentences why it gets nothing here, and returns the
// exit status. The connection of one that asked for sftp is closed a little later:
// some wait for an answer as long as it lasts (libssh2, and so curl).
func (c *session) turnAway(why ...string) int {
	for _, sentence := range why {
		c.say(c.Stderr(), sentence+"\n")
	}
	c.last = c.sftp
	return 1
}

// chat runs the chat screen, which begins in a conversation if one is given. Its
// keys come from typed. The exit status is 0 only if the user left: autossh and the
// like connect again after any other.
func (s *Server) chat(ctx context.Context, c *session, typed io.Reader, open *chat.Session, in chat.ConversationID) int {
	end := open.End
	c.ending.Store(&end)
	log := c.log.With("user", open.User().Name)
	log.Info("connected", "client", text.CleanLine(string(c.conn.ClientVersion()), 80), "term", c.term)
	begun := time.Now()
	terminal := c.terminal()
	model := tui.New(tui.Options{
		Chat:     open,
		Self:     open.User(),
		Open:     in,
		Terminal: terminal,
		Now:      s.service.Now,
		Tick:     tea.Tick,
		Rendered: s.rendered,
		Fault:    func(doing string, err error) { log.Error(doing, "err", err) },
	})
	_, err := screen.Run(ctx, model, screen.Options{
		In:       typed,
		Out:      c,
		Go:       s.runners.run,
		Charset:  terminal.Charset(),
		Ask:      true,
		Size:     c.size,
		Resize:   c.resized,
		Wake:     open.Mailbox().Wake(),
		Take:     model.Take,
		Farewell: model.Farewell,
	})
	s.keepDraft(open, model, log)
	status := 1
	switch {
	case model.Farewell() == "" && (err == nil || errors.Is(err, screen.ErrDisconnected)):
		status = 0 // its user has left, or closed the input, and need not be connected again
	case err != nil && ctx.Err() == nil:
		log.Error("the screen failed", "err", err)
	}
	log.Info("disconnected", "after", time.Since(begun).Round(time.Second).String())
	return status
}

// draftTimeout bounds how long the end of a session waits for its draft.
const draftTimeout = 2 * time.Second

// keepDraft keeps what was being written when the session ended.
func (s *Server) keepDraft(open *chat.Session, model *tui.Model, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), draftTimeout)
	defer cancel()
	for id, body := range model.Drafts() {
		if err := open.SaveDraft(ctx, id, body); err != nil && !errors.Is(err, chat.ErrClosed) && !chat.IsRefusal(err) {
			log.Error("keeping a draft", "err", err)
		}
	}
}
