package service

import (
	"context"
	"errors"
	"slices"
	"time"

	"confab/app/chat"
	"confab/app/writer"
)

// ReadReceipts has the use cases of a session for what its user has read, and what others
// learn of that. See [Session.Receipts].
type ReadReceipts struct{ *session }

// ShareReceipts sets whether the account shares its read receipts, and so sees those of
// others: in one conversation, or everywhere if id is 0. It takes effect at once on all
// open screens. Others never learn of messages that the user read while receipts were off.
func (s ReadReceipts) ShareReceipts(ctx context.Context, id chat.ConversationID, on bool) error {
	if id != 0 {
		if _, _, err := s.access(ctx, s.service.store, id, chat.ActionRead); err != nil {
			return err
		}
	}
	same, err := s.sharesAlready(ctx, id, on)
	if err != nil || same {
		return err
	}
	// To turn receipts off, hide them in memory first, so that nobody is told anything
	// more. Then write the markers that have moved before, and only then hide them in the
	// store.
	switched := chat.ReceiptsSwitched{User: s.user.ID, Conversation: id, Off: !on}
	if !on {
		s.service.live.Withdraw(switched)
	}
	return s.service.live.Markers().FlushAnd(ctx, func() error {
		return s.write(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
			changes := []chat.Change{switched} // again, for members who were read from the store meanwhile
			if id == 0 {
				return append(changes, chat.PreferencesChanged{User: s.user.ID}), tx.SetReceiptsOff(ctx, s.user.ID, !on)
			}
			return append(changes, chat.PersonalChanged{User: s.user.ID}), tx.WithdrawRead(ctx, id, s.user.ID, !on)
		})
	})
}

func (s ReadReceipts) sharesAlready(ctx context.Context, id chat.ConversationID, on bool) (bool, error) {
	if id == 0 {
		u, err := s.service.store.UserByID(ctx, s.user.ID)
		return u.ReceiptsOff == !on, err
	}
	m, err := s.service.store.Membership(ctx, id, s.user.ID)
	return m.ReceiptsOff == !on, err
}

// markerTimesKept is how long the store knows when a message was read or delivered.
const markerTimesKept = 30 * 24 * time.Hour

// Details returns which members have received and read a message, and who reacted to it. It
// leaves out the author, bots, disabled accounts, and people who became members after the
// message was sent. If the session's user may not see the message, the error is
// [chat.ErrNotFound].
func (s ReadReceipts) Details(ctx context.Context, id chat.ConversationID, seq chat.Seq) (chat.Details, error) {
	var d chat.Details
	page, err := Messages(s).After(ctx, id, seq-1, 1)
	if err != nil {
		return d, err
	}
	if len(page) == 0 || page[0].Seq != seq {
		return d, chat.Refuse(chat.ErrNotFound, "There is no such message here.")
	}
	d.Message = page[0]
	if err := s.service.live.Markers().FlushForReading(ctx); err != nil {
		return d, err
	}
	if err := s.ask(ctx, costList); err != nil {
		return d, err
	}
	store := s.service.store
	members, err1 := store.Members(ctx, id)
	times, err2 := store.MarkerTimes(ctx, id, seq)
	reactors, err3 := store.Reactors(ctx, id, seq)
	if err := errors.Join(err1, err2, err3); err != nil {
		return d, err
	}
	d.Reactions = reactors
	s.owe(len(members) + len(times) + len(reactors))
	own := slices.IndexFunc(members, func(m chat.Member) bool { return m.User == s.user.ID })
	d.Withheld = own < 0 || !members[own].Shares()
	if !d.Message.Counts() {
		return d, nil
	}
	// The store has the times of later deliveries, but only for a while.
	var atOnce time.Time
	if s.service.now().Sub(d.Message.SentAt) < markerTimesKept {
		atOnce = d.Message.SentAt
	}
	for _, m := range members {
		if !m.Counts() || m.User == d.Message.Author || m.Joined >= seq {
			continue
		}
		one := chat.MemberDetail{Name: m.Name, DisplayName: m.DisplayName, Delivered: m.Delivered >= seq}
		one.Tells = !d.Withheld && m.Shares() && m.ReadFrom < seq
		one.Read = one.Tells && m.Read >= seq
		// A message that was read has been delivered. Only people who may know that a
		// member has read it learn of the delivery from that.
		one.Delivered = one.Delivered || one.Read
		if one.Delivered {
			one.DeliveredAt = atOnce
		}
		for _, t := range times {
			switch {
			case t.User != m.User:
			case t.Read && one.Read:
				one.ReadAt = t.At
				one.BeforeEdit = t.At.Before(d.Message.EditedAt)
			case !t.Read && one.Delivered && t.At.After(d.Message.SentAt):
				one.DeliveredAt = t.At
			}
		}
		d.Members = append(d.Members, one)
	}
	return d, nil
}

