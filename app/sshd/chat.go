package sshd

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/app/hook"
	"confab/app/service"
	"confab/app/text"
	"confab/tui"
	"confab/tui/command"
	"confab/tui/screen"
	"confab/tui/setting"
	"confab/tui/welcome"
)

// showChat prepares the chat screen, which begins in the conversation in unless that is 0. It
// reads keys from typed. The preferences are the user's, nil if they are not known yet.
func (s *Server) showChat(ctx context.Context, c *session, typed io.Reader, open *service.Session, in chat.ConversationID, preferences map[string]string) chatRun {
	end := open.End
	c.ending.Store(&end)
	c.connected()
	model := s.newScreen(c, open, in, preferences)
	draw := s.drawing(ctx, c, model, typed, open.Mailbox().Wake(), spender{user: open.User().ID})
	// A function of its own, because its arguments would be on the stack while the screen runs.
	left := func(err error) int { return leftChat(ctx, s, c, open, model, err) }
	return func(then func(int)) {
		draw(func(err error) { then(guarded(c, func() int { return left(err) })) })
	}
}

// leftChat stores what the user of a chat screen has not sent, and returns the exit status. It
// is 0 only if the user left, because tools such as autossh connect again after any other
// status.
func leftChat(ctx context.Context, s *Server, c *session, open *service.Session, model *tui.Model, err error) int {
	s.keepDraft(open, model, tui.Told(model), c.log)
	switch {
	case model.ExitMessage() == "" && (err == nil || errors.Is(err, screen.ErrDisconnected)):
		return 0 // the user has left, or has closed the input
	case err != nil && ctx.Err() == nil:
		c.log.Error("the screen failed", "err", err)
	}
	return 1
}

// newScreen makes the model of a chat screen.
func (s *Server) newScreen(c *session, open *service.Session, in chat.ConversationID, preferences map[string]string) *tui.Model {
	return tui.New(tui.Options{
		Chat:     func() tui.Backend { return BackendOf(open) },
		Self:     open.User(),
		Open:     in,
		Notice:   c.unusedCode(),
		Reach:    reachOf(s, c),
		Known:    preferences,
		Waits:    open.Outstanding(),
		Terminal: c.terminal(),
		Now:      s.service.Now,
		Tick:     tea.Tick,
		Rendered: s.rendered,
		Themes:   &s.themes,
		OnError:  onError(c.log),
	})
}

// unusedCode tells a member who connects with a code as the login name that nothing was done
// with the code. It returns "" for all others.
func (c *session) unusedCode() string {
	_, stranger := c.conn.Permissions.Extensions[extStranger] // who has just joined with it
	if _, code := text.FindCode(c.conn.User()); stranger || !code {
		return ""
	}
	return "Your key opens this account already, so the code was not used. To use it for another key, connect with ssh -o IdentitiesOnly=yes -i KEY CODE@HOST."
}

// BackendOf connects a screen to a session. The packages of the screen know the chat only
// by the small interfaces that they declare.
func BackendOf(s *service.Session) tui.Backend {
	messages, groups, receipts := s.Messages(), s.Groups(), s.Receipts()
	account, contacts, admission := s.Account(), s.Contacts(), s.Admission()
	return tui.Backend{
		Mailbox:  s.Mailbox(),
		Lister:   groups,
		Counter:  receipts,
		Blocker:  contacts,
		Messages: s.Threads(),
		Threads:  s.Threads(),
		Receipts: struct {
			*service.Session
			service.ReadReceipts
		}{s, receipts},
		Edits:  messages,
		Drafts: messages,
		Typing: messages,
		Outbox: struct {
			*service.Session
			service.Messages
		}{s, messages},
		Directory: contacts,
		Completion: struct {
			service.Contacts
			service.Groups
		}{contacts, groups},
		Search:      messages,
		Keys:        account,
		Requests:    admission,
		Invitations: groups,
		Mentions:    messages,
		Later:       s.Later(),
		Files:       s.Files(),
		Pictures:    s.Files(),
		Commands: command.Chat{
			Messages: messages, Groups: groups, Contacts: contacts, Receipts: receipts, Account: account, Admission: admission, Later: s.Later(),
			Moderation: func() command.Moderation { return s.Moderation() },
			Hooks:      func() command.Hooks { return hook.Of(s) },
		},
		Selected: struct {
			service.Messages
			service.ReadReceipts
		}{messages, receipts},
		Preferences: account,
		Welcome: struct {
			service.Contacts
			service.Admission
		}{contacts, admission},
	}
}

