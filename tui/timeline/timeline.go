// Package timeline shows the messages of the conversation that is open. It holds a bounded
// window of them, reads more as its user scrolls, draws receipts, and decides what counts
// as read. Rendered rows are cached by message, so that a delivery costs the drawing of one
// message and not of a whole screen.
package timeline

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/ask"
	"confab/tui/outbox"
	"confab/tui/theme"
)

// Messages reads messages from the chat.
type Messages interface {
	// Before returns at most limit messages below a number, ascending. They belong to the
	// thread with this root. If the root is 0, they are those that the conversation itself
	// shows.
	Before(ctx context.Context, id chat.ConversationID, root, before chat.Seq, limit int) ([]*chat.Message, error)
	// After is like Before, for messages above a number.
	After(ctx context.Context, id chat.ConversationID, root, after chat.Seq, limit int) ([]*chat.Message, error)
	// VisitThread opens a thread, and returns its root and the user's position in it.
	VisitThread(ctx context.Context, id chat.ConversationID, root chat.Seq) (chat.ThreadVisit, error)
	// MarkThreadRead tells the chat how far the user has read a thread.
	MarkThreadRead(ctx context.Context, id chat.ConversationID, root, to chat.Seq) error
}

// Receipts tells the chat what the user has read. The methods without a context wait for
// nothing.
type Receipts interface {
	// Visit opens a conversation. Its receipts arrive from then on.
	Visit(context.Context, chat.ConversationID) (chat.Visit, error)
	// MarkRead tells the chat how far the user has read the open conversation.
	MarkRead(id chat.ConversationID, to chat.Seq)
	// ShowsOwn tells the chat whether some of the user's own messages are in memory.
	ShowsOwn(id chat.ConversationID, own bool)
	// Attend tells the chat that the user is at the screen.
	Attend()
}

// Blocker knows whom the user has blocked. It waits for nothing.
type Blocker interface {
	HasBlocked(chat.UserID) bool
}

// List is the part of the list of conversations that a timeline needs.
type List interface {
	// Known returns the list's entry for a visit: the user's position in a conversation,
	// and the unread messages there.
	Known(chat.ConversationID) chat.Visit
	// Entered takes the chat's answer when a visit begins.
	Entered(chat.ConversationID, chat.Visit)
	// Seen takes how far the user has read.
	Seen(chat.ConversationID, chat.Seq) tea.Cmd
}

// Options configure a timeline.
type Options struct {
	Messages Messages
	Receipts Receipts
	List     List
	Outbox   *outbox.Outbox
	Blocker  Blocker
	Self     chat.User
	Theme    *theme.Theme
	Zone     *time.Location // of the times shown
	Now      func() time.Time
	Tick     func(time.Duration, func(time.Time) tea.Msg) tea.Cmd // is [tea.Tick]
	Rendered *Rendered                                            // shared by the screens of a server; may be nil
	Covered  func() bool                                          // reports whether something hides messages
	OnError  func(doing string, err error)                        // tells the user, and logs errors of the server
}

// Timeline shows the messages of the conversation that is open, and remembers the places in
// others. It decides which messages count as read.
type Timeline struct {
	position
	names map[chat.UserID]names // of users who were renamed since their messages were read
	plain bool                  // see [Timeline.SetMarkup]

	kept     map[chat.ConversationID]*conversation
	visits   int  // the number of visits so far, of all conversations
	visiting bool // the chat is being told of one
	failed   bool // a page could not be read: do not try again at once

	attention
}

// New makes a timeline with no conversation open.
func New(o Options) *Timeline {
	return &Timeline{
		position: position{o: o}, names: make(map[chat.UserID]names), kept: make(map[chat.ConversationID]*conversation),
		attention: attention{input: o.Now()},
	}
}

// pageMsg is a page of messages that was asked for.
type pageMsg struct {
	need need
	page []*chat.Message
	err  error
}

// visitMsg has the chat's answer when a conversation is opened.
type visitMsg struct {
	id    chat.ConversationID
	visit int // which of the visits asked
	chat.ThreadVisit
	err error
}

