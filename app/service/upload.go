package service

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/refusal"
	"confab/app/text"
)

// Upload is a file that is being received. The caller must end it with [Upload.Commit] or
// [Upload.Discard]. Several goroutines may call its methods.
type Upload struct {
	session *session
	id      uuid.UUID

	// writing is held for reading by each write, from its check until its bytes are in the
	// file, and for writing by Finish and Discard. So when the file is hashed, no write is
	// under way and none can begin.
	writing sync.RWMutex

	mu    sync.Mutex
	in    chat.ConversationID
	name  string
	blob  chat.Blob // nil before the first byte, so that an idle handle is no open file
	state uploadState
	err   error // why it cannot be completed
	size  int64 // bytes up to the last one that arrived
	parts parts
	whole int64     // the announced size, or -1
	told  time.Time // when people were told last how much has arrived
	sum   chat.Sum  // of a finished upload
}

// uploadState is how far an upload has come.
type uploadState int

const (
	uploadWriting  uploadState = iota
	uploadFinished             // writes are refused
	uploadOver                 // posted or dropped
)

// errOver refuses a call that comes too late.
func errOver() error { return chat.Refuse(chat.ErrConflict, "The file is complete.") }

// Attach begins to receive a file for a conversation. Nobody sees it before
// [Upload.Commit]. It refuses a malformed name with [text.ErrInvalid], a user who may not
// post with [chat.ErrNotAllowed], and an account that has no room left, or sends too many
// files at the same time, with [chat.ErrTooLarge].
func (s Files) Attach(ctx context.Context, id chat.ConversationID, name string) (*Upload, error) {
	k := s.service.files
	if k.blobs == nil || k.max.Load() == 0 {
		return nil, errNoFiles()
	}
	name, err := text.CleanFileName(name)
	if err != nil {
		return nil, err
	}
	own, c, err := s.access(ctx, s.service.store, id, chat.ActionPost)
	if err == nil {
		err = s.mayPostNow(ctx, s.service.store, own, c)
	}
	if err != nil {
		return nil, err
	}
	uid, err := s.service.newID()
	if err != nil {
		return nil, err
	}
	if err := k.begin(ctx, s.service.store, s.user.ID); err != nil {
		return nil, s.noRoom(err)
	}
	return &Upload{session: s.session, id: uid, in: id, name: name, whole: -1}, nil
}

// noRoom tells the host if an error refuses a file because of a limit.
func (s *session) noRoom(err error) error {
	if errors.Is(err, chat.ErrTooLarge) {
		s.overLimit(refusal.MaxFiles, "a file is over a limit: "+chat.UserText(err), "raise --max-file, --max-files-per-account or --max-files-total, or delete files")
	}
	return err
}

// Announce says how large the file will be, in bytes. It refuses a size over a limit with
// [chat.ErrTooLarge], and a size below what has arrived with [text.ErrInvalid]. After a
// refusal the file cannot be completed. If the file has another size in the end, it is not
// posted.
func (u *Upload) Announce(size int64) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.state != uploadWriting:
		return errOver()
	case u.err != nil:
		return u.err
	case size < 0 || size > u.session.service.files.max.Load():
		u.err = u.session.service.files.tooLarge()
	case size < u.size:
		u.err = chat.Refuse(text.ErrInvalid, "Send a file from start to end: a part that has arrived can't be cut off.")
	default:
		u.err = u.session.service.files.fits(u.session.user.ID, size-u.size)
		u.whole = size
	}
	return u.session.noRoom(u.err)
}

// WriteAt writes a part of the file. It refuses a part beyond a limit with
// [chat.ErrTooLarge]. It refuses a part that has arrived before with [text.ErrInvalid],
// because writes may be carried out in another order than they were sent. After these
// refusals the file cannot be completed. After the end of the writing, WriteAt changes
// nothing, and the error is [chat.ErrConflict].
func (u *Upload) WriteAt(p []byte, off int64) (int, error) {
	u.writing.RLock()
	defer u.writing.RUnlock()
	blob, err := u.reserve(int64(len(p)), off)
	if err != nil || len(p) == 0 {
		return 0, u.session.noRoom(err)
	}
	n, err := blob.WriteAt(p, off)
	if err != nil {
		err = fmt.Errorf("receiving a file: %w", err)
		u.Fail(err)
		return n, err
	}
	u.tell()
	return n, nil
}

// tellEvery is how often people are told how much of a file has arrived. Small files are
// there earlier.
const tellEvery = time.Second

