package files

import (
	"os"
	"strings"
	"time"

	"confab/app/chat"
)

// info describes a folder or a file.
type info struct {
	name string
	size int64
	mode os.FileMode
	at   time.Time
}

// The copies that a client makes get these modes, which are usual for new files. They are
// writable although posted files are not, because the copies can be changed.
const (
	folderMode = os.ModeDir | 0o755
	fileMode   = 0o644
)

func folderInfo(name string, at time.Time) info {
	return info{name: name, mode: folderMode, at: at}
}

func fileInfo(name string, f chat.File) info {
	return info{name: name, size: f.Size, mode: fileMode, at: f.SentAt}
}

// Name implements os.FileInfo.
func (i info) Name() string { return i.name }

// Size implements os.FileInfo.
func (i info) Size() int64 { return i.size }

// Mode implements os.FileInfo.
func (i info) Mode() os.FileMode { return i.mode }

// ModTime implements os.FileInfo.
func (i info) ModTime() time.Time { return i.at }

// IsDir implements os.FileInfo.
func (i info) IsDir() bool { return i.mode.IsDir() }

// Sys implements os.FileInfo.
func (i info) Sys() any { return nil }

// changedAt returns when the newest message of a conversation was sent.
func changedAt(c chat.Conversation) time.Time {
	if c.LastAt.IsZero() {
		return c.CreatedAt
	}
	return c.LastAt
}

// foldersOf lists the conversations of the user, a page at a time.
func foldersOf(t *tree) func(limit int) ([]os.FileInfo, error) {
	read := false
	var left []os.FileInfo
	return func(limit int) ([]os.FileInfo, error) {
		if !read {
			list, err := t.Chat.Groups().Conversations(t.ctx)
			if err != nil {
				return nil, err
			}
			read = true
			called := make(map[string]int)
			for _, l := range list {
				called[l.Title()]++
			}
			for _, l := range list {
				if !l.Listed() {
					continue
				}
				// Without the # of a group a name needs no quotes anywhere.
				name := strings.TrimPrefix(l.Title(), "#")
				if called[l.Title()] > 1 { // private groups can have the same name
					name = l.UID.String()
				}
				left = append(left, folderInfo(name, changedAt(l.Conversation)))
			}
		}
		page := left[:min(limit, len(left))]
		left = left[len(page):]
		return page, nil
	}
}

// filesOf lists the files of a conversation, a page at a time. The client's own files that
// are not posted yet come first.
func filesOf(t *tree, id chat.ConversationID, own []os.FileInfo) func(limit int) ([]os.FileInfo, error) {
	after := chat.Seq(0)
	return func(limit int) ([]os.FileInfo, error) {
		if len(own) > 0 {
			page := own[:min(limit, len(own))]
			own = own[len(page):]
			return page, nil
		}
		if id == 0 { // it has not begun
			return nil, nil
		}
		files, err := t.Chat.Files().List(t.ctx, id, after, limit)
		if err != nil {
			return nil, err
		}
		page := make([]os.FileInfo, len(files))
		for i, f := range files {
			page[i] = fileInfo(f.Unique(), f)
			after = f.Seq
		}
		return page, nil
	}
}
