package chat

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Reader is what can be asked of the store. What is not there is reported as
// an error that is [ErrNotFound]. All methods may be called from several
// goroutines.
type Reader interface {
	joiningReader
	namesReader
	accountsReader
	changesReader
	retainReader
	contactsReader

	// UserByKey returns the account that the key with this fingerprint opens.
	UserByKey(ctx context.Context, fingerprint string) (User, error)
	// UserByName returns the account with this handle.
	UserByName(ctx context.Context, name string) (User, error)
	// UserByID returns one account.
	UserByID(ctx context.Context, id UserID) (User, error)
	// Users returns all accounts, by handle.
	Users(ctx context.Context) ([]User, error)
	// Owners returns the accounts with [RoleOwner], oldest first.
	Owners(ctx context.Context) ([]User, error)
	// Preferences returns what an account has set, by name.
	Preferences(ctx context.Context, user UserID) (map[string]string, error)
	// Keys returns the authorized keys of one account, or of all for "",
	// ordered by handle and then by age.
	Keys(ctx context.Context, name string) ([]AuthorizedKey, error)
	// Key returns the key with this fingerprint.
	Key(ctx context.Context, fingerprint string) (AuthorizedKey, error)

	// GroupsNamed returns the groups with a name that an account is in: one, unless
	// several private ones are called the same.
	GroupsNamed(ctx context.Context, user UserID, name string) ([]Conversation, error)
	// GroupsLike returns the groups whose names look like that, of those that an
	// account may know of: the public ones, and those that it is in.
	GroupsLike(ctx context.Context, user UserID, skeleton string) ([]Conversation, error)
	// ConversationByName returns a public group, or the conversation of two with a
	// [DirectName].
	ConversationByName(ctx context.Context, name string) (Conversation, error)
	// Conversation returns one conversation.
	Conversation(ctx context.Context, id ConversationID) (Conversation, error)
	// ConversationByUID returns one conversation.
	ConversationByUID(ctx context.Context, uid uuid.UUID) (Conversation, error)
	// ListOf returns the conversations of a user as it sees them, the latest
	// activity first, without [Listed.Presence].
	ListOf(ctx context.Context, user UserID) ([]Listed, error)
	// ConversationIDs returns the conversations of a user, and which of them are
	// direct ones.
	ConversationIDs(ctx context.Context, user UserID) (all, direct []ConversationID, err error)
	// PublicGroups returns the groups that everyone may join, by name.
	PublicGroups(ctx context.Context) ([]PublicGroup, error)
	// Membership returns what a user is in a conversation; not to be in it, or
	// that it does not exist, is no error.
	Membership(ctx context.Context, conversation ConversationID, user UserID) (Membership, error)
	// Members returns the members of a conversation, by user, without
	// [Member.Presence].
	Members(ctx context.Context, conversation ConversationID) ([]Member, error)
	// CountMembers returns how many members a conversation has, and how many of
	// them are owners.
	CountMembers(ctx context.Context, conversation ConversationID) (members, owners int, err error)

	// MessagesBefore returns at most limit messages with numbers above floor and
	// below before, the newest of them, in ascending order.
	MessagesBefore(ctx context.Context, conversation ConversationID, floor, before Seq, limit int) ([]*Message, error)
	// MessagesAfter returns at most limit messages with numbers above after,
	// the oldest of them, in ascending order.
	MessagesAfter(ctx context.Context, conversation ConversationID, after Seq, limit int) ([]*Message, error)
	// MessageByID returns one message.
	MessageByID(ctx context.Context, id uuid.UUID) (*Message, error)
	// LastPosition returns the position of the newest message of all, 0 if there
	// is none.
	LastPosition(ctx context.Context) (int64, error)
	// SeqAt returns the number of the newest message of a conversation whose
	// position is not above one, 0 if there is none.
	SeqAt(ctx context.Context, conversation ConversationID, position int64) (Seq, error)
	// Unread counts the messages of others above seen, at most [UnreadLimit].
	Unread(ctx context.Context, conversation ConversationID, user UserID, seen Seq) (int, error)
	// Undelivered returns the conversations in which something waits for a user
	// to connect, each with the number of its newest message.
	Undelivered(ctx context.Context, user UserID) (map[ConversationID]Seq, error)
	// MarkerTimes returns when members' markers came to a message or past it, as
	// far as it was kept.
	MarkerTimes(ctx context.Context, conversation ConversationID, seq Seq) ([]MarkerTime, error)

	// FilesAfter returns at most limit files of a conversation that were posted
	// after a message, the oldest of them, in ascending order.
	FilesAfter(ctx context.Context, conversation ConversationID, after Seq, limit int) ([]File, error)
	// LastFileNamed returns the newest message of a conversation that posted a
	// file of this name, 0 if there is none.
	LastFileNamed(ctx context.Context, conversation ConversationID, name string) (Seq, error)
	// BytesOf adds up the sizes of all files that an account has posted.
	BytesOf(ctx context.Context, user UserID) (int64, error)
	// BytesOfAll adds up the sizes of all files that anybody has posted.
	BytesOfAll(ctx context.Context) (int64, error)
	// HasContent reports whether a file has this content.
	HasContent(ctx context.Context, sum Sum) (bool, error)

	// AuditNewest returns the newest entries, the newest first.
	AuditNewest(ctx context.Context, limit int) ([]AuditEntry, error)
	// Bans returns all bans, oldest first, also those that have ended.
	Bans(ctx context.Context) ([]Ban, error)
	// BansOf returns those of an account and of a key.
	BansOf(ctx context.Context, user UserID, fingerprint string) ([]Ban, error)
}