// Update handles the answers to the timeline's commands, and its timer.
func (t *Timeline) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case visitMsg:
		return t.visited(msg)
	case pageMsg:
		if t.open == nil || t.open.id != msg.need.conversation || t.open.thread != msg.need.thread {
			return nil // it comes too late
		}
		t.open.read(msg.need, msg.page, msg.err == nil)
		if t.failed = msg.err != nil; t.failed {
			t.o.OnError("reading messages", msg.err)
		}
	case LookMsg:
		return t.looked(msg)
	}
	return nil
}

// Event handles an event of the chat.
func (t *Timeline) Event(ev chat.Event) {
	switch ev := ev.(type) {
	case chat.MessagePosted:
		if t.Shows(ev.Message.Conversation) {
			if ev.Message.Author == t.o.Self.ID {
				t.o.Outbox.Confirm(ev.Message.Conversation, ev.Message.ID)
			}
			t.open.posted(ev.Message)
		}
	case chat.MessageChanged:
		if t.Shows(ev.Message.Conversation) {
			t.open.altered(ev.Message)
		}
	case chat.Reacted:
		t.reacted(ev)
	case chat.SeenMoved:
		if t.Shows(ev.Conversation) && t.open.thread == 0 {
			t.open.seen = ev.Seen
		}
	case chat.UserRenamed:
		t.rename(ev)
	case chat.UserDeleted:
		t.rename(chat.UserRenamed{User: ev.User, Name: chat.DeletedName})
		if ev.Purged && t.open != nil {
			t.open.purge(ev.User, ev.At)
			t.open.resync() // roots count their replies
		}
		if t.open != nil {
			t.open.withdrawn(ev.User)
		}
	}
}

// rename notes the new name of a user, and drops the cached rows.
func (t *Timeline) rename(ev chat.UserRenamed) {
	t.names[ev.User] = names{ev.Name, ev.DisplayName}
	if t.open != nil {
		t.open.widest = widest{} // the name may have been the widest
	}
	if ev.User == t.o.Self.ID {
		t.o.Self.Name, t.o.Self.DisplayName = ev.Name, ev.DisplayName
	}
	t.restyle()
}

// restyle drops the cached rows, so that the next frame draws them again.
func (t *Timeline) restyle() {
	if t.style != nil {
		style := *t.style
		style.handle = t.o.Self.Name
		t.style = &style
	}
}

// Resync says that events were dropped. The timeline reads the store again instead. A
// later name of somebody may be among what was dropped, so the names that are read
// replace those that events brought.
func (t *Timeline) Resync() {
	clear(t.names)
	t.restyle()
	if t.open != nil {
		t.open.resync()
	}
}

// SetReceipts takes the receipts of the open conversation.
func (t *Timeline) SetReceipts(r *chat.Receipts) {
	if t.Shows(r.Conversation) && t.open.thread == 0 {
		t.open.receipts = r
	}
}

// Sent handles one of the user's own messages that was posted. The user has read everything
// before it.
func (t *Timeline) Sent(m *chat.Message) {
	t.o.Outbox.Confirm(m.Conversation, m.ID)
	if c := t.kept[m.Conversation]; c != nil && m.Thread == 0 {
		c.posted(m)
		c.seen = max(c.seen, m.Seq)
	}
	if t.Shows(m.Conversation) && m.Thread != 0 {
		t.open.posted(m)
		if m.Thread == t.open.thread {
			t.open.seen, t.open.follows = max(t.open.seen, m.Seq), true
		}
	}
}

// Open shows a conversation, whose newest message is last or a later one. The one
// that was open keeps its place.
func (t *Timeline) Open(id chat.ConversationID, last chat.Seq) tea.Cmd {
	if t.open != nil {
		t.open.close()
		if t.open.following && t.open.thread == 0 {
			delete(t.kept, t.open.id)
		}
	}
	c := t.kept[id]
	if c == nil {
		c = newConversation(id, t.o.Outbox)
		t.kept[id] = c
	}
	t.visits++
	c.visit = t.visits
	c.latest, c.heard = max(c.latest, last), max(c.heard, last)
	t.open, t.held, t.style = c, false, nil
	t.Select(0)
	return t.askVisit()
}

// Forget drops a conversation that the user is no longer a member of.
func (t *Timeline) Forget(id chat.ConversationID) {
	if t.Shows(id) {
		t.open = nil
		t.Select(0)
	}
	delete(t.kept, id)
}

