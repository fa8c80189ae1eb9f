package service

import (
	"context"
	"errors"
	"image"
	"time"

	"confab/app/chat"
	"confab/app/picture"
	"confab/app/text"
)

// Files has the use cases of a session for the files in its conversations. See [Session.Files].
type Files struct{ *session }

// The limits on files, unless the host sets others.
const (
	// DefaultMaxFile is how large one file may be. Build logs, pictures and documents
	// fit, and files of this size do not fill a small server's disk.
	DefaultMaxFile = 32 << 20
	// DefaultMaxFilesPerAccount bounds all files of one account together.
	DefaultMaxFilesPerAccount = 1 << 30
)

// errNoFiles refuses files on a server that keeps none.
func errNoFiles() error { return chat.Refuse(chat.ErrNotAllowed, "This server does not accept files.") }

// List returns the oldest files that were posted to a conversation after a message, at
// most limit, in ascending order. It leaves out files that the session's user may not
// see.
func (s Files) List(ctx context.Context, id chat.ConversationID, after chat.Seq, limit int) ([]chat.File, error) {
	if err := s.ask(ctx, costPage); err != nil {
		return nil, err
	}
	m, c, err := s.access(ctx, s.service.store, id, chat.ActionRead)
	if err != nil {
		return nil, err
	}
	files, err := s.service.store.FilesAfter(ctx, id, max(after, chat.Floor(m, c)), limit)
	s.owe(len(files))
	return files, err
}

// Newest returns the messages with the newest files of a conversation, at most limit, the
// newest first. For the next page, below is the [chat.Message.Position] of the last one.
// For the first page it is 0.
func (s Files) Newest(ctx context.Context, id chat.ConversationID, limit int, below int64) ([]*chat.Message, error) {
	if err := s.ask(ctx, costSearch); err != nil {
		return nil, err
	}
	if _, _, err := s.access(ctx, s.service.store, id, chat.ActionRead); err != nil {
		return nil, err
	}
	found, err := s.service.store.Search(ctx, chat.Lookup{
		User: s.user.ID, Conversation: id, HasFile: true, Below: below, Limit: max(1, min(limit, maxHits)),
	})
	s.owe(len(found))
	return found, err
}

// Find returns the newest file of a conversation with a name, the file with an id such as
// ~17, or the file with both, such as report.pdf~17. If there is none, the error is
// [chat.ErrNotFound].
func (s Files) Find(ctx context.Context, id chat.ConversationID, name string) (chat.File, error) {
	if err := s.ask(ctx, costPage); err != nil {
		return chat.File{}, err
	}
	notFound := func() (chat.File, error) {
		return chat.File{}, chat.Refuse(chat.ErrNotFound, "There is no file %q here.", text.CleanLine(name, text.MaxFileName))
	}
	m, c, err := s.access(ctx, s.service.store, id, chat.ActionRead)
	if err != nil {
		return chat.File{}, err
	}
	base, number := text.CutFileID(name)
	seq := chat.Seq(number)
	if base != "" {
		if base, err = text.CleanFileName(base); err != nil {
			return notFound()
		}
	}
	if seq == 0 {
		if seq, err = s.service.store.LastFileNamed(ctx, id, base); err != nil {
			return chat.File{}, err
		}
	}
	if seq <= chat.Floor(m, c) {
		return notFound()
	}
	found, err := s.service.store.FilesAfter(ctx, id, seq-1, 1)
	if err != nil {
		return chat.File{}, err
	}
	if len(found) == 0 || found[0].Seq != seq || base != "" && found[0].Name != base {
		return notFound()
	}
	return found[0], nil
}

// Open opens the content of a file, which it finds as [Files.Find] does. The server opens
// the file on its disk only at the first read.
func (s Files) Open(ctx context.Context, id chat.ConversationID, name string) (chat.File, chat.Content, error) {
	if s.service.files.blobs == nil {
		return chat.File{}, nil, errNoFiles()
	}
	f, err := s.Find(ctx, id, name)
	if err != nil {
		return f, nil, err
	}
	return f, &lazyContent{blobs: s.service.files.blobs, sum: f.Sum}, nil
}

