// Package files serves sftp and scp. A client sees a folder for each conversation of its
// user, with the files that were posted there. Copying a file into a folder posts it.
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
	// ReadWriteCloser carries the protocol. Close makes a waiting Read return.
	io.ReadWriteCloser
	// Tell shows the client's user a sentence. It can use standard error, which neither
	// protocol needs.
	Tell(sentence string)
}

// Session is what [SFTP] and [SCP] need to serve a client.
type Session struct {
	Client
	Chat *service.Session // of the account whose files these are
	Log  *slog.Logger
}

// tree is the file system that a client sees: the root has a folder for each conversation,
// and these have the files. A path is two names: that of a conversation, and that of a file
// in it. No real file system is behind it.
type tree struct {
	Session
	ctx context.Context // for methods that the sftp library calls without a context
}

// reasonTime is how long the end of a session waits for the client to receive the reason.
const reasonTime = time.Second

// serve runs a protocol and returns its exit status. If the session must end meanwhile,
// serve closes the channel, which ends the reading of the client's requests.
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
	case <-time.After(reasonTime): // the client does not read
	}
	_ = s.Close()
	<-said
}

// node is what a path stands for: the root, a conversation's folder, or a file in it, which
// may be missing.
type node struct {
	root         bool
	conversation chat.Conversation // zero for a direct conversation that has not begun
	folder       string            // the conversation's name as the client wrote it
	name         string            // of the file; "" for a folder
}

// resolve finds what a path stands for. It looks up the conversation, but not the file.
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

// mayBegin reports whether a folder stands for a direct conversation that does not exist
// yet. The first file in the folder begins it.
func (t *tree) mayBegin(folder string) bool {
	handle, direct := strings.CutPrefix(folder, "@")
	if !direct {
		return false
	}
	_, err := t.Chat.Contacts().UserNamed(t.ctx, handle)
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		t.Log.Error("finding an account", "err", err)
	}
	return err == nil
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

// discard drops an upload, unless it was posted.
func (t *tree) discard(u *service.Upload) {
	if err := u.Discard(); err != nil {
		t.Log.Error("dropping a received file", "err", err)
	}
}

// tellRenamed tells the client's user if a file was posted under another name than the one
// that the client gave it.
func (t *tree) tellRenamed(sent, name string) {
	if sent != name {
		t.Tell(text.CleanLine(sent, 80) + " was posted as " + name + ".")
	}
}

// sentence returns the text of an error for the client's user. It logs errors that are
// faults of the server.
func (t *tree) sentence(doing string, err error) string {
	if !chat.IsRefusal(err) && !errors.Is(err, chat.ErrClosed) && !errors.Is(err, context.Canceled) {
		t.Log.Error(doing, "err", err)
	}
	return chat.UserText(err)
}
