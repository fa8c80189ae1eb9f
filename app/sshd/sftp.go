package sshd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/pkg/sftp"

	"confab/app"
)

// maxHandles bounds what one client has open at the same time; OpenSSH's has
// one or two.
const maxHandles = 64

// sftpServer answers the requests of one client (SSH_FXP version 3), which
// come from several goroutines at once.
type sftpServer struct {
	*tree

	mu      sync.Mutex
	handles int
	uploads map[string]*sftpUpload // by path
}

// sftp serves the sftp subsystem.
func (s *Server) sftp(ctx context.Context, c *session, open *app.Session) int {
	return withTree(ctx, c, open, "sftp", func(t *tree) int {
		h := &sftpServer{tree: t, uploads: make(map[string]*sftpUpload)}
		err := sftp.NewRequestServer(c, sftp.Handlers{FileGet: h, FilePut: h, FileCmd: h, FileList: h}).Serve()
		if err != nil && !errors.Is(err, io.EOF) {
			t.log.Debug("sftp ended", "err", err)
			return 1
		}
		return 0
	})
}

// statusError is what goes into a status packet: a sentence, and a code that
// makes clients of which most don't show it say something fitting.
type statusError struct {
	text string
	code error // one of sftp.ErrSSHFx…
}

func (e statusError) Error() string { return e.text }
func (e statusError) Unwrap() error { return e.code }

// status makes an error one for a status packet.
func (h *sftpServer) status(doing string, err error) error {
	if err == nil {
		return nil
	}
	e := statusError{text: h.sentence(doing, err), code: sftp.ErrSSHFxFailure}
	switch {
	case errors.Is(err, app.ErrNotFound):
		e.code = sftp.ErrSSHFxNoSuchFile
	case errors.Is(err, app.ErrNotAllowed):
		e.code = sftp.ErrSSHFxPermissionDenied
	}
	return e
}

// refused is status for what a client's user should also be told in words, which
// OpenSSH shows if they come as standard error and not if they are in a packet.
func (h *sftpServer) refused(doing string, err error) error {
	e := h.status(doing, err)
	if e != nil {
		h.tell(e.Error())
	}
	return e
}

// guard makes a panic in a handler an error: it runs in a goroutine of the
// library's, where it would end the server.
func (h *sftpServer) guard(err *error) {
	if p := recover(); p != nil {
		h.log.Error("panic in sftp", "panic", p, "stack", string(debug.Stack()))
		*err = sftp.ErrSSHFxFailure
	}
}

// acquire counts a handle.
func (h *sftpServer) acquire() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.handles >= maxHandles {
		return app.Refuse(app.ErrTooLarge, "Too much is open at the same time: close something first.")
	}
	h.handles++
	return nil
}

func (h *sftpServer) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.handles--
}

// Fileread implements sftp.FileReader.
func (h *sftpServer) Fileread(r *sftp.Request) (_ io.ReaderAt, err error) {
	defer h.guard(&err)
	const doing = "opening a file"
	p, err := h.resolve(r.Filepath)
	if err != nil {
		return nil, h.status(doing, err)
	}
	if p.root || p.name == "" {
		return nil, h.refused(doing, app.Refuse(app.ErrInvalid, "This is a folder: name a file in it."))
	}
	if err := h.acquire(); err != nil {
		return nil, h.refused(doing, err)
	}
	_, content, err := h.open.OpenFile(r.Context(), p.conversation.ID, p.name)
	if err != nil {
		h.release()
		return nil, h.status(doing, err)
	}
	return &sftpDownload{Content: content, release: sync.OnceFunc(h.release)}, nil
}

// sftpDownload is a file that is open for reading.
type sftpDownload struct {
	app.Content
	release func()
}

// Close implements io.Closer.
func (d *sftpDownload) Close() error {
	d.release()
	return d.Content.Close()
}

// Filewrite implements sftp.FileWriter.
func (h *sftpServer) Filewrite(r *sftp.Request) (_ io.WriterAt, err error) {
	defer h.guard(&err)
	const doing = "receiving a file"
	if r.Pflags().Append {
		return nil, h.refused(doing, app.Refuse(app.ErrInvalid, "A file is sent as a whole: it cannot be continued."))
	}
	p, err := h.resolve(r.Filepath)
	if errors.Is(err, app.ErrNotFound) {
		err = app.Refuse(app.ErrNotFound, "There is no such conversation, or you are not a member of it. Files go into one: scp FILE HOST:'#name'")
	}
	if err != nil {
		return nil, h.refused(doing, err)
	}
	if err := h.acquire(); err != nil {
		return nil, h.refused(doing, err)
	}
	up, err := h.upload(p)
	if err != nil {
		h.release()
		return nil, h.refused(doing, err)
	}
	u := &sftpUpload{Upload: up, server: h, path: r.Filepath}
	h.mu.Lock()
	h.uploads[r.Filepath] = u
	h.mu.Unlock()
	return u, nil
}

// sftpUpload is a file that is being received. The library calls Close when the
// client closes it, and TransferError before Close if the connection ends
// before that.
type sftpUpload struct {
	*app.Upload
	server *sftpServer
	path   string
	told   sync.Once
}

