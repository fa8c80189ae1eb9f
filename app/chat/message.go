package chat

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"confab/app/text"
)

// MaxBody is the longest message, in bytes of UTF-8 after cleaning: 16 KiB.
const MaxBody = 16 << 10

// Notice is the kind of a system line. It is "" for a message that someone wrote.
type Notice string

// The notices that members see as a line in their conversation. The author of the line is
// the member who did it, or the host, see [Message.ByHost]. The comments say what its body
// contains.
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
	NoticePinned   Notice = "pinned"   // the handle of the message's author
	NoticeUnpinned Notice = "unpinned" // the same
	NoticeHandle   Notice = "handle"   // the handle that the author had before
	// NoticeServer is a message of the host to everybody, in #general. Its body is the message.
	NoticeServer Notice = "server"
	// NoticeStaff is a message of an owner or admin of the server to everybody, in #general.
	// Its body is the message.
	NoticeStaff Notice = "staff"
)

// ToEverybody reports whether the line is for everybody on the server, wherever they are.
func (n Notice) ToEverybody() bool { return n == NoticeServer || n == NoticeStaff }

// Message is one message of a conversation. Messages are immutable and shared between
// sessions, so no function may change one that it gets.
type Message struct {
	ID           uuid.UUID // made by the sender, so that a repeated send posts once
	Conversation ConversationID
	Seq          Seq
	// Position is its place among all messages of the server, in the order in
	// which they were committed. It never leaves the server.
	Position   int64
	Author     UserID // 0 if it is a system line of the host, see [Message.ByHost]
	AuthorUID  uuid.UUID
	AuthorName string
	// AuthorDisplay is [User.DisplayName] of the author.
	AuthorDisplay string
	AuthorBot     bool
	ReplyTo       *Quote // the message that it answers, or nil; see [Message.Quote]
	Thread        Seq    // the root of the thread that it is a reply in, 0 for none
	ThreadOnly    bool   // it is a reply that is shown only in its thread
	// A root has the number of its replies, and the time of the last one. The version grows
	// whenever these change.
	Replies       int
	LastReplyAt   time.Time
	ThreadVersion int64
	Notice        Notice // if it is a system line, which is never unread and has no receipts
	Body          string // cleaned, see [text.Clean]; for a file, its name
	// GroupMention says whether the message mentions the members of its group together. Its
	// author was allowed to do that.
	GroupMention GroupMention
	SentAt       time.Time
	EditedAt     time.Time   // of the last edit; the zero time without edits
	DeletedAt    time.Time   // the zero time unless it was deleted, which empties Body
	DeletedBy    UserID      // the user who deleted it, 0 if that is not known or it has expired
	DeleterName  string      // the handle of that user
	File         *Attachment // nil unless it is a file
	Reactions    *Reactions  // nil if nobody has ever reacted to it
}

// System reports whether the message is a system line, such as "ann joined".
func (m *Message) System() bool { return m.Notice != "" }

// ByHost reports whether the message is a system line about something that the host did
// without an account, by a command on the server's machine. Its AuthorName is [HostActor],
// which no account can have.
func (m *Message) ByHost() bool { return m.Author == 0 }

// Edited reports whether the message was edited.
func (m *Message) Edited() bool { return !m.EditedAt.IsZero() }

// Deleted reports whether the message was deleted. Its number stays.
func (m *Message) Deleted() bool { return !m.DeletedAt.IsZero() }

// Counts reports whether the message can be unread in the conversation, and has receipts.
// Deleted messages, system lines, and replies that are shown only in their thread do not
// count.
func (m *Message) Counts() bool { return m.Written() && !m.ThreadOnly }

// Newer reports whether m is a later state than o of the same message.
func (m *Message) Newer(o *Message) bool {
	if m.Deleted() != o.Deleted() {
		return m.Deleted()
	}
	if !m.EditedAt.Equal(o.EditedAt) {
		return m.EditedAt.After(o.EditedAt)
	}
	return m.Reactions.version() > o.Reactions.version() || m.ThreadVersion > o.ThreadVersion
}