// askVisit returns the command that tells the chat which conversation is open. Only one
// such command runs at a time, so that the last one counts.
func (t *Timeline) askVisit() tea.Cmd {
	if t.visiting || t.open == nil || t.open.visited {
		return nil
	}
	t.visiting = true
	id, thread, visit := t.open.id, t.open.thread, t.open.visit
	return func() tea.Msg {
		v, err := ask.For(func(ctx context.Context) (chat.ThreadVisit, error) {
			if thread != 0 {
				return t.o.Messages.VisitThread(ctx, id, thread)
			}
			v, err := t.o.Receipts.Visit(ctx, id)
			return chat.ThreadVisit{Visit: v}, err
		})
		return visitMsg{id, visit, v, err}
	}
}

func (t *Timeline) visited(msg visitMsg) tea.Cmd {
	t.visiting = false
	if t.open == nil || t.open.visit != msg.visit {
		return t.askVisit()
	}
	if msg.err != nil {
		t.o.OnError("opening a conversation", msg.err)
		msg.Visit = t.o.List.Known(msg.id) // better than an empty screen
	}
	t.open.untold = msg.err != nil
	t.open.enter(msg.Visit)
	if t.open.follows = msg.Following; t.open.thread == 0 {
		t.o.List.Entered(msg.id, msg.Visit)
	}
	return nil
}

// Revisit returns the command that tells the chat again which conversation is open, if it could
// not be told before.
func Revisit(t *Timeline) tea.Cmd {
	if t.open == nil || !t.open.untold {
		return nil
	}
	t.open.visited = false
	return t.askVisit()
}

// Conversation returns the open conversation, 0 for none.
func (t *position) Conversation() chat.ConversationID {
	if t.open == nil {
		return 0
	}
	return t.open.id
}

// Shows reports whether a conversation is the one that is open.
func (t *position) Shows(id chat.ConversationID) bool { return t.open != nil && t.open.id == id }

// Kind describes the open conversation for the timeline.
type Kind struct {
	Direct bool
	Notes  bool     // the user's notes, which have no receipts
	Floor  chat.Seq // the last message that the user may not see
}

// canvas is the open conversation in its present size and style.
func (t *position) canvas() canvas {
	return canvas{
		conversation: t.open, unsent: t.open.unsent(t.o.Outbox.Unsent(t.open.id)), style: t.style, height: t.height,
		self: names{t.o.Self.Name, t.o.Self.DisplayName}, selected: t.selected,
	}
}

// Rows returns the rows of the messages on the screen. If they do not fill it, they are at
// its bottom.
func (t *Timeline) Rows() []string {
	var rows []string
	switch {
	case t.height == 0:
		return nil
	case t.open == nil || !t.open.loaded:
	case t.canvas().items() == 0:
		words := " No messages yet. Write the first."
		if t.o.Theme.Width(words) > t.width {
			words = " No messages yet."
		}
		rows = []string{theme.Paint(t.o.Theme.Faint, t.o.Theme.FitMax(words, t.width, t.o.Theme.Ellipsis))}
	default:
		rows = t.canvas().draw()
	}
	if len(rows) == t.height {
		return rows
	}
	return append(make([]string, t.height-len(rows), t.height), rows...)
}

// Next returns the commands that the timeline needs after an event: one that reads messages
// from the store, and a timer while the user is reading. It is called after Layout.
func (t *Timeline) Next() (read, look tea.Cmd) {
	t.tellOwn()
	if t.open != nil && t.height > 0 && !t.failed {
		read = t.open.readPage(t.o.Messages, t.height)
	}
	t.failed = false
	return read, t.attend()
}

// readPage returns the command that reads the messages that a screen of this height still
// needs, if any.
func (t *conversation) readPage(messages Messages, height int) tea.Cmd {
	n, ok := t.needs(height)
	if !ok {
		return nil
	}
	return func() tea.Msg {
		page, err := ask.For(func(ctx context.Context) ([]*chat.Message, error) {
			if n.before > 0 {
				return messages.Before(ctx, n.conversation, n.thread, n.before, pageSize)
			}
			return messages.After(ctx, n.conversation, n.thread, n.after, pageSize)
		})
		return pageMsg{n, page, err}
	}
}