// Advance moves a member's markers forward; those that are 0, or behind where
// the markers are, stay.
type Advance struct {
	Conversation          ConversationID
	User                  UserID
	Delivered, Read, Seen Seq
	ReadFrom              Seq
	// When it moved, the zero time if that is not to be kept: what is delivered as
	// it is sent needs no time of its own.
	DeliveredAt, ReadAt time.Time
}

// MarkerTime is when a marker of a member came to a message.
type MarkerTime struct {
	User UserID
	Read bool // else delivered
	At   time.Time
}

// Tx is a transaction: it sees its own writes, and what it wrote is either
// all kept or all gone. It may be used by one goroutine only, and not after
// the function it was given to has returned.
type Tx interface {
	Reader
	joiningTx
	namesTx
	accountsTx
	changesTx
	retainTx
	contactsTx

	// InsertUser adds an account and returns it with its id.
	InsertUser(ctx context.Context, u User) (User, error)
	// SetPreference keeps what an account has set; "" drops it.
	SetPreference(ctx context.Context, user UserID, name, value string) error
	// SetUserRole changes what an account may do on the server, and so in #general.
	SetUserRole(ctx context.Context, user UserID, role Role) error
	// SetUserDisabled keeps an account out, or lets it in.
	SetUserDisabled(ctx context.Context, user UserID, disabled bool) error
	// InsertBan adds a ban, in place of one of the same.
	InsertBan(ctx context.Context, b Ban) error
	// DeleteBan takes a ban away and reports whether there was one.
	DeleteBan(ctx context.Context, b Ban) (bool, error)
	// InsertKey adds an authorized key.
	InsertKey(ctx context.Context, k AuthorizedKey) error
	// DeleteKey removes an authorized key.
	DeleteKey(ctx context.Context, fingerprint string) error

	// InsertConversation adds a conversation and returns it with its id.
	InsertConversation(ctx context.Context, c Conversation) (Conversation, error)
	// UpdateConversation changes the name, the topic and the settings.
	UpdateConversation(ctx context.Context, c Conversation) error
	// InsertMembership makes a user a member; to be one already is no error. Whether
	// it was invited, or had left, is forgotten.
	InsertMembership(ctx context.Context, m Membership) error
	// DeleteMembership ends one, with all that was kept for it.
	DeleteMembership(ctx context.Context, conversation ConversationID, user UserID) error
	// SetMemberRole changes what a member may do.
	SetMemberRole(ctx context.Context, conversation ConversationID, user UserID, role Role) error
	// SetPinned keeps a conversation at the top of a member's list, or not.
	SetPinned(ctx context.Context, conversation ConversationID, user UserID, pinned bool) error
	// SetMutedUntil mutes a conversation for a member; the zero time ends it.
	SetMutedUntil(ctx context.Context, conversation ConversationID, user UserID, until time.Time) error
	// SetDraft keeps what a member was writing; "" drops it.
	SetDraft(ctx context.Context, conversation ConversationID, user UserID, body string) error

	// AdvanceMarkers moves markers forward, never back.
	AdvanceMarkers(ctx context.Context, a Advance) error
	// SetSeen moves a member's own position, also back.
	SetSeen(ctx context.Context, conversation ConversationID, user UserID, seen Seq) error
	// WithdrawRead switches a member's receipts in one conversation. Either way
	// nothing of what it has seen so far is told any more.
	WithdrawRead(ctx context.Context, conversation ConversationID, user UserID, off bool) error
	// SetReceiptsOff does the same for an account and all its conversations.
	SetReceiptsOff(ctx context.Context, user UserID, off bool) error
	// PruneMarkerTimes forgets when markers moved before a time.
	PruneMarkerTimes(ctx context.Context, before time.Time) error

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
	// InsertFile adds the file of a message that was added before.
	InsertFile(ctx context.Context, m *Message) error
	// InsertMention keeps that a message names a member.
	InsertMention(ctx context.Context, conversation ConversationID, user UserID, seq Seq) error
	// AppendAudit adds an entry to the audit log; the id is given by the store.
	AppendAudit(ctx context.Context, e AuditEntry) error
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
