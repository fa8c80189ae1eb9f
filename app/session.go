package app

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Session is one open connection of an account: what it may ask and do, and
// the mailbox with what happens meanwhile. Its methods may be called from
// several goroutines.
type Session struct {
	service *Service
	user    User
	key     string // fingerprint of the key that signed
	box     *Mailbox
	rooms   []*room // the hub's
}

// Open starts a session of the account that the key opens; the caller must
// have seen a signature by that key. Events arrive from here on, so what is
// read from the store afterwards leaves no gap. Close ends it.
func (s *Service) Open(ctx context.Context, fingerprint string) (*Session, error) {
	user, err := s.store.UserByKey(ctx, fingerprint)
	if err != nil {
		return nil, fmt.Errorf("opening a session: %w", err)
	}
	conversations, err := s.store.ConversationsOf(ctx, user.ID)
	if err != nil {
		return nil, fmt.Errorf("opening a session: %w", err)
	}
	ids := make([]ConversationID, len(conversations))
	for i, c := range conversations {
		ids[i] = c.ID
	}
	session := &Session{service: s, user: user, key: fingerprint, box: newMailbox()}
	s.hub.add(session, ids)
	// A key that was revoked between the handshake and the line above was not
	// found by those who end its sessions, so it is looked up once more.
	if _, err := s.store.UserByKey(ctx, fingerprint); err != nil {
		session.Close()
		return nil, fmt.Errorf("opening a session: %w", err)
	}
	return session, nil
}

// Close ends the session. To close it twice is no error.
func (s *Session) Close() { s.service.hub.remove(s) }

// User is whose session it is.
func (s *Session) User() User { return s.user }

// Mailbox is where the session's events arrive.
func (s *Session) Mailbox() *Mailbox { return s.box }

// NewID makes an id for a message of this session.
func (s *Session) NewID() (uuid.UUID, error) { return s.service.newID() }

// Conversations returns what the session's user is a member of.
func (s *Session) Conversations(ctx context.Context) ([]Conversation, error) {
	return s.service.store.ConversationsOf(ctx, s.user.ID)
}

// Send posts a message. It returns when the message is on disk and has been
// handed to every session of the conversation. To send the same id again to
// the same conversation posts nothing and returns the message as it was first
// posted. Text that cannot be posted is refused with [ErrInvalid] or
// [ErrTooLarge], one who is no member with [ErrNotAllowed].
func (s *Session) Send(ctx context.Context, in NewMessage) (*Message, error) {
	body, err := CheckBody(in.Body)
	if err != nil {
		return nil, err
	}
	var posted *Message
	err = s.service.writer.do(ctx, func(ctx context.Context, tx Tx) ([]outgoing, error) {
		membership, err := tx.Membership(ctx, in.Conversation, s.user.ID)
		if err != nil {
			return nil, err
		}
		if err := Decide(membership, ActionPost); err != nil {
			return nil, err
		}
		m := &Message{
			ID:           in.ID,
			Conversation: in.Conversation,
			Author:       s.user.ID,
			AuthorName:   s.user.Name,
			Body:         body,
			SentAt:       s.service.now().Truncate(time.Millisecond), // as the store keeps it
		}
		fresh, err := tx.InsertMessage(ctx, m)
		if err != nil {
			return nil, err
		}
		if !fresh {
			posted, err = s.posted(ctx, tx, in)
			return nil, err
		}
		posted = m
		return []outgoing{{in.Conversation, MessagePosted{m}}}, nil
	})
	if err != nil {
		return nil, err
	}
	return posted, nil
}

// posted returns the message that a repeated send had posted the first time.
func (s *Session) posted(ctx context.Context, tx Tx, in NewMessage) (*Message, error) {
	m, err := tx.MessageByID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if m.Author != s.user.ID || m.Conversation != in.Conversation {
		return nil, Refuse(ErrConflict, "Another message has this id already: send it with a new one.")
	}
	return m, nil
}

// Before returns at most limit messages below the number given, the newest of
// them, in ascending order.
func (s *Session) Before(ctx context.Context, id ConversationID, before Seq, limit int) ([]*Message, error) {
	if err := s.mayRead(ctx, id); err != nil {
		return nil, err
	}
	return s.service.store.MessagesBefore(ctx, id, before, limit)
}

// After returns at most limit messages above the number given, the oldest of
// them, in ascending order.
func (s *Session) After(ctx context.Context, id ConversationID, after Seq, limit int) ([]*Message, error) {
	if err := s.mayRead(ctx, id); err != nil {
		return nil, err
	}
	return s.service.store.MessagesAfter(ctx, id, after, limit)
}

func (s *Session) mayRead(ctx context.Context, id ConversationID) error {
	m, err := s.service.store.Membership(ctx, id, s.user.ID)
	if err != nil {
		return err
	}
	return Decide(m, ActionRead)
}
