package sqlite

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
)

// Tidying a database in which nothing has changed writes nothing: the parts of its
// index are merged once, and not again each minute.
func TestTidyingAgainWritesNothing(t *testing.T) {
	ctx := t.Context()
	s, err := Open(ctx, filepath.Join(t.TempDir(), "confab.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var user chat.User
	var in chat.Conversation
	for i := range 50 { // each is a part of the index of its own
		err := s.Update(ctx, func(tx chat.Tx) (err error) {
			if i == 0 {
				user, err = tx.InsertUser(ctx, chat.User{UID: uuid.New(), Name: "ann", Role: chat.RoleMember, CreatedAt: time.Now()})
				if err != nil {
					return err
				}
				in, err = tx.InsertConversation(ctx, chat.Conversation{UID: uuid.New(), Kind: chat.KindGroup, Name: "general", CreatedAt: time.Now()})
				if err != nil {
					return err
				}
			}
			_, err = tx.InsertMessage(ctx, &chat.Message{ID: uuid.New(), Conversation: in.ID, Author: user.ID, Body: fmt.Sprint("word ", i), SentAt: time.Now()})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	changes := func() (n int64) {
		t.Helper()
		if err := s.writeDB.QueryRowContext(ctx, "SELECT total_changes()").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for range 20 {
		if err := s.Tidy(ctx); err != nil {
			t.Fatal(err)
		}
	}
	before := changes()
	if err := s.Tidy(ctx); err != nil {
		t.Fatal(err)
	}
	if merged, err := s.mergeFew(ctx); err != nil || merged {
		t.Errorf("there is more to merge, %v", err)
	}
	// Each attempt counts as one change, though it changes nothing.
	if n := changes() - before; n > 2 {
		t.Errorf("tidying again makes %d changes", n)
	}
}
