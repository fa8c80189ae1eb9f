package files

import (
	"github.com/pkg/sftp"

	"confab/app/chat"
	"confab/app/text"
)

// Filecmd implements sftp.FileCmder. A client can change only files that it is sending.
func (h *sftpServer) Filecmd(r *sftp.Request) (err error) {
	defer h.guard(&err)
	if err := h.enter(); err != nil {
		return err
	}
	text := ""
	switch r.Method {
	case "Setstat":
		if done, err := h.setStat(r); done {
			return h.status("", err)
		}
		text = "You cannot change the mode, times or length of a file here."
	case "Rename":
		if done, err := h.rename(r.Filepath, r.Target); done {
			return err
		}
		text = "You cannot rename a file here. Send it again under the other name."
	case "Mkdir":
		h.mu.Lock()
		h.folder = r.Filepath
		h.mu.Unlock()
		return h.refused("", refuseFolders())
	case "Remove":
		if h.withdraw(r.Filepath) {
			return nil
		}
		fallthrough
	case "Rmdir":
		text = "You cannot remove a file here. Deleting its message removes it."
	default:
		text = "This server has no links."
	}
	return h.refused("", chat.Refuse(chat.ErrNotAllowed, "%s", text))
}

// setStat accepts a change of attributes that is part of sending a file, and reports false
// for any other. Clients set a mode and times, which the server ignores, and a length,
// which announces how long the file will be.
func (h *sftpServer) setStat(r *sftp.Request) (done bool, err error) {
	size := int64(-1)
	if attrs := r.Attributes(); r.AttrFlags().Size && attrs != nil {
		size = int64(min(attrs.Size, 1<<62))
	}
	u := h.writingTo(r.Filepath)
	var key fileKey
	if u == nil {
		if p, err := h.resolve(r.Filepath); err == nil && p.name != "" {
			key = fileKey{p.conversation.ID, p.name}
			u = h.unposted(key)
		}
	}
	if u == nil {
		f, ok := h.sentAs(key)
		return ok && (size < 0 || size == f.size), nil
	}
	h.mu.Lock()
	held := u.held
	h.mu.Unlock()
	switch {
	case held:
		if size >= 0 && size != u.Size() {
			return false, nil
		}
		// The client still sends requests about the file, so it was not interrupted.
		h.releaseIf(h.ctx, func(o *sftpUpload) bool { return o == u && !isTemporary(u.key.name) })
	case u.Err() != nil || size < 0: // nothing of a refused file is kept
	default:
		err = u.Announce(size)
		h.mu.Lock()
		u.inPlace = false // after setting the length, the client replaces the whole file
		h.mu.Unlock()
	}
	return true, err
}

// rename gives another name to a file that the client is sending. If the file was held back
// because of its name, rename posts it. It reports false for any other file.
func (h *sftpServer) rename(from, to string) (done bool, err error) {
	p, err := h.resolve(from)
	if err != nil || p.name == "" {
		return false, nil
	}
	u := h.unposted(fileKey{p.conversation.ID, p.name})
	if u == nil {
		return false, nil
	}
	const doing = "renaming a file"
	target, err := h.resolve(to)
	if err == nil && (target.name == "" || target.conversation.ID == 0) {
		err = refusePlace()
	}
	if err == nil {
		err = u.Move(h.ctx, target.conversation.ID, target.name)
	}
	if err != nil {
		return true, h.refused(doing, err)
	}
	key := fileKey{target.conversation.ID, target.name}
	h.mu.Lock()
	if h.uploads[u.key] != u { // it was posted under its old name in this moment
		h.mu.Unlock()
		return false, nil
	}
	before := h.takeLocked(key)
	if before == u {
		before = nil
	}
	delete(h.uploads, u.key)
	u.key = key
	h.uploads[key] = u
	if u.held && !isTemporary(key.name) {
		h.takeLocked(key)
	}
	post := h.uploads[key] != u
	h.mu.Unlock()
	if before != nil {
		h.discard(before.Upload)
	}
	if post {
		return true, h.post(h.ctx, u)
	}
	return true, nil
}

// withdraw drops a file that the client is sending. It reports false for any other file.
func (h *sftpServer) withdraw(path string) bool {
	p, err := h.resolve(path)
	if err != nil || p.name == "" {
		return false
	}
	key := fileKey{p.conversation.ID, p.name}
	h.mu.Lock()
	u := h.uploads[key]
	if u == nil {
		h.mu.Unlock()
		return false
	}
	held := h.takeLocked(key) != nil
	if !held { // its handle is still open
		u.withdrawn = true
		delete(h.uploads, key)
	}
	h.mu.Unlock()
	if held {
		h.discard(u.Upload)
	}
	return true
}

// fileBlock is the unit in which [sftpServer.StatVFS] counts.
const fileBlock = 1024

// StatVFS implements sftp.StatVFSFileCmder. The size of the file system is the space that
// the account has on the server.
func (h *sftpServer) StatVFS(*sftp.Request) (_ *sftp.StatVFS, err error) {
	defer h.guard(&err)
	if err := h.enter(); err != nil {
		return nil, err
	}
	limit, free, err := h.Chat.Files().Room(h.ctx)
	if err != nil {
		return nil, h.status("looking up the space of an account", err)
	}
	blocks := uint64(free / fileBlock)
	return &sftp.StatVFS{
		Bsize: fileBlock, Frsize: fileBlock, Blocks: uint64(limit / fileBlock), Bfree: blocks, Bavail: blocks, Namemax: text.MaxFileName,
	}, nil
}
