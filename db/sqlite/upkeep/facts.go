package upkeep

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"confab/app/chat"
)

// Facts has the facts about a database that a server needs before it opens it.
type Facts struct {
	Empty    bool   // there is no file, or it holds no server
	ID       string // of the server; "" in databases of earlier versions
	HostKey  string // the fingerprint of the host key; "" before the first start
	Others   string // the fingerprints of other host keys that clients know, one a line
	Accounts bool   // someone has an account
	Used     bool   // someone has connected or written
	Files    bool   // a file was posted and still exists
}

// ReadFacts reads the facts about the database at path, and changes nothing. It
// does not open an empty file: SQLite would then delete the write-ahead log beside
// it, which may be all that is left of a database.
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
	f.Empty = !tables["users"] // the first migration creates it
	for _, part := range []struct {
		table, query string
		into         any
	}{
		{"settings", "SELECT coalesce((SELECT value FROM settings WHERE name = '" + chat.SettingServerID + "'), '')", &f.ID},
		{"settings", "SELECT coalesce((SELECT value FROM settings WHERE name = '" + chat.SettingHostKey + "'), '')", &f.HostKey},
		{"settings", "SELECT coalesce((SELECT value FROM settings WHERE name = '" + chat.SettingOtherHostKeys + "'), '')", &f.Others},
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
	if tables["settings"] && !f.Used { // from the migration that also added last_used_at
		err = db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM authorized_keys WHERE last_used_at > 0)").Scan(&f.Used)
	}
	return f, err
}