// Text returns the message as plain text: a sentence for a system line, a description for a
// file, or "" for a deleted message.
func (m *Message) Text() string {
	author := m.AuthorName
	if m.ByHost() {
		author = "The host"
	}
	switch m.Notice {
	case "":
		if m.File != nil {
			return "file " + m.Describe("…")
		}
		return m.Body
	case NoticeCreated:
		return author + " made this group"
	case NoticeAdded:
		return author + " added " + m.Body
	case NoticeInvited:
		return author + " invited " + m.Body
	case NoticeRemoved:
		return author + " removed " + m.Body
	case NoticeJoined:
		return author + " joined"
	case NoticeLeft:
		return author + " left"
	case NoticeRenamed:
		return author + " renamed this group to #" + m.Body
	case NoticeTopic:
		if m.Body == "" {
			return author + " removed the topic"
		}
		return author + " set the topic: " + m.Body
	case NoticeRole:
		return author + " made " + m.Body
	case NoticePinned:
		return author + " pinned a message by " + m.Body
	case NoticeUnpinned:
		return author + " unpinned a message by " + m.Body
	case NoticeServer:
		return "Message from this server's host: " + m.Body
	case NoticeStaff:
		return m.AuthorName + " tells everybody: " + m.Body
	case NoticeHandle:
		return author + " was called " + m.Body + " before"
	default:
		return author + " changed the settings: " + m.Body
	}
}

// NewMessage is a message that someone wants to post.
type NewMessage struct {
	// ID is made by the sender, who repeats it each time that the message is sent again. It
	// is a UUID of version 7 (RFC 9562), so that ids sort by time.
	ID           uuid.UUID
	Conversation ConversationID
	Body         string
	// Read says that the sender was looking at the conversation, and so has read everything
	// up to this message. Scripts leave it false.
	Read bool
	// ReplyTo is the id of the message that it answers, in the same conversation, or [uuid.Nil].
	ReplyTo uuid.UUID
	// Thread is the id of a message of the same conversation, in whose thread it is a
	// reply, or [uuid.Nil]. Also says that the conversation shows the reply too.
	Thread uuid.UUID
	Also   bool
	// Draft is the stored draft that became this message, or "". Posting the message removes
	// it, so that it never comes back beside the message, whenever the server stops.
	Draft string
}

// CheckBody cleans and checks the text of a message where it enters the server. Its result
// is stored and shown, and contains no control characters (see [text.Clean]). It refuses an
// empty text with [text.ErrInvalid], and a text over [MaxBody] with [ErrTooLarge].
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

// MessageReader is the part of [Reader] about messages.
type MessageReader interface {
	// MessageByID returns one message.
	MessageByID(ctx context.Context, id uuid.UUID) (*Message, error)
	// MessagesBefore returns the newest messages with numbers above floor and below before,
	// at most limit, in ascending order.
	MessagesBefore(ctx context.Context, conversation ConversationID, floor, before Seq, limit int) ([]*Message, error)
	// MessagesAfter returns the oldest messages with numbers above after, at most limit, in
	// ascending order.
	MessagesAfter(ctx context.Context, conversation ConversationID, after Seq, limit int) ([]*Message, error)
	// OwnMessages returns a page of at most limit messages that an account wrote, in the
	// order of arrival. The page begins after the message with this [OwnMessage.Row]; 0 is
	// for the first page.
	OwnMessages(ctx context.Context, user UserID, after int64, limit int) ([]OwnMessage, error)
	// LastPosition returns the position of the newest message of the server, or 0 without messages.
	LastPosition(ctx context.Context) (int64, error)
	// SeqAt returns the number of the newest message of a conversation whose
	// position is not above this one, or 0 without one.
	SeqAt(ctx context.Context, conversation ConversationID, position int64) (Seq, error)
}

// MessageAt returns the message with a number. It returns nil if no message has that
// number.
func MessageAt(ctx context.Context, r MessageReader, id ConversationID, seq Seq) (*Message, error) {
	page, err := r.MessagesAfter(ctx, id, seq-1, 1)
	if err != nil || len(page) == 0 || page[0].Seq != seq {
		return nil, err
	}
	return page[0], nil
}

