// Package chat defines the nouns of the chat (accounts, conversations, messages, markers
// and more) and the rules for them. [Decide], [DecideServer] and [DecideContact] decide who
// may do what. The package changes nothing by itself: the use cases are in package service.
// It knows nothing of SQL, SSH or terminals.
//
// The file of each noun also declares the part of the database that keeps it, such as
// [MessageReader] and [MessageTx]. [Store] puts these parts together, and keeps everything
// that must survive a restart. [Blobs] keeps the contents of files, and [Live] knows who is
// connected. Other packages implement these interfaces and draw these values, without
// needing the use cases.
//
// The changes that a commit makes are a list of [Change] values. Open sessions learn of
// them as [Event] values, which arrive in the [Mailbox] of each session. A use case that
// refuses something returns a [Refusal], with a [Hint] about what to do next.
package chat

import "context"

// Reader reads the store. If a method looks for one thing and does not find it, its error
// is [ErrNotFound]. Several goroutines may call all methods.
type Reader interface {
	AccountReader
	KeyReader
	PreferenceReader
	ConversationReader
	MemberReader
	MessageReader
	ReactionReader
	BookmarkReader
	MarkerReader
	MentionReader
	FileReader
	AuditReader
	BanReader
	ChangeReader
	ClockReader
	ContactReader
	CodeReader
	RequestReader
	SettingReader
	RetentionReader
	LaterReader
	ThreadReader
	HookReader
}

// Tx is a transaction. It sees its own writes, and the store keeps all of them or none.
// Only one goroutine may use it, and only until the function that got it has returned.
type Tx interface {
	Reader
	AccountTx
	KeyTx
	PreferenceTx
	ConversationTx
	MemberTx
	DraftTx
	MessageTx
	ReactionTx
	BookmarkTx
	MarkerTx
	MentionTx
	FileTx
	AuditTx
	BanTx
	ChangeTx
	ContactTx
	CodeTx
	RequestTx
	SettingTx
	RetentionTx
	LaterTx
	ThreadTx
	HookTx
}

// Store keeps everything that must survive a restart.
type Store interface {
	Reader

	// Search returns the messages that a lookup describes, the newest first.
	Search(ctx context.Context, l Lookup) ([]*Message, error)

	// Tidy removes the words of deleted messages that the search index still has on the
	// disk. Others may write meanwhile.
	Tidy(ctx context.Context) error

	// Vouch returns an error if the store's record of files may be damaged. Then callers
	// must not remove content because no file seems to have it.
	Vouch(ctx context.Context) error

	// Update runs fn in one transaction. If fn returns nil, the transaction is committed,
	// and once Update returns nil it is on disk for good. Otherwise nothing of it is kept,
	// and Update returns the error. Calls wait for each other. A store may undo what fn has
	// done and run it again, so only the last run counts.
	Update(ctx context.Context, fn func(Tx) error) error
}

// SettingReader is the part of [Reader] about the settings of the whole server.
type SettingReader interface {
	// Setting returns a setting of the whole server, or "" if it is not set.
	Setting(ctx context.Context, name string) (string, error)
}

// SettingTx is the part of [Tx] about the settings of the whole server.
type SettingTx interface {
	// SetSetting changes a setting of the whole server.
	SetSetting(ctx context.Context, name, value string) error
}

// The settings about the data folder to which the database belongs.
const (
	// SettingServerID is the id that the parts of a data folder have in common.
	SettingServerID = "server-id"
	// SettingProbe is the time at which the server last tried whether it can write.
	SettingProbe = "probe"
	// SettingHostKey is the fingerprint of the host key that clients have been
	// shown.
	SettingHostKey = "host-key"
	// SettingOtherHostKeys has the fingerprints of the other host keys that clients have
	// been told about, one a line.
	SettingOtherHostKeys = "other-host-keys"
	// SettingBucket is the bucket that has the contents of files, such as s3://chat/files.
	// Without one they are in the database, or in the data folder.
	SettingBucket = "bucket"
)

// Bus wakes the other servers of a chat that several servers share. It carries no data: what is
// new is in the database, where each server also looks by itself several times a second. So what
// the bus loses costs only a moment. Others may be able to write to it, so nothing that it says is
// believed. A server that is alone has none.
type Bus interface {
	// Publish tells the other servers how far the database is now. It never blocks. If it is
	// called often, only the newest clock is sent.
	Publish(now Clock)
	// News returns the channel that receives how far the database should be, or the zero clock if
	// it may have something new. News that comes while earlier news still waits is combined with it.
	News() <-chan Clock
	// TellPeople tells the other servers that their [Roster] has something new for them. It never
	// blocks.
	TellPeople()
	// People returns the channel that receives when the roster may have something new.
	People() <-chan struct{}
	// TellTyping tells the other servers who is typing here. It never blocks, and they may miss
	// it.
	TellTyping(t Typing)
	// Typing returns the channel that receives who should be typing on another server: a user and
	// a conversation, of which it is not known whether they exist.
	Typing() <-chan Typing
	// Stats returns how the bus does.
	Stats() BusStats
}

// BusStats says how a bus does.
type BusStats struct {
	Away    bool  // nothing is heard from other servers
	Refused int64 // what was heard and is not from a server of this version
}

// Locks keep servers that share a database from doing the same thing at the same time.
type Locks interface {
	// Lock waits until no other server holds the lock with this name, and takes it. A server
	// that ends without unlocking no longer holds it.
	Lock(ctx context.Context, name string) (unlock func(), err error)
	// Leads reports whether this server is the one that does the work which one server does
	// for all. It is the first that asks, until it ends or loses the database.
	Leads(ctx context.Context) (bool, error)
}
