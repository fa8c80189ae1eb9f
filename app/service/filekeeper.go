package service

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"confab/app/chat"
	"confab/app/picture"
)

// maxUploads bounds how many files an account may be sending at the same time. Each of
// them is an open file on the server.
const maxUploads = 16

// FileOptions say whether and how a service keeps files.
type FileOptions struct {
	Blobs      chat.Blobs // keeps the contents; nil for a server without files
	Max        int64      // bytes of one file; 0 refuses new files
	PerAccount int64      // bytes of all files of one account
	Total      int64      // bytes of all files of the server; 0 for no limit
}

// fileKeeper counts uploads and open files, and stores the contents of files.
type fileKeeper struct {
	blobs chat.Blobs
	// The limits in bytes: of a file, of an account's files, and of all files.
	max, perAccount, total atomic.Int64

	// keeping is held from the moment when content appears in blobs until its message is
	// committed or the content is removed again. See [fileKeeper.keep].
	keeping sync.Mutex
	locks   chat.Locks // shared with other servers; nil if there are none

	sweeps sync.WaitGroup // the sweeps that [Service.TailChanges] has begun
	swept  time.Time      // when this server last began a sweep to the trash

	handles handles

	pictures *picture.Worker

	// beginning is held while an upload begins, which may add up the sizes of all files.
	// Uploads that are under way do not wait for it.
	beginning sync.Mutex

	mu    sync.Mutex
	usage map[chat.UserID]*usage // of accounts that are sending files, and of all together
}

// everyone stands for all accounts together, which share the server's own limit.
const everyone chat.UserID = 0

// usage is the used part of the limit of an account, or of everyone.
type usage struct {
	uploads  int
	stored   int64 // bytes of its files
	arriving int64 // bytes that have arrived in unfinished uploads
}

func newFileKeeper(o FileOptions, locks chat.Locks) *fileKeeper {
	k := &fileKeeper{locks: locks, blobs: o.Blobs, pictures: picture.NewWorker(), usage: make(map[chat.UserID]*usage)}
	k.setLimits(o)
	return k
}

// setLimits sets the limits of the options.
func (k *fileKeeper) setLimits(o FileOptions) {
	if o.Total == 0 {
		o.Total = math.MaxInt64
	}
	k.max.Store(o.Max)
	k.perAccount.Store(o.PerAccount)
	k.total.Store(o.Total)
}

func (k *fileKeeper) tooLarge() error {
	return chat.Refuse(chat.ErrTooLarge, "The file is too large: the limit is %s.", chat.SizeText(k.max.Load()))
}

// noRoom refuses a file for which an account, or everyone, has no room.
func (k *fileKeeper) noRoom(who chat.UserID) error {
	if who == everyone {
		return chat.Refuse(chat.ErrTooLarge, "The server's space for files is full: ask its host to make room.")
	}
	return chat.Refuse(chat.ErrTooLarge, "The file does not fit: all your files together can have %s. Delete some of them first.", chat.SizeText(k.perAccount.Load()))
}

// freeLocked is [fileKeeper.free] for an account with an upload under way, or for everyone.
// The keeper is locked.
func (k *fileKeeper) freeLocked(who chat.UserID) int64 {
	u := k.usage[who]
	return k.limit(who) - u.stored - u.arriving
}

// limit returns how many bytes an account, or everyone, may have.
func (k *fileKeeper) limit(who chat.UserID) int64 {
	if who == everyone {
		return k.total.Load()
	}
	return k.perAccount.Load()
}