// pictureUnit is how much time for decoding a picture counts as one unit of requests, and
// maxPictureUnits is the most that counts. The rest of what a picture takes is bounded by its
// worker.
const (
	pictureUnit     = 100 * time.Microsecond
	maxPictureUnits = 2000
)

// Picture returns a copy of the picture that was posted with a message, at most so many pixels
// wide and high. Pictures are decoded one at a time, for all accounts.
func (s Files) Picture(ctx context.Context, id chat.ConversationID, seq chat.Seq, most image.Point) (*image.RGBA, error) {
	closed, err := s.Hold()
	if err != nil {
		return nil, err
	}
	defer closed()
	f, content, err := s.Open(ctx, id, text.FileID(int64(seq)))
	if errors.Is(err, chat.ErrNotFound) {
		return nil, chat.Refuse(chat.ErrNotFound, "This picture is gone: its message was deleted or has expired.")
	}
	if err != nil {
		return nil, err
	}
	defer content.Close()
	began := s.service.now()
	small, err := s.service.files.pictures.Copy(ctx, content, f.Size, most)
	s.owe(rowsPerUnit * min(maxPictureUnits, int(s.service.now().Sub(began)/pictureUnit)))
	return small, refusePicture(err)
}

// refusePicture says in words for the user why there is no copy of a picture.
func refusePicture(err error) error {
	switch {
	case errors.Is(err, picture.ErrFormat):
		return chat.Refuse(text.ErrInvalid, "Only PNG, JPEG, GIF and WebP pictures can be shown here: fetch this file instead.")
	case errors.Is(err, picture.ErrBroken):
		return chat.Refuse(text.ErrInvalid, "This picture is damaged, or of a kind that cannot be shown here: fetch the file instead.")
	case errors.Is(err, picture.ErrTooLarge):
		return chat.Refuse(chat.ErrTooLarge, "This picture is too large to be shown here: fetch the file instead.")
	case errors.Is(err, picture.ErrSlow):
		return chat.Refuse(chat.ErrTooLarge, "It takes too long to show this picture: fetch the file instead.")
	case errors.Is(err, picture.ErrBusy):
		return chat.Refuse(chat.ErrTooFast, "Many people are looking at pictures just now: try again in a moment.")
	}
	return err
}

// trashKept is how long content that no file has stays in the trash. This gives the host
// time to notice that the database is not the right one.
const trashKept = 7 * 24 * time.Hour

// sweepInterval is how often the contents that no file has are moved to the trash. They are
// few, and listing all contents of a bucket takes a while and has a price.
const sweepInterval = 24 * time.Hour

// SweepFiles removes the remains of uploads that an earlier process did not finish. Then it
// moves contents that no file has to the trash, and brings back contents that a file has
// after all. Of several servers, only the one that does the regular work looks for these;
// [Service.Retain] does it again each day. If the store cannot vouch for its record of files,
// SweepFiles moves nothing and logs that, and the same if the contents cannot be reached. No
// session of this server may be open yet.
func (s *Service) SweepFiles(ctx context.Context) error {
	if s.files.blobs == nil {
		return nil
	}
	err := s.files.blobs.Clear()
	if leads(ctx, s) {
		err = errors.Join(err, sweepToTrash(ctx, s))
	}
	if errors.Is(err, chat.ErrUnreachable) {
		s.log.Error("unused contents of files are not removed before tomorrow", "err", err)
		return nil
	}
	return err
}

// sweepToTrash moves the contents that no file has to the trash.
func sweepToTrash(ctx context.Context, s *Service) error {
	now := s.now()
	s.files.swept = now
	return s.sweep(ctx, func(sum chat.Sum) error { return s.files.blobs.Trash(sum, now) })
}