// MessageTx is the part of [Tx] about messages.
type MessageTx interface {
	// InsertMessage gives the message the next number of its conversation and
	// adds it, with its position. It reports false, and changes nothing, if a message with this
	// id exists already. A line of the host needs a server that has an owner.
	InsertMessage(ctx context.Context, m *Message) (bool, error)
	// EditMessage stores the text, the time of the edit and the group mention of m, and
	// deletes the mentions of the former text.
	EditMessage(ctx context.Context, m *Message) error
	// DeleteMessage empties a message at the time m.DeletedAt for the user m.DeletedBy, and keeps its row and its
	// number. It deletes the mentions in the message, its words in the search index, its
	// file and its reactions, and removes it from the lists of pinned and saved messages.
	DeleteMessage(ctx context.Context, m *Message) error
	// GiveMessages makes another account the author of at most limit messages of an account,
	// the ones behind a position, with their files. It returns the number of messages and the
	// position of the last one.
	GiveMessages(ctx context.Context, from, to UserID, after int64, limit int) (n int, last int64, err error)
}

// DraftTx is the part of [Tx] about drafts.
type DraftTx interface {
	// SetDraft stores a member's unsent text. The text "" removes it. For others it stores
	// nothing, and returns [ErrNotFound].
	SetDraft(ctx context.Context, conversation ConversationID, user UserID, body string) error
	// DropDraft removes a member's unsent text if it is still this one.
	DropDraft(ctx context.Context, conversation ConversationID, user UserID, body string) error
}

// OwnMessage is a message for its author's export.
type OwnMessage struct {
	Row          int64 // for reading the next page after this message
	In           ConversationID
	ID           uuid.UUID
	Conversation uuid.UUID
	Seq          Seq
	ReplyTo      uuid.UUID // the message that it answers, [uuid.Nil] for none
	Thread       Seq       // the root of the thread that it is a reply in, 0 for none
	Body         string
	SentAt       time.Time
}

// actionPrefix begins a message that says what its author does. This is a convention of text
// chats (XEP-0245): the message is kept and sent as it was typed, and whatever shows it to
// people puts the author's name in the place of the prefix. So there is nothing more to
// store, scripts and bots need no other way to read or write such messages, and clients that
// do not know the convention still show all that was said.
const actionPrefix = "/me "

// IsAction reports whether a text says what its author is doing.
func IsAction(body string) bool { return strings.HasPrefix(body, actionPrefix) }

// Said returns a text of an author as people read it: "/me waves" of ann is "* ann waves".
// Other texts stay as they are.
func Said(author, body string) string {
	if does, ok := strings.CutPrefix(body, actionPrefix); ok {
		return "* " + author + " " + does
	}
	return body
}

// Lookup describes the messages to search for. They were written by people, contain all
// phrases, and User may see them.
type Lookup struct {
	User         UserID
	Phrases      []text.Phrase
	Author       UserID         // 0 for anyone
	Conversation ConversationID // 0 for all
	After        time.Time      // sent then or later; the zero time for any
	Before       time.Time      // sent earlier; the zero time for any
	HasFile      bool           // only files
	HasLink      bool           // only messages with a link, see [text.HasLink]
	Below        int64          // only messages with a lower [Message.Position]; 0 for all
	Limit        int
}

// Hit is a message that was found.
type Hit struct {
	Message      *Message
	Conversation ConversationSummary // of the user who searches
	// Marks are the parts of the message's body that match. They are in order and do not overlap.
	Marks []text.Mark
}

// Quote is the message that a reply answers, as the reply shows it. The store keeps only
// the id of that message and reads the rest each time, so a quote always shows the present
// text, and nothing of a deleted message.
type Quote struct {
	ID         uuid.UUID
	Seq        Seq
	Author     UserID
	AuthorName string
	Text       string // its first words, one clean line; "" if it was deleted
}

// quoteLength is how many characters of a message a quote shows.
const quoteLength = 80

// QuoteText returns the first words of a text, for a quote.
func QuoteText(body string) string { return text.CleanLine(body, quoteLength) }

// Quote returns the message that m answers, as a member with this floor may see it (see
// [ConversationSummary.Floor]). It returns nil if m answers nothing, or a message up to
// the floor: quotes do not show members what was said before they came.
func (m *Message) Quote(floor Seq) *Quote {
	if m.ReplyTo == nil || m.Deleted() || m.ReplyTo.Seq <= floor {
		return nil
	}
	return m.ReplyTo
}
