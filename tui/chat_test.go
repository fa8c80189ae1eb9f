package tui

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/hook"
	"confab/app/service"
	"confab/app/testkit"
	"confab/tui/command"
	"confab/tui/dialog"
	"confab/tui/timeline"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// start is the beginning of the tests' conversations: a Tuesday, in UTC.
var start = time.Date(2026, time.November, 24, 14, 2, 0, 0, time.UTC)

// fakeChat is a chat in memory, with one conversation, and others if a test adds them. Its
// mailbox has no events: the tests pass them to the model. Methods that it does not have
// must not be called.
type fakeChat struct {
	command.Groups
	command.Contacts
	command.Account
	command.Admission
	dialog.KeyOwner
	mu               sync.Mutex
	others           []chat.ConversationSummary // besides the one
	unlisted         bool                       // the list does not have #general yet
	direct           bool                       // the one is a direct one with bob
	named            string                     // the name of the one, "" for general
	role             chat.Role                  // of the user in the one, "" for member
	topic            string                     // of the one
	pinned           []chat.Pin
	seen             chat.Seq
	unseen           bool // seen counts; otherwise everything is seen
	receipts         *chat.Receipts
	read             []chat.Seq // what was marked read, in order
	visits           []chat.ConversationID
	unreadFrom       []chat.Seq // what was marked unread, in order
	refusal          error      // what the commands of groups fail with
	asked            []string   // and what these were
	drafts           map[chat.ConversationID]string
	set              map[string]string // preferences
	words            chat.Words        // of the host
	typed            int
	searches         []int64 // what was searched for, by where each page began
	own              bool    // messages of the user's own are shown
	messages         []*chat.Message
	self             chat.User
	refuse           error // what the next sends fail with
	fail             error // what the next reads fail with
	ids              byte
	requests         []chat.JoinRequest
	invitations      []chat.GroupInvitation
	invitationsOlder int
	blocked          []chat.UserID
	statuses         map[chat.UserID]chat.Status
	lastSeen         map[chat.UserID]time.Time
	later            []chat.Later
	answers          []string // to requests, in order
	mentions         []chat.MentionOf
	dm               chat.ConversationID   // with bob, if it is not the one
	sentTo           []chat.ConversationID // of what was sent, in order
	inThread         []uuid.UUID           // in which threads
}

const fakeConversation = chat.ConversationID(7)

// backend wires a screen to the chat.
func (c *fakeChat) backend() Backend {
	return Backend{
		Lister: c, Counter: c, Blocker: c, Messages: c, Receipts: c, Edits: c, Drafts: c, Typing: c, Outbox: c, Directory: c, Completion: c,
		Search: c, Keys: c, Requests: c, Invitations: c, Mentions: c, Later: fakeLater{c}, Threads: c, Selected: c, Pictures: c, Preferences: c,
		Commands: command.Chat{
			Groups: c, Contacts: c, Receipts: c, Account: c, Admission: c, Later: fakeLater{c},
			Moderation: func() command.Moderation { return service.Moderation{} },
			Hooks:      func() command.Hooks { return hook.Hooks{} },
		},
	}
}

func (c *fakeChat) NewID() (uuid.UUID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ids++
	return uuid.UUID{0xaa, c.ids}, nil
}

func (c *fakeChat) Conversations(context.Context) ([]chat.ConversationSummary, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := chat.ConversationSummary{
		Conversation: chat.Conversation{ID: fakeConversation, Kind: chat.KindGroup, Name: cmp.Or(c.named, "general"), Topic: c.topic, LastSeq: chat.Seq(len(c.messages)), MentionAll: chat.MentionByModerators},
		Mine:         chat.Membership{Conversation: fakeConversation, User: c.self.ID, Role: cmp.Or(c.role, chat.RoleMember)},
		Draft:        c.drafts[fakeConversation],
	}
	if c.direct {
		l.Kind, l.Other, l.Presence = chat.KindDirect, chat.User{ID: 2, Name: "bob"}, chat.Online
	}
	if n := len(c.messages); n > 0 {
		l.LastAt = c.messages[n-1].SentAt
	}
	l.Mine.Seen, l.Unread, l.Mentions = c.position()
	if c.unlisted {
		return append([]chat.ConversationSummary(nil), c.others...), c.fail
	}
	return append([]chat.ConversationSummary{l}, c.others...), c.fail
}

// position is the user's position in a conversation, with the number of unread messages.
func (c *fakeChat) position() (seen chat.Seq, unread, mentions int) {
	if !c.unseen {
		return chat.Seq(len(c.messages)), 0, 0
	}
	for _, m := range c.messages[min(int(c.seen), len(c.messages)):] { // seen may be that of another conversation, with more
		if timeline.Counts(m, c.self.ID) {
			unread++
		}
		if m.Mentions(c.self.ID, c.self.Name) {
			mentions++
		}
	}
	return c.seen, min(unread, chat.UnreadLimit), mentions
}

