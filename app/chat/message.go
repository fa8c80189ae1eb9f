package chat

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"confab/app/text"
)

// Messages are what a session's user reads and writes. See [Session.Messages].
type Messages struct{ *session }

// MaxBody is the longest message, in bytes of UTF-8 after cleaning: 16 KiB.
const MaxBody = 16 << 10

// Notice is what a system line tells, "" for a message that someone wrote.
type Notice string

// The notices that members see as a line in their conversation. The
// author of the line is who did it, its body is what the comment says.
const (
	NoticeCreated  Notice = "created"  // nothing
	NoticeAdded    Notice = "added"    // the handles of those who were added
	NoticeInvited  Notice = "invited"  // the handles of those who were invited
	NoticeRemoved  Notice = "removed"  // the handle of the one who was removed
	NoticeJoined   Notice = "joined"   // nothing
	NoticeLeft     Notice = "left"     // nothing
	NoticeRenamed  Notice = "renamed"  // the new name
	NoticeTopic    Notice = "topic"    // the new topic, "" if it was taken away
	NoticeRole     Notice = "role"     // the handle and the new role
	NoticeSettings Notice = "settings" // the setting in words
	NoticeHandle   Notice = "handle"   // the handle that the author had before
)

// Message is one message of a conversation. Messages are immutable and shared
// between sessions: nobody may change one that it was handed.
type Message struct {
	ID           uuid.UUID // made by the sender, so that a repeated send posts once
	Conversation ConversationID
	Seq          Seq
	// Position is its place among all messages of the server, in the order in
	// which they were committed. It never leaves the server.
	Position   int64
	Author     UserID
	AuthorUID  uuid.UUID
	AuthorName string
	AuthorBot  bool
	ReplyTo    *Quote // what it answers, nil for nothing; see [Message.Quote]
	Notice     Notice // if it is a system line, which is never unread and has no receipts
	Body       string // cleaned, see [text.Clean]; of a file its name
	SentAt     time.Time
	EditedAt   time.Time   // of the last edit; the zero time if there was none
	DeletedAt  time.Time   // the zero time if it was not; else Body is empty
	File       *Attachment // if it is a file
}

// System reports whether it is a line about the conversation itself.
func (m *Message) System() bool { return m.Notice != "" }

// Edited reports whether it says something else than when it was posted.
func (m *Message) Edited() bool { return !m.EditedAt.IsZero() }

// Deleted reports whether nothing is left of it but its place.
func (m *Message) Deleted() bool { return !m.DeletedAt.IsZero() }

// Counts reports whether it is what someone wrote and it is still there: only
// such a message is ever unread, names anyone, and has receipts.
func (m *Message) Counts() bool { return !m.System() && !m.Deleted() }

// Newer reports whether m is a later state than o of the same message.
func (m *Message) Newer(o *Message) bool {
	if m.Deleted() || o.Deleted() {
		return !o.Deleted()
	}
	return m.EditedAt.After(o.EditedAt)
}

// Text is what a message says in one text: a system line in a sentence, a file
// with what is known of it, nothing if it was deleted.
func (m *Message) Text() string {
	switch m.Notice {
	case "":
		if m.File != nil {
			return "file " + m.Describe("…")
		}
		return m.Body
	case NoticeCreated:
		return m.AuthorName + " made this group"
	case NoticeAdded:
		return m.AuthorName + " added " + m.Body
	case NoticeInvited:
		return m.AuthorName + " invited " + m.Body
	case NoticeRemoved:
		return m.AuthorName + " removed " + m.Body
	case NoticeJoined:
		return m.AuthorName + " joined"
	case NoticeLeft:
		return m.AuthorName + " left"
	case NoticeRenamed:
		return m.AuthorName + " renamed this group to #" + m.Body
	case NoticeTopic:
		if m.Body == "" {
			return m.AuthorName + " removed the topic"
		}
		return m.AuthorName + " set the topic: " + m.Body
	case NoticeRole:
		return m.AuthorName + " made " + m.Body
	case NoticeHandle:
		return m.AuthorName + " was called " + m.Body + " before"
	default:
		return m.AuthorName + " changed the settings: " + m.Body
	}
}

// NewMessage is a message that someone wants to post.
type NewMessage struct {
	// ID is made by the sender, once for a message and again the same for each
	// try (RFC 9562, version 7, so that ids sort by time).
	ID           uuid.UUID
	Conversation ConversationID
	Body         string
	// Read says that the sender was looking at the conversation, so that it has
	// read up to its own message. What a script sends reads nothing.
	Read bool
	// ReplyTo is the id of a message of the same conversation that it answers,
	// [uuid.Nil] for none.
	ReplyTo uuid.UUID
}

