package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"confab/app/chat"
)

// Facts are what a database says of itself before anything is changed in it.
type Facts struct {
	Empty    bool   // there is no file, or nothing of a server in it
	ID       string // of the server; "" in those that earlier versions made
	HostKey  string // the fingerprint of the host key; "" until the server has been started
	Accounts bool   // somebody has an account
	Used     bool   // somebody has connected, or written something
	Files    bool   // a file was posted and is still there
}

// ReadFacts looks at the database at path and changes nothing. An empty file is
// not opened: SQLite would delete the write-ahead log beside it, which may be all
// that is left of a database.
func ReadFacts(ctx context.Context, path string) (f Facts, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return Facts{Empty: true}, nil
	}
	db, err := beside(path, true)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	names, err := firstColumn(ctx, db, "SELECT name FROM sqlite_schema WHERE type = 'table'")
	if err != nil {
		return f, fmt.Errorf("reading the database %s: %w", path, err)
	}
	tables := make(map[string]bool, len(names))
	for _, name := range names {
		tables[name] = true
	}
	f.Empty = !tables["users"] // the first migration makes it
	for _, part := range []struct {
		table, query string
		into         any
	}{
		{"settings", "SELECT coalesce((SELECT value FROM settings WHERE name = '" + chat.SettingServerID + "'), '')", &f.ID},
		{"settings", "SELECT coalesce((SELECT value FROM settings WHERE name = '" + chat.SettingHostKey + "'), '')", &f.HostKey},
		{"users", "SELECT EXISTS (SELECT 1 FROM users)", &f.Accounts},
		{"messages", "SELECT EXISTS (SELECT 1 FROM messages)", &f.Used},
		{"files", "SELECT EXISTS (SELECT 1 FROM files)", &f.Files},
	} {
		if !tables[part.table] {
			continue
		}
		if err := db.QueryRowContext(ctx, part.query).Scan(part.into); err != nil {
			return f, fmt.Errorf("reading the database %s: %w", path, err)
		}
	}
	if tables["settings"] && !f.Used { // made by the migration that also added last_used_at
		err = db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM authorized_keys WHERE last_used_at > 0)").Scan(&f.Used)
	}
	return f, err
}

// Vouch implements chat.Store: what the database says of files is checked
// against its own indexes.
func (s *Store) Vouch(ctx context.Context) error {
	if id, err := s.Setting(ctx, chat.SettingServerID); err != nil || id == "" {
		return errors.Join(errors.New("the database has no id"), err)
	}
	return vouch(ctx, s.readDB)
}

func vouch(ctx context.Context, db *sql.DB) error {
	found, err := firstColumn(ctx, db, "PRAGMA integrity_check('files')")
	if err != nil {
		return fmt.Errorf("%w (%s)", ErrDamaged, err)
	}
	if len(found) > 0 && found[0] != "ok" {
		return fmt.Errorf("%w (%s)", ErrDamaged, found[0])
	}
	return nil
}
