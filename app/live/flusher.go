package live

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"confab/app/chat"
)

// flushAfter is how long moved markers wait before they are written, all in one
// transaction. A crash loses the moves of this time. It must stay well under the
// second that the documentation promises.
const flushAfter = 200 * time.Millisecond

// flushChunk bounds how many markers are written at once, so that a send never
// waits long for them.
const flushChunk = 200

// flusher collects the markers that moved and writes them in batches. Until then,
// reading a message costs the store nothing, however many members read at once.
type flusher struct {
	advanceMarkers func(context.Context, func() []chat.Advance) error // see [chat.Backing]
	log            *slog.Logger

	flushing sync.Mutex // held while a batch is written, so that batches keep their order

	mu      sync.Mutex
	moved   map[chat.MemberKey]chat.Advance
	batch   []chat.Advance // is being written; no element ever changes
	deliver map[chat.ConversationID]delivery
	timer   *time.Timer // nil while nothing waits
	since   time.Time   // when the oldest waiting marker moved; zero while nothing waits
	writing time.Time   // the same for the markers that are being written
	failing bool        // the last write failed, and this is in the log
	stopped bool
}

// delivery is the newest message of a conversation that is in the mailboxes of all
// sessions there.
type delivery struct {
	in  *conversation
	seq chat.Seq
}

func newFlusher() *flusher {
	return &flusher{
		moved: make(map[chat.MemberKey]chat.Advance), deliver: make(map[chat.ConversationID]delivery),
	}
}

// advance notes that a member's markers moved.
func (f *flusher) advance(a chat.Advance) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mergeLocked(a)
	f.armLocked()
}

// mergeLocked adds a move to a member's waiting moves. The flusher is locked.
func (f *flusher) mergeLocked(a chat.Advance) {
	key := chat.MemberKey{Conversation: a.Conversation, User: a.User}
	have := f.moved[key]
	if have.Delivered >= a.Delivered || a.DeliveredAt.IsZero() {
		a.DeliveredAt = have.DeliveredAt
	}
	a.Delivered = max(a.Delivered, have.Delivered)
	if have.Read >= a.Read {
		a.Read, a.ReadAt = have.Read, have.ReadAt
	}
	a.Seen, a.ReadFrom = max(a.Seen, have.Seen), max(a.ReadFrom, have.ReadFrom)
	f.moved[key] = a
}

// withdraw is called when a member's receipts are turned off or on. Waiting read markers of
// the member are never reported.
func (f *flusher) withdraw(id chat.ConversationID, user chat.UserID) {
	f.alter(chat.MemberKey{Conversation: id, User: user}, (*chat.Advance).WithdrawRead)
}

// unsee drops a member's waiting position, because the member has marked messages as unread
// since.
func (f *flusher) unsee(id chat.ConversationID, user chat.UserID) {
	f.alter(chat.MemberKey{Conversation: id, User: user}, func(a *chat.Advance) { a.Seen = 0 })
}

// seen returns a member's waiting position, or 0.
func (f *flusher) seen(id chat.ConversationID, user chat.UserID) chat.Seq {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.moved[chat.MemberKey{Conversation: id, User: user}].Seen
}

// alter changes a member's waiting markers. Here nothing is being written meanwhile, but the
// member may be connected to another server: then the writer applies the change before it asks
// for those that are to be written.
func (f *flusher) alter(key chat.MemberKey, do func(*chat.Advance)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if a, ok := f.moved[key]; ok {
		do(&a)
		f.moved[key] = a
	}
	if i := slices.IndexFunc(f.batch, func(a chat.Advance) bool { return a.Conversation == key.Conversation && a.User == key.User }); i >= 0 {
		f.batch = slices.Clone(f.batch)
		do(&f.batch[i])
	}
}

// delivered notes that a message has reached all sessions of a conversation.
func (f *flusher) delivered(c *conversation, seq chat.Seq) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.deliver[c.id] = delivery{c, seq}
	f.armLocked()
}

// rewind drops all markers that are not written.
func (f *flusher) rewind() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.moved)
	clear(f.deliver)
	f.batch = nil
}

