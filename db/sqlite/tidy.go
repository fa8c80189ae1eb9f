package sqlite

import (
	"context"
	"errors"
	"fmt"

	"confab/app/chat"
	"confab/db/rows"
)

// The full-text index has no text, so removing a message only marks it as deleted
// there (a tombstone). Its words stay until their part of the index is merged with
// others.
const (
	// hasTombstones looks for the pages of tombstones, whose ids start here. FTS5
	// gives a segment's tombstones the number of a segment 1<<16 higher, and puts
	// the number of the segment at bit 37 (fts5_index.c, FTS5_TOMBSTONE_ROWID).
	hasTombstones = "SELECT EXISTS (SELECT 1 FROM message_search_data WHERE id >= 1 << 53)"
	// mergeSome merges all parts of the index into one, a limited number of pages
	// at a time.
	mergeSome = "INSERT INTO message_search (message_search, rank) VALUES ('merge', -200)"
	// mergeFew merges parts of about the same size once there are two of them
	// (usermerge, see the migrations), because a search looks into each part.
	mergeFew = "INSERT INTO message_search (message_search, rank) VALUES ('merge', 200)"
	// MergeAll is the statement that merges everything at once.
	MergeAll = "INSERT INTO message_search (message_search) VALUES ('optimize')"
	// fewSteps bounds how many such steps run at a time.
	fewSteps = 5
)

// Tidy implements chat.Store. It works in small steps, and other writers can go in
// between.
func (s *Store) Tidy(ctx context.Context) error {
	for range fewSteps {
		merged, err := s.mergeFew(ctx)
		if err != nil {
			return rows.Failed("merging the parts of the index", err)
		}
		if !merged {
			break
		}
	}
	for ctx.Err() == nil {
		var left bool
		if err := s.readDB.QueryRowContext(ctx, hasTombstones).Scan(&left); err != nil {
			return rows.Failed("looking for deleted words", err)
		}
		if !left {
			return s.emptyLog(ctx)
		}
		if _, err := s.writeDB.ExecContext(ctx, mergeSome); err != nil {
			return rows.Failed("removing deleted words", err)
		}
	}
	return ctx.Err()
}

// mergeFew merges some parts of the index, and reports whether there was anything to
// merge. It counts the changed rows, as https://www.sqlite.org/fts5.html says for the
// command "merge": fewer than 2 mean that it had nothing to do.
func (s *Store) mergeFew(ctx context.Context) (merged bool, err error) {
	c, err := s.writeDB.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	var before, after int64
	if err := c.QueryRowContext(ctx, "SELECT total_changes()").Scan(&before); err != nil {
		return false, err
	}
	if _, err := c.ExecContext(ctx, mergeFew); err != nil {
		return false, err
	}
	err = c.QueryRowContext(ctx, "SELECT total_changes()").Scan(&after)
	return after-before >= 2, err
}

// emptyLog truncates the write-ahead log, which still has deleted data. While
// someone reads from the log, it stays until the next time, and nobody waits.
func (s *Store) emptyLog(ctx context.Context) (err error) {
	c, err := s.writeDB.Conn(ctx)
	if err != nil {
		return rows.Failed("emptying the log", err)
	}
	defer func() { err = errors.Join(err, rows.Failed("emptying the log", c.Close())) }()
	var waits int
	if err := c.QueryRowContext(ctx, "PRAGMA busy_timeout").Scan(&waits); err != nil {
		return rows.Failed("emptying the log", err)
	}
	_, err1 := c.ExecContext(ctx, "PRAGMA busy_timeout = 0")
	_, err2 := c.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)") // "busy" is a row of the result, not an error
	_, err3 := c.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("PRAGMA busy_timeout = %d", waits))
	return rows.Failed("emptying the log", errors.Join(err1, err2, err3))
}

// ErrDamaged says that a database is damaged.
var ErrDamaged = errors.New("the database is damaged: restore a backup")

// Vouch implements chat.Store. It checks the database's table of files against the
// table's own indexes.
func (s *Store) Vouch(ctx context.Context) error {
	if id, err := s.Setting(ctx, chat.SettingServerID); err != nil || id == "" {
		return errors.Join(errors.New("the database has no id"), err)
	}
	var found string // "ok", or the first fault
	if err := s.readDB.QueryRowContext(ctx, "PRAGMA integrity_check('files')").Scan(&found); err != nil {
		return fmt.Errorf("%w (%s)", ErrDamaged, err)
	}
	if found != "ok" {
		return fmt.Errorf("%w (%s)", ErrDamaged, found)
	}
	return nil
}
