package service

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
	"confab/app/writer"
)

// Messages has the use cases of a session for reading, writing and finding messages. See
// [Session.Messages].
type Messages struct{ *session }

// Send posts a message. It returns when the message is on disk and in the mailbox of every
// session of the conversation. Sending the same id to the same conversation again posts
// nothing and returns the message that was posted first. Send refuses an empty text with
// [text.ErrInvalid], a text over [chat.MaxBody] with [chat.ErrTooLarge], and users who are
// not members with [chat.ErrNotAllowed]. It first slows users who send too quickly, and
// then refuses with [chat.ErrTooFast] (see [Limits]).
func (s Messages) Send(ctx context.Context, in chat.NewMessage) (*chat.Message, error) {
	body, err := chat.CheckBody(in.Body)
	if err != nil {
		return nil, err
	}
	if err := s.slowWriting(ctx, body); err != nil {
		return nil, err
	}
	var posted *chat.Message
	var reads *chat.Advance
	add := s.post
	if in.Thread != uuid.Nil {
		add = s.write // a reply in a thread changes the root and the followers too
	}
	err = add(ctx, s.adding(in, body, &posted, &reads))
	if err != nil {
		return nil, err
	}
	if reads != nil { // even if the session has closed the conversation since
		s.live.MarkRead(in.Conversation, posted.Seq, reads)
	}
	s.live.Wrote()
	s.fresh.Store(false)
	return posted, nil
}

// adding returns the work that posts a message, with the permissions that its author has
// when the work runs. body is the clean text. The work sets posted to the message, and
// reads to the positions that its author has reached by posting it, or nil.
func (s Messages) adding(in chat.NewMessage, body string, posted **chat.Message, reads **chat.Advance) writer.Work {
	return func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		*reads = nil
		own, c, err := s.access(ctx, tx, in.Conversation, chat.ActionPost)
		if err != nil {
			return nil, err
		}
		if err := s.mayStayHere(ctx, tx); err != nil {
			return nil, err
		}
		var answers *chat.Quote
		if in.ReplyTo != uuid.Nil {
			if answers, err = s.quote(ctx, tx, own, c, in.ReplyTo); err != nil {
				return nil, err
			}
		}
		var root *chat.Message
		if in.Thread != uuid.Nil {
			if root, err = s.threadRoot(ctx, tx, own, c, in.Thread); err != nil {
				return nil, err
			}
		}
		m := &chat.Message{
			ID:           in.ID,
			Conversation: in.Conversation,
			Author:       s.user.ID,
			AuthorUID:    s.user.UID,
			AuthorBot:    s.user.Bot,
			ReplyTo:      answers,
			Body:         body,
			SentAt:       s.service.timestamp(),
		}
		m.AuthorName, m.AuthorDisplay = s.live.Names()
		if root != nil {
			m.Thread, m.ThreadOnly = root.Seq, !in.Also
		}
		if !m.ThreadOnly {
			if m.GroupMention, err = groupMention(ctx, tx, own, c, body, s.service.now()); err != nil {
				return nil, err
			}
		}
		if err := s.waited(ctx, tx, own, c); err != nil {
			var again error
			if *posted, again = s.posted(ctx, tx, in); again == nil {
				return nil, nil
			}
			return nil, err
		}
		fresh, err := tx.InsertMessage(ctx, m)
		if err != nil {
			return nil, err
		}
		if in.Draft != "" {
			if err := tx.DropDraft(ctx, m.Conversation, m.Author, in.Draft); err != nil {
				return nil, err
			}
		}
		if !fresh {
			*posted, err = s.posted(ctx, tx, in)
			return nil, err
		}
		*posted = m
		if root != nil {
			return s.replied(ctx, tx, c, root, m, in.Read)
		}
		if in.Read {
			user, err := tx.UserByID(ctx, s.user.ID)
			if err != nil {
				return nil, err
			}
			*reads = s.service.readUpTo(own, user, m.Seq)
		}
		return []chat.Change{chat.MessagePosted{Message: m}}, s.mention(ctx, tx, m)
	}
}

// timestamp returns the present time, as exactly as the store keeps it.
func (s *service) timestamp() time.Time { return s.now().Truncate(time.Millisecond) }

// posted returns the message that an earlier send with the same id has posted.
func (s Messages) posted(ctx context.Context, tx chat.Tx, in chat.NewMessage) (*chat.Message, error) {
	m, err := tx.MessageByID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if m.Author != s.user.ID || m.Conversation != in.Conversation {
		return nil, chat.Refuse(chat.ErrConflict, "Another message has this id already: send it with a new one.")
	}
	return m, nil
}

// announce posts a system line that says what has changed in a conversation.
func (s *session) announce(ctx context.Context, tx chat.Tx, id chat.ConversationID, notice chat.Notice, body string) (chat.Change, error) {
	return s.service.announce(ctx, tx, id, s.current(), notice, body)
}

