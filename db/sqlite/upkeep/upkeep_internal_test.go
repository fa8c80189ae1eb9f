package upkeep

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pressly/goose/v3"

	"confab/app/chat"
	"confab/db/sqlite"
)

// first creates a database as the first version left it.
func first(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", sqlite.DSN(path, "_pragma=journal_mode(WAL)", "_pragma=foreign_keys(1)"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Sub(sqlite.Migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	return db
}

// Migrations may run out of order. So the highest number does not say whether one
// is missing, and a lower number may be unknown.
func TestReadSchemaTellsOlderAndNewer(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "confab.db")
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := ReadSchema(t.Context(), path)
	if err != nil || got.Version < 30 || got.Missing != 0 {
		t.Errorf("of a new database: %+v, %v", got, err)
	}
	db, err := beside(path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "DELETE FROM goose_db_version WHERE version_id = 5"); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadSchema(t.Context(), path); err != nil || got.Missing != 1 {
		t.Errorf("without number 5: %+v, %v", got, err)
	}
	if _, err := ReadStats(t.Context(), path); !errors.Is(err, ErrOlder) {
		t.Errorf("stats of an older one: %v", err)
	}
	if err := Export(t.Context(), path, new(bytes.Buffer)); !errors.Is(err, ErrOlder) {
		t.Errorf("an export of an older one: %v", err)
	}
	if _, err := db.ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (19, 1)"); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadSchema(t.Context(), path); !errors.Is(err, sqlite.ErrNewer) {
		t.Errorf("with an unknown number 19: %v", err)
	}
}

// A database of the first version, which had no files, can be copied and inspected.
func TestAnOldDatabaseCanBeBackedUp(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "confab.db")
	if err := first(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "copy.db")
	if err := Copy(t.Context(), path, to); err != nil {
		t.Fatal(err)
	}
	if err := Check(t.Context(), to); err != nil {
		t.Error(err)
	}
	for c, err := range Contents(t.Context(), to) {
		t.Errorf("it has the content %+v, %v", c, err)
	}
}

// An export has every table, including future ones. The exceptions are tables that
// are derived from others, that belong to the database itself, or that only tell
// other processes about changes.
func TestAnExportHasEveryTable(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "confab.db")
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	db, err := beside(path, true)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tables, err := firstColumn(t.Context(), db, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(exports(), " ")
	for _, table := range tables {
		if strings.HasPrefix(table, "sqlite_") || strings.HasPrefix(table, "message_search") || table == "goose_db_version" || table == "changes" {
			continue
		}
		if !strings.Contains(all, "FROM "+table) && !strings.Contains(all, "JOIN "+table) {
			t.Errorf("the table %s is not in an export", table)
		}
	}
}

// Deleted, edited and expired data are not on the disk: not in the database, and
// not in a backup's copy. This covers texts, words in the index and names of files.
func TestDeletedWordsAreGone(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	path := filepath.Join(dir, "confab.db")
	s, err := sqlite.Open(ctx, path)
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
