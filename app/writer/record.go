package writer

import (
	"context"
	"time"

	"confab/app/chat"
)

// changesKept is how long the record keeps changes. A server that was away for longer
// reads everything from the store again.
const changesKept = 24 * time.Hour

// changesKeptShared is the same where several servers share the store. Each batch of markers that
// move is in their record, several times a second.
const changesKeptShared = 10 * time.Minute

// changesPage is how many recorded changes are read at a time.
const changesPage = 500

// messagesPage is how many messages of other servers are read at a time, and messagesMost is
// how many are applied one by one. If there are more, all sessions read what they missed.
const (
	messagesPage = 500
	messagesMost = 10 * messagesPage
)

// record is the record of changes as one transaction uses it. The transaction adds its own
// changes, and reads earlier ones of other processes. The transactions of all processes run
// one after the other, so positions are in the order of the commits.
type record struct {
	origin int64
	at     time.Time
	seen   chat.Clock // how far everything is applied
	shared bool       // other servers post messages
	follow bool       // read the changes of other processes in any case

	own   chat.Clock // how many messages and changes this transaction has added
	first int64      // the position of its first change, 0 without any
}

// add records changes of this process, which a job made. Messages are not recorded.
func (r *record) add(ctx context.Context, tx chat.Tx, changes []chat.Change) error {
	ahead := 0 // how many messages of the job come later
	for _, c := range changes {
		ahead += messagesIn(c)
	}
	for _, c := range changes {
		ahead -= messagesIn(c)
		row, recorded, err := chat.Record(c)
		if err != nil {
			return err
		}
		if !recorded {
			continue
		}
		row.At, row.Origin = r.at, r.origin
		position, err := tx.AppendChange(ctx, row, ahead)
		if err != nil {
			return err
		}
		r.own.Changes++
		if r.first == 0 {
			r.first = position
		}
	}
	return nil
}

// messagesIn returns how many messages a change says are posted.
func messagesIn(c chat.Change) int {
	switch c.(type) {
	case chat.MessagePosted, chat.LinePosted:
		return 1
	default:
		return 0
	}
}

// clock returns how far the store is with this transaction. It reports true if other processes may
// have done something before, which must be applied first.
func (r *record) clock(ctx context.Context, tx chat.Tx) (now chat.Clock, others bool, err error) {
	switch {
	case r.follow || r.shared && r.own != chat.Clock{}:
	case r.first == 0:
		return r.seen, false, nil
	case !r.shared && r.first == r.seen.Changes+1:
		return r.seen.Add(chat.Clock{Changes: r.own.Changes}), false, nil
	}
	now, err = tx.Clock(ctx)
	return now, true, err
}

// earlier returns what other processes have done before the transaction, which is committed. The
// transactions of other servers do not wait for this. If it cannot be read, it is missed.
func (w *Writer) earlier(ctx context.Context, r *record, now chat.Clock) earlier {
	found, err := hole(ctx, w.o.Store, r.at, r.seen, now.Before(r.own), r.shared)
	if err != nil {
		w.o.Log.Warn("reading what other servers have done", "err", err)
		found.missed = true
	}
	found.at = now
	return found
}

// hole reads what was committed between two clocks, in the order of the commits. Nothing of it
// was applied here: this process applies its own changes as soon as it knows of the commit. So
// the hole can have changes of this process whose commit seemed to fail.
func hole(ctx context.Context, from chat.Reader, at time.Time, after, upTo chat.Clock, messages bool) (earlier, error) {
	h := holeReader{from: from, at: at, after: after, upTo: upTo, messages: messages, found: earlier{at: upTo}}
	h.found.lost = Lost(after, upTo, messages)
	if h.found.lost || messages && upTo.Messages-after.Messages > messagesMost {
		h.found.missed = true
		return h.found, nil
	}
	for h.after.Changes < upTo.Changes {
		page, err := from.ChangesAfter(ctx, h.after.Changes, int(min(changesPage, upTo.Changes-h.after.Changes)))
		if err != nil {
			return h.found, err
		}
		if len(page) == 0 {
			h.found.missed = true
			break
		}
		for _, row := range page {
			if err := h.change(ctx, row); err != nil {
				return h.found, err
			}
		}
	}
	return h.found, h.messagesUpTo(ctx, upTo.Messages)
}

// Lost reports whether a store that was seen at one clock, and is at another now, may have lost
// commits in between.
func Lost(seen, now chat.Clock, messages bool) bool {
	return now.Epoch != seen.Epoch || now.Changes < seen.Changes || messages && now.Messages < seen.Messages
}

