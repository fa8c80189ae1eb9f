// Package outbox sends the messages that a user has written, one after the other,
// and keeps each until it is known to be on the server's disk. A message that
// could not be sent stays, with the reason, until its user tries again.
package outbox

import (
	"context"
	"errors"
	"slices"

	tea "charm.land/bubbletea/v2"
	"github.com/google/uuid"

	"confab/app/chat"
	"confab/tui/ask"
)

// Limit is how many messages the outbox holds, those that failed included.
const Limit = 100

// ErrFull says that the outbox holds [Limit] messages.
var ErrFull = errors.New("the outbox is full")

// Sender has the methods of the chat that the outbox needs.
type Sender interface {
	// NewID makes an id for a message.
	NewID() (uuid.UUID, error)
	// Send posts a message and returns when it is on disk. Sending it again with
	// the same id posts nothing.
	Send(context.Context, chat.NewMessage) (*chat.Message, error)
}

// Message is one of the user's own messages that may not be on disk yet.
type Message struct {
	chat.NewMessage
	Answers *chat.Message // the message that it answers, nil for none
	Root    chat.Seq      // of the thread in which it is a reply, 0 for none
	Failure string        // why it was not sent; "" while it waits or is being sent
	dropped bool
}

// Dropped reports whether the outbox has forgotten the message, because its user
// is no longer a member of the conversation.
func (m *Message) Dropped() bool { return m.dropped }

// Outbox holds the messages of a session that may not be on disk yet.
type Outbox struct {
	chat    Sender
	unsent  map[chat.ConversationID][]*Message // in the order in which they were written
	queue   []*Message                         // those to send, in that order
	sending *Message                           // the one under way
}

// New makes an outbox that is empty.
func New(sender Sender) *Outbox {
	return &Outbox{chat: sender, unsent: make(map[chat.ConversationID][]*Message)}
}

// SentMsg is the chat's answer to a message.
type SentMsg struct {
	Out     *Message
	Message *chat.Message
	Err     error
}

// Add queues a message. If answers is not nil, it answers that message. If thread is not
// nil, it is a reply in the thread of that message. With also, a reply in a thread goes to
// the conversation too. Add returns [ErrFull] if there is no room for the message.
func (o *Outbox) Add(id chat.ConversationID, body string, answers, thread *chat.Message, also bool) error {
	if o.Len() >= Limit {
		return ErrFull
	}
	uid, err := o.chat.NewID()
	if err != nil {
		return err
	}
	out := &Message{NewMessage: chat.NewMessage{ID: uid, Conversation: id, Body: body, Read: true}, Answers: answers}
	if answers != nil {
		out.ReplyTo = answers.ID
	}
	if thread != nil {
		out.Thread, out.Also, out.Root = thread.ID, also, thread.Root()
	}
	o.unsent[id] = append(o.unsent[id], out)
	o.queue = append(o.queue, out)
	return nil
}

// Replaces says which stored draft became the newest message, if any.
func (o *Outbox) Replaces(draft string) {
	if n := len(o.queue); n > 0 {
		o.queue[n-1].Draft = draft
	}
}

// Retry queues the messages of a conversation that failed. They keep their ids: a
// message that was posted after all is not posted twice. Retry reports whether
// there are any.
func (o *Outbox) Retry(id chat.ConversationID) bool {
	any := false
	for _, out := range o.unsent[id] {
		if out.Failure != "" {
			out.Failure, any = "", true
			o.queue = append(o.queue, out)
		}
	}
	return any
}

// Next returns the command that sends the first message of the queue. It is nil if there is
// none, or while another message is being sent. So messages are posted in the order in
// which they were written.
func (o *Outbox) Next() tea.Cmd {
	if len(o.queue) == 0 || o.sending != nil {
		return nil
	}
	out := o.queue[0]
	o.queue = slices.Delete(o.queue, 0, 1)
	o.sending = out
	return func() tea.Msg {
		message, err := ask.For(func(ctx context.Context) (*chat.Message, error) { return o.chat.Send(ctx, out.NewMessage) })
		return SentMsg{out, message, err}
	}
}

// Unquote makes a reply an ordinary message.
func (m *Message) Unquote() { m.Answers, m.ReplyTo = nil, uuid.Nil }

// Sent says that a [SentMsg] has come, so that Next goes on. The message itself stays until
// [Outbox.Confirm].
func (o *Outbox) Sent() { o.sending = nil }

// Confirm removes a message that was seen on disk, or that the user takes back.
func (o *Outbox) Confirm(id chat.ConversationID, uid uuid.UUID) {
	if of := o.unsent[id]; len(of) > 0 {
		o.unsent[id] = slices.DeleteFunc(of, func(m *Message) bool { return m.ID == uid })
	}
}

// Unsent returns the messages of a conversation that may not be on disk yet, in the order
// in which they were written.
func (o *Outbox) Unsent(id chat.ConversationID) []*Message { return o.unsent[id] }

// Drop forgets the messages of a conversation and returns them. It still sends those in the
// queue, so that the user learns whether they were posted; see [Outbox.Cancel].
func (o *Outbox) Drop(id chat.ConversationID) []*Message {
	of := o.unsent[id]
	for _, m := range of {
		m.dropped = true
	}
	delete(o.unsent, id)
	return of
}

// Cancel removes the messages of a conversation from the queue. The one that is being sent
// may still be posted.
func (o *Outbox) Cancel(id chat.ConversationID) {
	o.queue = slices.DeleteFunc(o.queue, func(m *Message) bool { return m.Conversation == id })
}

// Len returns the number of messages that may not be on disk yet.
func (o *Outbox) Len() int {
	n := 0
	for _, of := range o.unsent {
		n += len(of)
	}
	return n
}