// sweepDaily does the same if this server did not within the last day.
func sweepDaily(ctx context.Context, s *Service) error {
	if s.files.blobs == nil || s.now().Sub(s.files.swept) < sweepInterval {
		return nil
	}
	return sweepToTrash(ctx, s)
}

// sweep goes through all contents, and calls away for those that no file has. There may
// be many, so new files can be kept between any two of them.
func (s *Service) sweep(ctx context.Context, away func(chat.Sum) error) error {
	k := s.files
	if err := s.store.Vouch(ctx); err != nil {
		s.log.Error("unused contents of files are not removed, because the database may be damaged", "err", err)
		return nil
	}
	return errors.Join(s.emptyTrash(ctx, s.now()), k.blobs.Each(func(sum chat.Sum) error {
		return errors.Join(ctx.Err(), k.unneeded(ctx, s.store, sum, away))
	}))
}

// sweepFiles begins to delete the contents that no file has, and returns at once. It does
// not move them to the trash, because the host wants them gone.
func (s *Service) sweepFiles(ctx context.Context) {
	if s.files.blobs == nil || !leads(ctx, s) {
		return
	}
	s.files.sweeps.Go(func() {
		// After a fault, the next start deletes the rest.
		s.noted(ctx, "deleting the contents of files", s.sweep(ctx, s.files.blobs.Remove))
	})
}

// leads reports whether this server does the work that one of several servers does for all.
func leads(ctx context.Context, s *Service) bool {
	if s.files.locks == nil {
		return true
	}
	yes, err := s.files.locks.Leads(ctx)
	s.noted(ctx, "asking which server does the regular work", err)
	return yes
}

// emptyTrash deletes contents that have been in the trash for [trashKept], and brings
// back contents that a file has after all.
func (s *Service) emptyTrash(ctx context.Context, now time.Time) error {
	k := s.files
	if k.blobs == nil {
		return nil
	}
	return k.blobs.EachTrashed(func(sum chat.Sum, at time.Time) error {
		return errors.Join(ctx.Err(), k.lookAtTrashed(ctx, s.store, sum, now.Sub(at) > trashKept))
	})
}

// keep takes the lock keeping, which the servers that share the contents have in common.
func (k *fileKeeper) keep(ctx context.Context) (release func(), err error) {
	k.keeping.Lock()
	if k.locks == nil {
		return k.keeping.Unlock, nil
	}
	unlock, err := k.locks.Lock(context.WithoutCancel(ctx), "keeping")
	if err != nil {
		k.keeping.Unlock()
		return nil, err
	}
	return func() { unlock(); k.keeping.Unlock() }, nil
}

// lookAtTrashed brings content back if a file has it. Otherwise it deletes the content for
// good if over is true.
func (k *fileKeeper) lookAtTrashed(ctx context.Context, r chat.Reader, sum chat.Sum, over bool) error {
	release, err := k.keep(ctx)
	if err != nil {
		return err
	}
	defer release()
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
func (k *fileKeeper) drop(ctx context.Context, r chat.Reader, contents ...chat.Sum) error {
	if len(contents) == 0 {
		return nil
	}
	var errs []error
	for _, sum := range contents {
		errs = append(errs, k.unneeded(ctx, r, sum, k.blobs.Remove))
	}
	return errors.Join(errs...)
}

// unneeded calls away if no file has a content.
func (k *fileKeeper) unneeded(ctx context.Context, r chat.Reader, sum chat.Sum, away func(chat.Sum) error) error {
	release, err := k.keep(ctx)
	if err != nil {
		return err
	}
	defer release()
	return k.unneededLocked(ctx, r, sum, away)
}

func (k *fileKeeper) unneededLocked(ctx context.Context, r chat.Reader, sum chat.Sum, away func(chat.Sum) error) error {
	has, err := r.HasContent(context.WithoutCancel(ctx), sum)
	if err != nil || has {
		return err // after an error, the next start removes it
	}
	return away(sum)
}
