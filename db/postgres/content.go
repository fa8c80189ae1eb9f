package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"confab/app/chat"
	"confab/db/blobs"
	"confab/db/postgres/query"
)

// partSize is how much of a content a row has.
const partSize = 1 << 20

// Blobs is chat.Blobs in the database. Contents that are being received are in a local folder,
// in which their parts may come in any order. Keep copies them to the database in one
// transaction.
type Blobs struct {
	*blobs.Store // the folder
	db           *sql.DB
	q            *query.Queries
}

var _ chat.Blobs = (*Blobs)(nil)

// Blobs returns the contents in the database. It receives them in a folder, which need not
// outlast the process. The caller must call Close at the end, before that of the store.
func (s *Store) Blobs(folder string) (*Blobs, error) {
	local, err := blobs.Open(folder)
	if err != nil {
		return nil, err
	}
	return &Blobs{local, s.readDB, query.New(s.readDB)}, nil
}

// Keep implements chat.Blobs.
func (b *Blobs) Keep(received chat.Blob, sum chat.Sum) error {
	ctx := context.Background()
	has := func() error { _, err := b.q.ContentSize(ctx, sum[:]); return err }
	send := func(content *os.File) error { return b.insert(ctx, sum, content) }
	return failedContent("keeping", b.PassOn(received, sum, has, send))
}

// insert copies a content into the database.
func (b *Blobs) insert(ctx context.Context, sum chat.Sum, content io.ReaderAt) error {
	t, err := b.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = t.Rollback() }() // does nothing after a commit
	q := b.q.WithTx(t)
	// The row of the content keeps others with the same content waiting.
	if err := q.InsertContent(ctx, sum[:]); err != nil {
		return err
	}
	if has, err := q.HasContentRows(ctx, sum[:]); err != nil || has {
		return errors.Join(err, t.Commit())
	}
	size, part := int64(0), make([]byte, partSize)
	for number := int64(0); ; number++ {
		n, err := content.ReadAt(part, number*partSize)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if size += int64(n); n > 0 {
			if err := q.InsertPart(ctx, query.InsertPartParams{Sha256: sum[:], Number: number, Data: part[:n]}); err != nil {
				return err
			}
		}
		if n < partSize {
			break
		}
	}
	if err := q.SetContentSize(ctx, query.SetContentSizeParams{Size: size, Sha256: sum[:]}); err != nil {
		return err
	}
	return t.Commit()
}

// Open implements chat.Blobs.
func (b *Blobs) Open(sum chat.Sum) (chat.Content, error) {
	return openContent(context.Background(), b.q, sum)
}

// OpenContent opens a content as a transaction sees it.
func OpenContent(ctx context.Context, t *sql.Tx, sum chat.Sum) (chat.Content, error) {
	return openContent(ctx, query.New(t), sum)
}

func openContent(ctx context.Context, q *query.Queries, sum chat.Sum) (chat.Content, error) {
	size, err := q.ContentSize(ctx, sum[:])
	if err != nil {
		return nil, failedContent("opening", err)
	}
	return content{q, sum, size}, nil
}

// content is a content that was opened.
type content struct {
	q    *query.Queries
	sum  chat.Sum
	size int64
}

// ReadAt implements io.ReaderAt.
func (c content) ReadAt(p []byte, off int64) (int, error) {
	read := 0
	for read < len(p) && off < c.size {
		want := min(int64(len(p)-read), partSize-off%partSize)
		bytes, err := c.q.ReadPart(context.Background(), query.ReadPartParams{
			Sha256: c.sum[:], Number: off / partSize, First: int32(off%partSize) + 1, Count: int32(want),
		})
		if err == nil && len(bytes) == 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return read, failedContent("reading", err)
		}
		n := copy(p[read:], bytes)
		read, off = read+n, off+int64(n)
	}
	if read < len(p) {
		return read, io.EOF
	}
	return read, nil
}

// Close implements io.Closer.
func (content) Close() error { return nil }

// Remove implements chat.Blobs.
func (b *Blobs) Remove(sum chat.Sum) error {
	return failedContent("removing", b.q.DeleteContent(context.Background(), query.DeleteContentParams{Sha256: sum[:]}))
}

// Empty implements chat.Blobs.
func (b *Blobs) Empty(sum chat.Sum) error {
	return failedContent("removing", b.q.DeleteContent(context.Background(), query.DeleteContentParams{Sha256: sum[:], Trashed: true}))
}

// Trash implements chat.Blobs.
func (b *Blobs) Trash(sum chat.Sum, at time.Time) error {
	return found(b.q.TrashContent(context.Background(), query.TrashContentParams{At: at.UnixMilli(), Sha256: sum[:]}))
}

// Untrash implements chat.Blobs.
func (b *Blobs) Untrash(sum chat.Sum) error {
	return found(b.q.UntrashContent(context.Background(), sum[:]))
}

// found returns fs.ErrNotExist if a change concerned no content.
func found(changed int64, err error) error {
	if err == nil && changed == 0 {
		err = sql.ErrNoRows
	}
	return failedContent("moving", err)
}

// Each implements chat.Blobs.
func (b *Blobs) Each(do func(chat.Sum) error) error {
	return b.each(false, func(sum chat.Sum, _ time.Time) error { return do(sum) })
}

// EachTrashed implements chat.Blobs.
func (b *Blobs) EachTrashed(do func(chat.Sum, time.Time) error) error { return b.each(true, do) }

func (b *Blobs) each(trashed bool, do func(chat.Sum, time.Time) error) error {
	for last := []byte{}; ; {
		page, err := b.q.ContentsAfter(context.Background(), query.ContentsAfterParams{Sha256: last, Trashed: trashed})
		if err != nil || len(page) == 0 {
			return failedContent("listing", err)
		}
		for _, row := range page {
			sum, err := chat.SumOf(row.Sha256)
			if err != nil {
				return err
			}
			if err := do(sum, time.UnixMilli(row.TrashedAt)); err != nil {
				return err
			}
			last = row.Sha256
		}
	}
}

// failedContent adds context to an error of the driver, and wraps fs.ErrNotExist if there is no
// such content.
func failedContent(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("%s a content: %w", doing, fs.ErrNotExist)
	default:
		return fmt.Errorf("%s a content: %w", doing, err)
	}
}
