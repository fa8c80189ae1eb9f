package chat

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// flushAfter is how long markers that moved wait to be written, all in one
// transaction: what a crash may lose of them. It must stay well under the
// second that the documentation promises.
const flushAfter = 200 * time.Millisecond

// flushChunk bounds how many markers are written in one go, so that a send
// never waits long for them.
const flushChunk = 200

// ledger collects the markers that moved and writes them in batches. Reading a
// message costs the store nothing until then, however many read at once.
type ledger struct {
	writer *writer
	log    *slog.Logger

	flushing sync.Mutex // held while a batch is written, so that batches keep their order

	mu      sync.Mutex
	moved   map[memberKey]Advance
	deliver map[ConversationID]delivery
	timer   *time.Timer // nil while nothing waits
	failing bool        // the last try to write failed, and the log has it
	stopped bool
}

type memberKey struct {
	conversation ConversationID
	user         UserID
}

// delivery is the newest message of a conversation that was put into the
// mailboxes of everyone who is there.
type delivery struct {
	room *room
	seq  Seq
}

func newLedger(log *slog.Logger) *ledger {
	return &ledger{
		log:   log,
		moved: make(map[memberKey]Advance), deliver: make(map[ConversationID]delivery),
	}
}

// advance notes that a member's markers moved.
func (l *ledger) advance(a Advance) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mergeLocked(a)
	l.armLocked()
}

// mergeLocked adds to what is known of a member already. The ledger is locked.
func (l *ledger) mergeLocked(a Advance) {
	key := memberKey{a.Conversation, a.User}
	have := l.moved[key]
	if have.Delivered >= a.Delivered || a.DeliveredAt.IsZero() {
		a.DeliveredAt = have.DeliveredAt
	}
	a.Delivered = max(a.Delivered, have.Delivered)
	if have.Read >= a.Read {
		a.Read, a.ReadAt = have.Read, have.ReadAt
	}
	a.Seen, a.ReadFrom = max(a.Seen, have.Seen), max(a.ReadFrom, have.ReadFrom)
	l.moved[key] = a
}

// withdraw is called when a member begins or ends to keep to itself what it
// reads, while nothing is being written: what it had read by then and is not
// written yet is told to nobody.
func (l *ledger) withdraw(id ConversationID, user UserID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := memberKey{id, user}
	if a, ok := l.moved[key]; ok {
		a.Read, a.ReadAt, a.ReadFrom = 0, time.Time{}, max(a.ReadFrom, a.Seen)
		l.moved[key] = a
	}
}

// unsee drops where a member has moved its own position, while nothing is being
// written: it has marked something unread since.
func (l *ledger) unsee(id ConversationID, user UserID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := memberKey{id, user}
	if a, ok := l.moved[key]; ok {
		a.Seen = 0
		l.moved[key] = a
	}
}

// delivered notes that a message has reached all who are there.
func (l *ledger) delivered(r *room, seq Seq) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deliver[r.id] = delivery{r, seq}
	l.armLocked()
}

// settle is called when a session leaves, and takes it off the list of those
// who are there: what had reached it stays so. Both are one step, since what is
// written in between would count it as not there.
func (l *ledger) settle(id ConversationID, user UserID, leave func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if d, ok := l.deliver[id]; ok {
		l.mergeLocked(Advance{Conversation: id, User: user, Delivered: d.seq})
	}
	leave()
}

// armLocked makes sure that what waits is written soon. The ledger is locked.
func (l *ledger) armLocked() {
	if l.timer != nil || l.stopped {
		return
	}
	l.timer = time.AfterFunc(flushAfter, func() {
		l.noted(l.flush(context.Background()))
	})
}

// noted logs that markers can't be written, once until they can be again: it is
// tried several times a second.
func (l *ledger) noted(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil && !l.failing {
		l.log.Error("writing markers; it is tried again and again", "err", err)
	}
	if err == nil && l.failing {
		l.log.Info("markers are written again")
	}
	l.failing = err != nil
}

// take removes and returns all that waits.
func (l *ledger) take() []Advance {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	for id, d := range l.deliver {
		for _, s := range d.room.present() {
			l.mergeLocked(Advance{Conversation: id, User: s.user.ID, Delivered: d.seq})
		}
	}
	clear(l.deliver)
	batch := make([]Advance, 0, len(l.moved))
	for _, a := range l.moved {
		batch = append(batch, a)
	}
	clear(l.moved)
	return batch
}

// flush writes what waits and returns when it is on disk.
func (l *ledger) flush(ctx context.Context) error {
	l.flushing.Lock()
	defer l.flushing.Unlock()
	return l.write(ctx, l.take())
}

// settled is flush for those who are about to read: without room on the disk
// they get what there was room for, rather than nothing.
func (l *ledger) settled(ctx context.Context) error {
	if err := l.flush(ctx); err != nil && !errors.Is(err, ErrFull) {
		return err
	}
	return nil
}

// write writes markers. What could not be written is kept for the next time.
func (l *ledger) write(ctx context.Context, batch []Advance) error {
	for len(batch) > 0 {
		chunk := batch[:min(len(batch), flushChunk)]
		err := l.writer.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
			for _, a := range chunk {
				if err := tx.AdvanceMarkers(ctx, a); err != nil {
					return nil, err
				}
			}
			return nil, nil
		})
		if err != nil {
			l.mu.Lock()
			defer l.mu.Unlock()
			for _, a := range batch {
				l.mergeLocked(a)
			}
			l.armLocked()
			return err
		}
		batch = batch[len(chunk):]
	}
	return nil
}

// stop writes what waits for the last time.
func (l *ledger) stop() {
	l.mu.Lock()
	l.stopped = true
	l.mu.Unlock()
	if err := l.flush(context.Background()); err != nil {
		l.log.Error("writing markers", "err", err)
	}
}
