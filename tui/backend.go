package tui

import (
	"context"
	"image"

	"confab/app/chat"
	"confab/tui/command"
	"confab/tui/complete"
	"confab/tui/composer"
	"confab/tui/dialog"
	"confab/tui/outbox"
	"confab/tui/sidebar"
	"confab/tui/timeline"
	"confab/tui/welcome"
)

// Backend is what a screen needs of the chat, for each of its components. The methods may
// be called from several goroutines. Those without a context wait for nothing.
type Backend struct {
	// Mailbox is where events arrive.
	Mailbox chat.Mailbox

	Lister      sidebar.Lister
	Counter     sidebar.Counter
	Blocker     sidebar.Blocker
	Messages    timeline.Messages
	Receipts    timeline.Receipts
	Edits       composer.Messages
	Drafts      composer.Drafts
	Typing      composer.Typing
	Outbox      outbox.Sender
	Directory   dialog.Directory
	Completion  complete.Directory
	Search      dialog.Searcher
	Keys        dialog.KeyOwner
	Requests    dialog.Doorkeeper
	Invitations dialog.Invited
	Mentions    dialog.Mentioned
	Later       dialog.Reminded
	Threads     Threads
	Files       dialog.FileLister
	Pictures    Pictures
	Commands    command.Chat
	Selected    Selected
	Preferences Preferences
	Welcome     welcome.Chat // nil for a screen without a welcome
}

// Selected is what a user can do with a selected message.
type Selected interface {
	// Details returns which members have received and read a message.
	Details(ctx context.Context, id chat.ConversationID, seq chat.Seq) (chat.Details, error)
	// MarkUnread marks a message and all later ones as unread.
	MarkUnread(ctx context.Context, id chat.ConversationID, from chat.Seq) error
	// Delete deletes a message for everyone.
	Delete(ctx context.Context, id chat.ConversationID, seq chat.Seq) (*chat.Message, error)
	// React adds a reaction to a message, or takes one back.
	React(ctx context.Context, id chat.ConversationID, seq chat.Seq, emoji string, on bool) (*chat.Message, error)
	// Pin pins a message for all members, or unpins it.
	Pin(ctx context.Context, id chat.ConversationID, seq chat.Seq, on bool) error
	// TogglePin pins a message that is not pinned, and unpins one that is.
	TogglePin(ctx context.Context, id chat.ConversationID, seq chat.Seq) (on bool, err error)
	// Pins are the pinned messages of a conversation.
	Pins(context.Context, chat.ConversationID) ([]chat.Pin, error)
	// Save saves a message for the user, or removes it from the saved ones.
	Save(ctx context.Context, id chat.ConversationID, seq chat.Seq, on bool) error
	// ToggleSaved saves a message that is not saved, and removes one that is.
	ToggleSaved(ctx context.Context, id chat.ConversationID, seq chat.Seq) (on bool, err error)
	// Saved are the messages that the user has saved.
	Saved(context.Context) ([]chat.Saved, error)
}

// Pictures are the pictures that were posted.
type Pictures interface {
	// Picture returns a copy of the picture of a message, at most so many pixels wide and high.
	Picture(ctx context.Context, id chat.ConversationID, seq chat.Seq, most image.Point) (*image.RGBA, error)
}

// Preferences are the settings that an account has chosen for itself.
type Preferences interface {
	// Self returns the account as it is now.
	Self(context.Context) (chat.User, error)
	Preferences(context.Context) (map[string]string, error)
	SetPreference(ctx context.Context, name, value string) error
	// Words returns what the host tells everybody. It waits for nothing.
	Words() *chat.Words
	// NoteTold stores that the user was shown texts of the host.
	NoteTold(context.Context, chat.Words) error
}
