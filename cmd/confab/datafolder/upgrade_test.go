package datafolder

import (
	"database/sql"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"
	"github.com/pressly/goose/v3"

	"confab/app/service"
	"confab/cmd/confab/console"
	"confab/db/sqlite"
	"confab/db/sqlite/upkeep"
)

// earlier brings a database to the schema of an earlier version, with only the migrations
// that this version had.
func earlier(t *testing.T, path string, version int64) *sql.DB {
	t.Helper()
	had := fstest.MapFS{}
	names, err := fs.Glob(sqlite.Migrations, "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		var n int64
		base := strings.TrimPrefix(name, "migrations/")
		if _, err := fmt.Sscanf(base, "%d_", &n); err != nil {
			t.Fatal(err)
		}
		if n > version {
			continue
		}
		text, err := fs.ReadFile(sqlite.Migrations, name)
		if err != nil {
			t.Fatal(err)
		}
		had[base] = &fstest.MapFile{Data: text}
	}
	db, err := sql.Open("sqlite", sqlite.DSN(path, "_pragma=journal_mode(WAL)", "_pragma=foreign_keys(1)"))
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, had)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// populate writes an account and messages into a database of the first schema.
func populate(t *testing.T, db *sql.DB) {
	t.Helper()
	do := func(statement string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	id := func() []byte { u := uuid.New(); return u[:] }
	do("INSERT INTO conversations (id, uid, name, last_seq, created_at) VALUES (1, ?, 'general', 3, 1000)", id())
	do("INSERT INTO users (id, uid, name, role, created_at) VALUES (1, ?, 'ann', 'owner', 1000)", id())
	do("INSERT INTO memberships VALUES (1, 1)")
	for seq := 1; seq <= 3; seq++ {
		do("INSERT INTO messages (id, conversation_id, seq, author_id, body, sent_at) VALUES (?, 1, ?, 1, 'hello', ?)", id(), seq, 1000+seq)
	}
}

// messagesIn counts the messages in a database.
func messagesIn(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM messages WHERE body = 'hello'").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// The server upgrades the databases of the last three schemas, and keeps each as it was.
// With this copy in its place, the earlier version works again, and can be upgraded again.
func TestTheLastSchemasGoUpAndDown(t *testing.T) {
	numbers, err := fs.Glob(sqlite.Migrations, "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range numbers[len(numbers)-4 : len(numbers)-1] {
		var version int64
		if _, err := fmt.Sscanf(strings.TrimPrefix(name, "migrations/"), "%d_", &version); err != nil {
			t.Fatal(err)
		}
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, DatabaseFile)
			db := earlier(t, path, 1)
			populate(t, db)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			closed := func(db *sql.DB) {
				if n := messagesIn(t, db); n != 3 {
					t.Errorf("there are %d messages, want 3", n)
				}
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
			}
			closed(earlier(t, path, version))
			copied := filepath.Join(dir, beforeFolder, fmt.Sprintf("schema-%d.db", version))
			for range 2 {
				_, closeAll, err := OpenDatabase(t.Context(), dir, service.Options{Log: slog.New(slog.DiscardHandler)})
				if err != nil {
					t.Fatal(err)
				}
				if err := closeAll(); err != nil {
					t.Fatal(err)
				}
				if schema, err := upkeep.ReadSchema(t.Context(), path); err != nil || schema.Missing != 0 {
					t.Errorf("after the upgrade, the schema is %+v, %v", schema, err)
				}
				if info, err := os.Stat(copied); err != nil || info.Mode().Perm()&0o077 != 0 {
					t.Errorf("the copy is %v, %v", info, err)
				}
				// Back to the earlier version, as docs/operating.md says.
				for _, suffix := range []string{"-wal", "-shm"} {
					if err := os.Remove(path + suffix); err != nil && !os.IsNotExist(err) {
						t.Fatal(err)
					}
				}
				if err := os.Rename(copied, path); err != nil {
					t.Fatal(err)
				}
				if schema, err := upkeep.ReadSchema(t.Context(), path); err != nil || schema.Version != version {
					t.Errorf("after the downgrade, the schema is %+v, %v", schema, err)
				}
				closed(earlier(t, path, version))
			}
		})
	}
}

// The copies from before upgrades have what people have deleted since, so they are
// deleted in the end.
func TestOldCopiesAreForgotten(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	folder := filepath.Join(dir, beforeFolder)
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, age := range map[string]time.Duration{"schema-1.db": beforeTime + time.Hour, "schema-2.db": beforeTime - time.Hour, "mine.db": 2 * beforeTime} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now, now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if err := forgetUpgrades(dir, now, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	for name, kept := range map[string]bool{"schema-1.db": false, "schema-2.db": true, "mine.db": true} {
		if exists(filepath.Join(folder, name)) != kept {
			t.Errorf("%s: kept is %v, want %v", name, !kept, kept)
		}
	}
}

// The free space of a database goes back to the disk, also of a database that an earlier
// version created, which has to be rewritten once.
func TestADatabaseGetsSmaller(t *testing.T) {
	for _, old := range []bool{false, true} {
		dir := t.TempDir()
		path := filepath.Join(dir, DatabaseFile)
		if old {
			db := earlier(t, path, 1)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
		log := slog.New(slog.DiscardHandler)
		_, closeAll, err := OpenDatabase(t.Context(), dir, service.Options{Log: log})
		if err == nil {
			err = closeAll()
		}
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			db, err := sql.Open("sqlite", sqlite.DSN(path))
			if err == nil {
				_, err = db.ExecContext(t.Context(), "CREATE TABLE large AS SELECT randomblob(4000000) AS bytes; DROP TABLE large")
			}
			if err == nil {
				err = db.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
			var said strings.Builder
			out := console.Streams{In: strings.NewReader(""), Out: &said, Err: &said}
			if err := (&vacuumCmd{Flag{Data: console.Path(dir)}}).Run(t.Context(), out); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(path); err != nil || info.Size() > 2_000_000 {
				t.Errorf("created earlier: %v: the database is %d bytes large, %v (%s)", old, info.Size(), err, said.String())
			}
			if err := upkeep.Check(t.Context(), path); err != nil {
				t.Error(err)
			}
			if shrinks, err := upkeep.Shrinks(t.Context(), path); err != nil || !shrinks {
				t.Errorf("created earlier: %v: the database shrinks: %v, %v", old, shrinks, err)
			}
		}
	}
}