// tell tells the people who have the conversation open how much has arrived, now and then.
func (u *Upload) tell() {
	u.mu.Lock()
	now := u.session.service.now()
	first := u.told.IsZero()
	due := first || now.Sub(u.told) >= tellEvery
	if due {
		u.told = now
	}
	in, size, whole := u.in, u.size, u.whole
	u.mu.Unlock()
	switch {
	case !due || first:
	case whole > 0:
		u.session.live.Sending(in, strconv.FormatInt(size*100/whole, 10)+" %")
	default:
		u.session.live.Sending(in, chat.SizeText(size))
	}
}

// reserve counts n bytes at an offset, and returns the blob to write them to.
func (u *Upload) reserve(n, off int64) (chat.Blob, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	k := u.session.service.files
	switch {
	case u.state != uploadWriting:
		return nil, errOver()
	case u.err != nil:
		return nil, u.err
	case off < 0 || off > k.max.Load() || n > k.max.Load()-off:
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

// create makes the blob that is written to, unless there is one.
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

// Size returns how many bytes of the file have arrived.
func (u *Upload) Size() int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.size
}

// Name returns the cleaned name with which the file is posted.
func (u *Upload) Name() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.name
}

// Err returns why the file cannot be completed, or nil if it can.
func (u *Upload) Err() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.err
}

// Fail says that the file cannot be completed, and why. The first reason counts.
func (u *Upload) Fail(err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.err == nil {
		u.err = err
	}
}

// Move changes the name and the conversation with which the file will be posted. It refuses
// the same names and conversations as [Files.Attach]. After the file was posted or dropped,
// the error is [chat.ErrConflict].
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

// Finish ends the writing: it waits for writes that are under way, and later ones are
// refused. It returns the error that the file cannot be completed with, if there is one,
// such as [text.ErrInvalid] when parts of the file are missing. A finished file is durable
// only after [Upload.Commit].
func (u *Upload) Finish() error {
	if !u.finish() {
		return errOver()
	}
	return u.Err()
}

// finish ends the writing. It reports false if that was done before.
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
		// The client wants to continue a file of which it thinks that the beginning is here.
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
		return fmt.Errorf("receiving a file: %d bytes arrived, but %d are stored", u.size, size)
	}
	u.sum = sum
	return nil
}

// Discard drops the file. After [Upload.Commit] or an earlier Discard it does nothing.
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

// end ends the upload, so that nothing else changes it. It reports false if that was done before.
func (u *Upload) end() bool {
	u.writing.Lock()
	defer u.writing.Unlock()
	u.mu.Lock()
	defer u.mu.Unlock()
	first := u.state != uploadOver
	u.state = uploadOver
	return first
}

// Commit finishes the file, posts the message with it, and returns when both are on disk.
// It moves no read marker, because people who copy a file from outside have not been
// reading. If it fails, nothing of the file remains. After an earlier Commit or Discard,
// the error is [chat.ErrConflict].
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
			u.session.log.Error("dropping a received file", "err", e)
		}
	}
	return m, err
}

// post posts the message with a finished file.
func (u *Upload) post(ctx context.Context) (*chat.Message, error) {
	s := u.session
	if err := s.slow(ctx, len(u.name)); err != nil {
		return nil, err
	}
	m := &chat.Message{
		ID: u.id, Conversation: u.in, Body: u.name,
		Author: s.user.ID, AuthorUID: s.user.UID, AuthorBot: s.user.Bot,
		File: &chat.Attachment{Name: u.name, Size: u.size, Sum: u.sum},
	}
	m.AuthorName, m.AuthorDisplay = s.live.Names()
	k := s.service.files
	release, err := k.keep(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := k.blobs.Keep(u.blob, u.sum); err != nil {
		return nil, errors.Join(fmt.Errorf("keeping a file: %w", err), k.unneededLocked(ctx, s.service.store, u.sum, k.blobs.Remove))
	}
	err = s.write(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		// The change may have waited for a while.
		if err := s.service.maySessionStay(ctx, tx, s.live); err != nil {
			return nil, err
		}
		own, c, err := s.access(ctx, tx, u.in, chat.ActionPost)
		if err == nil {
			err = s.waited(ctx, tx, own, c)
		}
		if err == nil {
			err = s.fitsStill(ctx, tx, u.size)
		}
		if err != nil {
			return nil, err
		}
		m.SentAt = s.service.timestamp()
		if fresh, err := tx.InsertMessage(ctx, m); err != nil {
			return nil, err
		} else if !fresh {
			return nil, fmt.Errorf("posting a file: another message has the id %s already", m.ID)
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