// begin counts an upload. It refuses one if the account has too many, or if there is no room.
func (k *fileKeeper) begin(ctx context.Context, r chat.Reader, user chat.UserID) error {
	k.beginning.Lock()
	defer k.beginning.Unlock()
	both := []chat.UserID{user, everyone}
	stored := make(map[chat.UserID]int64)
	uncounted := func(who chat.UserID) bool {
		_, known := stored[who]
		return !known && k.usage[who] == nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := slices.IndexFunc(both, uncounted); i >= 0; i = slices.IndexFunc(both, uncounted) {
		// The sizes cannot grow while the lock is released: no upload of this account, or
		// of anybody, is under way, and none can begin.
		k.mu.Unlock()
		n, err := storedBytes(ctx, r, both[i])
		k.mu.Lock()
		if err != nil {
			return err
		}
		stored[both[i]] = n
	}
	if u := k.usage[user]; u != nil && u.uploads >= maxUploads {
		return chat.Refuse(chat.ErrTooLarge, "You are sending %d files already: wait until one of them is finished.", maxUploads)
	}
	for _, who := range both {
		if k.usage[who] == nil {
			k.usage[who] = &usage{stored: stored[who]}
		}
		k.usage[who].uploads++
	}
	for _, who := range both {
		if k.freeLocked(who) <= 0 {
			k.endLocked(user, 0, false)
			return k.noRoom(who)
		}
	}
	return nil
}

// storedBytes adds up the files of an account, or of everyone.
func storedBytes(ctx context.Context, r chat.Reader, who chat.UserID) (int64, error) {
	if who == everyone {
		return r.BytesOfAll(ctx)
	}
	return r.BytesOf(ctx, who)
}

// fits refuses a file if there is no room for its announced bytes.
func (k *fileKeeper) fits(user chat.UserID, n int64) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.fitsLocked(user, n)
}

func (k *fileKeeper) fitsLocked(user chat.UserID, n int64) error {
	for _, who := range []chat.UserID{user, everyone} {
		if n > k.freeLocked(who) {
			return k.noRoom(who)
		}
	}
	return nil
}

// fitsStill refuses a file that has arrived if its author has sent so much through other servers
// meanwhile that there is no room any more.
func (s *session) fitsStill(ctx context.Context, tx chat.Tx, n int64) error {
	if s.service.bus == nil {
		return nil
	}
	stored, err := tx.BytesOf(ctx, s.user.ID)
	if err == nil && n > s.service.files.limit(s.user.ID)-stored {
		err = s.noRoom(s.service.files.noRoom(s.user.ID))
	}
	return err
}

// grow counts arriving bytes. It refuses bytes for which there is no room.
func (k *fileKeeper) grow(user chat.UserID, n int64) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.fitsLocked(user, n); err != nil {
		return err
	}
	k.usage[user].arriving += n
	k.usage[everyone].arriving += n
	return nil
}

// end counts the end of an upload of n bytes, which was kept or not.
func (k *fileKeeper) end(user chat.UserID, n int64, kept bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.endLocked(user, n, kept)
}

func (k *fileKeeper) endLocked(user chat.UserID, n int64, kept bool) {
	for _, who := range []chat.UserID{user, everyone} {
		u := k.usage[who]
		u.uploads--
		u.arriving -= n
		if kept {
			u.stored += n
		}
		if u.uploads == 0 {
			delete(k.usage, who)
		}
	}
}

// Room returns how many bytes all files of the session's user may have, and how many more
// bytes the user can send. The limit of all accounts together may leave less room than the
// user's own.
func (s Files) Room(ctx context.Context) (limit, free int64, err error) {
	if err := s.ask(ctx, costList); err != nil {
		return 0, 0, err
	}
	k := s.service.files
	free = math.MaxInt64
	for _, who := range []chat.UserID{s.user.ID, everyone} {
		n, err := k.free(ctx, s.service.store, who)
		if err != nil {
			return 0, 0, err
		}
		free = min(free, n)
	}
	return k.perAccount.Load(), max(0, free), nil
}

// free returns how many more bytes an account, or everyone, may send.
func (k *fileKeeper) free(ctx context.Context, r chat.Reader, who chat.UserID) (int64, error) {
	if who == everyone && k.total.Load() == math.MaxInt64 {
		return k.total.Load(), nil
	}
	k.mu.Lock()
	if k.usage[who] != nil {
		defer k.mu.Unlock()
		return k.freeLocked(who), nil
	}
	k.mu.Unlock()
	stored, err := storedBytes(ctx, r, who)
	return k.limit(who) - stored, err
}

