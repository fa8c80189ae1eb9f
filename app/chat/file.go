package chat

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"confab/app/text"
)

// Files are the files in the conversations of a session's user. See [Session.Files].
type Files struct{ *session }

// The limits on files, unless the host sets others.
const (
	// DefaultMaxFile is how large one file may be. Build logs, pictures and documents
	// fit, and files of this size do not fill a small server's disk.
	DefaultMaxFile = 32 << 20
	// DefaultMaxFilesPerAccount bounds all files of one account together.
	DefaultMaxFilesPerAccount = 1 << 30
)

// Sum is the SHA-256 of a content.
type Sum [32]byte

// String is the sum in hexadecimal digits, as sha256sum prints it.
func (s Sum) String() string { return hex.EncodeToString(s[:]) }

// Attachment is the file of a message.
type Attachment struct {
	Name string // cleaned, see [text.CleanFileName]
	Size int64  // bytes
	Sum  Sum
}

// sumShown is how many digits of a hash are shown beside a file's name. They are enough
// to tell the versions of a file apart.
const sumShown = 8

// Describe describes a message's file in one line: its name, its size, the beginning of
// its hash followed by ellipsis, and its id in the conversation, by which users can
// fetch it.
func (m *Message) Describe(ellipsis string) string {
	f := m.File
	return f.Name + "  " + SizeText(f.Size) + "  sha256 " + f.Sum.String()[:sumShown] + ellipsis + "  " + text.FileID(int64(m.Seq))
}

// File is a file of a conversation.
type File struct {
	Attachment
	Conversation ConversationID
	Seq          Seq // of the message that it was posted with
	AuthorName   string
	SentAt       time.Time
	Newest       bool // the newest file of this name in its conversation
}

// Unique returns a name that no other file of the conversation has now. For the newest
// file of a name it is the name itself. For an older one it is the name with the file's
// id after it.
func (f File) Unique() string {
	if f.Newest {
		return f.Name
	}
	return f.Name + text.FileID(int64(f.Seq))
}

// SizeText is a number of bytes as people read it, in units of 1024.
func SizeText(n int64) string {
	if n < 1<<10 {
		return strconv.FormatInt(n, 10) + " B"
	}
	const units = "KMGTPE"
	size, unit := float64(n)/(1<<10), 0
	// A size that would be rounded to 1024.0 is written as 1 of the next unit.
	for size >= 1023.95 && unit < len(units)-1 {
		size /= 1 << 10
		unit++
	}
	return strings.TrimSuffix(strconv.FormatFloat(size, 'f', 1, 64), ".0") + " " + units[unit:unit+1] + "iB"
}

// Blobs keeps contents outside the [Store], by their hash, each once. Several goroutines
// may call its methods at once, except the methods that move or remove a content.
type Blobs interface {
	// Create begins a content. Nobody sees it before [Blobs.Keep].
	Create() (Blob, error)
	// Keep makes a sealed content available to [Blobs.Open], and returns when it is
	// durable. If the same content is there already, that one stays.
	Keep(b Blob, sum Sum) error
	// Open opens a content that was kept.
	Open(sum Sum) (Content, error)
	// Remove deletes a content that no file has.
	Remove(sum Sum) error
	// Trash moves a content that no file seems to have to the trash. at is the time of
	// the move.
	Trash(sum Sum, at time.Time) error
	// Untrash brings a content back from the trash.
	Untrash(sum Sum) error
	// EachTrashed calls do for each content in the trash, with the time of its move,
	// until do returns an error.
	EachTrashed(do func(sum Sum, at time.Time) error) error
	// Empty removes a content from the trash for good.
	Empty(sum Sum) error
	// Clear removes contents that are being received. The caller makes sure that only an
	// earlier process has left some.
	Clear() error
	// Each calls do for each kept content, until do returns an error. All other methods
	// may be called meanwhile, also by do. Each may or may not visit contents that are
	// kept or removed meanwhile.
	Each(do func(Sum) error) error
}

// Blob is a content that is being received. Its methods may be called from
// several goroutines.
type Blob interface {
	io.WriterAt
	// Seal ends the writing. It makes what was written durable and returns its
	// hash and its size.
	Seal() (Sum, int64, error)
	// Discard drops the content, unless it was kept. It may be called twice, and
	// must be called once.
	Discard() error
}

// Content is an open content. Close must be called at the end.
type Content interface {
	io.ReaderAt
	io.Closer
}

// errNoFiles refuses files on a server that keeps none.
func errNoFiles() error { return Refuse(ErrNotAllowed, "This server takes no files.") }

// List returns the oldest files that were posted to a conversation after a message, at
// most limit, in ascending order. It leaves out files that the session's user may not
// see.
func (s Files) List(ctx context.Context, id ConversationID, after Seq, limit int) ([]File, error) {
	if err := s.ask(ctx, costPage); err != nil {
		return nil, err
	}
	m, c, err := s.access(ctx, s.service.store, id, ActionRead)
	if err != nil {
		return nil, err
	}
	files, err := s.service.store.FilesAfter(ctx, id, max(after, floor(m, c)), limit)
	s.owe(len(files))
	return files, err
}