// reachOf says how others reach the server: as the host has said, or else from the address at
// which the client has reached it. A client on the same machine does not know an address that
// works elsewhere.
func reachOf(s *Server, c *session) welcome.Reach {
	r := welcome.Reach{Option: s.host.option}
	r.Host, r.Port, _ = net.SplitHostPort(c.LocalAddr().String())
	if loopback(c.LocalAddr()) {
		r.Host = ""
	}
	if named := s.host.address; named.Host != "" {
		r.Host = named.Host
		if named.Port != "" {
			r.Port = named.Port
		}
		return r
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// Behind a proxy on the same machine, clients come from elsewhere.
	r.Local = len(s.listeners) > 0 && loopback(c.RemoteAddr()) &&
		!slices.ContainsFunc(s.listeners, func(l net.Listener) bool { return !loopback(l.Addr()) })
	return r
}

// loopback reports whether only the machine itself can reach an address.
func loopback(a net.Addr) bool {
	at, err := netip.ParseAddrPort(a.String())
	return err == nil && at.Addr().Unmap().IsLoopback()
}

// drawn is a model of a whole screen.
type drawn interface {
	screen.Model
	Take() tea.Msg
	ExitMessage() string
}

// drawing returns a function that runs a model on the client's terminal until the model or the
// session ends, as [screen.Start] does. The model is woken when wake receives, and the cost of
// key presses is charged to a spender.
func (s *Server) drawing(ctx context.Context, c *session, model drawn, typed io.Reader, wake <-chan struct{}, by spender) (draw func(then func(error))) {
	budget, done := s.budgets.share(by)
	opts := s.screenOptions(c, model)
	opts.Budget, opts.In, opts.Wake = budget, typed, wake
	return func(then func(error)) {
		screen.Start(ctx, model, opts, func(_ screen.Model, err error) {
			done()
			then(err)
		})
	}
}

// screenOptions returns the options that a session gives its screen.
func (s *Server) screenOptions(c *session, model drawn) *screen.Options {
	term := c.terminal()
	return &screen.Options{
		Hold:        c.link.hold,
		Batch:       c.link.batch,
		Out:         c,
		Charset:     term.Charset(),
		Term:        term.Term,
		Program:     term.Program,
		Ask:         true,
		Size:        c.size,
		Resize:      c.resized,
		Take:        model.Take,
		Leave:       s.limiter.limits().Ending / 2,
		ExitMessage: model.ExitMessage,
	}
}

const (
	// draftTimeout bounds how long the end of a session waits for its draft.
	draftTimeout = 2 * time.Second
	// placeTimeout bounds how long it waits until the place where the user was is stored. On a
	// slow disk that happens a little later, because a longer wait could exceed the time that a
	// stop of the server has.
	placeTimeout = 250 * time.Millisecond
)

// leaver is a chat that its user has left.
type leaver interface {
	// Drafts returns what the user has not sent.
	Drafts() map[chat.ConversationID]string
	// Place returns where the user was, or "" if that is stored already. It also reports
	// whether the next session shows the welcome again.
	Place() (place string, greets bool)
}

// keepDraft stores the user's drafts when the session ends, the place where the user was, and
// which texts of the host the user was told meanwhile, unless told is nil.
func (s *Server) keepDraft(open *service.Session, model leaver, told *chat.Words, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), draftTimeout)
	defer cancel()
	for id, body := range model.Drafts() {
		if err := open.Messages().SaveDraft(ctx, id, body); err != nil && !errors.Is(err, chat.ErrClosed) && !chat.IsRefusal(err) {
			log.Error("saving a draft", "err", err)
		}
	}
	place, greets := model.Place()
	if place == "" && told == nil {
		return
	}
	kept := make(chan struct{})
	s.sessions.Go(func() {
		defer close(kept)
		ctx, cancel := context.WithTimeout(context.Background(), draftTimeout)
		defer cancel()
		noted := func(doing string, err error) {
			if err != nil && !errors.Is(err, chat.ErrClosed) && !chat.IsRefusal(err) && ctx.Err() == nil {
				log.Error(doing, "err", err)
			}
		}
		account := open.Account()
		if told != nil {
			noted("noting what the user was shown", account.NoteTold(ctx, *told))
		}
		if place == "" {
			return
		}
		if greets {
			noted("noting that the welcome is due", account.SetPreference(ctx, setting.Welcome, setting.WelcomeDue))
		}
		noted("saving the place where the user was", account.SetPreference(ctx, setting.Place, place))
	})
	select {
	case <-kept:
	case <-time.After(placeTimeout):
	}
}
