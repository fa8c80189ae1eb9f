package upkeep

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/db/sqlite"
)

// posted returns the path of a database that a server has open, with this many messages.
// Each has a file of its own.
func posted(t *testing.T, messages int) string {
	t.Helper()
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "confab.db")
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	err = s.Update(ctx, func(tx chat.Tx) error {
		user, err := tx.InsertUser(ctx, chat.User{UID: uuid.New(), Name: "ann", Role: chat.RoleMember, CreatedAt: time.Now()})
		if err != nil {
			return err
		}
		in, err := tx.InsertConversation(ctx, chat.Conversation{UID: uuid.New(), Kind: chat.KindGroup, Name: "general", CreatedAt: time.Now()})
		if err != nil {
			return err
		}
		for i := range messages {
			name := fmt.Sprintf("file%d", i)
			m := &chat.Message{ID: uuid.New(), Conversation: in.ID, Author: user.ID, Body: name, SentAt: time.Now()}
			if _, err := tx.InsertMessage(ctx, m); err != nil {
				return err
			}
			m.File = &chat.Attachment{Name: name, Size: int64(i), Sum: chat.Sum{byte(i >> 8), byte(i)}}
			if err := tx.InsertFile(ctx, m); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// free fails the test unless the write-ahead log of a database can be emptied, as it can be
// while nobody is in the middle of reading.
func free(t *testing.T, path string) {
	t.Helper()
	db, err := connect(path, "mode=rw")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "PRAGMA busy_timeout = 0"); err != nil {
		t.Fatal(err)
	}
	// There is something to move out of the log.
	if _, err := db.ExecContext(t.Context(), "INSERT INTO audit_log (at, actor, action, target, detail) VALUES (1, 'host', 'test', '', '')"); err != nil {
		t.Fatal(err)
	}
	var busy, frames, moved int
	if err := db.QueryRowContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved); err != nil {
		t.Fatal(err)
	}
	if busy != 0 {
		t.Error("a reader keeps the write-ahead log from being emptied")
	}
}

// stalled takes the first bytes, and then nothing until it is told to go on.
type stalled struct {
	taken       bytes.Buffer
	began, goOn chan struct{}
}

func (s *stalled) Write(p []byte) (int, error) {
	if s.taken.Len() == 0 {
		close(s.began)
		<-s.goOn
	}
	return s.taken.Write(p)
}

// A program that does not take an export, such as a pager, does not make the write-ahead log
// of the server grow. The export is still of one moment.
func TestAStalledExportLeavesTheLogFree(t *testing.T) {
	t.Parallel()
	path := posted(t, 2000)
	out := &stalled{began: make(chan struct{}), goOn: make(chan struct{})}
	done := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() { done <- Export(ctx, path, out) }()
	select {
	case <-out.began:
	case err := <-done:
		t.Fatalf("the export ended with %v", err)
	}
	free(t, path)
	close(out.goOn)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(out.taken.Bytes(), []byte(`{"type":"message"`)); n != 2000 {
		t.Errorf("the export has %d messages", n)
	}
	if bytes.Contains(out.taken.Bytes(), []byte(`"action":"test"`)) {
		t.Error("the export has what was written after it began")
	}
}

// The caller of Contents may read each content, which takes long. The log stays free, and each
// content comes once, also over the end of a page.
func TestContentsLeaveTheLogFree(t *testing.T) {
	t.Parallel()
	const all = 2*contentsPage + 1
	path := posted(t, all)
	seen := make(map[chat.Sum]bool)
	for c, err := range Contents(t.Context(), path) {
		if err != nil {
			t.Fatal(err)
		}
		if len(seen) == contentsPage/2 {
			free(t, path)
		}
		if want := int64(c.Sum[0])<<8 + int64(c.Sum[1]); seen[c.Sum] || c.Size != want {
			t.Errorf("the content %v: again: %v, size %d, want %d", c.Sum[:2], seen[c.Sum], c.Size, want)
		}
		seen[c.Sum] = true
	}
	if len(seen) != all {
		t.Errorf("%d contents, want %d", len(seen), all)
	}
}