// CheckBody is the edge where message text enters. Its result is stored and shown, and
// contains no controls (see [text.Clean]). It refuses an empty text with
// [text.ErrInvalid], and a text over [MaxBody] with [ErrTooLarge].
func CheckBody(raw string) (string, error) {
	body := text.Clean(raw)
	if strings.TrimSpace(body) == "" {
		return "", Refuse(text.ErrInvalid, "There is nothing to send: the message is empty.")
	}
	if len(body) > MaxBody {
		return "", Refuse(ErrTooLarge, "The message has %d bytes and the limit is %d: shorten it or send it in parts.", len(body), MaxBody)
	}
	return body, nil
}

// Mentions are the handles that a text names with an @ before them, each once.
func Mentions(body string) []string {
	var found []string
	for i := 0; i < len(body); {
		at := strings.IndexByte(body[i:], '@')
		if at < 0 {
			break
		}
		at += i
		i = at + 1
		// ann@example.com names nobody.
		if at > 0 && (text.IsHandleCharacter(rune(body[at-1])) || body[at-1] >= 'A' && body[at-1] <= 'Z') {
			continue
		}
		end := i
		for end < len(body) && text.IsHandleCharacter(rune(text.Lower(body[end : end+1])[0])) {
			end++
		}
		name, err := text.ParseHandle(strings.TrimRight(body[i:end], "-_."))
		if err == nil && !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	return found
}

// Send posts a message. It returns when the message is on disk and has been
// handed to every session of the conversation. Sending the same id to the same
// conversation again posts nothing and returns the message as it was first posted. Send
// refuses bad text with [text.ErrInvalid] or [ErrTooLarge], and users who are not members
// with [ErrNotAllowed]. It first slows users who send too quickly, and then refuses with
// [ErrTooFast] (see [Limits]).
func (s Messages) Send(ctx context.Context, in NewMessage) (*Message, error) {
	body, err := CheckBody(in.Body)
	if err != nil {
		return nil, err
	}
	if err := s.slow(ctx, len(body)); err != nil {
		return nil, err
	}
	var posted *Message
	var reads *Advance
	err = s.post(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		reads = nil
		own, c, err := s.access(ctx, tx, in.Conversation, ActionPost)
		if err != nil {
			return nil, err
		}
		var answers *Quote
		if in.ReplyTo != uuid.Nil {
			if answers, err = s.quote(ctx, tx, own, c, in.ReplyTo); err != nil {
				return nil, err
			}
		}
		m := &Message{
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
		fresh, err := tx.InsertMessage(ctx, m)
		if err != nil {
			return nil, err
		}
		if !fresh {
			posted, err = s.posted(ctx, tx, in)
			return nil, err
		}
		posted = m
		if in.Read {
			user, err := tx.UserByID(ctx, s.user.ID)
			if err != nil {
				return nil, err
			}
			reads = s.service.readUpTo(own, user, m.Seq)
		}
		return []Change{MessagePosted{m}}, mention(ctx, tx, m)
	})
	if err != nil {
		return nil, err
	}
	if reads != nil { // also if it has closed the conversation since
		s.live.MarkRead(in.Conversation, posted.Seq, reads)
	}
	s.live.Wrote()
	return posted, nil
}

// timestamp is now, as the store keeps it.
func (s *service) timestamp() time.Time { return s.now().Truncate(time.Millisecond) }

// maxMentions bounds how many handles of a message are looked up: nobody names
// more, and one that is made of handles must not hold up the writer.
const maxMentions = 100

// mention keeps which members a message names.
func mention(ctx context.Context, tx Tx, m *Message) error {
	names := Mentions(m.Body)
	for _, name := range names[:min(len(names), maxMentions)] {
		user, err := tx.UserByName(ctx, name)
		if errors.Is(err, ErrNotFound) || user.ID == m.Author {
			continue
		}
		if err != nil {
			return err
		}
		if member, err := tx.Membership(ctx, m.Conversation, user.ID); err != nil {
			return err
		} else if !member.Member() {
			continue
		}
		if blocked, err := tx.HasBlocked(ctx, user.ID, m.Author); err != nil {
			return err
		} else if blocked {
			continue
		}
		if err := tx.InsertMention(ctx, m.Conversation, user.ID, m.Seq); err != nil {
			return err
		}
	}
	return nil
}

// posted returns the message that a repeated send had posted the first time.
func (s Messages) posted(ctx context.Context, tx Tx, in NewMessage) (*Message, error) {
	m, err := tx.MessageByID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if m.Author != s.user.ID || m.Conversation != in.Conversation {
		return nil, Refuse(ErrConflict, "Another message has this id already: send it with a new one.")
	}
	return m, nil
}

// announce adds a line to a conversation that says what has changed in it.
func (s *session) announce(ctx context.Context, tx Tx, id ConversationID, notice Notice, body string) (Change, error) {
	return s.service.announce(ctx, tx, id, s.current(), notice, body)
}

func (s *service) announce(ctx context.Context, tx Tx, id ConversationID, author User, notice Notice, body string) (Change, error) {
	uid, err := s.newID()
	if err != nil {
		return nil, err
	}
	m := &Message{
		ID: uid, Conversation: id, Author: author.ID, AuthorUID: author.UID, AuthorName: author.Name, AuthorBot: author.Bot,
		Notice: notice, Body: body, SentAt: s.timestamp(),
	}
	if _, err := tx.InsertMessage(ctx, m); err != nil {
		return nil, err
	}
	return MessagePosted{m}, nil
}

// Before returns at most limit messages below the number given, the newest of
// them, in ascending order: those that the session's user may see.
func (s Messages) Before(ctx context.Context, id ConversationID, before Seq, limit int) ([]*Message, error) {
	if err := s.ask(ctx, costPage); err != nil {
		return nil, err
	}
	m, c, err := s.access(ctx, s.service.store, id, ActionRead)
	if err != nil {
		return nil, err
	}
	return s.shared(id)(s.service.store.MessagesBefore(ctx, id, floor(m, c), before, limit))
}

// After returns at most limit messages above the number given, the oldest of
// them, in ascending order: those that the session's user may see.
func (s Messages) After(ctx context.Context, id ConversationID, after Seq, limit int) ([]*Message, error) {
	if err := s.ask(ctx, costPage); err != nil {
		return nil, err
	}
	m, c, err := s.access(ctx, s.service.store, id, ActionRead)
	if err != nil {
		return nil, err
	}
	return s.shared(id)(s.service.store.MessagesAfter(ctx, id, max(after, floor(m, c)), limit))
}

// shared replaces what was read by what other sessions hold already.
func (s Messages) shared(id ConversationID) func([]*Message, error) ([]*Message, error) {
	return func(page []*Message, err error) ([]*Message, error) {
		if err == nil {
			s.owe(len(page))
			s.service.live.Share(id, page)
		}
		return page, err
	}
}

// floor is the last message that a member may not see.
func floor(m Membership, c Conversation) Seq {
	if c.OpenHistory {
		return c.Expired
	}
	return max(m.Joined, c.Expired)
}

// MessageReader is the part of [Reader] about messages.
type MessageReader interface {
	// MessageByID returns one message.
	MessageByID(ctx context.Context, id uuid.UUID) (*Message, error)
	// MessagesBefore returns at most limit messages with numbers above floor and
	// below before, the newest of them, in ascending order.
	MessagesBefore(ctx context.Context, conversation ConversationID, floor, before Seq, limit int) ([]*Message, error)
	// MessagesAfter returns at most limit messages with numbers above after,
	// the oldest of them, in ascending order.
	MessagesAfter(ctx context.Context, conversation ConversationID, after Seq, limit int) ([]*Message, error)
	// OwnMessages returns at most limit messages that an account wrote, in the order
	// of arrival, after the one where the page before ended; 0 begins.
	OwnMessages(ctx context.Context, user UserID, after int64, limit int) ([]OwnMessage, error)
	// LastPosition returns the position of the newest message of all, 0 if there
	// is none.
	LastPosition(ctx context.Context) (int64, error)
	// SeqAt returns the number of the newest message of a conversation whose
	// position is not above this one, or 0 without one.
	SeqAt(ctx context.Context, conversation ConversationID, position int64) (Seq, error)
}

// MessageTx is the part of [Tx] about the same.
type MessageTx interface {
	// InsertMessage gives the message the next number of its conversation and
	// adds it, with its position. It reports false, and changes nothing, if a message with this
	// id exists already.
	InsertMessage(ctx context.Context, m *Message) (bool, error)
	// EditMessage gives a message the text, and the time of its edit, that m has,
	// and drops whom it named.
	EditMessage(ctx context.Context, m *Message) error
	// DeleteMessage blanks a message at the time that m has. It keeps its row and
	// its number; whom it named, its words in the search and its file go.
	DeleteMessage(ctx context.Context, m *Message) error
	// InsertMention keeps that a message names a member.
	InsertMention(ctx context.Context, conversation ConversationID, user UserID, seq Seq) error
}
