package files

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pkg/sftp"

	"confab/app/chat"
	"confab/app/text"
)

// sftpServer answers the requests of one client (SSH_FXP version 3). The library calls it
// from several goroutines at once.
type sftpServer struct {
	*tree
	requests atomic.Int64

	mu       sync.Mutex
	opened   int                     // how many uploads have begun
	uploads  map[fileKey]*sftpUpload // uploads that are being written or held back
	writing  map[string]*sftpUpload  // uploads that are being written, by [sftpUpload.handle]
	sent     map[fileKey]sentFile    // files that were posted
	folder   string                  // the last folder that the client could not make
	releases sync.WaitGroup          // uploads that timers are posting
}

// fileKey identifies a file by the name that the client gave it.
type fileKey struct {
	conversation chat.ConversationID
	name         string // not cleaned
}

// SFTP serves the sftp subsystem until the client ends it, and returns the exit status.
func SFTP(ctx context.Context, s Session) int {
	return serve(ctx, s, func(t *tree) int {
		h := &sftpServer{tree: t, uploads: make(map[fileKey]*sftpUpload), writing: make(map[string]*sftpUpload), sent: make(map[fileKey]sentFile)}
		defer h.releaseAll()
		if err := announceExtensions(); err != nil {
			t.Log.Error("announcing the extensions of sftp", "err", err)
		}
		err := sftp.NewRequestServer(while{s.Client, ctx}, sftp.Handlers{FileGet: h, FilePut: h, FileCmd: h, FileList: h}).Serve()
		if err != nil && !errors.Is(err, io.EOF) {
			t.Log.Debug("sftp ended", "err", err)
			return 1
		}
		return 0
	})
}

// announceExtensions makes the library announce the one extension of OpenSSH that the
// server has. The library keeps this setting for the whole process, so it is set once.
var announceExtensions = sync.OnceValue(func() error { return sftp.SetSFTPExtensions("statvfs@openssh.com") })

// while is a channel that reads nothing more after its session has ended, even if requests
// of the client still wait there.
type while struct {
	io.ReadWriteCloser
	ctx context.Context
}

// Read implements io.Reader.
func (w while) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.ReadWriteCloser.Read(p)
}

// requestsPerUnit is how many requests count as one small request of the account (see
// [service.Session.Ask]). A request to read or write a piece of a file, usually of 32 KiB,
// takes some microseconds. So the account's limit allows 250 MiB a second.
const requestsPerUnit = 16

// enter counts a request, and refuses it if its session has ended while it waited. Every
// request calls it first. The use cases count what a request looks up.
func (h *sftpServer) enter() error {
	if h.ctx.Err() == nil && h.requests.Add(1)%requestsPerUnit == 0 {
		if err := h.Chat.Ask(h.ctx); err != nil && h.ctx.Err() == nil {
			return h.status("counting requests", err)
		}
	}
	if h.ctx.Err() != nil {
		return sftp.ErrSSHFxConnectionLost
	}
	return nil
}

// statusError is the content of a status packet: a sentence and a code. Most clients do not
// show the sentence, but words of their own for the code.
type statusError struct {
	text string
	code error // one of sftp.ErrSSHFx…
}

func (e statusError) Error() string { return e.text }
func (e statusError) Unwrap() error { return e.code }

// status converts an error for a status packet.
func (h *sftpServer) status(doing string, err error) error {
	if err == nil {
		return nil
	}
	e := statusError{text: h.sentence(doing, err), code: sftp.ErrSSHFxFailure}
	switch {
	case errors.Is(err, chat.ErrNotFound):
		e.code = sftp.ErrSSHFxNoSuchFile
	case errors.Is(err, chat.ErrNotAllowed):
		e.code = sftp.ErrSSHFxPermissionDenied
	}
	return e
}

// refused is status for an error whose sentence the client's user should see. It also
// writes the sentence to standard error, because OpenSSH does not show the one in the
// packet.
func (h *sftpServer) refused(doing string, err error) error {
	e := h.status(doing, err)
	if e != nil {
		h.Tell(e.Error())
	}
	return e
}

// guard turns a panic in a handler into an error. Handlers run in goroutines of the
// library, where a panic would end the server.
func (h *sftpServer) guard(err *error) {
	if p := recover(); p != nil {
		h.Log.Error("panic in sftp", "panic", p, "stack", string(debug.Stack()))
		*err = sftp.ErrSSHFxFailure
	}
}

