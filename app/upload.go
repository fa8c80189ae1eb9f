package app

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/google/uuid"
)

// maxUploads bounds how many files an account may be sending at the same time:
// each is an open file of the server's.
const maxUploads = 16

// FileOptions say whether and how a service keeps files.
type FileOptions struct {
	Blobs      Blobs // where the contents are; nil takes no files
	Max        int64 // bytes of one file; 0 takes no new ones
	PerAccount int64 // bytes of all files of one account
}

// fileKeeper is what a service knows of files.
type fileKeeper struct {
	blobs           Blobs
	max, perAccount int64

	// keeping is held from a content's appearing in blobs until the message that
	// has it is committed, or it is taken away again.
	keeping sync.Mutex

	mu    sync.Mutex
	usage map[UserID]*usage // of accounts that are sending files
}

// usage is what an account takes of its limit.
type usage struct {
	uploads  int
	stored   int64 // bytes of its files
	arriving int64 // bytes of what it is sending
}

func newFileKeeper(o FileOptions) *fileKeeper {
	return &fileKeeper{blobs: o.Blobs, max: o.Max, perAccount: o.PerAccount, usage: make(map[UserID]*usage)}
}

// Upload is a file that is being received. It must be ended by
// [Upload.Commit] or [Upload.Discard]. Its methods may be called from several
// goroutines.
type Upload struct {
	session *Session
	id      uuid.UUID
	in      ConversationID
	name    string
	blob    Blob

	mu      sync.Mutex
	ended   bool
	err     error // why it cannot be completed
	size    int64 // up to the last byte
	written int64 // bytes that came, some of them perhaps twice
}

// Attach begins to receive a file for a conversation. Nobody sees anything of
// it before [Upload.Commit]. A name that cannot be one is refused with
// [ErrInvalid], one who may not post with [ErrNotAllowed], and an account that
// has no room left, or sends too many files at the same time, with
// [ErrTooLarge].
func (s *Session) Attach(ctx context.Context, id ConversationID, name string) (*Upload, error) {
	k := s.service.files
	if k.blobs == nil || k.max == 0 {
		return nil, errNoFiles()
	}
	name, err := CleanFileName(name)
	if err != nil {
		return nil, err
	}
	if _, _, err := s.access(ctx, s.service.store, id, ActionPost); err != nil {
		return nil, err
	}
	uid, err := s.service.newID()
	if err != nil {
		return nil, fmt.Errorf("making an id: %w", err)
	}
	if err := k.begin(ctx, s.service.store, s.user.ID); err != nil {
		return nil, err
	}
	blob, err := k.blobs.Create()
	if err != nil {
		k.end(s.user.ID, 0, false)
		return nil, fmt.Errorf("beginning a file: %w", err)
	}
	return &Upload{session: s, id: uid, in: id, name: name, blob: blob}, nil
}

// Fits refuses a file of a size that is announced and over a limit, before any
// of it is sent. What comes is measured in any case.
func (s *Session) Fits(size int64) error {
	if k := s.service.files; size > k.max {
		return k.tooLarge()
	}
	return nil
}

func (k *fileKeeper) tooLarge() error {
	return Refuse(ErrTooLarge, "The file is too large: the limit is %s.", SizeText(k.max))
}

func (k *fileKeeper) noRoom() error {
	return Refuse(ErrTooLarge, "There is no room for it: the files that you have sent may be %s in all.", SizeText(k.perAccount))
}

// begin counts an upload.
func (k *fileKeeper) begin(ctx context.Context, r Reader, user UserID) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	u := k.usage[user]
	if u == nil {
		stored, err := r.BytesOf(ctx, user)
		if err != nil {
			return err
		}
		u = &usage{stored: stored}
	}
	switch {
	case u.uploads >= maxUploads:
		return Refuse(ErrTooLarge, "You are sending %d files already: wait for one of them to be done.", maxUploads)
	case u.stored+u.arriving >= k.perAccount:
		return k.noRoom()
	}
	u.uploads++
	k.usage[user] = u
	return nil
}

// grow counts bytes that arrive, unless there is no room for them.
func (k *fileKeeper) grow(user UserID, n int64) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	u := k.usage[user]
	if n > k.perAccount-u.stored-u.arriving {
		return k.noRoom()
	}
	u.arriving += n
	return nil
}

// end is the end of an upload of so many bytes, kept or not.
func (k *fileKeeper) end(user UserID, n int64, kept bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	u := k.usage[user]
	u.uploads--
	u.arriving -= n
	if kept {
		u.stored += n
	}
	if u.uploads == 0 {
		delete(k.usage, user)
	}
}

