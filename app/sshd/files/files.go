// Package files serves sftp and scp. A client of either sees a folder for each
// conversation of its user, with the files that were posted there. Copying a file into a
// folder posts it.
package files

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/text"
)

// Client is the program at the other end of an SSH session.
type Client interface {
	// ReadWriteCloser carries the protocol. Close ends a Read that waits.
	io.ReadWriteCloser
	// Tell shows the client's user a sentence. Both protocols leave standard error to it.
	Tell(sentence string)
}

// Session is what a client is served with.
type Session struct {
	Client
	Chat *service.Session // of the account whose files these are
	Log  *slog.Logger
}

// tree is what a client sees: the root, in it a folder for each conversation, in those the
// files. There is no other file system behind it. A path is two names, and the second one is
// looked up in the conversation that the first one stands for.
type tree struct {
	Session
	ctx context.Context // for methods that the sftp library calls without a context
}

// reasonTime is how long the end of a session waits for the client to take its reason.
const reasonTime = time.Second

// serve runs a protocol and returns its exit status. If the session must end meanwhile,
// it closes the channel, which ends whatever reads from it.
func serve(ctx context.Context, s Session, run func(*tree) int) int {
	done, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		s.closeAtEnd(done)
	}()
	defer func() {
		close(done)
		<-watched
	}()
	return run(&tree{s, ctx})
}

// closeAtEnd closes the channel when the session must end, unless done comes first.
func (s Session) closeAtEnd(done <-chan struct{}) {
	box := s.Chat.Mailbox()
	select {
	case <-done:
		return
	case <-box.Ended():
	}
	said := make(chan struct{})
	go func() {
		defer close(said)
		s.Tell(box.Drain().Ended)
	}()
	select {
	case <-said:
	case <-time.After(reasonTime): // a client that takes nothing
	}
	_ = s.Close()
	<-said
}

// node is what a path stands for: the root, a conversation's folder, or a file in it,
// which need not exist.
type node struct {
	root         bool
	conversation chat.Conversation // zero for a direct conversation that has not begun
	folder       string            // the conversation's name as the client wrote it
	name         string            // of the file; "" for a folder
}

// resolve finds what a path stands for. It looks up the conversation, and not the file.
func (t *tree) resolve(p string) (node, error) {
	folder, name, _ := strings.Cut(strings.TrimPrefix(path.Clean("/"+p), "/"), "/")
	if folder == "" {
		return node{root: true}, nil
	}
	if strings.Contains(name, "/") {
		return node{}, chat.Refuse(chat.ErrNotFound, "A conversation's folder has no folders in it.")
	}
	l, err := t.Chat.Groups().Find(t.ctx, folder)
	if errors.Is(err, chat.ErrNotFound) && t.mayBegin(folder) {
		err = nil
	}
	return node{conversation: l.Conversation, folder: folder, name: name}, err
}

// mayBegin reports whether a folder is that of a direct conversation that could begin: the
// first file in it begins it.
func (t *tree) mayBegin(folder string) bool {
	handle, direct := strings.CutPrefix(folder, "@")
	if !direct {
		return false
	}
	user, err := t.Chat.Contacts().UserNamed(t.ctx, handle)
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		t.Log.Error("finding an account", "err", err)
	}
	return err == nil && user.ID != t.Chat.User().ID
}

// upload begins to receive a file, and returns the conversation that it is for. A direct
// conversation begins with its first file.
func (t *tree) upload(p node) (*service.Upload, chat.ConversationID, error) {
	if p.root || p.name == "" {
		return nil, 0, refusePlace()
	}
	id := p.conversation.ID
	if id == 0 {
		var err error
		if id, err = t.Chat.Groups().Direct(t.ctx, p.folder); err != nil {
			return nil, 0, err
		}
	}
	up, err := t.Chat.Files().Attach(t.ctx, id, p.name)
	return up, id, err
}

// refusePlace refuses to put a file anywhere but into a conversation's folder.
func refusePlace() error {
	return chat.Refuse(text.ErrInvalid, "Put the file into a conversation's folder, such as #ops/name.")
}

// discard drops an upload that is not to be posted. After a commit it does nothing.
func (t *tree) discard(u *service.Upload) {
	if err := u.Discard(); err != nil {
		t.Log.Error("dropping what was received of a file", "err", err)
	}
}

// tellRenamed tells the client's user that a file was posted under another name than it
// was sent with.
func (t *tree) tellRenamed(sent, name string) {
	if sent != name {
		t.Tell(text.CleanLine(sent, 80) + " was posted as " + name + ".")
	}
}

// sentence returns what the client's user may know of an error. An error that is the
// server's fault is logged.
func (t *tree) sentence(doing string, err error) string {
	if !chat.IsRefusal(err) && !errors.Is(err, chat.ErrClosed) && !errors.Is(err, context.Canceled) {
		t.Log.Error(doing, "err", err)
	}
	return chat.UserText(err)
}