// leave calls off, which removes a session from those that get a conversation's
// events. Messages that had reached the session stay delivered. Both are one step:
// a batch written in between would count the session as absent.
func (f *flusher) leave(id chat.ConversationID, user chat.UserID, off func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if d, ok := f.deliver[id]; ok {
		f.mergeLocked(chat.Advance{Conversation: id, User: user, Delivered: d.seq})
	}
	off()
}

// armLocked makes sure that the waiting markers are written soon. The flusher is
// locked.
func (f *flusher) armLocked() {
	if f.timer != nil || f.stopped {
		return
	}
	if f.since.IsZero() {
		f.since = time.Now()
	}
	f.timer = time.AfterFunc(flushAfter, func() {
		f.noted(f.Flush(context.Background()))
	})
}

// noted logs a failure to write markers, once until a write succeeds: the flusher
// tries several times a second.
func (f *flusher) noted(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil && !f.failing {
		f.log.Error("writing markers failed, retrying", "err", err)
	}
	if err == nil && f.failing {
		f.log.Info("markers are written again")
	}
	f.failing = err != nil
}

// drain makes the waiting markers the batch to be written.
func (f *flusher) drain() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.timer != nil {
		f.timer.Stop()
		f.timer = nil
	}
	for id, d := range f.deliver {
		for _, s := range d.in.present() {
			f.mergeLocked(chat.Advance{Conversation: id, User: s.user, Delivered: d.seq})
		}
	}
	clear(f.deliver)
	f.batch = make([]chat.Advance, 0, len(f.moved))
	for _, a := range f.moved {
		f.batch = append(f.batch, a)
	}
	clear(f.moved)
	f.since, f.writing = time.Time{}, f.since
}

// chunk returns the part of the batch that is to be written next.
func (f *flusher) chunk() []chat.Advance {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.batch[:min(len(f.batch), flushChunk)]
}

// lag returns for how long the oldest moved marker has waited to be written.
func (f *flusher) lag() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	oldest := f.writing
	if oldest.IsZero() {
		oldest = f.since
	}
	if oldest.IsZero() {
		return 0
	}
	return time.Since(oldest)
}

// Flush writes the waiting markers and returns when they are on disk.
func (f *flusher) Flush(ctx context.Context) error {
	f.flushing.Lock()
	defer f.flushing.Unlock()
	f.drain()
	return f.write(ctx)
}

// FlushForReading is Flush for callers that are about to read. If the disk is full,
// they read the older markers instead of failing.
func (f *flusher) FlushForReading(ctx context.Context) error {
	if err := f.Flush(ctx); err != nil && !errors.Is(err, chat.ErrFull) {
		return err
	}
	return nil
}

// FlushAnd is Flush followed by do, before markers that move in the meantime are
// written.
func (f *flusher) FlushAnd(ctx context.Context, do func() error) error {
	f.flushing.Lock()
	defer f.flushing.Unlock()
	f.drain()
	if err := f.write(ctx); err != nil {
		return err
	}
	return do()
}

// write writes the batch. It keeps the markers that it could not write for the next time.
func (f *flusher) write(ctx context.Context) error {
	for n := len(f.chunk()); n > 0; n = len(f.chunk()) {
		err := f.advanceMarkers(ctx, f.chunk)
		f.mu.Lock()
		if err != nil {
			defer f.mu.Unlock()
			for _, a := range f.batch {
				f.mergeLocked(a)
			}
			f.batch = nil
			f.since, f.writing = f.writing, time.Time{}
			f.armLocked()
			return err
		}
		f.batch = f.batch[min(n, len(f.batch)):]
		f.mu.Unlock()
	}
	f.mu.Lock()
	f.batch, f.writing = nil, time.Time{}
	f.mu.Unlock()
	return nil
}

// Stop writes the waiting markers for the last time.
func (f *flusher) Stop() {
	f.mu.Lock()
	f.stopped = true
	f.mu.Unlock()
	if err := f.Flush(context.Background()); err != nil {
		f.log.Error("writing markers", "err", err)
	}
}
