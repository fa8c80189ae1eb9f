package command

import (
	"strings"

	"confab/app/chat"
	"confab/app/text"
)

// messageRecord is a message, or a line about the conversation itself.
type messageRecord struct {
	head
	ID           string          `json:"id"`
	Conversation conversationRef `json:"conversation"`
	Seq          int64           `json:"seq"`
	Author       userRef         `json:"author"`
	Text         string          `json:"text"`
	Change       string          `json:"change,omitempty"` // for a line about the conversation: the change
	ReplyTo      *quoteRef       `json:"reply_to,omitempty"`
	Thread       *threadRef      `json:"thread,omitempty"`  // if it is a reply in a thread
	Replies      int             `json:"replies,omitempty"` // in the thread that it began
	LastReplyAt  string          `json:"last_reply_at,omitempty"`
	SentAt       string          `json:"sent_at"`
	EditedAt     string          `json:"edited_at,omitempty"`
	DeletedAt    string          `json:"deleted_at,omitempty"` // if it is deleted
	DeletedBy    string          `json:"deleted_by,omitempty"` // the handle of the account that deleted it, if that is known
	File         *fileRef        `json:"file,omitempty"`       // if it is a file
	Reactions    []reactionRef   `json:"reactions,omitempty"`
	GroupMention string          `json:"group_mention,omitempty"` // here or all, if it mentions the members of the group together

	message *chat.Message
}

// quoteRef is the message that another one answers.
type quoteRef struct {
	ID     string `json:"id"`
	Author string `json:"author"`
	Text   string `json:"text"` // its first words
}

// fileRef is the file of a message.
type fileRef struct {
	Path   string `json:"path"` // for scp and sftp: always this file, even if newer ones come
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

func messageOf(l chat.ConversationSummary, m *chat.Message) *messageRecord {
	r := &messageRecord{
		head: newHead("message"), ID: m.ID.String(), Conversation: refTo(l), Seq: int64(m.Seq),
		Author: userRef{m.AuthorUID.String(), m.AuthorName, m.AuthorBot},
		Text:   m.Text(), Change: string(m.Notice), SentAt: stamp(m.SentAt), message: m,
		EditedAt: stamp(m.EditedAt), DeletedAt: stamp(m.DeletedAt), DeletedBy: m.DeleterName, Reactions: reactionsOf(m, l.Mine.User), GroupMention: string(m.GroupMention),
	}
	if !text.IsClean(r.Text) {
		r.Text = text.Clean(r.Text)
	}
	if f := m.File; f != nil {
		r.File = &fileRef{l.Title() + "/" + f.Name + text.FileID(int64(m.Seq)), f.Name, f.Size, f.Sum.String()}
	}
	if m.Thread != 0 {
		r.Thread = &threadRef{int64(m.Thread), !m.ThreadOnly}
	}
	if m.Replies > 0 {
		r.Replies, r.LastReplyAt = m.Replies, stamp(m.LastReplyAt)
	}
	if q := m.Quote(l.Floor()); q != nil {
		r.ReplyTo = &quoteRef{q.ID.String(), q.AuthorName, q.Text}
	}
	return r
}

// columns returns the time, the conversation, the author ("-" for a line about the
// conversation), the text, the id, the id of the message that it answers, whether it was
// edited or deleted, and the reactions to it.
func (r *messageRecord) columns(o *output) []string {
	author, answers := r.Author.Name, ""
	if r.Change != "" {
		author = "-"
	}
	if r.ReplyTo != nil {
		answers = r.ReplyTo.ID
	}
	return []string{o.time(r.message.SentAt), r.Conversation.Name, author, r.Text, r.ID, answers, r.state(), reactionsText(r.Reactions)}
}

// state says whether the message was edited or deleted, and is a reply in a thread.
func (r *messageRecord) state() string {
	var words []string
	switch {
	case r.DeletedAt != "":
		words = append(words, "(deleted)")
	case r.EditedAt != "":
		words = append(words, "(edited)")
	}
	if r.Thread != nil {
		words = append(words, "(in a thread)")
	}
	return strings.Join(words, " ")
}

// people formats a message for a terminal.
func (r *messageRecord) people(o *output, several bool) string {
	begin := o.time(r.message.SentAt) + "  "
	if several {
		begin += r.Conversation.Name + "  "
	}
	if r.Change != "" {
		return begin + "* " + clean(r.Text) + "\n"
	}
	name := r.Author.Name
	if r.Author.Bot {
		name += " [bot]"
	}
	text := ""
	if r.ReplyTo != nil {
		quoted := chat.Said(r.ReplyTo.Author, r.ReplyTo.Text)
		if quoted == r.ReplyTo.Text {
			quoted = r.ReplyTo.Author + ": " + quoted
		}
		text = begin + "> " + clean(quoted) + "\n"
	}
	said := strings.TrimSpace(strings.ReplaceAll(chat.Said(r.Author.Name, r.Text), "\n", "\n    ") + " " + r.state())
	text += begin + name + "  " + said + "\n"
	if len(r.Reactions) > 0 {
		text += "    " + reactionsText(r.Reactions) + "\n"
	}
	return text
}

// message writes a message at once.
func (o *output) message(l chat.ConversationSummary, m *chat.Message, several bool) error {
	r := messageOf(l, m)
	if o.terminal && !o.json {
		return o.text(r.people(o, several))
	}
	return o.write(r)
}