// Find returns a file of a conversation: the newest of a name, the file with an id such
// as ~17, or the file with both, such as report.pdf~17.
func (s Files) Find(ctx context.Context, id ConversationID, name string) (File, error) {
	if err := s.ask(ctx, costPage); err != nil {
		return File{}, err
	}
	notFound := func() (File, error) {
		return File{}, Refuse(ErrNotFound, "There is no file %q here.", text.CleanLine(name, text.MaxFileName))
	}
	m, c, err := s.access(ctx, s.service.store, id, ActionRead)
	if err != nil {
		return File{}, err
	}
	base, number := text.CutFileID(name)
	seq := Seq(number)
	if base != "" {
		if base, err = text.CleanFileName(base); err != nil {
			return notFound()
		}
	}
	if seq == 0 {
		if seq, err = s.service.store.LastFileNamed(ctx, id, base); err != nil {
			return File{}, err
		}
	}
	if seq <= floor(m, c) {
		return notFound()
	}
	found, err := s.service.store.FilesAfter(ctx, id, seq-1, 1)
	if err != nil {
		return File{}, err
	}
	if len(found) == 0 || found[0].Seq != seq || base != "" && found[0].Name != base {
		return notFound()
	}
	return found[0], nil
}

// Open opens the content of a file, which it finds as [Files.Find] does. The server opens
// the file on its disk only at the first read.
func (s Files) Open(ctx context.Context, id ConversationID, name string) (File, Content, error) {
	if s.service.files.blobs == nil {
		return File{}, nil, errNoFiles()
	}
	f, err := s.Find(ctx, id, name)
	if err != nil {
		return f, nil, err
	}
	return f, &lazyContent{blobs: s.service.files.blobs, sum: f.Sum}, nil
}

// trashKept is how long a content that no file has stays in the trash. This gives the
// host time to notice that the database is not the right one.
const trashKept = 7 * 24 * time.Hour

// SweepFiles removes the remains of uploads that the end of an earlier process has
// interrupted. No session may be open. It moves contents that no file has to the trash,
// and brings back contents that a file has after all. If the store cannot vouch for its
// records of files, SweepFiles moves nothing and logs that.
func (s *Service) SweepFiles(ctx context.Context) error {
	if s.files.blobs == nil {
		return nil
	}
	now := s.now()
	return errors.Join(s.files.blobs.Clear(), s.sweep(ctx, func(sum Sum) error { return s.files.blobs.Trash(sum, now) }))
}

// sweep goes through all contents, and calls away for those that no file has. There may
// be many, so new files can be kept between any two of them.
func (s *Service) sweep(ctx context.Context, away func(Sum) error) error {
	k := s.files
	if err := s.store.Vouch(ctx); err != nil {
		s.log.Error("contents of files that nobody needs stay, since the database cannot be relied on", "err", err)
		return nil
	}
	return errors.Join(s.emptyTrash(ctx, s.now()), k.blobs.Each(func(sum Sum) error {
		return errors.Join(ctx.Err(), k.unneeded(ctx, s.store, sum, away))
	}))
}

// emptyTrash deletes contents that have been in the trash for [trashKept], and brings
// back contents that a file has after all.
func (s *Service) emptyTrash(ctx context.Context, now time.Time) error {
	k := s.files
	if k.blobs == nil {
		return nil
	}
	return k.blobs.EachTrashed(func(sum Sum, at time.Time) error {
		return errors.Join(ctx.Err(), k.lookAtTrashed(ctx, s.store, sum, now.Sub(at) > trashKept))
	})
}

// lookAtTrashed brings a content back if a file has it. Otherwise it deletes the content
// for good if its time is over.
func (k *fileKeeper) lookAtTrashed(ctx context.Context, r Reader, sum Sum, over bool) error {
	k.keeping.Lock()
	defer k.keeping.Unlock()
	has, err := r.HasContent(ctx, sum)
	switch {
	case err != nil:
		return err
	case has:
		return k.blobs.Untrash(sum)
	case over:
		return k.blobs.Empty(sum)
	}
	return nil
}

// drop removes the contents of deleted files, unless other files have them too.
func (k *fileKeeper) drop(ctx context.Context, r Reader, contents ...Sum) error {
	if len(contents) == 0 {
		return nil
	}
	var errs []error
	for _, sum := range contents {
		errs = append(errs, k.unneeded(ctx, r, sum, k.blobs.Remove))
	}
	return errors.Join(errs...)
}

// unneeded calls away for a content that no file has.
func (k *fileKeeper) unneeded(ctx context.Context, r Reader, sum Sum, away func(Sum) error) error {
	k.keeping.Lock()
	defer k.keeping.Unlock()
	return k.unneededLocked(ctx, r, sum, away)
}

func (k *fileKeeper) unneededLocked(ctx context.Context, r Reader, sum Sum, away func(Sum) error) error {
	has, err := r.HasContent(context.WithoutCancel(ctx), sum)
	if err != nil || has {
		return err // after an error, the next start removes it
	}
	return away(sum)
}

// FileReader is the part of [Reader] about files.
type FileReader interface {
	// FilesAfter returns the oldest files that were posted to a conversation after a
	// message, at most limit, in ascending order.
	FilesAfter(ctx context.Context, conversation ConversationID, after Seq, limit int) ([]File, error)
	// LastFileNamed returns the number of the newest message with a file of this name in
	// a conversation, or 0 without one.
	LastFileNamed(ctx context.Context, conversation ConversationID, name string) (Seq, error)
	// BytesOf adds up the sizes of all files that an account has posted.
	BytesOf(ctx context.Context, user UserID) (int64, error)
	// BytesOfAll adds up the sizes of all files that anybody has posted.
	BytesOfAll(ctx context.Context) (int64, error)
	// HasContent reports whether a file has this content.
	HasContent(ctx context.Context, sum Sum) (bool, error)
}

// FileTx is the part of [Tx] about the same.
type FileTx interface {
	// InsertFile adds the file of a message that is already in the store.
	InsertFile(ctx context.Context, m *Message) error
}
