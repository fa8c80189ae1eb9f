// Package importing brings the history of another chat into this one. A [Source] reads the
// export of the other chat and turns it into a stream of items. An [Importer] writes them
// into the store in small transactions, so that people can chat meanwhile. It reads an
// export twice if it is told to: the first time as a rehearsal that writes nothing and finds
// what would come and what would not.
//
// All ids are made from the source, the conversation and the time of a message (UUID of
// version 5, RFC 9562). So an import that was stopped can be started again, and nothing is
// posted twice.
package importing

import (
	"context"
	"io"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
)

// Source is an export of another chat. It can be read more than once.
type Source interface {
	// Name identifies the kind of chat, such as "slack". It is a part of all ids.
	Name() string
	// Read calls do for each item of the export, in order, until do returns an error. An
	// item that cannot be read becomes a [Fault], and Read goes on with the next one.
	Read(ctx context.Context, do func(Item) error) error
}

// Item is a part of an export: an [Account], a [Conversation], a [Message], a [Done], an
// [Extra] or a [Fault]. An account or a conversation comes before the items that refer to it.
type Item interface{ item() }

// Account is a person or a program of the other chat.
type Account struct {
	Key     string // identifies it in the source
	Name    string // from which its handle is made
	Display string
	Bot     bool
	Full    *Identity // what a restore needs besides; nil from other chats
}

// Conversation is a channel or a direct conversation of the other chat.
type Conversation struct {
	Key     string // identifies it in the source
	Name    string // of a group, as people write it there
	Topic   string
	Direct  bool
	Public  bool
	Members []string // keys of accounts
	// AuthorsJoin says that the source does not know the members, so the authors are the
	// members.
	AuthorsJoin bool
	Creator     string // the key of an account, or ""
	Created     time.Time
	// General says that it is the conversation of everybody. It becomes #general here, unless
	// people have written there.
	General bool
	// Roles are those of members, by their keys, if the source knows them.
	Roles map[string]chat.Role
	// Settings has the settings of a group, or is nil.
	Settings *chat.Conversation
	// JoinedAfter has for each member the key of the last message that it may not see, or
	// [FromTheStart]. It matters in groups whose settings hide older messages from new
	// members. It is read when the conversation is complete.
	JoinedAfter map[string]string
	// Expired is the number of the last message that had expired, in a restore.
	Expired chat.Seq
}

// FromTheStart is the value of [Conversation.JoinedAfter] for members who may see all.
const FromTheStart = "from the start"

// Message is a message, or a system line, of a conversation.
type Message struct {
	Conversation string // the key
	Key          string // identifies it in the conversation; mostly its time
	Place        string // where it is in the export, for people
	Author       string // the key of an account
	AuthorName   string // the name to use if the source has no such account
	AuthorBot    bool   // the same
	At           time.Time
	EditedAt     time.Time // the zero time without edits
	Notice       chat.Notice
	Text         string
	// Render makes the text if it names accounts. The function that it gets returns the
	// handle of an account here, or "" for a key that the source does not have.
	Render    func(handle func(key string) string) string
	Thread    string // the key of the message that began its thread, or ""
	Also      bool   // the reply is shown in the conversation too
	ReplyTo   string // the key of the message that it answers, or ""
	Files     []File
	Reactions []Reaction

	// The rest matters only in a restore.

	Seq          chat.Seq // its number there
	ByHost       bool     // a line of the host
	DeletedAt    time.Time
	DeletedBy    string // the key of an account
	GroupMention chat.GroupMention
}

// File is a file of a message.
type File struct {
	Name string
	// SHA256 is the hash that the content must have, in hexadecimal digits, or "".
	SHA256 string
	// Open opens the content. It is nil if the export does not contain it.
	Open func() (io.ReadCloser, error)
}

// Reaction is an emoji of an account at a message.
type Reaction struct {
	Emoji string // its name, with or without colons, or the emoji itself
	By    string // the key of an account
	At    time.Time
}

// Done says that all messages of a conversation have come. Its members see it from then on.
// A source that does not know it may leave it out.
type Done struct{ Conversation string }

// Fault is something that does not come, and the reason.
type Fault struct {
	Place  string // where it is in the export
	Reason string // the same words for all faults of a kind, because they are counted
}

func (Account) item()      {}
func (Conversation) item() {}
func (Message) item()      {}
func (Done) item()         {}
func (Fault) item()        {}

// namespace is the namespace of all ids of imports.
var namespace = uuid.MustParse("5d1c9d5e-6f0f-4d0e-9a55-8c2f0e0f7a31")

// keepsIDs is a source whose keys are the ids that everything keeps.
type keepsIDs interface {
	KeepsIDs() bool
	// Restore says before Read whether the import is a restore: then the source also has
	// deleted messages and [Extra] items.
	Restore(is bool)
}

// id makes the id of something. With a source that keeps ids, its last key is its id.
func (im *Importer) id(keys ...string) uuid.UUID {
	if im.keeps {
		if id, err := uuid.Parse(keys[len(keys)-1]); err == nil {
			return id
		}
	}
	return ID(im.source, keys...)
}

// ID makes the id of something in a source from its keys. A repeated import makes the same
// ids.
func ID(source string, keys ...string) uuid.UUID {
	name := make([]byte, 0, 128)
	name = append(name, source...)
	for _, k := range keys {
		name = append(append(name, 0), k...)
	}
	return uuid.NewSHA1(namespace, name)
}
