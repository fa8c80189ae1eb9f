package files

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/text"
)

const (
	// withdrawTime is how long a file that may be incomplete waits before it is posted.
	withdrawTime = 10 * time.Second
	// sayHeldTime is how long a file is held back before the client's user is told, on a
	// line of its own below the prompt. Clients that rename their files, or end, do so
	// earlier.
	sayHeldTime = time.Second
	// maxHeld is how many files are held back for one client. When there are more, the
	// oldest is posted.
	maxHeld = 8
	// releaseTime bounds how long posting the held files takes at the end of a session.
	releaseTime = 10 * time.Second
	// clientBlock is how many bytes OpenSSH, lftp, paramiko, PuTTY and sshfs send at a
	// time. The protocol has no way to cancel an upload, so an interrupted client closes
	// the file like a complete one. Only the last block of a complete file is shorter.
	clientBlock = 32 << 10
)

// temporaryEnds are the endings of the names that clients give to incomplete files.
var temporaryEnds = []string{
	".filepart", ".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".swp", ".swx", ".___jb_tmp___", ".___jb_old___",
	".uploading", ".upload", ".incomplete",
}

// temporaryUUID is the ending that Cyberduck gives to the names of its uploads.
var temporaryUUID = regexp.MustCompile(`-[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// isTemporary reports whether clients give such a name to incomplete files. Names that
// begin with a dot count too, because lftp (.in.NAME), rsync, vim and file managers use
// them.
func isTemporary(name string) bool {
	lower := strings.ToLower(name)
	return strings.HasPrefix(name, ".") || temporaryUUID.MatchString(name) ||
		slices.ContainsFunc(temporaryEnds, func(end string) bool { return strings.HasSuffix(lower, end) })
}

// hold holds back a finished upload, and reports false for one that can be posted at once.
// A file with a temporary name waits until it is renamed. A file that may be incomplete
// waits for a moment.
func (h *sftpServer) hold(u *sftpUpload) bool {
	h.mu.Lock()
	temporary := isTemporary(u.key.name)
	if size := u.Size(); !temporary && (size == 0 || size%clientBlock != 0) {
		h.mu.Unlock()
		return false
	}
	u.held = true
	u.timer = time.AfterFunc(sayHeldTime, func() { h.sayHeld(u, temporary) })
	held := h.heldByLocked(func(*sftpUpload) bool { return true })
	var oldest *sftpUpload
	if len(held) > maxHeld {
		oldest = h.takeLocked(held[0].key)
	}
	h.mu.Unlock()
	if oldest != nil {
		_ = h.post(h.ctx, oldest) // post tells the client's user about errors
	}
	return true
}

// sayHeld tells the client's user that a file is held back. It schedules the posting of a
// file that may be incomplete.
func (h *sftpServer) sayHeld(u *sftpUpload, temporary bool) {
	h.mu.Lock()
	if h.uploads[u.key] != u {
		h.mu.Unlock()
		return
	}
	name := text.CleanLine(u.key.name, 80)
	if !temporary {
		u.timer = time.AfterFunc(withdrawTime-sayHeldTime, func() { h.releaseLate(u) })
	}
	h.mu.Unlock()
	if temporary {
		h.Tell("\n" + name + " is not posted until you rename it or end this session.")
	} else {
		h.Tell(fmt.Sprintf("\n%s may be incomplete, as after Ctrl+C. It will be posted in %.0f seconds. To cancel: rm %s", name, withdrawTime.Seconds(), name))
	}
}

// releaseLate posts a held file, unless the client has withdrawn it or it was posted before.
func (h *sftpServer) releaseLate(u *sftpUpload) {
	var err error
	defer h.guard(&err)
	h.mu.Lock()
	mine := h.uploads[u.key] == u
	if mine {
		h.takeLocked(u.key)
		h.releases.Add(1)
	}
	h.mu.Unlock()
	if mine {
		defer h.releases.Done()
		_ = h.post(h.ctx, u) // post tells the client's user about errors
	}
}

// takeLocked removes the held file with a name, so that nobody else posts it. It returns
// nil if there is none. The caller holds the lock.
func (h *sftpServer) takeLocked(key fileKey) *sftpUpload {
	u := h.uploads[key]
	if u == nil || !u.held {
		return nil
	}
	u.timer.Stop()
	u.held = false
	delete(h.uploads, key)
	return u
}

// heldByLocked returns the held files that which selects, the oldest first. The caller
// holds the lock.
func (h *sftpServer) heldByLocked(which func(*sftpUpload) bool) []*sftpUpload {
	var held []*sftpUpload
	for _, u := range h.uploads {
		if u.held && which(u) {
			held = append(held, u)
		}
	}
	slices.SortFunc(held, func(a, b *sftpUpload) int { return cmp.Compare(a.order, b.order) })
	return held
}

// releaseIf posts the held uploads that which selects.
func (h *sftpServer) releaseIf(ctx context.Context, which func(*sftpUpload) bool) {
	h.mu.Lock()
	held := h.heldByLocked(which)
	for _, u := range held {
		h.takeLocked(u.key)
	}
	h.mu.Unlock()
	for _, u := range held {
		_ = h.post(ctx, u) // post tells the client's user about errors
	}
}

// releaseOthers posts files that were held back for a moment, because the client has gone
// on to another file and so was not interrupted.
func (h *sftpServer) releaseOthers(but fileKey) {
	h.releaseIf(h.ctx, func(u *sftpUpload) bool { return u.key != but && !isTemporary(u.key.name) })
}

// releaseAll posts all held files when the session ends. It does so however the session
// ends, because the client believes that the server has these files.
func (h *sftpServer) releaseAll() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(h.ctx), releaseTime)
	defer cancel()
	h.releaseIf(ctx, func(*sftpUpload) bool { return true })
	h.releases.Wait()
}

// unposted finds a file that is being written or held back.
func (h *sftpServer) unposted(key fileKey) *sftpUpload {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.uploads[key]
}

// unpostedIn lists the files that are being written or held back in a conversation.
func (h *sftpServer) unpostedIn(id chat.ConversationID) []os.FileInfo {
	h.mu.Lock()
	defer h.mu.Unlock()
	var found []os.FileInfo
	for key, u := range h.uploads {
		if key.conversation == id {
			found = append(found, u.info())
		}
	}
	return found
}
