package sshd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/plain"
	"confab/app/text"
	"confab/keys"
	"confab/tui/join"
	"confab/tui/screen"
)

// strangers tells clients whose keys open no account why not, and how to join. After
// joining, they see the chat on the same connection.
func (s *Server) strangers(next ssh.Handler) ssh.Handler {
	return func(sess ssh.Session) {
		c := sess.(*session)
		granted := c.conn.Permissions.Extensions
		proven, stranger := granted[extStranger]
		if !stranger {
			next(sess)
			return
		}
		// The login name is not logged: it may be a code that was mistyped.
		about := []any{"keys", len(lines(proven))}
		if found, err := keys.ParseAuthorized(strings.NewReader(proven)); err == nil {
			about = append(about, "key", found[0].Fingerprint())
		}
		c.log.Info("a stranger connected", about...)
		if !c.refuseForeign() {
			c.status = s.receive(c, proven, lines(granted[extCauses]))
		}
	}
}

// lines splits a text into lines. An empty text gives no line.
func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// receive tells strangers why their keys opened no account, and shows them the join screen.
// It returns the exit status.
func (s *Server) receive(c *session, proven string, causes []string) int {
	if c.term == "" && !c.joinsPlain() {
		if proven == "" && len(causes) == 0 {
			causes = []string{"Your ssh client offered no key."}
		}
		c.turnAway(append(causes, "You are not known here yet. Connect with a terminal (ssh -t) to see how to join.")...)
		return 1
	}
	found, err := keys.ParseAuthorized(strings.NewReader(proven))
	if err != nil && !errors.Is(err, keys.ErrNoKeys) {
		c.log.Error("reading the keys of a stranger", "err", err)
		return 1
	}
	if len(found) == 0 {
		text := noKeyText
		if len(causes) > 0 {
			text = greeting + strings.Join(causes, "\n") + "\n\n"
		}
		c.say(c, text)
		return 1
	}
	// A key that opens an account may have been proved only with a certificate that the
	// server refuses. Such a login does not open the account.
	fresh := found[:0]
	for _, k := range found {
		switch _, err := s.service.Accounts().UserByKey(c.ctx, k.Fingerprint()); {
		case errors.Is(err, chat.ErrNotFound):
			fresh = append(fresh, k)
		case err != nil:
			c.log.Error("looking up a key", "err", err)
			c.Tell(chat.UserText(err))
			return 1
		}
	}
	if len(fresh) == 0 {
		c.say(c, strings.Join(append(causes, memberKeyText), "\n"))
		return 1
	}
	return s.join(c, fresh, causes)
}

// joinsPlain reports whether a stranger gets the join screen in lines of text: for the same
// reasons as a member gets plain mode, except that strangers have no settings.
func (c *session) joinsPlain() bool {
	return c.plainClient() || c.exec && program(c.command) == "plain"
}

// join runs the join screen, and the chat after it.
func (s *Server) join(c *session, proven []keys.Key, causes []string) int {
	key := proven[0]
	visit := s.service.Joining().Visit(key, c.link.address, &c.link.codes)
	defer visit.Close()
	end := visit.End
	c.ending.Store(&end)
	name, code := text.SuggestHandle(c.conn.User()), ""
	if login := c.conn.User(); text.HasCode(login) || text.MayBeCode(login) {
		// The login name is a code, perhaps without dashes or with a wrong letter. The user
		// can correct it on the screen. It must never become a name.
		name, code = "", login
	}
	shown := make([]string, len(proven))
	for i, k := range proven {
		shown[i] = k.Fingerprint() + "  " + k.Type()
	}
	options := join.Options{
		Joining:  visit,
		Terminal: c.terminal(),
		Name:     name,
		Code:     code,
		Keys:     shown,
		Causes:   causes,
		HostLine: func(name string) string { return hostLine(key, s.host.option, name) },
		OnError:  onError(c.log),
	}
	input := newRelay(c)
	defer input.stop()
	inPlain := c.joinsPlain()
	var rest []byte
	joined := false
	joining := input.reader()
	if inPlain {
		rest, joined = joinInPlain(s, c, options, joining)
	} else {
		joined = joinOnScreen(s, c, options, joining, visit.Wake())
	}
	joining.stop()
	if !joined {
		return 1
	}
	visit.Close()
	c.exec, c.command, c.subsystem = false, "", "" // the chat follows, whatever the client asked for
	c.log.Info("a stranger joined", "key", key.Fingerprint())
	c.member = s.open(c, &gossh.Permissions{Extensions: map[string]string{extKey: key.Fingerprint()}})
	if c.member == nil {
		return 1
	}
	defer c.member.Close()
	if inPlain {
		return s.showPlain(c.ctx, c, io.MultiReader(bytes.NewReader(rest), input.reader()), c.member, 0)
	}
	return await(s.show(c.ctx, c, input.reader(), c.member, 0))
}

// joinOnScreen runs the join screen, and reports whether the stranger has joined.
func joinOnScreen(s *Server, c *session, o join.Options, typed io.Reader, wake <-chan struct{}) (joined bool) {
	model := join.New(o)
	draw := s.drawing(c.ctx, c, model, typed, wake, spender{network: c.link.network})
	if err := await(draw); err != nil {
		if c.ctx.Err() == nil && !errors.Is(err, screen.ErrDisconnected) {
			c.log.Error("the join screen failed", "err", err)
		}
		return false
	}
	if !model.Joined() {
		go s.mustEnd(c)
		return false
	}
	c.size = model.Size()
	return true
}

// joinInPlain is joinOnScreen in lines of text. It also returns the input that it has taken
// and not used.
func joinInPlain(s *Server, c *session, o join.Options, typed io.Reader) (rest []byte, joined bool) {
	j := plain.NewJoin(plain.JoinOptions{
		Options: o, In: typed, Out: c.plain(c, true), Terminal: c.term != "", Columns: c.size.W, Resized: c.resized,
	})
	if joined = j.Run(c.ctx); !joined {
		go s.mustEnd(c)
		return nil, false
	}
	c.size.W = j.Columns()
	return j.Rest(), true
}

// hostLine returns the command with which the host can let a key in. It leaves out the
// key's comment, which comes from the client and could contain quotes.
func hostLine(key keys.Key, option, name string) string {
	key.Comment = ""
	return fmt.Sprintf("echo '%s' | confab keys add%s --new %s", key.Line(), option, name)
}

// memberKeyText is for a client whose keys open accounts, but that showed them only with
// certificates that the server refuses.
const memberKeyText = "This server does not accept your certificate. The key in it opens an account by itself, so connect again without the certificate.\n"

// greeting begins the screens that are plain text.
const greeting = "\nWelcome. You are not known here yet.\n\n"

// noKeyText is for a client that offered no key.
const noKeyText = greeting + "Your ssh client offered no key, and this server knows its users by their keys.\n" +
	"If you have no key, make one and connect again:\n\n" +
	"    ssh-keygen -t ed25519\n\n"