// holeReader reads a hole. Of both streams it has read what is up to after.
type holeReader struct {
	from        chat.Reader
	at          time.Time // now
	after, upTo chat.Clock
	messages    bool            // or else they are left out
	read        int64           // how far messages have been read
	page        []*chat.Message // of these, the ones after the clock after
	found       earlier
}

// change adds a recorded change, and before it the messages that come before it.
func (h *holeReader) change(ctx context.Context, row chat.RecordedChange) error {
	if row.Position > h.upTo.Changes {
		h.found.missed, h.after.Changes = true, h.upTo.Changes
		return nil
	}
	h.found.missed = h.found.missed || row.Position != h.after.Changes+1 // changes between these two are no longer in the record
	h.after.Changes = row.Position
	c, err := row.Change()
	if err != nil { // a later version has recorded it
		h.found.missed = true
		return nil
	}
	if err := h.messagesUpTo(ctx, min(row.After, h.upTo.Messages)); err != nil {
		return err
	}
	if _, line := c.(chat.LinePosted); line && h.messages {
		return nil // it is among the messages
	}
	if c, err = completed(ctx, h.from, c); err != nil {
		return err
	}
	if kicked, is := c.(chat.UserKicked); is && h.messages {
		kicked.At = h.at // the clocks of other machines may be wrong
		c = kicked
	}
	h.found.changes = append(h.found.changes, c)
	return nil
}

// messagesUpTo adds messages up to a position. Some may have expired. It reads those that come
// later with them, since there may be a change between each two.
func (h *holeReader) messagesUpTo(ctx context.Context, position int64) error {
	for h.messages && h.after.Messages < position {
		if h.read <= h.after.Messages {
			page, err := h.from.MessagesAtPositions(ctx, h.after.Messages, h.upTo.Messages, messagesPage)
			if err != nil {
				return err
			}
			if h.page, h.read = page, h.upTo.Messages; len(page) == messagesPage {
				h.read = page[len(page)-1].Position
			}
		}
		for len(h.page) > 0 && h.page[0].Position <= position {
			h.found.changes = append(h.found.changes, chat.PostedElsewhere{Message: h.page[0]})
			h.page = h.page[1:]
		}
		h.after.Messages = min(position, h.read)
	}
	return nil
}

// completed adds to a recorded change what the record does not contain. A message may have
// expired since.
func completed(ctx context.Context, r chat.Reader, c chat.Change) (_ chat.Change, err error) {
	switch c := c.(type) {
	case chat.MessageAltered:
		c.Message, err = chat.MessageAt(ctx, r, c.Conversation, c.Seq)
		return c, err
	case chat.LinePosted:
		c.Message, err = chat.MessageAt(ctx, r, c.Conversation, c.Seq)
		return c, err
	case chat.MessageReacted:
		c.Message, err = chat.MessageAt(ctx, r, c.Conversation, c.Seq)
		return c, err
	case chat.StatusSet:
		user, err := r.UserByID(ctx, c.User)
		c.Status = user.Status
		return c, err
	default:
		return c, nil
	}
}

// CatchUp applies what other processes have done so far. Its errors are those of [Writer.Do].
func (w *Writer) CatchUp(ctx context.Context) error {
	return w.CarryOut(ctx, &Job{Follow: true})
}

// Look applies what other processes have done so far, if the store has something new. Its errors
// are those of [Writer.Do].
func (w *Writer) Look(ctx context.Context) error {
	now, err := w.o.Store.Clock(ctx)
	if err == nil && w.Behind(now) {
		err = w.CatchUp(ctx)
	}
	return err
}

// Hear is Look after another server has said how far the store is. It does nothing if that is
// applied already, and reports whether the store turned out to have nothing new.
func (w *Writer) Hear(ctx context.Context, said chat.Clock) (nothing bool, err error) {
	before := w.LastSeen()
	if said.Possible() && before.Reached(said) {
		return false, nil
	}
	err = w.Look(ctx)
	return err == nil && said.Possible() && w.LastSeen() == before, err
}

// follow is CatchUp in the goroutine of the writer. It needs no transaction: everything up to
// the clock is committed.
func (w *Writer) follow(ctx context.Context) (earlier, error) {
	now, err := w.o.Store.Clock(ctx)
	if err != nil || now == w.LastSeen() {
		return earlier{at: now}, err
	}
	return hole(ctx, w.o.Store, w.o.Now(), w.LastSeen(), now, w.o.Bus != nil)
}

// PruneChanges deletes recorded changes that are too old to be needed, if this process has
// applied them. Its errors are those of [Writer.Do].
func (w *Writer) PruneChanges(ctx context.Context, now time.Time) error {
	kept := changesKept
	if w.o.Bus != nil {
		kept = changesKeptShared
	}
	return w.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		return nil, tx.PruneChanges(ctx, now.Add(-kept), w.LastSeen().Changes)
	})
}
