package service

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
)

// Upload is a file that is being received. It must be ended by
// [Upload.Commit] or [Upload.Discard]. Its methods may be called from several
// goroutines.
type Upload struct {
	session *session
	id      uuid.UUID

	// writing is held by a write (with the others, for reading) from the check that
	// it may come until its bytes are in the file, and alone by what ends the
	// writing. So the file is hashed when no write is under way and none can begin.
	writing sync.RWMutex

	mu    sync.Mutex
	in    chat.ConversationID
	name  string
	blob  chat.Blob // nil before the first byte, so that an idle handle is no open file
	state uploadState
	err   error // why it cannot be completed
	size  int64 // up to the last byte
	parts parts
	whole int64    // the size that was announced, -1 if none was
	sum   chat.Sum // once it is finished
}

// uploadState is how far an upload has come.
type uploadState int

const (
	uploadWriting  uploadState = iota
	uploadFinished             // writes are refused
	uploadOver                 // posted or dropped
)

// errOver refuses what comes too late for an upload.
func errOver() error { return chat.Refuse(chat.ErrConflict, "The file is complete.") }

// Attach begins to receive a file for a conversation. Nobody sees anything of
// it before [Upload.Commit]. A name that cannot be one is refused with
// [text.ErrInvalid], a user who may not post with [chat.ErrNotAllowed], and an account that
// has no room left, or sends too many files at the same time, with
// [chat.ErrTooLarge].
func (s Files) Attach(ctx context.Context, id chat.ConversationID, name string) (*Upload, error) {
	k := s.service.files
	if k.blobs == nil || k.max == 0 {
		return nil, errNoFiles()
	}
	name, err := text.CleanFileName(name)
	if err != nil {
		return nil, err
	}
	if _, _, err := s.access(ctx, s.service.store, id, chat.ActionPost); err != nil {
		return nil, err
	}
	uid, err := s.service.newID()
	if err != nil {
		return nil, err
	}
	if err := k.begin(ctx, s.service.store, s.user.ID); err != nil {
		return nil, err
	}
	return &Upload{session: s.session, id: uid, in: id, name: name, whole: -1}, nil
}

// Announce says how large the file will be. A size over a limit is refused with
// [chat.ErrTooLarge] before any of the file has come, and one below what has come
// with [text.ErrInvalid]. Either way the file cannot be completed. If the file has another
// size in the end, it is not posted.
func (u *Upload) Announce(size int64) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.state != uploadWriting:
		return errOver()
	case u.err != nil:
		return u.err
	case size < 0 || size > u.session.service.files.max:
		u.err = u.session.service.files.tooLarge()
	case size < u.size:
		u.err = chat.Refuse(text.ErrInvalid, "Send a file from start to end: a part that has arrived can't be cut off.")
	default:
		u.err = u.session.service.files.fits(u.session.user.ID, size-u.size)
		u.whole = size
	}
	return u.err
}

// WriteAt takes a part of the file. Over a limit it is refused with
// [chat.ErrTooLarge], and the file as a whole with it; so is, with [text.ErrInvalid], a
// part that came already, since writes may be carried out in another order than
// they were sent. Once the file is finished or over, a write is refused with
// [chat.ErrConflict] and changes nothing.
func (u *Upload) WriteAt(p []byte, off int64) (int, error) {
	u.writing.RLock()
	defer u.writing.RUnlock()
	blob, err := u.reserve(int64(len(p)), off)
	if err != nil || len(p) == 0 {
		return 0, err
	}
	n, err := blob.WriteAt(p, off)
	if err != nil {
		err = fmt.Errorf("receiving a file: %w", err)
		u.Fail(err)
	}
	return n, err
}

// reserve makes room for n bytes at an offset, and returns what they are written
// to.
func (u *Upload) reserve(n, off int64) (chat.Blob, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	k := u.session.service.files
	switch {
	case u.state != uploadWriting:
		return nil, errOver()
	case u.err != nil:
		return nil, u.err
	case off < 0 || off > k.max || n > k.max-off:
		u.err = k.tooLarge()
		return nil, u.err
	case n == 0:
		return nil, nil
	case !u.parts.add(off, off+n):
		u.err = chat.Refuse(text.ErrInvalid, "Send a file from start to end: a part that has arrived can't be overwritten.")
		return nil, u.err
	}
	if more := off + n - u.size; more > 0 {
		if u.err = k.grow(u.session.user.ID, more); u.err != nil {
			return nil, u.err
		}
		u.size = off + n
	}
	u.err = u.create()
	return u.blob, u.err
}

// create makes the file that is written to, unless it is there.
func (u *Upload) create() error {
	if u.blob != nil {
		return nil
	}
	blob, err := u.session.service.files.blobs.Create()
	if err != nil {
		return fmt.Errorf("beginning a file: %w", err)
	}
	u.blob = blob
	return nil
}

// Size is how much has come of the file.
func (u *Upload) Size() int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.size
}

// Name is the name under which the file is posted, as it was cleaned.
func (u *Upload) Name() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.name
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

