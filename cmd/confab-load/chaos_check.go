package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/testbed"
)

// check checks a copy of the database and returns the faults. The copy leaves the
// original as the last server left it, so that the next server has to recover it.
func (c *chaosRun) check(ctx context.Context) (wrong []string, err error) {
	dir := filepath.Join(c.Dir, "check")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	for _, suffix := range []string{"", "-wal"} { // -shm is made from these
		err := copyFile(filepath.Join(dir, testbed.DatabaseFile+suffix), filepath.Join(c.Data, testbed.DatabaseFile+suffix))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	raw, err := sql.Open("sqlite", filepath.Join(dir, testbed.DatabaseFile))
	if err != nil {
		return nil, err
	}
	defer raw.Close()
	b := &books{witness: c.witness, read: c.read, places: map[clients.Said]place{}, last: map[int64]int64{}, own: map[string]map[int64]int64{}}
	for _, look := range []func(context.Context, *sql.DB) error{b.integrity, b.messages, b.shown, b.markers} {
		if err := look(ctx, raw); err != nil {
			return nil, fmt.Errorf("checking the database: %w", err)
		}
	}
	c.stored = len(b.places)
	return b.wrong, nil
}

func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}

// place is the position of a message.
type place struct{ conversation, seq int64 }

// books is the result of reading a database.
type books struct {
	witness *clients.Witness
	read    map[string]map[int64]int64

	places map[clients.Said]place
	last   map[int64]int64            // the newest message of a conversation
	own    map[string]map[int64]int64 // the newest message by author and conversation
	wrong  []string
}

func (b *books) complain(format string, args ...any) {
	b.wrong = append(b.wrong, fmt.Sprintf(format, args...))
}

// rows calls each for every row of a query.
func rows(ctx context.Context, raw *sql.DB, query string, each func(scan func(...any) error) error) error {
	found, err := raw.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer found.Close()
	for found.Next() {
		if err := each(found.Scan); err != nil {
			return err
		}
	}
	return found.Err()
}

// integrity runs SQLite's own checks.
func (b *books) integrity(ctx context.Context, raw *sql.DB) error {
	err := rows(ctx, raw, "PRAGMA integrity_check", func(scan func(...any) error) error {
		var said string
		if err := scan(&said); err != nil {
			return err
		}
		if said != "ok" {
			b.complain("integrity: %s", said)
		}
		return nil
	})
	return errors.Join(err, rows(ctx, raw, "PRAGMA foreign_key_check", func(func(...any) error) error {
		b.complain("integrity: a row refers to a missing row")
		return nil
	}))
}

// messages checks that they are numbered without a gap and that each is there once.
// The messages of one author and life must all be there up to the last, in the
// order in which they were written.
func (b *books) messages(ctx context.Context, raw *sql.DB) error {
	type series struct {
		author string
		life   int
	}
	most, count := map[series]int{}, map[series]int{}
	type thread struct {
		series
		conversation int64
	}
	before := map[thread]int{}
	const query = "SELECT conversation_id, seq, body FROM messages ORDER BY conversation_id, seq"
	err := rows(ctx, raw, query, func(scan func(...any) error) error {
		var at place
		var body string
		if err := scan(&at.conversation, &at.seq, &body); err != nil {
			return err
		}
		if at.seq != b.last[at.conversation]+1 {
			b.complain("message %d of conversation %d is followed by %d", b.last[at.conversation], at.conversation, at.seq)
		}
		b.last[at.conversation] = at.seq
		s, rest, ok := clients.ReadSaid(body)
		if !ok {
			return nil // a line about the conversation
		}
		if rest != "" || s.String() != body {
			b.complain("a message that nobody wrote: %q", body)
		}
		if other, twice := b.places[s]; twice {
			b.complain("%q is there twice, at %v and %v", s, other, at)
		}
		b.places[s] = at
		if b.own[s.Author] == nil {
			b.own[s.Author] = map[int64]int64{}
		}
		b.own[s.Author][at.conversation] = at.seq
		of := series{s.Author, s.Life}
		in := thread{of, at.conversation}
		if s.N <= before[in] {
			b.complain("%q comes after message %d of the same author", s, before[in])
		}
		before[in] = s.N
		most[of] = max(most[of], s.N)
		count[of]++
		return nil
	})
	for of, n := range most {
		if count[of] != n {
			b.complain("%s has %[3]d messages of life %[2]d, but the last is number %[4]d", of.author, of.life, count[of], n)
		}
	}
	return err
}

// shown checks that all messages that a screen has shown as sent are there. It also
// notes how far each person has had the conversations on the screen.
func (b *books) shown(context.Context, *sql.DB) error {
	b.witness.EachSent(func(s clients.Said) {
		if _, stored := b.places[s]; !stored {
			b.complain("%q was shown as sent and is lost", s)
		}
	})
	b.witness.EachShown(func(who string, s clients.Said) {
		if b.read[who] == nil {
			b.read[who] = map[int64]int64{}
		}
		at := b.places[s]
		b.read[who][at.conversation] = max(b.read[who][at.conversation], at.seq)
	})
	return nil
}

// markers checks that none is ahead of the newest message. A read message must have
// been on its reader's screen, or come before a message that the reader wrote.
func (b *books) markers(ctx context.Context, raw *sql.DB) error {
	const counters = "SELECT id, last_seq FROM conversations"
	err := rows(ctx, raw, counters, func(scan func(...any) error) error {
		var id, last int64
		if err := scan(&id, &last); err != nil {
			return err
		}
		if last != b.last[id] {
			b.complain("conversation %d counts %d messages but has %d", id, last, b.last[id])
		}
		return nil
	})
	const markers = `SELECT memberships.conversation_id, users.name, joined, delivered, read, seen,
		(SELECT coalesce(max(marker_moves.seq), 0) FROM marker_moves
			WHERE marker_moves.conversation_id = memberships.conversation_id AND marker_moves.user_id = memberships.user_id)
		FROM memberships JOIN users ON users.id = memberships.user_id`
	return errors.Join(err, rows(ctx, raw, markers, func(scan func(...any) error) error {
		var in, joined, delivered, read, seen, moved int64
		var name string
		if err := scan(&in, &name, &joined, &delivered, &read, &seen, &moved); err != nil {
			return err
		}
		if most := max(delivered, read, seen, moved); most > b.last[in] {
			b.complain("a marker of %s in conversation %d is at %d, but the newest message is %d", name, in, most, b.last[in])
		}
		if had := max(joined, b.read[name][in], b.own[name][in]); max(read, seen) > had {
			b.complain("%s has read conversation %d up to %d, but had it on the screen up to %d", name, in, max(read, seen), had)
		}
		return nil
	}))
}
