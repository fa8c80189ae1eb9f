package sshd

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	tea "charm.land/bubbletea/v2"
	gossh "golang.org/x/crypto/ssh"

	"confab/app"
	"confab/tui"
	"confab/tui/screen"
)

// serve runs what the client asked for and returns the exit status.
func (s *Server) serve(ctx context.Context, c *session, exec bool) int {
	granted := c.conn.Permissions
	if granted == nil {
		c.log.Error("a connection without permissions")
		return 1
	}
	if proven, stranger := granted.Extensions[extStranger]; stranger {
		login := app.CleanLine(c.conn.User(), 32)
		if app.IsCode(c.conn.User()) {
			login = "(a code)"
		}
		c.log.Info("a stranger came", "user", login)
		return s.receive(ctx, c, proven)
	}
	if forced, ok := granted.CriticalOptions[certForceCommand]; ok {
		exec, c.command = true, forced // whatever the client asked for
	}
	switch {
	case exec && c.command == "export":
		return s.export(ctx, c, granted)
	case exec:
		c.say(c.Stderr(), "This server takes no commands: connect without one to open the chat.\n")
		return 2
	case c.term == "":
		c.say(c.Stderr(), "The chat needs a terminal: connect with ssh -t, from a terminal window.\n")
		return 1
	}
	return s.chat(ctx, c, c, granted)
}

// chat opens the chat screen for the account of the key that signed. Its keys
// come from in.
func (s *Server) chat(ctx context.Context, c *session, in io.Reader, granted *gossh.Permissions) int {
	open, err := s.open(ctx, granted)
	if errors.Is(err, app.ErrNotFound) {
		c.say(c.Stderr(), "The host has revoked this key.\n")
		return 1
	}
	if err != nil {
		c.log.Error("opening a session", "err", err)
		c.say(c.Stderr(), app.UserText(err)+"\n")
		return 1
	}
	defer open.Close()
	log := c.log.With("user", open.User().Name)
	log.Info("connected", "client", app.CleanLine(string(c.conn.ClientVersion()), 80), "term", c.term)
	begun := time.Now()
	model := tui.New(tui.Options{
		Chat:     open,
		Self:     open.User(),
		Terminal: tui.TerminalOf(append(c.environ, "TERM="+c.term)),
		Now:      time.Now,
		Tick:     tea.Tick,
		Fault:    func(doing string, err error) { log.Error(doing, "err", err) },
	})
	_, err = screen.Run(ctx, model, screen.Options{
		In:       in,
		Out:      c,
		Size:     c.size,
		Resize:   c.resized,
		Wake:     open.Mailbox().Wake(),
		Take:     model.Take,
		Farewell: model.Farewell,
	})
	s.keepDraft(open, model, log)
	status := 0
	if err != nil && ctx.Err() == nil && !errors.Is(err, screen.ErrDisconnected) {
		log.Error("the screen failed", "err", err)
		status = 1
	}
	log.Info("disconnected", "after", time.Since(begun).Round(time.Second).String())
	return status
}

// draftTimeout bounds how long the end of a session waits for its draft.
const draftTimeout = 2 * time.Second

// keepDraft keeps what was being written when the session ended.
func (s *Server) keepDraft(open *app.Session, model *tui.Model, log *slog.Logger) {
	id, body, changed := model.Draft()
	if !changed {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), draftTimeout)
	defer cancel()
	if err := open.SaveDraft(ctx, id, body); err != nil && !errors.Is(err, app.ErrClosed) && !app.IsRefusal(err) {
		log.Error("keeping a draft", "err", err)
	}
}

// export writes the account's own data.
func (s *Server) export(ctx context.Context, c *session, granted *gossh.Permissions) int {
	open, err := s.open(ctx, granted)
	if err == nil {
		defer open.Close()
		err = open.Export(ctx, c)
	}
	if err != nil {
		if !app.IsRefusal(err) && ctx.Err() == nil {
			c.log.Error("exporting", "err", err)
		}
		c.say(c.Stderr(), app.UserText(err)+"\n")
		return 1
	}
	return 0
}
