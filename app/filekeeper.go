package app

import (
	"context"
	"sync"
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

	sweeps sync.WaitGroup // those that Watch has begun

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

// fits refuses bytes that are announced and for which there is no room.
func (k *fileKeeper) fits(user UserID, n int64) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if u := k.usage[user]; n > k.perAccount-u.stored-u.arriving {
		return k.noRoom()
	}
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

// FileRoom returns how many bytes the files of the session's user may be in all, and how
// many of them are free.
func (s *Session) FileRoom(ctx context.Context) (limit, free int64, err error) {
	if err := s.ask(ctx, costPage); err != nil {
		return 0, 0, err
	}
	k := s.service.files
	stored, err := s.service.store.BytesOf(ctx, s.user.ID)
	if err != nil {
		return 0, 0, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if u := k.usage[s.user.ID]; u != nil {
		stored += u.arriving
	}
	return k.perAccount, max(0, k.perAccount-stored), nil
}
