package bot

import (
	"encoding/json"
	"fmt"
	"time"
)

// Event is a line from the server. The field of its type is set. Raw has all that the server says, in
// the format of docs/scripting.schema.json.
type Event struct {
	Type string // "ready", "message", "reaction", "invitation", "left", "later", or a type that is new
	Raw  json.RawMessage

	Ready      *Ready
	Message    *Message
	Reaction   *Reaction
	Invitation *Invitation
	Left       *Left
}

// Ready says that a connection has begun.
type Ready struct {
	Account User   `json:"account"` // the bot's own
	Cursor  string `json:"cursor"`  // for [Options].Since, until the first message; "" if there are none
}

// User is an account.
type User struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Bot  bool   `json:"bot"`
}

// Conversation is where messages are. Its id never changes; its name can.
type Conversation struct {
	ID   string `json:"id"`
	Name string `json:"name"` // #name of a group, @name of the other person for direct messages
}

// Message is a message, or a line about the conversation.
type Message struct {
	ID           string       `json:"id"`
	Conversation Conversation `json:"conversation"`
	Author       User         `json:"author"`
	Text         string       `json:"text"`
	Change       string       `json:"change"` // what has changed, if it is a line about the conversation
	SentAt       time.Time    `json:"sent_at"`
	EditedAt     *time.Time   `json:"edited_at"`
	DeletedAt    *time.Time   `json:"deleted_at"`
	ReplyTo      *Quote       `json:"reply_to"` // the message that it answers
	Thread       *Thread      `json:"thread"`   // the thread in which it is a reply
	File         *File        `json:"file"`     // the file, if it is one
}

// Quote says which message another one answers.
type Quote struct {
	ID     string `json:"id"`
	Author string `json:"author"`
	Text   string `json:"text"` // its first words
}

// Thread says in which thread a message is a reply.
type Thread struct {
	Seq  int64 `json:"seq"`  // the number of the message that began it
	Also bool  `json:"also"` // the conversation shows the reply too
}

// File is a posted file.
type File struct {
	Path   string `json:"path"` // for scp and sftp
	Name   string `json:"name"`
	Size   int64  `json:"size"` // in bytes
	SHA256 string `json:"sha256"`
}

// Reaction says that a user has reacted to a message, or has taken a reaction back.
type Reaction struct {
	Message      string       `json:"message"` // its id
	Conversation Conversation `json:"conversation"`
	User         User         `json:"user"`
	Emoji        string       `json:"emoji"`
	Name         string       `json:"name"` // such as "tada"
	Added        bool         `json:"added"`
}

// Invitation says that the bot is invited to a group. The commands accept and decline answer it.
type Invitation struct {
	Conversation Conversation `json:"conversation"`
	From         User         `json:"from"`
}

// Left says that the bot was removed from a conversation.
type Left struct {
	Conversation Conversation `json:"conversation"`
}

// head is what all lines have, and what this package needs of some.
type head struct {
	Type   string `json:"type"`
	For    string `json:"for"`    // the id of the command that it answers
	Status int    `json:"status"` // of an "ack"
	Text   string `json:"text"`   // of an "ack"
	Reason string `json:"reason"` // of "end"
}

// parse reads a line.
func parse(line json.RawMessage) (head, Event, error) {
	var h head
	if err := json.Unmarshal(line, &h); err != nil {
		return h, Event{}, fmt.Errorf("reading a line of the server: %w", err)
	}
	e := Event{Type: h.Type, Raw: line}
	var err error
	switch h.Type {
	case "ready":
		err = json.Unmarshal(line, &e.Ready)
	case "message":
		err = json.Unmarshal(line, &e.Message)
	case "reaction":
		err = json.Unmarshal(line, &e.Reaction)
	case "invitation":
		err = json.Unmarshal(line, &e.Invitation)
	case "left":
		err = json.Unmarshal(line, &e.Left)
	}
	if err != nil {
		err = fmt.Errorf("reading a %s of the server: %w", h.Type, err)
	}
	return h, e, err
}
