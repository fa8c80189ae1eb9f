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
	// sayHeldTime is after how long a client's user is told that something is held
	// back, on a line of its own below the prompt. Clients that rename what they have sent, or
	// end, do so before.
	sayHeldTime = time.Second
	// maxHeld is how many files are held back for one client. The oldest is posted to
	// make room for another.
	maxHeld = 8
	// releaseTime bounds what is posted at the end of a session.
	releaseTime = 10 * time.Second
	// clientBlock is what clients send at a time: OpenSSH, lftp, paramiko, PuTTY and
	// sshfs. When one is interrupted it closes the file as it does at the end (the
	// protocol has no other way), and only the last block of a file is shorter.
	clientBlock = 32 << 10
)

// temporaryEnds end the names that clients give to what they have not sent to its end.
var temporaryEnds = []string{
	".filepart", ".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".swp", ".swx", ".___jb_tmp___", ".___jb_old___",
	".uploading", ".upload", ".incomplete",
}

// temporaryUUID is how Cyberduck ends the names of what it uploads.
var temporaryUUID = regexp.MustCompile(`-[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// isTemporary reports whether a name is one that clients give to a file until it is
// complete. It is one too if it begins with a dot, as those of lftp (.in.NAME), rsync, vim
// and file managers do.
func isTemporary(name string) bool {
	lower := strings.ToLower(name)
	return strings.HasPrefix(name, ".") || temporaryUUID.MatchString(name) ||
		slices.ContainsFunc(temporaryEnds, func(end string) bool { return strings.HasSuffix(lower, end) })
}

// hold holds a finished upload back: under a temporary name until it is
// renamed, and if it may have been cut short for a moment. It reports false for
// one that can be posted at once.
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

// sayHeld tells the client's user that something is held back, and has it posted
// later if that is for a moment.
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
		h.Tell("\n" + name + " is held back until it is renamed or this session ends.")
	} else {
		h.Tell(fmt.Sprintf("\n%s may be incomplete, as after Ctrl+C. It is posted in %.0f seconds. To take it back: rm %s", name, withdrawTime.Seconds(), name))
	}
}

// releaseLate posts what nobody has taken back.
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

// takeLocked takes what is held back under a name, so that nobody else posts it, and
// returns nil if nothing is held back there. The caller holds the lock.
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

// heldByLocked returns what is held back, the oldest first. The caller holds the lock.
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

// releaseIf posts those of the uploads that are held back for which which is true.
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

// releaseOthers posts what was held back for a moment when the client goes on with another
// file.
func (h *sftpServer) releaseOthers(but fileKey) {
	h.releaseIf(h.ctx, func(u *sftpUpload) bool { return u.key != but && !isTemporary(u.key.name) })
}

// releaseAll posts what is still held back when the session ends, however it does: the
// client believes that it is here.
func (h *sftpServer) releaseAll() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(h.ctx), releaseTime)
	defer cancel()
	h.releaseIf(ctx, func(*sftpUpload) bool { return true })
	h.posting.Wait()
}

// unposted finds what is being written or held back.
func (h *sftpServer) unposted(key fileKey) *sftpUpload {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.uploads[key]
}

// unpostedIn lists what is being written or held back in a conversation.
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