// Move has the file posted under another name and in another conversation. It is
// refused as by [Files.Attach], and with [chat.ErrConflict] once it is over.
func (u *Upload) Move(ctx context.Context, id chat.ConversationID, name string) error {
	name, err := text.CleanFileName(name)
	if err != nil {
		return err
	}
	if _, _, err := u.session.access(ctx, u.session.service.store, id, chat.ActionPost); err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.state == uploadOver {
		return errOver()
	}
	u.in, u.name = id, name
	return nil
}

// Finish ends the writing: it waits for writes that are under way, and refuses
// those that come later. The file is refused for what went wrong before; as
// [text.ErrInvalid] if not all of it has come. A finished file is durable only after
// [Upload.Commit].
func (u *Upload) Finish() error {
	if !u.finish() {
		return errOver()
	}
	return u.Err()
}

// finish reports whether it has ended the writing, which can be ended once.
func (u *Upload) finish() bool {
	u.writing.Lock()
	defer u.writing.Unlock()
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.state != uploadWriting {
		return false
	}
	u.state = uploadFinished
	if u.err == nil {
		u.err = u.seal()
	}
	return true
}

func (u *Upload) seal() error {
	switch {
	case u.whole >= 0 && u.whole != u.size:
		return chat.Refuse(text.ErrInvalid, "Only %s of %s arrived, so the file was not posted: send it again.", chat.SizeText(u.size), chat.SizeText(u.whole))
	case !u.parts.whole(u.size):
		// A client that goes on with a file that it believes to be here.
		return chat.Refuse(text.ErrInvalid, "Parts of the file are missing: send it again, as a whole.")
	}
	if err := u.create(); err != nil {
		return err
	}
	sum, size, err := u.blob.Seal()
	if err != nil {
		return fmt.Errorf("receiving a file: %w", err)
	}
	if size != u.size {
		return fmt.Errorf("receiving a file: %d bytes are there, and %d came", size, u.size)
	}
	u.sum = sum
	return nil
}

// Discard drops what has come. After [Upload.Commit], and a second time, it does
// nothing.
func (u *Upload) Discard() error {
	if !u.end() {
		return nil
	}
	u.session.service.files.end(u.session.user.ID, u.size, false)
	if u.blob == nil {
		return nil
	}
	return u.blob.Discard()
}

// end reports whether this is the end, of which there is one. After it nothing
// else changes the upload.
func (u *Upload) end() bool {
	u.writing.Lock()
	defer u.writing.Unlock()
	u.mu.Lock()
	defer u.mu.Unlock()
	first := u.state != uploadOver
	u.state = uploadOver
	return first
}

// Commit finishes the file, unless it is, posts the message with it and returns
// when both are on disk. It moves no read marker: people who send a file from
// outside have not been reading. Nothing remains of a file that is refused.
func (u *Upload) Commit(ctx context.Context) (*chat.Message, error) {
	u.finish()
	if !u.end() {
		return nil, errOver()
	}
	err := u.Err()
	var m *chat.Message
	if err == nil {
		m, err = u.post(ctx)
	}
	u.session.service.files.end(u.session.user.ID, u.size, err == nil)
	if u.blob != nil {
		if e := u.blob.Discard(); e != nil {
			u.session.log.Error("dropping what was received of a file", "err", e)
		}
	}
	return m, err
}

// post posts what is finished.
func (u *Upload) post(ctx context.Context) (*chat.Message, error) {
	s := u.session
	if err := s.slow(ctx, len(u.name)); err != nil {
		return nil, err
	}
	m := &chat.Message{
		ID: u.id, Conversation: u.in, Body: u.name,
		Author: s.user.ID, AuthorUID: s.user.UID, AuthorName: s.handle(), AuthorBot: s.user.Bot,
		File: &chat.Attachment{Name: u.name, Size: u.size, Sum: u.sum},
	}
	k := s.service.files
	k.keeping.Lock()
	defer k.keeping.Unlock()
	if err := k.blobs.Keep(u.blob, u.sum); err != nil {
		return nil, errors.Join(fmt.Errorf("keeping a file: %w", err), k.unneededLocked(ctx, s.service.store, u.sum, k.blobs.Remove))
	}
	err := s.write(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		// It may have been held back for a while.
		if err := s.service.maySessionStay(ctx, tx, s.live); err != nil {
			return nil, err
		}
		if _, _, err := s.access(ctx, tx, u.in, chat.ActionPost); err != nil {
			return nil, err
		}
		m.SentAt = s.service.timestamp()
		if fresh, err := tx.InsertMessage(ctx, m); err != nil {
			return nil, err
		} else if !fresh {
			return nil, fmt.Errorf("posting a file: a message has the id %s already", m.ID)
		}
		return []chat.Change{chat.MessagePosted{Message: m}}, tx.InsertFile(ctx, m)
	})
	if err != nil {
		if e := k.unneededLocked(ctx, s.service.store, u.sum, k.blobs.Remove); e != nil {
			s.log.Error("dropping a file that was not posted", "err", e)
		}
		return nil, err
	}
	return m, nil
}
