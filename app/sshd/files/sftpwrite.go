package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/pkg/sftp"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/text"
)

// sftpUpload is a file that is being received or held back. The library calls Close when
// the client closes the file. If the connection ends first, it calls TransferError and then
// Close.
type sftpUpload struct {
	*service.Upload
	server *sftpServer
	closed func() // stops counting the handle for the account
	handle string // the path by which the library asks about the open file
	begun  time.Time
	told   sync.Once

	// Guarded by the server.
	key       fileKey
	order     int         // grows with each upload
	inPlace   bool        // opened to change a file that exists
	withdrawn bool        // removed by the client before it was posted
	held      bool        // finished, but not posted yet
	timer     *time.Timer // of a held file
}

// info describes a file that is not posted yet.
func (u *sftpUpload) info() os.FileInfo {
	return info{name: u.key.name, size: u.Size(), mode: fileMode, at: u.begun}
}

// Filewrite implements sftp.FileWriter.
func (h *sftpServer) Filewrite(r *sftp.Request) (_ io.WriterAt, err error) {
	defer h.guard(&err)
	const doing = "receiving a file"
	if err := h.enter(); err != nil {
		return nil, err
	}
	p, err := h.resolve(r.Filepath)
	if errors.Is(err, chat.ErrNotFound) {
		err = chat.Refuse(chat.ErrNotFound, "There is no such conversation, or you are not a member of it. Copy files to a conversation: scp FILE HOST:'#name'")
	}
	if err != nil {
		return nil, h.refused(doing, err)
	}
	exists, err := h.mayOpen(p, r.Pflags())
	if err != nil {
		return nil, h.refused(doing, err)
	}
	h.releaseOthers(fileKey{p.conversation.ID, p.name})
	closed, err := h.Chat.Files().Hold()
	if err != nil {
		return nil, h.refused(doing, err)
	}
	up, id, err := h.upload(p)
	if err != nil {
		closed()
		return nil, h.refused(doing, err)
	}
	u := &sftpUpload{Upload: up, server: h, closed: closed, begun: time.Now(), key: fileKey{id, p.name}, inPlace: exists && !r.Pflags().Trunc}
	h.register(u)
	r.Filepath = u.handle
	return u, nil
}

// refuseChange refuses to write into a file that was posted.
func refuseChange() error {
	return chat.Refuse(text.ErrInvalid, "A posted file cannot be changed or continued. Send the whole file.")
}

// mayOpen refuses ways to open a file for writing that cannot work, because a written file
// is always a new one. It reports whether a file of that name exists.
func (h *sftpServer) mayOpen(p node, flags sftp.FileOpenFlags) (exists bool, err error) {
	if !flags.Creat {
		return false, refuseChange()
	}
	if exists, err = h.exists(p); err != nil || !exists {
		return false, err
	}
	switch {
	case flags.Excl:
		return true, chat.Refuse(chat.ErrConflict, "A file with this name is here already. Send it under another name.")
	case flags.Append:
		return true, chat.Refuse(text.ErrInvalid, "An upload cannot be continued. Send the whole file.")
	}
	return true, nil
}

// exists reports whether a file at a node was posted or is being received.
func (h *sftpServer) exists(p node) (bool, error) {
	if p.root || p.name == "" || p.conversation.ID == 0 {
		return false, nil
	}
	if u := h.unposted(fileKey{p.conversation.ID, p.name}); u != nil {
		return true, nil
	}
	_, err := h.Chat.Files().Find(h.ctx, p.conversation.ID, p.name)
	if errors.Is(err, chat.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// register notes an upload. It drops a held file with the same name, because the client
// sends that file again.
func (h *sftpServer) register(u *sftpUpload) {
	h.mu.Lock()
	h.opened++
	u.order = h.opened
	u.handle = "/\x00" + strconv.Itoa(u.order) // no conversation can have this name
	before := h.takeLocked(u.key)
	h.uploads[u.key] = u
	h.writing[u.handle] = u
	h.mu.Unlock()
	if before != nil {
		h.discard(before.Upload)
	}
}

// writingTo finds an open upload by its handle.
func (h *sftpServer) writingTo(handle string) *sftpUpload {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.writing[handle]
}

// WriteAt implements io.WriterAt. If it fails, the client's user is told why when the file
// is closed. An earlier line could appear in the middle of a progress bar.
func (u *sftpUpload) WriteAt(p []byte, off int64) (_ int, err error) {
	defer u.server.guard(&err)
	if err := u.server.enter(); err != nil {
		return 0, err
	}
	n, err := u.Upload.WriteAt(p, off)
	return n, u.server.status("receiving a file", err)
}

// TransferError implements sftp.TransferError.
func (u *sftpUpload) TransferError(err error) {
	u.Fail(fmt.Errorf("the connection ended: %w", errors.Join(context.Canceled, err)))
}

// Close implements io.Closer. It posts the file, or holds it back.
func (u *sftpUpload) Close() (err error) {
	h := u.server
	defer h.guard(&err)
	u.closed()
	h.mu.Lock()
	delete(h.writing, u.handle)
	withdrawn, inPlace := u.withdrawn, u.inPlace
	h.mu.Unlock()
	if inPlace {
		u.Fail(refuseChange())
	}
	err = u.Finish()
	switch {
	case withdrawn:
		h.discard(u.Upload)
		return nil
	case err != nil:
		h.forget(u)
		h.discard(u.Upload)
		return u.refused(err)
	case h.hold(u):
		return nil
	}
	h.forget(u)
	return h.post(h.ctx, u)
}

// forget removes an upload from the list. It leaves another upload that has got the same name.
func (h *sftpServer) forget(u *sftpUpload) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.uploads[u.key] == u {
		delete(h.uploads, u.key)
	}
}

// maxSent bounds how many posted files of a client are remembered. A client that sets the
// times of its files does so right after sending them.
const maxSent = 1000

// sentFile is a file that was posted.
type sentFile struct {
	seq  chat.Seq
	size int64
}

// post posts a finished file, and tells the client's user if its name had to change.
func (h *sftpServer) post(ctx context.Context, u *sftpUpload) error {
	m, err := u.Commit(ctx)
	if err != nil {
		return u.refused(err)
	}
	h.mu.Lock()
	if len(h.sent) >= maxSent {
		clear(h.sent)
	}
	h.sent[u.key] = sentFile{m.Seq, m.File.Size}
	name := u.key.name
	h.mu.Unlock()
	h.tellRenamed(name, m.File.Name)
	return nil
}

// sentAs finds a posted file by the name that the client gave it.
func (h *sftpServer) sentAs(key fileKey) (sentFile, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f, ok := h.sent[key]
	return f, ok
}

// refused tells the client's user, once, why the file is not posted.
func (u *sftpUpload) refused(err error) error {
	e := u.server.status("receiving a file", err)
	if !errors.Is(err, context.Canceled) {
		u.told.Do(func() { u.server.Tell(e.Error()) })
	}
	return e
}