// Visit opens a conversation for the session, and closes the one that was open before. From
// then on the session gets the receipts of the conversation. A group to which somebody has
// added the user is then no longer new.
func (s ReadReceipts) Visit(ctx context.Context, id chat.ConversationID) (chat.Visit, error) {
	if err := s.ask(ctx, costList); err != nil {
		return chat.Visit{}, err
	}
	m, c, err := s.access(ctx, s.service.store, id, chat.ActionRead)
	if err != nil {
		return chat.Visit{}, err
	}
	v, err := s.live.Visit(ctx, c, m)
	if err != nil {
		return chat.Visit{}, err
	}
	if err := s.openedGroup(ctx, m); err != nil && ctx.Err() == nil && !errors.Is(err, chat.ErrClosed) {
		s.log.Error("storing that a group was opened", "err", err) // on a full disk, people can still read
	}
	if v.Unread, err = s.service.store.Unread(ctx, id, s.user.ID, v.Seen); err == nil && v.Unread > 0 {
		v.Mentions, err = s.service.store.CountMentions(ctx, id, s.user.ID, v.Seen)
	}
	return v, err
}

// openedGroup stores that the session's user has opened a group to which somebody has added
// them. From then on the group is no longer unread for that reason, on all screens of the
// user. For other memberships it does nothing.
func (s ReadReceipts) openedGroup(ctx context.Context, m chat.Membership) error {
	if m.AddedBy == 0 {
		return nil
	}
	return s.write(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		return []chat.Change{chat.PersonalChanged{User: s.user.ID}}, tx.SetOpened(ctx, m.Conversation, s.user.ID)
	})
}

// ShowsOwn says whether the screen shows messages of its own user in the open conversation.
// In large conversations, receipts are only counts beside these. So a screen that shows
// none of them is not told of every marker that moves.
func (s ReadReceipts) ShowsOwn(id chat.ConversationID, own bool) { s.live.ShowsOwn(id, own) }

// MarkRead says that the session's user has read the open conversation up to a message. The
// position only moves forward. MarkRead does not wait for the store.
func (s ReadReceipts) MarkRead(id chat.ConversationID, to chat.Seq) { s.live.MarkRead(id, to, nil) }

// readUpTo returns the markers that move when a member reads up to a message.
func (s *service) readUpTo(m chat.Membership, user chat.User, to chat.Seq) *chat.Advance {
	a := &chat.Advance{Conversation: m.Conversation, User: m.User, Seen: to, ReadAt: s.now()}
	if !user.ReceiptsOff && !m.ReceiptsOff && to > m.ReadFrom {
		a.Read = to
	}
	return a
}

// MarkUnread makes a message and all later ones unread again, for the session's user alone.
// Others keep seeing the receipts. Earlier unread messages stay unread.
func (s ReadReceipts) MarkUnread(ctx context.Context, id chat.ConversationID, from chat.Seq) error {
	// Markers that have moved so far must be written before the position moves back.
	return s.service.live.Markers().FlushAnd(ctx, func() error {
		return s.write(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
			m, _, err := s.access(ctx, tx, id, chat.ActionRead)
			if err != nil {
				return nil, err
			}
			seen := min(m.Seen, max(from-1, m.Joined))
			if err := tx.UnreadMentions(ctx, id, s.user.ID, seen); err != nil {
				return nil, err
			}
			return []chat.Change{chat.SeenSet{Conversation: id, User: s.user.ID, Seen: seen}}, tx.SetSeen(ctx, id, s.user.ID, seen)
		})
	})
}

// Unread counts the messages of a conversation that the session's user has not seen, at
// most [chat.UnreadLimit].
func (s ReadReceipts) Unread(ctx context.Context, id chat.ConversationID) (int, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return 0, err
	}
	if err := s.service.live.Markers().FlushForReading(ctx); err != nil {
		return 0, err
	}
	m, _, err := s.access(ctx, s.service.store, id, chat.ActionRead)
	if err != nil {
		return 0, err
	}
	return s.service.store.Unread(ctx, id, s.user.ID, m.Seen)
}

// ReadAll marks all conversations and threads of the session's user as read, as if the user
// had looked at each.
func (s ReadReceipts) ReadAll(ctx context.Context) error {
	if err := s.service.live.Markers().Flush(ctx); err != nil {
		return err
	}
	list, err := s.service.store.ListOf(ctx, s.user.ID)
	if err != nil {
		return err
	}
	user, err := s.service.store.UserByID(ctx, s.user.ID)
	if err != nil {
		return err
	}
	for _, c := range list {
		if err := s.openedGroup(ctx, c.Mine); err != nil {
			return err
		}
		if c.Mine.Seen >= c.LastSeq {
			continue
		}
		s.service.live.NoteNewest(c.ID, c.LastSeq)
		s.live.MarkRead(c.ID, c.LastSeq, s.service.readUpTo(c.Mine, user, c.LastSeq))
	}
	if err := s.service.live.Markers().Flush(ctx); err != nil {
		return err
	}
	if err := Threads(s).readAll(ctx); err != nil {
		return err
	}
	return s.service.live.Apply(chat.PersonalChanged{User: s.user.ID})
}

