package tui

import (
	"context"
	"time"

	"github.com/google/uuid"

	"confab/app"
)

// Chat is what a screen needs of the chat; *app.Session is one. Its methods may
// be called from several goroutines. Those without a context wait for nothing
// and are called from Update.
type Chat interface {
	reading
	groups
	personal
	hosting
	naming
	owning
	contacts
	// Moderation is what the user may do to the whole server; whether it may is
	// decided when it does.
	Moderation() app.Moderation

	// Mailbox is where events arrive.
	Mailbox() *app.Mailbox
	// NewID makes an id for a message.
	NewID() (uuid.UUID, error)
	// Conversations are those that the user is a member of.
	Conversations(context.Context) ([]app.Listed, error)
	// Users are all accounts.
	Users(context.Context) ([]app.User, error)
	// Send posts a message and returns when it is on disk; the same id posts
	// once.
	Send(context.Context, app.NewMessage) (*app.Message, error)
	// Edit gives a message of the user's own another text.
	Edit(ctx context.Context, id app.ConversationID, seq app.Seq, text string) (*app.Message, error)
	// Delete takes a message away.
	Delete(ctx context.Context, id app.ConversationID, seq app.Seq) (*app.Message, error)
	// Before returns at most limit messages below a number, ascending.
	Before(ctx context.Context, id app.ConversationID, before app.Seq, limit int) ([]*app.Message, error)
	// After returns at most limit messages above a number, ascending.
	After(ctx context.Context, id app.ConversationID, after app.Seq, limit int) ([]*app.Message, error)
	// Search returns at most limit messages that match, below a place among
	// them, the newest first.
	Search(ctx context.Context, q app.Query, limit int, below int64) ([]app.Hit, error)
}

// reading is who has read what.
type reading interface {
	// Visit opens a conversation; its receipts arrive from then on.
	Visit(context.Context, app.ConversationID) (app.Visit, error)
	// MarkRead says what was read of the open conversation.
	MarkRead(id app.ConversationID, to app.Seq)
	// ShowsOwn says whether the window has messages of the user's own.
	ShowsOwn(id app.ConversationID, own bool)
	// MarkUnread makes a message and all after it unread again.
	MarkUnread(ctx context.Context, id app.ConversationID, from app.Seq) error
	// Unread counts what is unread, at most [app.UnreadLimit].
	Unread(context.Context, app.ConversationID) (int, error)
	// ReadAll marks everything read.
	ReadAll(context.Context) error
	// Details is how far a message has come.
	Details(ctx context.Context, id app.ConversationID, seq app.Seq) (app.Details, error)
	// ShareReceipts switches receipts, everywhere if id is 0.
	ShareReceipts(ctx context.Context, id app.ConversationID, on bool) error
	// Attend says that the user is there.
	Attend()
	// Typing says that the user is writing.
	Typing(app.ConversationID)
}

// groups is what one does with conversations and their members.
type groups interface {
	Direct(ctx context.Context, name string) (app.ConversationID, error)
	NewGroup(ctx context.Context, name string, public bool, members []string) (app.ConversationID, error)
	PublicGroups(context.Context) ([]app.PublicGroup, error)
	Join(ctx context.Context, name string) (app.ConversationID, error)
	Leave(context.Context, app.ConversationID) error
	Members(context.Context, app.ConversationID) ([]app.Member, error)
	AddMembers(ctx context.Context, id app.ConversationID, names []string) error
	RemoveMember(ctx context.Context, id app.ConversationID, name string) error
	SetRole(ctx context.Context, id app.ConversationID, name string, role app.Role) error
	Rename(ctx context.Context, id app.ConversationID, name string) error
	SetTopic(ctx context.Context, id app.ConversationID, topic string) error
	Configure(ctx context.Context, id app.ConversationID, setting app.Setting, on bool) error
	SetKeep(ctx context.Context, id app.ConversationID, keep time.Duration) error
}

// personal is what the user keeps for itself.
type personal interface {
	Pin(ctx context.Context, id app.ConversationID, pinned bool) error
	Mute(ctx context.Context, id app.ConversationID, until time.Time) error
	SaveDraft(ctx context.Context, id app.ConversationID, body string) error
	Preferences(context.Context) (map[string]string, error)
	SetPreference(ctx context.Context, name, value string) error
}

var _ Chat = (*app.Session)(nil)
