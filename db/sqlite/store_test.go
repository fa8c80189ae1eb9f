package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/db/sqlite"
)

func path(t *testing.T) string {
	t.Helper()
	// What a URI could misread.
	return filepath.Join(t.TempDir(), "with space?#%41.db")
}

func open(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestADatabaseOfALaterVersionIsLeftAlone(t *testing.T) {
	for _, version := range []int{99999, 9} {
		t.Run(strconv.Itoa(version), func(t *testing.T) { testLaterVersion(t, version) })
	}
}

func testLaterVersion(t *testing.T, version int) {
	p := path(t)
	if err := open(t, p).Close(); err != nil {
		t.Fatal(err)
	}
	// The path has a "?" in it, so it must be given as a URI, or this would be another
	// file.
	raw, err := sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.ToSlash(p)}).EscapedPath())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (?, 1)", version); err != nil {
		t.Fatal(err)
	}
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err := sqlite.Open(t.Context(), p); !errors.Is(err, sqlite.ErrNewer) {
		t.Errorf("opening it gave %v, %v; want ErrNewer", s, err)
	}
}

func TestUpdateKeepsAllOrNothing(t *testing.T) {
	p := path(t)
	s := open(t, p)
	sentinel := errors.New("no")
	add := func(name string, result error) error {
		return s.Update(t.Context(), func(tx chat.Tx) error {
			uid := uuid.New()
			u, err := tx.InsertUser(t.Context(), chat.User{UID: uid, Name: name, Role: chat.RoleMember, CreatedAt: time.Now()})
			if err != nil {
				return err
			}
			if got, err := tx.UserByName(t.Context(), name); err != nil || got.ID != u.ID {
				t.Errorf("the transaction does not see its own write: %v, %v", got, err)
			}
			return result
		})
	}
	if err := add("ann", sentinel); !errors.Is(err, sentinel) {
		t.Errorf("got %v, want the function's error", err)
	}
	if _, err := s.UserByName(t.Context(), "ann"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("after a failed transaction: %v, want ErrNotFound", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic did not come through")
			}
		}()
		_ = s.Update(t.Context(), func(chat.Tx) error { panic("in a transaction") })
	}()
	if err := add("bob", nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, p)
	defer s.Close()
	if u, err := s.UserByName(t.Context(), "bob"); err != nil || u.Role != chat.RoleMember {
		t.Errorf("after opening it again: %+v, %v", u, err)
	}
}

func TestPagesOfMessages(t *testing.T) {
	s := open(t, path(t))
	defer s.Close()
	var in chat.ConversationID
	err := s.Update(t.Context(), func(tx chat.Tx) error { return fill(t.Context(), tx, &in, 10) })
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		page func() ([]*chat.Message, error)
		want []chat.Seq
	}{
		{"the newest", func() ([]*chat.Message, error) { return s.MessagesBefore(t.Context(), in, 0, 1<<62, 3) }, []chat.Seq{8, 9, 10}},
		{"before 4", func() ([]*chat.Message, error) { return s.MessagesBefore(t.Context(), in, 0, 4, 5) }, []chat.Seq{1, 2, 3}},
		{"before the first", func() ([]*chat.Message, error) { return s.MessagesBefore(t.Context(), in, 0, 1, 5) }, nil},
		{"after 0", func() ([]*chat.Message, error) { return s.MessagesAfter(t.Context(), in, 0, 2) }, []chat.Seq{1, 2}},
		{"after the last", func() ([]*chat.Message, error) { return s.MessagesAfter(t.Context(), in, 10, 2) }, nil},
		{"elsewhere", func() ([]*chat.Message, error) { return s.MessagesAfter(t.Context(), in+1, 0, 2) }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			page, err := c.page()
			if err != nil || len(page) != len(c.want) {
				t.Fatalf("got %d messages, %v; want %v", len(page), err, c.want)
			}
			for i, m := range page {
				if m.Seq != c.want[i] || m.AuthorName != "ann" || m.Conversation != in {
					t.Errorf("message %d is %+v, want number %d", i, m, c.want[i])
				}
			}
		})
	}
}

func fill(ctx context.Context, tx chat.Tx, in *chat.ConversationID, n int) error {
	ann, err := tx.InsertUser(ctx, chat.User{UID: uuid.New(), Name: "ann", Role: chat.RoleOwner, CreatedAt: time.Now()})
	if err != nil {
		return err
	}
	c, err := tx.InsertConversation(ctx, chat.Conversation{UID: uuid.New(), Kind: chat.KindGroup, Name: "x", CreatedAt: time.Now()})
	if err != nil {
		return err
	}
	*in = c.ID
	for range n {
		m := chat.Message{ID: uuid.New(), Conversation: c.ID, Author: ann.ID, Body: "hello", SentAt: time.Now()}
		if ok, err := tx.InsertMessage(ctx, &m); err != nil || !ok {
			return errors.Join(err, errors.New("not inserted"))
		}
	}
	return nil
}