// ReadUpTo says that the session's user has read a conversation up to a message. Unlike
// [ReadReceipts.MarkRead], it works for conversations that are not open, and returns when
// the position is on disk. The position only moves forward.
func (s ReadReceipts) ReadUpTo(ctx context.Context, id chat.ConversationID, to chat.Seq) error {
	if err := s.service.live.Markers().Flush(ctx); err != nil {
		return err
	}
	m, c, err := s.access(ctx, s.service.store, id, chat.ActionRead)
	if err != nil {
		return err
	}
	if err := s.openedGroup(ctx, m); err != nil {
		return err
	}
	user, err := s.service.store.UserByID(ctx, s.user.ID)
	if err != nil {
		return err
	}
	if to = min(to, c.LastSeq); to <= m.Seen {
		return nil
	}
	s.service.live.NoteNewest(id, c.LastSeq)
	s.live.ReadUpTo(id, to, s.service.readUpTo(m, user, to))
	return s.service.live.Markers().Flush(ctx)
}

// Received says that a script of the session's user has received a conversation up to a message.
func (s ReadReceipts) Received(id chat.ConversationID, to chat.Seq) {
	s.service.live.Delivered(id, s.user.ID, to)
}

// deliverAll notes that all messages that waited for an account have reached it.
func (s *service) deliverAll(ctx context.Context, user chat.UserID) error {
	waiting, err := s.store.Undelivered(ctx, user)
	if err != nil {
		return err
	}
	for id, last := range waiting {
		s.live.Delivered(id, user, last)
	}
	return nil
}

// advanceMarkers writes markers that have moved, and returns when they are on disk. The other
// servers learn of them from the record of changes.
func (s *Service) advanceMarkers(ctx context.Context, batch func() []chat.Advance) error {
	return s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		if s.bus == nil {
			return nil, tx.AdvanceMarkers(ctx, batch()...)
		}
		moves, err := upToDate(ctx, tx, s.writer.LastSeen(), batch())
		if err != nil {
			return nil, err
		}
		return []chat.Change{chat.MarkersMoved{Moves: chat.MovesOf(moves), Here: true}}, tx.AdvanceMarkers(ctx, moves...)
	})
}

// upToDate returns the markers of a batch as far as they may still move. Their members may have
// turned receipts off or marked messages unread on another server, in a change after those that
// this server has applied. If the database has lost commits, the messages may be gone, and there
// are none.
func upToDate(ctx context.Context, tx chat.Tx, seen chat.Clock, batch []chat.Advance) ([]chat.Advance, error) {
	now, err := tx.Clock(ctx)
	if err != nil || writer.Lost(seen, now, true) {
		return nil, err
	}
	applied := seen.Changes
	if now.Changes == applied {
		return batch, nil
	}
	batch = slices.Clone(batch)
	alter := func(do func(*chat.Advance), which func(*chat.Advance) bool) {
		for i := range batch {
			if a := &batch[i]; which(a) {
				do(a)
			}
		}
	}
	unsee := func(a *chat.Advance) { a.Seen = 0 }
	for applied != now.Changes {
		rows, err := tx.ChangesAfter(ctx, applied, upToDatePage)
		if err != nil {
			return nil, err
		}
		var unknown error
		for _, row := range rows {
			if row.Position != applied+1 {
				break
			}
			applied = row.Position
			var c chat.Change
			if c, unknown = row.Change(); unknown != nil {
				break
			}
			switch c := c.(type) {
			case chat.SeenSet:
				alter(unsee, func(a *chat.Advance) bool { return a.Conversation == c.Conversation && a.User == c.User })
			case chat.ReceiptsSwitched:
				alter((*chat.Advance).WithdrawRead, func(a *chat.Advance) bool {
					return a.User == c.User && (c.Conversation == 0 || a.Conversation == c.Conversation)
				})
			}
		}
		if unknown != nil || len(rows) == 0 || rows[len(rows)-1].Position != applied {
			// The record is incomplete, so any member may have done either.
			alter(func(a *chat.Advance) { a.WithdrawRead(); unsee(a) }, func(*chat.Advance) bool { return true })
			break
		}
	}
	return batch, nil
}

// upToDatePage is how many changes upToDate reads at a time.
const upToDatePage = 500