func (c *fakeChat) Visit(_ context.Context, id chat.ConversationID) (chat.Visit, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail != nil {
		return chat.Visit{}, c.fail
	}
	c.visits = append(c.visits, id)
	if id != fakeConversation {
		return chat.Visit{Receipts: &chat.Receipts{Conversation: id, Named: true}}, nil
	}
	seen, n, mentions := c.position()
	return chat.Visit{Seen: seen, Unread: n, Mentions: mentions, Receipts: c.receipts}, nil
}

func (c *fakeChat) MarkRead(_ chat.ConversationID, to chat.Seq) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = append(c.read, to)
	c.seen = max(c.seen, to)
}

func (c *fakeChat) UnreadMentions(context.Context, chat.ConversationID) (unread, mentions int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, unread, mentions = c.position()
	return unread, mentions, c.fail
}

func (c *fakeChat) MarkUnread(_ context.Context, id chat.ConversationID, from chat.Seq) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refusal != nil {
		return c.refusal
	}
	c.unreadFrom = append(c.unreadFrom, from)
	if id == fakeConversation {
		c.seen, c.unseen = from-1, true
	}
	return nil
}

func (c *fakeChat) Attend() {}

func (c *fakeChat) ShowsOwn(_ chat.ConversationID, own bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.own = own
}

func (c *fakeChat) Typing(chat.ConversationID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.typed++
}

func (c *fakeChat) SaveDraft(_ context.Context, id chat.ConversationID, body string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.drafts == nil {
		c.drafts = make(map[chat.ConversationID]string)
	}
	c.drafts[id] = body
	return nil
}

func (c *fakeChat) Self(context.Context) (chat.User, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.self, c.fail
}

func (c *fakeChat) Preferences(context.Context) (map[string]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail != nil {
		return nil, c.fail
	}
	return maps.Clone(c.set), nil
}

func (c *fakeChat) Words() *chat.Words {
	c.mu.Lock()
	defer c.mu.Unlock()
	return &c.words
}

func (c *fakeChat) NoteTold(_ context.Context, words chat.Words) error {
	for name, value := range words.Told() {
		if err := c.SetPreference(context.Background(), name, value); err != nil {
			return err
		}
	}
	return nil
}

func (c *fakeChat) SetPreference(_ context.Context, name, value string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refusal != nil {
		return c.refusal
	}
	if c.set == nil {
		c.set = make(map[string]string)
	}
	c.set[name] = value
	return nil
}

func (c *fakeChat) Users(context.Context) ([]chat.User, error) {
	return []chat.User{{ID: 1, Name: "ann"}, {ID: 2, Name: "bob"}, {ID: 3, Name: "christopher-robin"}}, nil
}

// post adds a message as if it came from someone.
func (c *fakeChat) post(author chat.UserID, name, body string, at time.Time) *chat.Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.add(uuid.UUID{0xbb, byte(len(c.messages) >> 16), byte(len(c.messages) >> 8), byte(len(c.messages))}, author, name, body, at)
}

func (c *fakeChat) add(id uuid.UUID, author chat.UserID, name, body string, at time.Time) *chat.Message {
	m := &chat.Message{
		ID: id, Conversation: fakeConversation, Seq: chat.Seq(len(c.messages) + 1), Position: int64(len(c.messages) + 1),
		Author: author, AuthorName: name, Body: body, SentAt: at,
	}
	c.messages = append(c.messages, m)
	return m
}

func (c *fakeChat) Send(_ context.Context, in chat.NewMessage) (*chat.Message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refuse != nil {
		return nil, c.refuse
	}
	for _, m := range c.messages {
		if m.ID == in.ID {
			return m, nil
		}
	}
	if in.Draft != "" && c.drafts[in.Conversation] == in.Draft {
		c.drafts[in.Conversation] = ""
	}
	c.sentTo, c.inThread = append(c.sentTo, in.Conversation), append(c.inThread, in.Thread)
	m := c.add(in.ID, c.self.ID, c.self.Name, in.Body, start.Add(time.Hour))
	for _, o := range c.messages {
		if in.ReplyTo == o.ID && !o.Deleted() {
			m.ReplyTo = &chat.Quote{ID: o.ID, Seq: o.Seq, Author: o.Author, AuthorName: o.AuthorName, Text: chat.QuoteText(o.Body)}
		}
	}
	if in.ReplyTo != uuid.Nil && m.ReplyTo == nil {
		c.messages = c.messages[:len(c.messages)-1]
		return nil, chat.Refuse(chat.ErrNotFound, "The message that you are answering was deleted.")
	}
	return m, nil
}

var errBroken = errors.New("the disk is gone")