// WriteAt implements io.WriterAt.
func (u *sftpUpload) WriteAt(p []byte, off int64) (_ int, err error) {
	defer u.server.guard(&err)
	n, err := u.Upload.WriteAt(p, off)
	return n, u.refused(err)
}

// TransferError implements sftp.TransferError.
func (u *sftpUpload) TransferError(err error) {
	u.Fail(fmt.Errorf("the connection ended: %w", errors.Join(context.Canceled, err)))
}

// Close implements io.Closer. The file is posted by it.
func (u *sftpUpload) Close() (err error) {
	h := u.server
	defer h.guard(&err)
	h.mu.Lock()
	if h.uploads[u.path] == u {
		delete(h.uploads, u.path)
	}
	h.handles--
	h.mu.Unlock()
	_, err = u.Commit(h.ctx)
	return u.refused(err)
}

// refused tells the client's user once that the file is not taken.
func (u *sftpUpload) refused(err error) error {
	if err == nil {
		return nil
	}
	e := u.server.status("receiving a file", err)
	if !errors.Is(err, context.Canceled) {
		u.told.Do(func() { u.server.tell(e.Error()) })
	}
	return e
}

// Filecmd implements sftp.FileCmder: nothing here can be changed.
func (h *sftpServer) Filecmd(r *sftp.Request) (err error) {
	defer h.guard(&err)
	text := ""
	switch r.Method {
	case "Setstat":
		if h.harmless(r) {
			return nil
		}
		text = "The modes, times and lengths of files cannot be changed here."
	case "Rename":
		text = "Files cannot be renamed here: send it again under the other name."
	case "Mkdir":
		text = "Folders cannot be made here: each conversation is one (/new NAME in the chat makes a group)."
	case "Remove", "Rmdir":
		text = "Nothing can be removed here: a file stays as long as the message it came with."
	default:
		text = "There are no links here."
	}
	return h.refused("", app.Refuse(app.ErrNotAllowed, "%s", text))
}

// harmless reports whether a change of attributes is part of sending a file:
// scp sets its mode and times (-p), and its length to what it has.
func (h *sftpServer) harmless(r *sftp.Request) bool {
	h.mu.Lock()
	u := h.uploads[r.Filepath]
	h.mu.Unlock()
	if u == nil {
		return false
	}
	if !r.AttrFlags().Size || u.Err() != nil { // of a refused one nothing will be left
		return true
	}
	attrs := r.Attributes()
	return attrs != nil && attrs.Size == uint64(u.Size())
}

// Filelist implements sftp.FileLister.
func (h *sftpServer) Filelist(r *sftp.Request) (_ sftp.ListerAt, err error) {
	defer h.guard(&err)
	doing := "looking up " + strings.ToLower(r.Method)
	p, err := h.resolve(r.Filepath)
	if err != nil {
		return nil, h.status(doing, err)
	}
	if r.Method == "List" {
		return h.list(p)
	}
	if r.Method == "Readlink" {
		return nil, h.status(doing, app.Refuse(app.ErrInvalid, "There are no links here."))
	}
	switch {
	case p.root:
		return one{folderInfo("/", h.open.User().CreatedAt)}, nil
	case p.name == "":
		return one{folderInfo(p.folder, changedAt(p.conversation))}, nil
	}
	f, err := h.open.File(r.Context(), p.conversation.ID, p.name)
	if err != nil {
		return nil, h.status(doing, err)
	}
	return one{fileInfo(p.name, f)}, nil
}

// list opens a folder.
func (h *sftpServer) list(p place) (sftp.ListerAt, error) {
	const doing = "listing files"
	if !p.root && p.name != "" {
		return nil, h.status(doing, app.Refuse(app.ErrInvalid, "This is not a folder."))
	}
	if err := h.acquire(); err != nil {
		return nil, h.status(doing, err)
	}
	l := &sftpListing{server: h, release: sync.OnceFunc(h.release)}
	if !p.root {
		l.next = filesOf(h.tree, p.conversation.ID)
		return l, nil
	}
	l.next = foldersOf(h.tree)
	return l, nil
}

// sftpListing is a folder that is being read, a page at a time.
type sftpListing struct {
	server  *sftpServer
	release func()

	mu   sync.Mutex
	next func(limit int) ([]os.FileInfo, error)
}

// ListAt implements sftp.ListerAt. The library asks for one page after the
// other.
func (l *sftpListing) ListAt(to []os.FileInfo, _ int64) (_ int, err error) {
	defer l.server.guard(&err)
	l.mu.Lock()
	defer l.mu.Unlock()
	page, err := l.next(len(to))
	if err != nil {
		return 0, l.server.status("listing files", err)
	}
	if len(page) == 0 {
		return 0, io.EOF
	}
	return copy(to, page), nil
}

// Close implements io.Closer.
func (l *sftpListing) Close() error {
	l.release()
	return nil
}

// one is the listing of a single thing.
type one struct{ info os.FileInfo }

// ListAt implements sftp.ListerAt.
func (o one) ListAt(to []os.FileInfo, off int64) (int, error) {
	if off > 0 || len(to) == 0 {
		return 0, io.EOF
	}
	to[0] = o.info
	return 1, nil
}