func (s *service) announce(ctx context.Context, tx chat.Tx, id chat.ConversationID, author chat.User, notice chat.Notice, body string) (chat.Change, error) {
	uid, err := s.newID()
	if err != nil {
		return nil, err
	}
	m := &chat.Message{
		ID: uid, Conversation: id, Author: author.ID, AuthorUID: author.UID, AuthorName: author.Name, AuthorDisplay: author.DisplayName, AuthorBot: author.Bot,
		Notice: notice, Body: body, SentAt: s.timestamp(),
	}
	if _, err := tx.InsertMessage(ctx, m); err != nil {
		return nil, err
	}
	return chat.MessagePosted{Message: m}, nil
}

// Before returns the newest messages with numbers below before that the session's user may
// see, at most limit, in ascending order.
func (s Messages) Before(ctx context.Context, id chat.ConversationID, before chat.Seq, limit int) ([]*chat.Message, error) {
	if err := s.ask(ctx, costPage); err != nil {
		return nil, err
	}
	m, c, err := s.access(ctx, s.service.store, id, chat.ActionRead)
	if err != nil {
		return nil, err
	}
	return s.shared(id)(s.service.store.MessagesBefore(ctx, id, chat.Floor(m, c), before, limit))
}

// After returns the oldest messages with numbers above after that the session's user may
// see, at most limit, in ascending order.
func (s Messages) After(ctx context.Context, id chat.ConversationID, after chat.Seq, limit int) ([]*chat.Message, error) {
	if err := s.ask(ctx, costPage); err != nil {
		return nil, err
	}
	m, c, err := s.access(ctx, s.service.store, id, chat.ActionRead)
	if err != nil {
		return nil, err
	}
	return s.shared(id)(s.service.store.MessagesAfter(ctx, id, max(after, chat.Floor(m, c)), limit))
}

// shared replaces messages that were read by the same ones that other sessions hold already.
func (s Messages) shared(id chat.ConversationID) func([]*chat.Message, error) ([]*chat.Message, error) {
	return func(page []*chat.Message, err error) ([]*chat.Message, error) {
		if err == nil {
			s.owe(len(page))
			s.service.live.Share(id, page)
		}
		return page, err
	}
}

// Message returns a message by its id, with its conversation as [Groups.Find] returns it.
// If the message does not exist, or the session's user may not see it, the error is
// [chat.ErrNotFound].
func (s Messages) Message(ctx context.Context, id uuid.UUID) (*chat.Message, chat.ConversationSummary, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return nil, chat.ConversationSummary{}, err
	}
	none := chat.Refuse(chat.ErrNotFound, "There is no message with the id %s, or you may not see it.", id)
	m, err := s.service.store.MessageByID(ctx, id)
	if errors.Is(err, chat.ErrNotFound) {
		return nil, chat.ConversationSummary{}, none
	}
	if err != nil {
		return nil, chat.ConversationSummary{}, err
	}
	l, err := s.summary(ctx, s.service.store, m.Conversation)
	if errors.Is(err, chat.ErrNotFound) || err == nil && m.Seq <= l.Floor() {
		return nil, chat.ConversationSummary{}, none
	}
	return m, l, err
}

// Position returns the [chat.Message.Position] of a message. It works even if the session's
// user has left the conversation since, so that a program can continue after the last
// message that it got. This reveals nothing, because only people who have seen a message
// know its id. For an unknown id the error is [chat.ErrNotFound].
func (s Messages) Position(ctx context.Context, id uuid.UUID) (int64, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return 0, err
	}
	m, err := s.service.store.MessageByID(ctx, id)
	if errors.Is(err, chat.ErrNotFound) {
		return 0, chat.Refuse(chat.ErrNotFound, "There is no message with the id %s to continue from.", id)
	}
	if err != nil {
		return 0, err
	}
	return m.Position, nil
}

// LastPosition returns the position of the newest message of the server. Messages that are
// committed later have higher positions.
func (s Messages) LastPosition(ctx context.Context) (int64, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return 0, err
	}
	return s.service.store.LastPosition(ctx)
}

// SeqAt returns the number of the newest message of a conversation up to a position, or
// 0 without one.
func (s Messages) SeqAt(ctx context.Context, id chat.ConversationID, position int64) (chat.Seq, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return 0, err
	}
	if _, _, err := s.access(ctx, s.service.store, id, chat.ActionRead); err != nil {
		return 0, err
	}
	return s.service.store.SeqAt(ctx, id, position)
}