// WriteAt takes a part of the file. Over a limit it is refused with
// [ErrTooLarge], and the file as a whole with it.
func (u *Upload) WriteAt(p []byte, off int64) (int, error) {
	if err := u.reserve(int64(len(p)), off); err != nil {
		return 0, err
	}
	n, err := u.blob.WriteAt(p, off)
	if err != nil {
		err = fmt.Errorf("receiving a file: %w", err)
		u.Fail(err)
	}
	return n, err
}

// reserve makes room for n bytes at an offset.
func (u *Upload) reserve(n, off int64) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	k := u.session.service.files
	switch {
	case u.ended:
		return Refuse(ErrConflict, "The file is complete.")
	case u.err != nil:
		return u.err
	case off < 0 || off > k.max || n > k.max-off:
		u.err = k.tooLarge()
		return u.err
	}
	if more := off + n - u.size; more > 0 {
		if u.err = k.grow(u.session.user.ID, more); u.err != nil {
			return u.err
		}
		u.size = off + n
	}
	u.written += n
	return nil
}

// Size is how much has come of the file.
func (u *Upload) Size() int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.size
}

// Err is why the file cannot be completed, nil if it can.
func (u *Upload) Err() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.err
}

// Fail makes the file one that cannot be completed, for a reason. The first one
// given counts.
func (u *Upload) Fail(err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.err == nil {
		u.err = err
	}
}

// Discard drops what has come. After [Upload.Commit], and a second time, it does
// nothing.
func (u *Upload) Discard() error {
	if !u.end() {
		return nil
	}
	u.session.service.files.end(u.session.user.ID, u.size, false)
	return u.blob.Discard()
}

// end reports whether this is the end, of which there is one.
func (u *Upload) end() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	first := !u.ended
	u.ended = true
	return first
}

// Commit posts the message with the file and returns when both are on disk. It
// moves no read marker: who sends a file from outside has not been reading.
// Nothing remains of a file that is refused.
func (u *Upload) Commit(ctx context.Context) (*Message, error) {
	if !u.end() {
		return nil, Refuse(ErrConflict, "The file is complete.")
	}
	m, err := u.commit(ctx)
	u.session.service.files.end(u.session.user.ID, u.size, err == nil)
	if e := u.blob.Discard(); e != nil {
		u.session.log.Error("dropping what was received of a file", "err", e)
	}
	return m, err
}

func (u *Upload) commit(ctx context.Context) (*Message, error) {
	switch {
	case u.err != nil:
		return nil, u.err
	case u.written < u.size:
		// A client that goes on with a file that it believes to be here.
		return nil, Refuse(ErrInvalid, "Parts of the file are missing: send it again, as a whole.")
	}
	s := u.session
	if err := s.slow(ctx, len(u.name)); err != nil {
		return nil, err
	}
	sum, size, err := u.blob.Seal()
	if err != nil {
		return nil, fmt.Errorf("receiving a file: %w", err)
	}
	if size != u.size {
		return nil, fmt.Errorf("receiving a file: %d bytes are there, and %d came", size, u.size)
	}
	m := &Message{
		ID: u.id, Conversation: u.in, Body: u.name,
		Author: s.user.ID, AuthorUID: s.user.UID, AuthorName: s.handle(), AuthorBot: s.user.Bot,
		File: &Attachment{Name: u.name, Size: size, Sum: sum},
	}
	k := s.service.files
	k.keeping.Lock()
	defer k.keeping.Unlock()
	if err := k.blobs.Keep(u.blob, sum); err != nil {
		return nil, errors.Join(fmt.Errorf("keeping a file: %w", err), k.unneeded(ctx, s.service.store, sum))
	}
	err = s.service.writer.do(ctx, func(ctx context.Context, tx Tx) ([]effect, error) {
		if _, _, err := s.access(ctx, tx, u.in, ActionPost); err != nil {
			return nil, err
		}
		m.SentAt = s.service.timestamp()
		if fresh, err := tx.InsertMessage(ctx, m); err != nil {
			return nil, err
		} else if !fresh {
			return nil, fmt.Errorf("posting a file: a message has the id %s already", m.ID)
		}
		return []effect{tell(u.in, MessagePosted{m})}, tx.InsertFile(ctx, m)
	})
	if err != nil {
		if e := k.unneeded(ctx, s.service.store, sum); e != nil {
			s.log.Error("dropping a file that was not posted", "err", e)
		}
		return nil, err
	}
	return m, nil
}

// unneeded takes a content away if no file has it.
func (k *fileKeeper) unneeded(ctx context.Context, r Reader, sum Sum) error {
	has, err := r.HasContent(context.WithoutCancel(ctx), sum)
	if err != nil || has {
		return err // what is not needed goes at the next start
	}
	return k.blobs.Remove(sum)
}
