package tui

import (
	"context"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
)

// Backend is what a screen needs of the chat. [BackendOf] makes one of a session. Its methods may
// be called from several goroutines. Those without a context wait for nothing
// and are called from Update.
type Backend interface {
	reading
	groups
	personal
	hosting
	naming
	owning
	contacts
	// Moderation is what the user may do to the whole server; whether it may is
	// decided when it does.
	Moderation() chat.Moderation

	// Mailbox is where events arrive.
	Mailbox() chat.Mailbox
	// NewID makes an id for a message.
	NewID() (uuid.UUID, error)
	// Conversations are those that the user is a member of.
	Conversations(context.Context) ([]chat.Listed, error)
	// Users are all accounts.
	Users(context.Context) ([]chat.User, error)
	// Send posts a message and returns when it is on disk; the same id posts
	// once.
	Send(context.Context, chat.NewMessage) (*chat.Message, error)
	// Edit gives a message of the user's own another text.
	Edit(ctx context.Context, id chat.ConversationID, seq chat.Seq, text string) (*chat.Message, error)
	// Delete takes a message away.
	Delete(ctx context.Context, id chat.ConversationID, seq chat.Seq) (*chat.Message, error)
	// Before returns at most limit messages below a number, ascending.
	Before(ctx context.Context, id chat.ConversationID, before chat.Seq, limit int) ([]*chat.Message, error)
	// After returns at most limit messages above a number, ascending.
	After(ctx context.Context, id chat.ConversationID, after chat.Seq, limit int) ([]*chat.Message, error)
	// Search returns at most limit messages that match, below a place among
	// them, the newest first.
	Search(ctx context.Context, q text.Query, limit int, below int64) ([]chat.Hit, error)
}

// reading is who has read what.
type reading interface {
	// Visit opens a conversation; its receipts arrive from then on.
	Visit(context.Context, chat.ConversationID) (chat.Visit, error)
	// MarkRead says what was read of the open conversation.
	MarkRead(id chat.ConversationID, to chat.Seq)
	// ShowsOwn says whether the window has messages of the user's own.
	ShowsOwn(id chat.ConversationID, own bool)
	// MarkUnread makes a message and all after it unread again.
	MarkUnread(ctx context.Context, id chat.ConversationID, from chat.Seq) error
	// Unread counts what is unread, at most [chat.UnreadLimit].
	Unread(context.Context, chat.ConversationID) (int, error)
	// ReadAll marks everything read.
	ReadAll(context.Context) error
	// Details is how far a message has come.
	Details(ctx context.Context, id chat.ConversationID, seq chat.Seq) (chat.Details, error)
	// ShareReceipts switches receipts, everywhere if id is 0.
	ShareReceipts(ctx context.Context, id chat.ConversationID, on bool) error
	// Attend says that the user is there.
	Attend()
	// Typing says that the user is writing.
	Typing(chat.ConversationID)
}

// groups is what one does with conversations and their members.
type groups interface {
	Direct(ctx context.Context, name string) (chat.ConversationID, error)
	NewGroup(ctx context.Context, name string, public bool, members []string) (chat.ConversationID, error)
	PublicGroups(context.Context) ([]chat.PublicGroup, error)
	Join(ctx context.Context, name string) (chat.ConversationID, error)
	Leave(context.Context, chat.ConversationID) error
	Members(context.Context, chat.ConversationID) ([]chat.Member, error)
	AddMembers(ctx context.Context, id chat.ConversationID, names []string) error
	RemoveMember(ctx context.Context, id chat.ConversationID, name string) error
	SetRole(ctx context.Context, id chat.ConversationID, name string, role chat.Role) error
	Rename(ctx context.Context, id chat.ConversationID, name string) error
	SetTopic(ctx context.Context, id chat.ConversationID, topic string) error
	Configure(ctx context.Context, id chat.ConversationID, setting chat.Setting, on bool) error
	SetKeep(ctx context.Context, id chat.ConversationID, keep time.Duration) error
}

// personal is what the user keeps for itself.
type personal interface {
	Pin(ctx context.Context, id chat.ConversationID, pinned bool) error
	Mute(ctx context.Context, id chat.ConversationID, until time.Time) error
	SaveDraft(ctx context.Context, id chat.ConversationID, body string) error
	Preferences(context.Context) (map[string]string, error)
	SetPreference(ctx context.Context, name, value string) error
}

// BackendOf is a session as a screen needs it: with the methods of its parts together.
func BackendOf(s *chat.Session) Backend {
	return struct {
		*chat.Session
		chat.Messages
		chat.Groups
		chat.ReadReceipts
		chat.Account
		chat.Contacts
		chat.Admission
	}{s, s.Messages(), s.Groups(), s.Receipts(), s.Account(), s.Contacts(), s.Admission()}
}
