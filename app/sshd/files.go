package sshd

import (
	"context"
	"errors"
	"log/slog"
	"path"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/text"
)

// tree is what a client of sftp or scp sees: a folder for each conversation of
// its user, in it the conversation's files. There is no other file system
// behind it: a path is two names, the second of which is looked up in the
// conversation that the first one stands for.
type tree struct {
	ctx  context.Context // the session's, for what the protocol's library calls without one
	open *chat.Session
	log  *slog.Logger
	tell func(sentence string) // says something to the client's user
}

// reasonTime is how long the end of a session waits for its reason to be taken.
const reasonTime = time.Second

// withTree runs what serves files and returns its exit status. When the session
// must end the channel is closed, which ends whatever reads from it.
func withTree(c *session, open *chat.Session, kind string, run func(*tree) int) int {
	t := &tree{ctx: c.ctx, open: open, log: c.log}
	t.tell = func(sentence string) { c.say(c.Stderr(), sentence+"\n") }
	t.log.Info("connected", "for", kind, "client", text.CleanLine(string(c.conn.ClientVersion()), 80))
	done, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		endWith(c, open.Mailbox(), done)
	}()
	defer func() {
		close(done)
		<-watched
	}()
	return run(t)
}

// endWith closes the channel when the session must end, until done.
func endWith(c *session, box chat.Mailbox, done <-chan struct{}) {
	select {
	case <-done:
		return
	case <-box.Ended():
	}
	said := make(chan struct{})
	go func() {
		defer close(said)
		c.say(c.Stderr(), box.Drain().Ended+"\n")
	}()
	select {
	case <-said:
	case <-time.After(reasonTime): // a client that takes nothing
	}
	_ = c.Close()
	<-said
}

// place is what a path stands for: the root; a conversation; or with a name a
// file, which need not be there.
type place struct {
	root         bool
	conversation chat.Conversation // the zero one if it has not begun
	folder       string            // as it was called
	name         string
}

// resolve finds what a path stands for. Only the conversation has been looked
// up.
func (t *tree) resolve(p string) (place, error) {
	folder, name, _ := strings.Cut(strings.TrimPrefix(path.Clean("/"+p), "/"), "/")
	if folder == "" {
		return place{root: true}, nil
	}
	if strings.Contains(name, "/") {
		return place{}, chat.Refuse(chat.ErrNotFound, "There are no folders in a conversation's folder.")
	}
	l, err := t.open.Find(t.ctx, folder)
	if errors.Is(err, chat.ErrNotFound) && t.mayBegin(folder) {
		err = nil
	}
	return place{conversation: l.Conversation, folder: folder, name: name}, err
}

// mayBegin reports whether a folder is that of a conversation of two that has
// not begun.
func (t *tree) mayBegin(folder string) bool {
	handle, direct := strings.CutPrefix(folder, "@")
	if !direct {
		return false
	}
	user, err := t.open.UserNamed(t.ctx, handle)
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		t.log.Error("finding an account", "err", err)
	}
	return err == nil && user.ID != t.open.User().ID
}

// upload begins to receive a file for a place. A conversation of two that has
// not begun yet does so. It returns in which one it is.
func (t *tree) upload(p place) (*chat.Upload, chat.ConversationID, error) {
	if p.root || p.name == "" {
		return nil, 0, chat.Refuse(text.ErrInvalid, "A file goes into a conversation's folder: #ops/name.")
	}
	id := p.conversation.ID
	if id == 0 {
		var err error
		if id, err = t.open.Direct(t.ctx, p.folder); err != nil {
			return nil, 0, err
		}
	}
	up, err := t.open.Attach(t.ctx, id, p.name)
	return up, id, err
}

// tellRenamed says that a file is here under another name than it was sent with.
func (t *tree) tellRenamed(sent, name string) {
	if sent != name {
		t.tell(text.CleanLine(sent, 80) + " is here as " + name + ".")
	}
}

// sentence is what a client's user may be told of an error, which is logged if
// it is the server's fault.
func (t *tree) sentence(doing string, err error) string {
	if !chat.IsRefusal(err) && !errors.Is(err, chat.ErrClosed) && !errors.Is(err, context.Canceled) {
		t.log.Error(doing, "err", err)
	}
	return chat.UserText(err)
}
