package transfer_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"confab/app/chat"
	"confab/app/text"
	"confab/db/blobs"
	"confab/db/postgres"
	"confab/db/postgres/pgtest"
	"confab/db/sqlite"
	"confab/db/transfer"
)

var cluster = pgtest.Cluster{}

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

// Everything comes to PostgreSQL and back, row by row. Both ways have the same hash.
func TestThereAndBack(t *testing.T) {
	ctx := t.Context()
	path, address := filepath.Join(t.TempDir(), "confab.db"), cluster.Empty(t)
	fill(t, path)
	there := toPostgres(t, path, address)
	tables := tablesOf(t, path)
	if there.Tables != len(tables) || there.Rows < int64(len(tables)) {
		t.Errorf("there: %d tables and %d rows of %d tables", there.Tables, there.Rows, len(tables))
	}
	back := filepath.Join(t.TempDir(), "back.db")
	source, err := transfer.FromPostgres(ctx, address, true)
	if err != nil {
		t.Fatal(err)
	}
	got, err := source.ToSQLite(ctx, back)
	if err := errors.Join(err, source.Close()); err != nil {
		t.Fatal(err)
	}
	if got != there {
		t.Errorf("there %+v, back %+v", there, got)
	}
	for _, table := range append(tables, "sqlite_sequence") {
		if want, got := dump(t, path, table), dump(t, back, table); len(want) == 0 || !slices.Equal(want, got) {
			t.Errorf("%s had\n%q\nand has now\n%q", table, want, got)
		}
	}

	inSQLite, err := sqlite.Open(ctx, back)
	if err != nil {
		t.Fatal(err)
	}
	defer inSQLite.Close()
	inPostgres, err := postgres.Open(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer inPostgres.Close()
	for name, store := range map[string]chat.Store{"SQLite": inSQLite, "PostgreSQL": inPostgres} {
		goesOn(t, name, store)
	}
}

// goesOn tests that a store finds messages, and goes on with the numbers that it has given.
func goesOn(t *testing.T, name string, s chat.Store) {
	t.Helper()
	ctx := t.Context()
	q, err := text.ParseQuery("hällo", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	found, err := s.Search(ctx, chat.Lookup{User: 1, Phrases: q.Phrases, Limit: 10})
	if err != nil || len(found) != 3 {
		t.Errorf("%s finds %d messages, %v", name, len(found), err)
	}
	m := &chat.Message{ID: uuid.New(), Conversation: 1, Author: 1, Body: "next", SentAt: time.Now()}
	var u chat.User
	err = s.Update(ctx, func(tx chat.Tx) error {
		_, err := tx.InsertMessage(ctx, m)
		if err != nil {
			return err
		}
		u, err = tx.InsertUser(ctx, chat.User{UID: uuid.New(), Name: "next", Role: chat.RoleMember, CreatedAt: time.Now()})
		return err
	})
	if err != nil || m.Seq != 5 || m.Position != 15 || u.ID != 3 {
		t.Errorf("%s goes on with message %d at %d, account %d, %v", name, m.Seq, m.Position, u.ID, err)
	}
}

// A copy that differs from the original is not kept, and neither is one that cannot be
// completed.
func TestACopyThatDiffersIsNotKept(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "confab.db")
	fill(t, path)
	for change, want := range map[string]string{
		"NEW.body = NEW.body || ' '; RETURN NEW":              "row 1 has another value in the column body",
		"IF NEW.seq = 2 THEN RETURN NULL; END IF; RETURN NEW": "comparing the table messages",
		"RAISE EXCEPTION 'broken'":                            "broken",
	} {
		address := cluster.Empty(t)
		db := prepared(t, address)
		if _, err := db.ExecContext(ctx, "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "+change+"; END $$; CREATE TRIGGER spoil BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION spoil()"); err != nil {
			t.Fatal(err)
		}
		source, err := transfer.FromSQLite(ctx, path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = source.ToPostgres(ctx, address)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("with %s: %v", change, err)
		}
		if err := source.Close(); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := db.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM settings) + (SELECT messages FROM commit_clock)").Scan(&n); err != nil || n != 0 {
			t.Errorf("with %s: %d rows stay, %v", change, n, err)
		}
	}
}

