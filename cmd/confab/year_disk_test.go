//go:build linux

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing/fstest"

	"github.com/pressly/goose/v3"

	"confab/app/testkit"
	"confab/cmd/confab/datafolder"
	"confab/db/sqlite"
)

// disk is the folder of the disk with the data of the server.
func (y *year) disk() string { return filepath.Join(y.root, "chat", "var", "lib") }

// mounts gives the data of the server a disk of their own, which is small enough to be filled.
// Without the permission for that, the chapter on the full disk is left out.
func (y *year) mounts() {
	y.t.Helper()
	err := syscall.Mount("year", y.disk(), "tmpfs", 0, "size=288m,mode=0700")
	if y.small = err == nil; !y.small && !errors.Is(err, syscall.EPERM) && !errors.Is(err, syscall.EACCES) {
		y.t.Fatal(err)
	}
}

// fill fills the disk with the file of another program.
func (y *year) fill() {
	y.t.Helper()
	if !y.small {
		y.t.Log("The chapter on the full disk is left out, because this user may not mount a small disk.")
		y.leftOut = true
		return
	}
	y.emptiesLog()
	y.makes("chat/var/lib/collector")
	f, err := os.Create(filepath.Join(y.disk(), "collector", "events.log"))
	if err != nil {
		y.t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 1<<16); len(block) > 0; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2] // down to the last byte
		} else if err != nil {
			y.t.Fatal(err)
		}
	}
}

// emptiesLog makes the write-ahead log of the database empty. Otherwise SQLite might have room
// in it for a message, although the disk is full.
func (y *year) emptiesLog() {
	y.t.Helper()
	db, err := sql.Open("sqlite", sqlite.DSN(filepath.Join(y.disk(), "confab", datafolder.DatabaseFile)))
	if err != nil {
		y.t.Fatal(err)
	}
	defer db.Close()
	testkit.Eventually(y.t, "the log of the database to be empty", func() bool {
		var busy, frames, copied int
		err := db.QueryRowContext(y.t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &copied)
		return err == nil && busy == 0
	})
}

// older gives the database in a folder the schema before the last one, as if the version of
// confab from before had written it.
func (y *year) older(dir string) {
	y.t.Helper()
	ctx := y.t.Context()
	path := filepath.Join(dir, datafolder.DatabaseFile)
	newer := path + ".newer"
	if err := os.Rename(path, newer); err != nil {
		y.t.Fatal(err)
	}
	db, err := sql.Open("sqlite", sqlite.DSN(path, "_pragma=journal_mode(WAL)"))
	if err != nil {
		y.t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	files, err := fs.Glob(sqlite.Migrations, "migrations/*.sql")
	if err != nil {
		y.t.Fatal(err)
	}
	had := fstest.MapFS{}
	for _, file := range files[:len(files)-1] {
		text, err := fs.ReadFile(sqlite.Migrations, file)
		if err != nil {
			y.t.Fatal(err)
		}
		had[filepath.Base(file)] = &fstest.MapFile{Data: text}
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, had)
	if err != nil {
		y.t.Fatal(err)
	}
	if _, err := provider.Up(ctx); err != nil {
		y.t.Fatal(err)
	}
	if _, err := db.ExecContext(ctx, "ATTACH ? AS newer", newer); err != nil {
		y.t.Fatal(err)
	}
	for _, table := range y.column(ctx, db, `SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name IN (SELECT name FROM newer.sqlite_schema)
		AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'message_search%' AND name <> 'goose_db_version'`) {
		columns := strings.Join(y.column(ctx, db, "SELECT name FROM pragma_table_info(?1, 'main') WHERE name IN (SELECT name FROM pragma_table_info(?1, 'newer'))", table), ", ")
		copied := fmt.Sprintf("DELETE FROM main.%[1]s; INSERT INTO main.%[1]s (%[2]s) SELECT %[2]s FROM newer.%[1]s", table, columns)
		if _, err := db.ExecContext(ctx, copied); err != nil {
			y.t.Fatalf("%s: %v", copied, err)
		}
	}
	if _, err := db.ExecContext(ctx, "DETACH newer"); err != nil {
		y.t.Fatal(err)
	}
	if err := os.Remove(newer); err != nil {
		y.t.Fatal(err)
	}
}

// column returns the values of a column.
func (y *year) column(ctx context.Context, db *sql.DB, query string, args ...any) (found []string) {
	y.t.Helper()
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		y.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			y.t.Fatal(err)
		}
		found = append(found, value)
	}
	if err := rows.Err(); err != nil {
		y.t.Fatal(err)
	}
	return found
}