// SaveDraft stores the unsent text of the session's user in a conversation. The text ""
// removes it. A text over four times [chat.MaxBody] is refused with [chat.ErrTooLarge].
func (s Messages) SaveDraft(ctx context.Context, id chat.ConversationID, body string) error {
	if len(body) > 4*chat.MaxBody {
		return chat.Refuse(chat.ErrTooLarge, "The draft is too long to save.")
	}
	if err := s.ask(ctx, costLookup+len(body)/draftUnit); err != nil {
		return err
	}
	set := func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		err := tx.SetDraft(ctx, id, s.user.ID, body)
		if errors.Is(err, chat.ErrNotFound) {
			if _, _, refused := s.access(ctx, tx, id, chat.ActionRead); refused != nil {
				err = refused
			}
		}
		return nil, err
	}
	return s.service.writer.CarryOut(ctx, &writer.Job{Do: set, Of: set, Log: s.log, Patient: true})
}

// Typing tells the members who have the conversation open, or the other member of a direct
// one, that the session's user is writing. It does not read the store. It does nothing if
// it was called less than half of [chat.TypingEvery] ago, or if more than a hundred members
// have the conversation open.
func (s Messages) Typing(id chat.ConversationID) { s.live.Typing(id) }

// quote finds the message that a new one answers. It must belong to the same
// conversation, and the sender must be able to see it.
func (s Messages) quote(ctx context.Context, r chat.Reader, own chat.Membership, c chat.Conversation, id uuid.UUID) (*chat.Quote, error) {
	m, err := r.MessageByID(ctx, id)
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		return nil, err
	}
	if err != nil || m.Conversation != c.ID || m.Seq <= chat.Floor(own, c) || m.System() {
		return nil, chat.Refuse(chat.ErrNotFound, "There is no message with the id %s in this conversation to answer.", id)
	}
	if m.Deleted() {
		return nil, chat.Refuse(chat.ErrNotFound, "The message that you are answering was deleted.")
	}
	return &chat.Quote{ID: m.ID, Seq: m.Seq, Author: m.Author, AuthorName: m.AuthorName, Text: chat.QuoteText(m.Body)}, nil
}

// maxHits bounds a page of a search.
const maxHits = 200

// Search returns the newest messages that match a query and that the session's user may see
// now, at most limit, the newest first. For the next page, below is the
// [chat.Message.Position] of the last one. For the first page it is 0. If the query names
// an unknown account, or a conversation that the user is not in, the error is
// [chat.ErrNotFound].
func (s Messages) Search(ctx context.Context, q text.Query, limit int, below int64) ([]chat.Hit, error) {
	if err := s.ask(ctx, costSearch); err != nil {
		return nil, err
	}
	l := chat.Lookup{
		User: s.user.ID, Phrases: q.Phrases, After: q.After, Before: q.Before, HasFile: q.HasFile, HasLink: q.HasLink,
		Below: below, Limit: max(1, min(limit, maxHits)),
	}
	if q.From != "" {
		author, err := s.userNamed(ctx, s.service.store, q.From)
		if err != nil {
			return nil, err
		}
		l.Author = author.ID
	}
	if q.In != "" {
		in, err := Groups(s).Find(ctx, q.In)
		if err != nil {
			return nil, err
		}
		l.Conversation = in.ID
	}
	found, err := s.service.store.Search(ctx, l)
	if err != nil {
		return nil, err
	}
	s.owe(len(found))
	conversations := make(map[chat.ConversationID]chat.ConversationSummary)
	hits := make([]chat.Hit, 0, len(found))
	for _, m := range found {
		in, known := conversations[m.Conversation]
		if !known {
			in, err = s.summary(ctx, s.service.store, m.Conversation)
			if err != nil && !errors.Is(err, chat.ErrNotFound) { // the user may have been removed this moment
				return nil, err
			}
			conversations[m.Conversation] = in
		}
		if in.ID != 0 {
			hits = append(hits, chat.Hit{Message: m, Conversation: in, Marks: q.Marks(m.Body)})
		}
	}
	return hits, nil
}

// FirstSince returns the number of the first message of a conversation that was sent at a
// time or later, and that the session's user may see. If there is none, the error is
// [chat.ErrNotFound].
func (s Messages) FirstSince(ctx context.Context, id chat.ConversationID, at time.Time) (chat.Seq, error) {
	if err := s.ask(ctx, costList); err != nil {
		return 0, err
	}
	m, c, err := s.access(ctx, s.service.store, id, chat.ActionRead)
	if err != nil {
		return 0, err
	}
	// The numbers above the floor have no gaps. Unless the server's clock was put back,
	// messages are in the order of their times.
	low, high := chat.Floor(m, c)+1, c.LastSeq+1 // messages below low are too early; those from high on are not
	for low < high {
		middle := low + (high-low)/2
		one, err := chat.MessageAt(ctx, s.service.store, id, middle)
		switch {
		case err != nil:
			return 0, err
		case one == nil || one.SentAt.Before(at): // the message may have expired this moment
			low = middle + 1
		default:
			high = middle
		}
	}
	if low > c.LastSeq {
		return 0, chat.Refuse(chat.ErrNotFound, "No message here was sent then or later.")
	}
	return low, nil
}
