package sqlite

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// Migrations may run out of order. So the highest number does not say whether one
// is missing, and a lower number may be unknown.
func TestReadSchemaTellsOlderAndNewer(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "confab.db")
	s, err := Open(t.Context(), path)
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
	exec(t, db, "DELETE FROM goose_db_version WHERE version_id = 5")
	if got, err := ReadSchema(t.Context(), path); err != nil || got.Missing != 1 {
		t.Errorf("without number 5: %+v, %v", got, err)
	}
	if _, err := ReadStats(t.Context(), path); !errors.Is(err, ErrOlder) {
		t.Errorf("stats of an older one: %v", err)
	}
	if err := Export(t.Context(), path, new(bytes.Buffer)); !errors.Is(err, ErrOlder) {
		t.Errorf("an export of an older one: %v", err)
	}
	exec(t, db, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (19, 1)")
	if _, err := ReadSchema(t.Context(), path); !errors.Is(err, ErrNewer) {
		t.Errorf("with an unknown number 19: %v", err)
	}
}

// A database of the first version, which had no files, can be copied and inspected.
func TestAnOldDatabaseCanBeBackedUp(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "confab.db")
	if err := upTo(t, path, 1).Close(); err != nil {
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
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	tables, err := firstColumn(t.Context(), s.readDB, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
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