// maxParts bounds how many separate pieces of a file may have arrived. Clients send a
// file from start to end, and the server writes a few pieces at the same time, so there
// are hardly ever ten.
const maxParts = 1000

// part is the piece of a file between two offsets.
type part struct{ from, to int64 }

// parts are the pieces of a file that have arrived, in order. Pieces that touch each
// other are joined into one.
type parts []part

// add notes an arriving piece. It returns false, and notes nothing, if a part of the
// piece arrived before, or if there are too many pieces.
func (p *parts) add(from, to int64) bool {
	all := *p
	i, _ := slices.BinarySearchFunc(all, from, func(have part, at int64) int {
		if have.to < at {
			return -1
		}
		return 1
	})
	// all[i] is the first piece that ends at from or later.
	before := i < len(all) && all[i].to == from
	next := i
	if before {
		next++
	}
	if next < len(all) && all[next].from < to {
		return false
	}
	after := next < len(all) && all[next].from == to
	switch {
	case before && after:
		all[i].to = all[next].to
		*p = slices.Delete(all, next, next+1)
	case before:
		all[i].to = to
	case after:
		all[next].from = from
	case len(all) >= maxParts:
		return false
	default:
		*p = slices.Insert(all, i, part{from, to})
	}
	return true
}

// whole reports whether all pieces of a file of this size have arrived.
func (p parts) whole(size int64) bool {
	return size == 0 || len(p) == 1 && p[0] == part{0, size}
}

const (
	// maxHandles bounds how many files and folders an account may have open at the same
	// time over all its connections: uploads, downloads and listings.
	maxHandles = 64
	// MaxHandlesInAll is the same bound for all accounts together. Each may be an open
	// file on the server.
	MaxHandlesInAll = 4096
)

// handles counts open files and folders.
type handles struct {
	mu    sync.Mutex
	of    map[chat.UserID]int // by account, without zeros
	inAll int
}

// Hold counts a file or folder that the session's user opens, and refuses too many with
// [chat.ErrTooLarge]. The caller must call closed when it closes the file or folder.
func (s Files) Hold() (closed func(), err error) {
	h, user := &s.service.files.handles, s.user.ID
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.of[user] >= maxHandles:
		return nil, chat.Refuse(chat.ErrTooLarge, "You have %d files and folders open, over all your connections: close one first.", maxHandles)
	case h.inAll >= MaxHandlesInAll:
		return nil, chat.Refuse(chat.ErrTooLarge, "Too many files are open on this server: try again in a moment.")
	}
	if h.of == nil {
		h.of = make(map[chat.UserID]int)
	}
	h.of[user]++
	h.inAll++
	return sync.OnceFunc(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.inAll--
		if h.of[user]--; h.of[user] == 0 {
			delete(h.of, user)
		}
	}), nil
}

// lazyContent is content that the first read opens.
type lazyContent struct {
	blobs chat.Blobs
	sum   chat.Sum

	mu     sync.Mutex
	closed bool
	open   chat.Content
}

// ReadAt implements io.ReaderAt.
func (c *lazyContent) ReadAt(p []byte, off int64) (int, error) {
	open, err := c.content()
	if err != nil {
		return 0, err
	}
	return open.ReadAt(p, off)
}

func (c *lazyContent) content() (chat.Content, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, os.ErrClosed
	}
	if c.open == nil {
		open, err := c.blobs.Open(c.sum)
		if err != nil {
			return nil, fmt.Errorf("opening the content %s: %w", c.sum, err)
		}
		c.open = open
	}
	return c.open, nil
}

// Close implements io.Closer.
func (c *lazyContent) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.open == nil {
		return nil
	}
	return c.open.Close()
}
