package sqlite

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
)

// A database that cannot grow reports that, keeps nothing of the failed change, and
// works again once it can grow.
func TestADatabaseThatCannotGrow(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "confab.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	limit := func(pages string) {
		t.Helper()
		if _, err := s.writeDB.Exec("PRAGMA max_page_count = " + pages); err != nil {
			t.Fatal(err)
		}
	}
	add := func(name string) error {
		return s.Update(t.Context(), func(tx chat.Tx) error {
			_, err := tx.InsertConversation(t.Context(), chat.Conversation{
				UID: uuid.New(), Kind: chat.KindGroup, Name: name, Topic: strings.Repeat("long ", 10_000), CreatedAt: time.Now(),
			})
			return err
		})
	}
	limit("1") // the present size: SQLite accepts no smaller limit
	if err := add("too-large"); !errors.Is(err, chat.ErrFull) {
		t.Errorf("without room: %v, want ErrFull", err)
	}
	if _, err := s.ConversationByName(t.Context(), "too-large"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("it is there all the same: %v", err)
	}
	limit("1000000")
	if err := add("fits"); err != nil {
		t.Errorf("with room again: %v", err)
	}
}