func TestADatabaseWithAServerIsRefused(t *testing.T) {
	path, address := filepath.Join(t.TempDir(), "confab.db"), cluster.Empty(t)
	fill(t, path)
	db := prepared(t, address)
	if _, err := db.ExecContext(t.Context(), "INSERT INTO settings (name, value) VALUES ('a', 'b')"); err != nil {
		t.Fatal(err)
	}
	source, err := transfer.FromSQLite(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	if err := transfer.CheckEmpty(t.Context(), address); !errors.Is(err, transfer.ErrNotEmpty) {
		t.Errorf("of a database with a server: %v", err)
	}
	if _, err := source.ToPostgres(t.Context(), address); !errors.Is(err, transfer.ErrNotEmpty) {
		t.Errorf("to a database with a server: %v", err)
	}
}

// Nobody can write to a database while it is moved.
func TestNobodyWritesMeanwhile(t *testing.T) {
	ctx := t.Context()
	path, address := filepath.Join(t.TempDir(), "confab.db"), cluster.Empty(t)
	fill(t, path)
	toPostgres(t, path, address)
	for driver, c := range map[string]struct {
		name, short string
		open        func() (*transfer.Source, error)
	}{
		"sqlite": {sqlite.DSN(path), "PRAGMA busy_timeout = 1", func() (*transfer.Source, error) { return transfer.FromSQLite(ctx, path) }},
		"pgx":    {address, "SET lock_timeout = '1ms'", func() (*transfer.Source, error) { return transfer.FromPostgres(ctx, address, true) }},
	} {
		source, err := c.open()
		if err != nil {
			t.Fatal(err)
		}
		db := connect(t, driver, c.name)
		db.SetMaxOpenConns(1)
		if _, err := db.ExecContext(ctx, c.short); err != nil {
			t.Fatal(err)
		}
		const write = "UPDATE users SET status = 'busy'"
		if _, err := db.ExecContext(ctx, write); err == nil {
			t.Errorf("%s: somebody wrote meanwhile", driver)
		}
		if err := source.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(ctx, write); err != nil {
			t.Errorf("%s: afterwards: %v", driver, err)
		}
	}
}

// Contents come along, and those that are missing or damaged are named.
func TestContents(t *testing.T) {
	ctx := t.Context()
	dir, address := t.TempDir(), cluster.Empty(t)
	path := filepath.Join(dir, "confab.db")
	whole, damaged, missing := bytes.Repeat([]byte("whole"), 300_000), []byte("damaged"), []byte("missing")
	fill(t, path, whole, damaged, missing)
	folder, err := blobs.Open(filepath.Join(dir, "files"))
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	for _, content := range [][]byte{whole, damaged} {
		keep(t, folder, content)
	}
	if err := os.WriteFile(filepath.Join(dir, "files", blobs.Path(sha256.Sum256(damaged))), []byte("changed"), 0o600); err != nil {
		t.Fatal(err)
	}
	store, err := postgres.Open(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	to, err := store.Blobs(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	source, err := transfer.FromSQLite(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	for range 2 { // the second time, it is there already
		c, err := source.Contents(ctx, folder, to)
		if err != nil || c.Copied != 1 || c.Bytes != int64(len(whole)) || len(c.Lost) != 2 {
			t.Errorf("%+v, %v", c, err)
		}
	}
	content, err := to.Open(sha256.Sum256(whole))
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(whole))
	if _, err := content.ReadAt(got, 0); err != nil || !bytes.Equal(got, whole) {
		t.Errorf("the content has changed, %v", err)
	}
}

// keep stores a content.
func keep(t *testing.T, in chat.Blobs, content []byte) {
	t.Helper()
	b, err := in.Create()
	if err != nil {
		t.Fatal(err)
	}
	_, err1 := b.WriteAt(content, 0)
	sum, _, err2 := b.Seal()
	if err := errors.Join(err1, err2, in.Keep(b, sum), b.Discard()); err != nil {
		t.Fatal(err)
	}
}

func toPostgres(t *testing.T, path, address string) transfer.Report {
	t.Helper()
	prepared(t, address)
	source, err := transfer.FromSQLite(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := source.ToPostgres(t.Context(), address)
	if err := errors.Join(err, source.Close()); err != nil {
		t.Fatal(err)
	}
	return r
}

// prepared creates the tables of an empty PostgreSQL database.
func prepared(t *testing.T, address string) *sql.DB {
	t.Helper()
	s, err := postgres.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return connect(t, "pgx", address)
}

func connect(t *testing.T, driver, name string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// tablesOf returns the tables of a SQLite database with data.
func tablesOf(t *testing.T, path string) []string {
	t.Helper()
	return column(t, connect(t, "sqlite", sqlite.DSN(path)), `SELECT name FROM sqlite_schema WHERE type = 'table'
		AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'message_search%' AND name NOT LIKE 'goose%' ORDER BY name`)
}

// dump returns the rows of a table as SQLite writes them.
func dump(t *testing.T, path, table string) []string {
	t.Helper()
	db := connect(t, "sqlite", sqlite.DSN(path))
	names := column(t, db, "SELECT 'quote(' || name || ')' FROM pragma_table_info('"+table+"')")
	return column(t, db, "SELECT concat_ws(' ', "+strings.Join(names, ", ")+") FROM "+table+" ORDER BY 1")
}

func column(t *testing.T, db *sql.DB, query string) (values []string) {
	t.Helper()
	rows, err := db.QueryContext(context.WithoutCancel(t.Context()), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}

// fill makes a database with rows in every table, and with a file for each content.
func fill(t *testing.T, path string, contents ...[]byte) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db := connect(t, "sqlite", sqlite.DSN(path, "_pragma=foreign_keys(1)"))
	do := func(query string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	do("INSERT INTO users (id, uid, name, skeleton, created_at) VALUES (1, randomblob(16), 'ann', 'ann', 1), (2, randomblob(16), '', '', 9007199254740993)")
	do("INSERT INTO conversations (id, uid, name, label, created_at, last_seq) VALUES (1, randomblob(16), 'é', '\U0001F600 \\', 1, 4), (2, randomblob(16), 'e', '', 2, 0)")
	do("INSERT INTO memberships (conversation_id, user_id, added_by) VALUES (1, 1, NULL), (1, 2, 1)")
	for seq, body := range []string{"Hällo\n\t'\"\\N", "hallo \U0001F468\u200D\U0001F469", strings.Repeat("hällo ", 20_000), ""} {
		do("INSERT INTO messages (row_id, id, conversation_id, seq, author_id, body, sent_at, deleted_at, reply_to) VALUES (?, ?, 1, ?, 1, ?, ?, ?, ?)",
			11+seq, bytes.Repeat([]byte{byte(seq)}, 16), seq+1, body, seq, max(0, seq-2), []any{nil, make([]byte, 16)}[min(seq, 1)])
	}
	if len(contents) == 0 {
		contents = [][]byte{nil}
	}
	for i, content := range contents {
		sum := sha256.Sum256(content)
		do("INSERT INTO files (conversation_id, seq, user_id, name, size, sha256) VALUES (1, ?, 1, 'f', ?, ?)", i+1, len(content), sum[:])
	}
	do("INSERT INTO codes (id, selector, hash, role, uses, expires_at, made_by) VALUES (41, x'01', x'01', 'member', 1, 1, '')")
	do("DELETE FROM codes")
	constrained := map[string]any{"role": "member", "kind": "silence", "marker": "read", "state": "pending"}
	for _, table := range tablesOf(t, path) {
		var n int
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			continue
		}
		var names []string
		var values []any
		for i, c := range column(t, db, "SELECT name || ' ' || type FROM pragma_table_info('"+table+"')") {
			name, kind, _ := strings.Cut(c, " ")
			names = append(names, name)
			value, is := constrained[name]
			switch {
			case is:
			case strings.HasSuffix(name, "_id"), name == "seq", kind == "INTEGER" && i == 0:
				value = 1
			case kind == "INTEGER":
				value = int64(i) << 40
			case kind == "TEXT":
				value = fmt.Sprintf("%s \u00e4\u0301 ' %d", name, i)
			default:
				value = []byte{0, 255, byte(i)}[:(len(table)+1)%4] // that of changes is empty
			}
			values = append(values, value)
		}
		if table == "codes" {
			values[slices.Index(names, "id")] = 40 // the numbers go on after 41
		}
		do("INSERT INTO "+table+" ("+strings.Join(names, ", ")+") VALUES (?"+strings.Repeat(", ?", len(names)-1)+")", values...)
	}
}
