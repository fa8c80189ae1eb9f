package chat

import "context"

// Reader is what can be asked of the store. What is not there is reported as
// an error that is [ErrNotFound]. All methods may be called from several
// goroutines.
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
	ContactReader
	CodeReader
	RequestReader
	SettingReader
	RetentionReader
	LaterReader
	ThreadReader
}

// Tx is a transaction: it sees its own writes, and what it wrote is either
// all kept or all gone. It may be used by one goroutine only, and not after
// the function it was given to has returned.
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
}

// Store keeps everything that must survive a restart.
type Store interface {
	Reader

	// Search returns what is looked for, the newest first.
	Search(ctx context.Context, l Lookup) ([]*Message, error)

	// Tidy removes what is deleted and still on the disk: words in the index.
	// Others may write meanwhile.
	Tidy(ctx context.Context) error

	// Vouch returns an error if what the store says of files cannot be relied on,
	// so that no content may be taken away because of it.
	Vouch(ctx context.Context) error

	// Update runs fn in one transaction. If fn returns nil the transaction is
	// committed, and when Update returns nil it is on disk for good; otherwise
	// nothing of it is kept and fn's error is returned. Calls wait for each
	// other.
	Update(ctx context.Context, fn func(Tx) error) error
}

// SettingReader is the part of [Reader] about the settings of the whole server.
type SettingReader interface {
	// Setting returns a setting of the whole server, or "" if it is not set.
	Setting(ctx context.Context, name string) (string, error)
}

// SettingTx is the part of [Tx] about the same.
type SettingTx interface {
	// SetSetting changes a setting of the whole server.
	SetSetting(ctx context.Context, name, value string) error
}

// The settings about the data folder to which the database belongs.
const (
	// SettingServerID is the id that the parts of a data folder have in common.
	SettingServerID = "server-id"
	// SettingHostKey is the fingerprint of the host key that clients have been
	// shown.
	SettingHostKey = "host-key"
)
