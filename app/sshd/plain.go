package sshd

import (
	"context"
	"io"
	"strings"

	"confab/app/chat"
	"confab/app/plain"
	"confab/app/service"
	"confab/app/text"
	"confab/tui/setting"
)

// accessible is the variable with which users ask programs for text that suits screen
// readers.
const accessible = "ACCESSIBLE"

// show prepares the chat as its user wants it, in the conversation in unless that is 0: the
// screen, or plain mode. The stack that the preparation needs is free again when it runs.
func (s *Server) show(ctx context.Context, c *session, typed io.Reader, open *service.Session, in chat.ConversationID) chatRun {
	wants, preferences := wantsPlain(ctx, c, open)
	if wants {
		return func(then func(int)) {
			then(guarded(c, func() int { return s.showPlain(ctx, c, typed, open, in) }))
		}
	}
	return s.showChat(ctx, c, typed, open, in, preferences)
}

// wantsPlain reports whether the user gets plain mode without asking for it by a command. For
// a screen, it also returns the preferences, nil if they cannot be read.
func wantsPlain(ctx context.Context, c *session, open *service.Session) (wants bool, preferences map[string]string) {
	if c.plainClient() {
		return true, nil
	}
	preferences, err := open.Account().Preferences(ctx)
	if err != nil {
		c.log.Error("reading whether the user wants plain mode", "err", err)
		return false, nil
	}
	var set setting.Set
	set.Load(preferences)
	return set.Value(setting.Plain) == setting.On, preferences
}

// plainClient reports whether the client's terminal cannot show a screen, or its user has
// asked for plain mode in the environment.
func (c *session) plainClient() bool {
	if c.term == "dumb" {
		return true
	}
	for _, kv := range c.environ {
		if value, ok := strings.CutPrefix(kv, accessible+"="); ok && value != "" && value != "0" {
			return true
		}
	}
	return false
}

// showPlain runs the chat in plain mode. The exit status is as that of [Server.showChat].
func (s *Server) showPlain(ctx context.Context, c *session, typed io.Reader, open *service.Session, in chat.ConversationID) int {
	if c.term != "" { // like a screen, it ends when its user types nothing for long
		end := open.End
		c.ending.Store(&end)
	}
	if c.held == nil && typed == io.Reader(c) {
		c.held = &inputHold{hold: c.link.hold}
	}
	c.connected()
	p := s.newPlain(c, typed, open, in)
	status := p.Run(ctx)
	s.keepDraft(open, p, nil, c.log)
	select {
	case <-open.Mailbox().Ended():
		if !c.exec { // a command says it itself
			c.say(c, text.Clean(open.Mailbox().Drain().Ended)+"\n")
		}
		return 1
	default:
		return status
	}
}

// newPlain makes a session in plain mode.
func (s *Server) newPlain(c *session, typed io.Reader, open *service.Session, in chat.ConversationID) *plain.Plain {
	return plain.New(plain.Options{
		Chat:     open,
		Commands: BackendOf(open).Commands,
		In:       typed,
		Out:      c.plain(c, true),
		Terminal: c.term != "",
		Columns:  c.size.W,
		Resized:  c.resized,
		Open:     in,
		Notice:   c.unusedCode(),
		Zone:     c.terminal().Location(),
		Now:      s.service.Now,
		Alive:    c.alive,
		OnError:  onError(c.log),
	})
}
