package service

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
	"confab/app/writer"
)

// Messages are what a session's user reads and writes. See [Session.Messages].
type Messages struct{ *session }

// Send posts a message. It returns when the message is on disk and has been
// handed to every session of the conversation. Sending the same id to the same
// conversation again posts nothing and returns the message as it was first posted. Send
// refuses bad text with [text.ErrInvalid] or [chat.ErrTooLarge], and users who are not members
// with [chat.ErrNotAllowed]. It first slows users who send too quickly, and then refuses with
// [chat.ErrTooFast] (see [Limits]).
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
	if reads != nil { // also if it has closed the conversation since
		s.live.MarkRead(in.Conversation, posted.Seq, reads)
	}
	s.live.Wrote()
	return posted, nil
}

// adding returns the work that posts a message, with the permissions that its author has
// when it is done. The body is clean. It says in posted which message there is now, and in
// reads what the author has read with it.
func (s Messages) adding(in chat.NewMessage, body string, posted **chat.Message, reads **chat.Advance) writer.Work {
	return func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		*reads = nil
		own, c, err := s.access(ctx, tx, in.Conversation, chat.ActionPost)
		if err != nil {
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
			AuthorName:   s.handle(),
			AuthorBot:    s.user.Bot,
			ReplyTo:      answers,
			Body:         body,
			SentAt:       s.service.timestamp(),
		}
		if root != nil {
			m.Thread, m.Aside = root.Seq, !in.Also
		}
		if !m.Aside {
			if m.GroupMention, err = groupMention(ctx, tx, own, c, body); err != nil {
				return nil, err
			}
		}
		fresh, err := tx.InsertMessage(ctx, m)
		if err != nil {
			return nil, err
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

// timestamp is now, as the store keeps it.
func (s *service) timestamp() time.Time { return s.now().Truncate(time.Millisecond) }

// posted returns the message that a repeated send had posted the first time.
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

// announce adds a line to a conversation that says what has changed in it.
func (s *session) announce(ctx context.Context, tx chat.Tx, id chat.ConversationID, notice chat.Notice, body string) (chat.Change, error) {
	return s.service.announce(ctx, tx, id, s.current(), notice, body)
}

func (s *service) announce(ctx context.Context, tx chat.Tx, id chat.ConversationID, author chat.User, notice chat.Notice, body string) (chat.Change, error) {
	uid, err := s.newID()
	if err != nil {
		return nil, err
	}
	m := &chat.Message{
		ID: uid, Conversation: id, Author: author.ID, AuthorUID: author.UID, AuthorName: author.Name, AuthorBot: author.Bot,
		Notice: notice, Body: body, SentAt: s.timestamp(),
	}
	if _, err := tx.InsertMessage(ctx, m); err != nil {
		return nil, err
	}
	return chat.MessagePosted{Message: m}, nil
}

// Before returns at most limit messages below the number given, the newest of
// them, in ascending order: those that the session's user may see.
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

// After returns at most limit messages above the number given, the oldest of
// them, in ascending order: those that the session's user may see.
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

// shared replaces what was read by what other sessions hold already.
func (s Messages) shared(id chat.ConversationID) func([]*chat.Message, error) ([]*chat.Message, error) {
	return func(page []*chat.Message, err error) ([]*chat.Message, error) {
		if err == nil {
			s.owe(len(page))
			s.service.live.Share(id, page)
		}
		return page, err
	}
}

// Message returns a message by its id, with its conversation as [Groups.Find] returns
// it. It refuses an unknown message, and one that the session's user may not see, with
// the same [chat.ErrNotFound].
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
	l, err := s.listed(ctx, s.service.store, m.Conversation)
	if errors.Is(err, chat.ErrNotFound) || err == nil && m.Seq <= l.Floor() {
		return nil, chat.ConversationSummary{}, none
	}
	return m, l, err
}

// Position returns the place of a message among all messages. The session's user may
// have left its conversation, and can still go on from the last message that it got.
// This tells nothing new, because only people who have seen a message know its id.
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

// LastPosition returns the position of the newest message of all. Messages that are
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

// SaveDraft keeps the unsent text of the session's user in a conversation; "" drops it.
// It refuses a text that is longer than a composer holds.
func (s Messages) SaveDraft(ctx context.Context, id chat.ConversationID, body string) error {
	if len(body) > 4*chat.MaxBody {
		return chat.Refuse(chat.ErrTooLarge, "The draft is too long to save.")
	}
	if err := s.ask(ctx, costLookup+len(body)/draftUnit); err != nil {
		return err
	}
	return s.write(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		if _, _, err := s.access(ctx, tx, id, chat.ActionRead); err != nil {
			return nil, err
		}
		return nil, tx.SetDraft(ctx, id, s.user.ID, body)
	})
}

// Typing tells the members who have the conversation open, or the other member of a
// direct one, that the session's user is writing. It asks the store nothing. More often
// than every [chat.TypingEvery], and where more than a hundred members look, it does nothing.
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

// Search returns at most limit messages that match, the newest first: of the
// conversations that the session's user is a member of now, what it may see
// there. To go on, give it the [chat.Message.Position] of the last one; 0 begins with
// the newest. A name that stands for nobody, or a conversation that the user is
// not in, is refused with [chat.ErrNotFound].
func (s Messages) Search(ctx context.Context, q text.Query, limit int, below int64) ([]chat.Hit, error) {
	if err := s.ask(ctx, costSearch); err != nil {
		return nil, err
	}
	l := chat.Lookup{
		User: s.user.ID, Phrases: q.Phrases, After: q.After, Before: q.Before, HasFile: q.HasFile, HasLink: q.HasLink,
		Below: below, Limit: max(1, min(limit, maxHits)),
	}
	if q.From != "" {
		author, err := s.authorNamed(ctx, q.From)
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
			in, err = s.listed(ctx, s.service.store, m.Conversation)
			if err != nil && !errors.Is(err, chat.ErrNotFound) { // it may have been removed this moment
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

// authorNamed finds whose messages are looked for.
func (s Messages) authorNamed(ctx context.Context, name string) (chat.User, error) {
	if strings.TrimPrefix(text.Lower(name), "@") == "me" {
		return s.user, nil
	}
	return userNamed(ctx, s.service.store, name)
}

// FirstSince returns the number of the first message of a conversation that was sent at a
// time or later and that the session's user may see. If there is none, it refuses with
// [chat.ErrNotFound].
func (s Messages) FirstSince(ctx context.Context, id chat.ConversationID, at time.Time) (chat.Seq, error) {
	if err := s.ask(ctx, costList); err != nil {
		return 0, err
	}
	m, c, err := s.access(ctx, s.service.store, id, chat.ActionRead)
	if err != nil {
		return 0, err
	}
	// Messages above the floor have no gaps, and their order is that of time, unless the
	// server's clock was set back.
	low, high := chat.Floor(m, c)+1, c.LastSeq+1 // those below low are earlier, those from high on are not
	for low < high {
		middle := low + (high-low)/2
		one, err := chat.MessageAt(ctx, s.service.store, id, middle)
		switch {
		case err != nil:
			return 0, err
		case one == nil || one.SentAt.Before(at): // it may have expired this moment
			low = middle + 1
		default:
			high = middle
		}
	}
	if low > c.LastSeq {
		return 0, chat.Refuse(chat.ErrNotFound, "There is no message from then or later here.")
	}
	return low, nil
}
