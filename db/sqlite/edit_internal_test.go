package sqlite

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
)

// A database from before edits existed still works. Nothing in it is edited or
// deleted, unread messages stay unread, and every message can be edited and
// deleted.
func TestADatabaseFromBeforeEditsGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "confab.db")
	old := upTo(t, path, 5)
	id := func() []byte { u := uuid.New(); return u[:] }
	exec(t, old, "INSERT INTO conversations (id, uid, name, last_seq, created_at) VALUES (1, ?, 'general', 3, 1000)", id())
	for i, name := range []string{"ann", "bob"} {
		exec(t, old, "INSERT INTO users (id, uid, name, role, created_at) VALUES (?, ?, ?, 'member', 1000)", i+1, id(), name)
		exec(t, old, "INSERT INTO memberships (conversation_id, user_id) VALUES (1, ?)", i+1)
	}
	for i, body := range []string{"hello", "look, @ann", "a.txt"} {
		exec(t, old, "INSERT INTO messages (id, conversation_id, seq, author_id, body, sent_at) VALUES (?, 1, ?, 2, ?, ?)", id(), i+1, body, 1000+i)
	}
	exec(t, old, "INSERT INTO mentions VALUES (1, 1, 2)")
	exec(t, old, "INSERT INTO files VALUES (1, 3, 2, 'a.txt', 5, ?)", make([]byte, 32))
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	inStep(t, s)
	listed := func(unread int, mentioned bool) {
		t.Helper()
		list, err := s.ListOf(t.Context(), 1)
		if err != nil || len(list) != 1 || list[0].Unread != unread || list[0].Mentioned() != mentioned {
			t.Errorf("the list is %+v, %v; want %d unread, mentioned %v", list, err, unread, mentioned)
		}
		if n, err := s.Unread(t.Context(), 1, 1, 0); err != nil || n != unread {
			t.Errorf("%d are unread, %v; want %d", n, err, unread)
		}
	}
	listed(3, true)
	messages, err := s.MessagesAfter(t.Context(), 1, 0, 10)
	if err != nil || len(messages) != 3 || slices.ContainsFunc(messages, func(m *chat.Message) bool { return m.Edited() || m.Deleted() }) {
		t.Fatalf("there are %+v, %v", messages, err)
	}
	at := time.UnixMilli(5000)
	first, second, file := *messages[0], *messages[1], *messages[2]
	first.Body, first.EditedAt = "good day", at
	second.DeletedAt, file.DeletedAt = at, at
	err = s.Update(t.Context(), func(tx chat.Tx) error {
		for _, do := range []func() error{
			func() error { return tx.EditMessage(t.Context(), &first) },
			func() error { return tx.DeleteMessage(t.Context(), &second) },
			func() error { return tx.DeleteMessage(t.Context(), &file) },
		} {
			if err := do(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	listed(1, false)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// The same holds after it is opened again, which indexes the missing messages.
	if s, err = Open(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	inStep(t, s)
	for word, want := range map[string][]string{"hello": nil, "look": nil, "txt": nil, "good": {"good day"}} {
		if got := searched(t, s, word); !slices.Equal(got, want) {
			t.Errorf("%s finds %q, want %q", word, got, want)
		}
	}
	messages, err = s.MessagesAfter(t.Context(), 1, 0, 10)
	if err != nil || len(messages) != 3 {
		t.Fatalf("there are %+v, %v", messages, err)
	}
	if m := messages[0]; m.Body != "good day" || !m.EditedAt.Equal(at) || m.Deleted() {
		t.Errorf("the edited one is %+v", m)
	}
	for _, m := range messages[1:] {
		if m.Body != "" || m.File != nil || !m.DeletedAt.Equal(at) {
			t.Errorf("the deleted one is %+v", m)
		}
	}
	if has, err := s.HasContent(t.Context(), chat.Sum{}); err != nil || has {
		t.Errorf("its content is needed: %v, %v", has, err)
	}
}
