package sqlite

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
)

// Deleted, edited and expired data are not on the disk: not in the database, and
// not in a backup's copy. This covers texts, words in the index and names of files.
func TestDeletedWordsAreGone(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	path := filepath.Join(dir, "confab.db")
	s, err := Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	update := func(do func(tx chat.Tx) error) {
		t.Helper()
		if err := s.Update(ctx, do); err != nil {
			t.Fatal(err)
		}
	}
	var user chat.User
	var in chat.Conversation
	update(func(tx chat.Tx) (err error) {
		if user, err = tx.InsertUser(ctx, chat.User{UID: uuid.New(), Name: "ann", Role: chat.RoleMember, CreatedAt: time.Now()}); err != nil {
			return err
		}
		in, err = tx.InsertConversation(ctx, chat.Conversation{UID: uuid.New(), Kind: chat.KindGroup, Name: "general", CreatedAt: time.Now()})
		return err
	})
	post := func(body string, file bool) *chat.Message {
		t.Helper()
		m := &chat.Message{ID: uuid.New(), Conversation: in.ID, Author: user.ID, Body: body, SentAt: time.Now()}
		update(func(tx chat.Tx) error {
			if _, err := tx.InsertMessage(ctx, m); err != nil || !file {
				return err
			}
			m.File = &chat.Attachment{Name: body, Size: 1}
			return tx.InsertFile(ctx, m)
		})
		return m
	}
	post("xylexpunged and others", false)
	post("wyvernfile.txt", true)
	kept := time.Now().Add(time.Minute)
	deleted, edited, file := post("qorblaxed and others", false), post("jumfitzed and others", false), post("vandrusfile.txt", true)
	for i := range 300 {
		post(fmt.Sprintf("keptword %d and others", i), false)
	}
	for _, m := range []*chat.Message{deleted, file} {
		m.Body, m.DeletedAt = "", kept
		update(func(tx chat.Tx) error { return tx.DeleteMessage(ctx, m) })
	}
	edited.Body, edited.EditedAt = "something else", kept
	update(func(tx chat.Tx) error { return tx.EditMessage(ctx, edited) })
	update(func(tx chat.Tx) error {
		_, err := tx.Expire(ctx, chat.Expiring{Conversation: in.ID, Before: kept}, 2)
		return err
	})

	copied := filepath.Join(dir, "copy.db")
	if err := Copy(ctx, path, copied); err != nil {
		t.Fatal(err)
	}
	if err := Scrub(ctx, copied); err != nil {
		t.Fatal(err)
	}
	if err := s.Tidy(ctx); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{copied, path, path + "-wal"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"qorblaxed", "jumfitzed", "xylexpunged", "vandrusfile", "wyvernfile"} {
			// The index leaves out the letters that a word shares with the one
			// before it.
			if bytes.Contains(text, []byte(word[3:])) {
				t.Errorf("%s has %s", filepath.Base(file), word)
			}
		}
		if file != path+"-wal" && !bytes.Contains(text, []byte("keptword")) {
			t.Errorf("%s has lost what is kept", filepath.Base(file))
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Check(ctx, copied); err != nil {
		t.Error(err)
	}
}

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