// Fileread implements sftp.FileReader.
func (h *sftpServer) Fileread(r *sftp.Request) (_ io.ReaderAt, err error) {
	defer h.guard(&err)
	const doing = "opening a file"
	if err := h.enter(); err != nil {
		return nil, err
	}
	p, err := h.resolve(r.Filepath)
	if err != nil {
		return nil, h.status(doing, err)
	}
	if p.root || p.name == "" {
		return nil, h.refused(doing, chat.Refuse(text.ErrInvalid, "This is a folder. Name a file in it."))
	}
	closed, err := h.Chat.Files().Hold()
	if err != nil {
		return nil, h.refused(doing, err)
	}
	f, content, err := h.Chat.Files().Open(h.ctx, p.conversation.ID, p.name)
	if err != nil {
		closed()
		return nil, h.status(doing, err)
	}
	// Later requests with this handle mean this file, even after a newer one with its name
	// was posted.
	r.Filepath = "/" + p.folder + "/" + text.FileID(int64(f.Seq))
	return &sftpDownload{content, closed, h}, nil
}

// sftpDownload is a file that is open for reading.
type sftpDownload struct {
	chat.Content
	closed func()
	server *sftpServer
}

// ReadAt implements io.ReaderAt.
func (d *sftpDownload) ReadAt(p []byte, off int64) (n int, err error) {
	defer d.server.guard(&err)
	if err := d.server.enter(); err != nil {
		return 0, err
	}
	n, err = d.Content.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		err = d.server.status("reading a file", err)
	}
	return n, err
}

// Close implements io.Closer.
func (d *sftpDownload) Close() error {
	d.closed()
	return d.Content.Close()
}

// Filelist implements sftp.FileLister.
func (h *sftpServer) Filelist(r *sftp.Request) (_ sftp.ListerAt, err error) {
	defer h.guard(&err)
	doing := "looking up " + strings.ToLower(r.Method)
	if err := h.enter(); err != nil {
		return nil, err
	}
	if u := h.writingTo(r.Filepath); u != nil {
		return one{u.info()}, nil
	}
	p, err := h.resolve(r.Filepath)
	if err != nil {
		return nil, h.status(doing, err)
	}
	if r.Method == "List" {
		return h.list(p, r.Filepath)
	}
	if r.Method == "Readlink" {
		return nil, h.status(doing, chat.Refuse(text.ErrInvalid, "This server has no links."))
	}
	switch {
	case p.root:
		return one{folderInfo("/", h.Chat.User().CreatedAt)}, nil
	case p.name == "":
		return one{folderInfo(p.folder, changedAt(p.conversation))}, nil
	}
	key := fileKey{p.conversation.ID, p.name}
	if u := h.unposted(key); u != nil {
		return one{u.info()}, nil
	}
	f, err := h.Chat.Files().Find(h.ctx, p.conversation.ID, p.name)
	if errors.Is(err, chat.ErrNotFound) { // it was posted under another name
		if sent, ok := h.sentAs(key); ok {
			f, err = h.Chat.Files().Find(h.ctx, p.conversation.ID, text.FileID(int64(sent.seq)))
		}
	}
	if errors.Is(err, chat.ErrNotFound) && h.couldNotMake(r.Filepath) {
		return nil, statusError{text: refuseFolders().Error(), code: sftp.ErrSSHFxNoSuchFile}
	}
	if err != nil {
		return nil, h.status(doing, err)
	}
	return one{fileInfo(p.name, f)}, nil
}

// couldNotMake reports whether the client has just tried to make a folder at this path. Its
// error then says why that failed, because lftp shows its user only the later error that
// the folder is missing.
func (h *sftpServer) couldNotMake(path string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.folder == path
}

// list opens a folder.
func (h *sftpServer) list(p node, path string) (sftp.ListerAt, error) {
	const doing = "listing files"
	if !p.root && p.name != "" {
		if h.couldNotMake(path) {
			return nil, statusError{text: refuseFolders().Error(), code: sftp.ErrSSHFxNoSuchFile}
		}
		return nil, h.status(doing, chat.Refuse(text.ErrInvalid, "This is not a folder."))
	}
	closed, err := h.Chat.Files().Hold()
	if err != nil {
		return nil, h.refused(doing, err)
	}
	l := &sftpListing{server: h, closed: closed}
	if !p.root {
		l.next = filesOf(h.tree, p.conversation.ID, h.unpostedIn(p.conversation.ID))
		return l, nil
	}
	l.next = foldersOf(h.tree)
	return l, nil
}

// sftpListing is a folder that is being read, a page at a time.
type sftpListing struct {
	server *sftpServer
	closed func()

	mu   sync.Mutex
	next func(limit int) ([]os.FileInfo, error)
}

// ListAt implements sftp.ListerAt. The library asks for one page after another.
func (l *sftpListing) ListAt(to []os.FileInfo, _ int64) (_ int, err error) {
	defer l.server.guard(&err)
	if err := l.server.enter(); err != nil {
		return 0, err
	}
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
	l.closed()
	return nil
}

// one is a listing with a single entry.
type one struct{ info os.FileInfo }

// ListAt implements sftp.ListerAt.
func (o one) ListAt(to []os.FileInfo, off int64) (int, error) {
	if off > 0 || len(to) == 0 {
		return 0, io.EOF
	}
	to[0] = o.info
	return 1, nil
}
