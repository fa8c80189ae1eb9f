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
	// withdrawTime is how long a file that may have been cut short waits before it is posted.
	withdrawTime = 10 * time.Second
	// sayHeldTime is after how long a client's user is told that a file is held back, on a
	// line of its own below the prompt. Clients that rename their files, or end, do so before.
	sayHeldTime = time.Second
	// maxHeld is how many files are held back for one client. One more has the oldest
	// posted.
	maxHeld = 8
	// releaseTime bounds how long the end of a session posts files that are held back.
	releaseTime = 10 * time.Second
	// clientBlock is how much clients send at a time: OpenSSH, lftp, paramiko, PuTTY and
	// sshfs. An interrupted client closes the file as it does at the end, since the protocol
	// has no other way. Only the last block of a complete file is shorter.
	clientBlock = 32 << 10
)

// temporaryEnds are the endings of names that clients give to files until they are complete.
var temporaryEnds = []string{
	".filepart", ".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".swp", ".swx", ".___jb_tmp___", ".___jb_old___",
	".uploading", ".upload", ".incomplete",
}

// temporaryUUID is the ending that Cyberduck gives to the names of its uploads.
var temporaryUUID = regexp.MustCompile(`-[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// isTemporary reports whether clients give a name like this one to a file until it is
// complete. A name that begins with a dot counts too: lftp (.in.NAME), rsync, vim and file
// managers use those.
func isTemporary(name string) bool {
	lower := strings.ToLower(name)
	return strings.HasPrefix(name, ".") || temporaryUUID.MatchString(name) ||
		slices.ContainsFunc(temporaryEnds, func(end string) bool { return strings.HasSuffix(lower, end) })
}

// hold holds back a finished upload, and reports false for one that can be posted at once.
// A file with a temporary name waits until it is renamed. A file that may have been cut short
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
		_ = h.post(h.ctx, oldest) // which tells the client's user
	}
	return true
}

// sayHeld tells the client's user that a file is held back. A file that may have been cut
// short is posted later.
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

// releaseLate posts a file that nobody has taken back.
func (h *sftpServer) releaseLate(u *sftpUpload) {
	var err error
	defer h.guard(&err)
	h.mu.Lock()
	mine := h.uploads[u.key] == u
	if mine {
		h.takeLocked(u.key)
		h.posting.Add(1)
	}
	h.mu.Unlock()
	if mine {
		defer h.posting.Done()
		_ = h.post(h.ctx, u) // which tells the client's user
	}
}

// takeLocked takes the file that is held back under a name, so that nobody else posts it. It
// returns nil if there is none. The caller holds the lock.
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

// heldByLocked returns the files that are held back, the oldest first. The caller holds the
// lock.
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
		_ = h.post(ctx, u) // which tells the client's user
	}
}

// releaseOthers posts files that were held back for a moment, when the client goes on with
// another file.
func (h *sftpServer) releaseOthers(but fileKey) {
	h.releaseIf(h.ctx, func(u *sftpUpload) bool { return u.key != but && !isTemporary(u.key.name) })
}

// releaseAll posts every file that is still held back when the session ends, however it
// ends: the client believes that the server has them.
func (h *sftpServer) releaseAll() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(h.ctx), releaseTime)
	defer cancel()
	h.releaseIf(ctx, func(*sftpUpload) bool { return true })
	h.posting.Wait()
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
