// Package aside is the pane at the right of a wide screen. It shows the members of the open
// conversation, a thread, the pinned messages, or the details of a message, beside the
// messages. It reads from the chat only what it shows.
package aside

import (
	"context"
	"math"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/ask"
	"confab/tui/theme"
)

// Kind is what the pane shows.
type Kind string

// The kinds, by the names that /pane knows them by.
const (
	Members Kind = "members"
	Thread  Kind = "thread"
	Pinned  Kind = "pinned"
	Details Kind = "details"
)

// Kinds returns all kinds.
func Kinds() []Kind { return []Kind{Members, Thread, Pinned, Details} }

// threadLimit is how many messages of a thread are read. More do not fit.
const threadLimit = 64

// Messages reads the messages of threads.
type Messages interface {
	// Before returns at most limit messages of a thread below a number, ascending.
	Before(ctx context.Context, id chat.ConversationID, root, before chat.Seq, limit int) ([]*chat.Message, error)
}

// Pins reads the pinned messages of conversations.
type Pins interface {
	Pins(context.Context, chat.ConversationID) ([]chat.Pin, error)
}

// Options configure a pane.
type Options struct {
	Messages Messages
	Pins     Pins
	Self     chat.UserID
	Zone     *time.Location
	OnError  func(doing string, err error) // tells the user, and the log
}

// Shown has everything that the pane shows and does not read itself.
type Shown struct {
	Conversation chat.ConversationID // 0 for none
	Title        string
	Receipts     *chat.Receipts // how far the members are; nil if that is not known
	Message      *chat.Message  // the message whose details are shown, nil for none
	Root         chat.Seq       // the thread, 0 for none
	Theme        *theme.Theme
	Width        int
	Height       int
}

// Aside is the pane.
type Aside struct {
	o    Options
	kind Kind

	have    need // what was read last
	pins    []chat.Pin
	thread  []*chat.Message
	reading bool
	stale   bool // what was read has changed since

	// receipts are the last ones of the conversation. There are none while a thread is open.
	receipts *chat.Receipts
	version  int // counts the changes of what is shown
	drawn    drawn
}

// need is something to read from the chat.
type need struct {
	kind         Kind
	conversation chat.ConversationID
	root         chat.Seq
}

// New makes a pane that shows the members.
func New(o Options) *Aside { return &Aside{o: o, kind: Members} }

// Kind returns what the pane shows.
func (a *Aside) Kind() Kind { return a.kind }

// Show changes what the pane shows.
func (a *Aside) Show(k Kind) {
	a.kind = k
	a.changed()
}

func (a *Aside) changed() { a.version++ }

// Msg has what was read.
type Msg struct {
	need   need
	pins   []chat.Pin
	thread []*chat.Message
	err    error
}

// needs is what the pane has to read for what it shows, if anything.
func (a *Aside) needs(s Shown) need {
	switch {
	case s.Conversation == 0:
	case a.kind == Pinned:
		return need{a.kind, s.Conversation, 0}
	case a.kind == Thread && s.Root != 0:
		return need{a.kind, s.Conversation, s.Root}
	}
	return need{}
}

// Next returns the command that reads what is missing, nil if nothing is. It is called only
// while the pane is on the screen.
func (a *Aside) Next(s Shown) tea.Cmd {
	n := a.needs(s)
	if a.reading || n == (need{}) || n == a.have && !a.stale {
		return nil
	}
	a.reading, a.stale = true, false
	return func() tea.Msg {
		msg := Msg{need: n}
		if n.kind == Pinned {
			msg.pins, msg.err = ask.For(func(ctx context.Context) ([]chat.Pin, error) { return a.o.Pins.Pins(ctx, n.conversation) })
		} else {
			msg.thread, msg.err = ask.For(func(ctx context.Context) ([]*chat.Message, error) {
				return a.o.Messages.Before(ctx, n.conversation, n.root, math.MaxInt64, threadLimit)
			})
		}
		return msg
	}
}

// Update takes what was read. After an error, it is read again when something changes or [Aside.Stale] is called.
func (a *Aside) Update(msg Msg) {
	a.reading, a.have = false, msg.need
	a.pins, a.thread = msg.pins, msg.thread
	if msg.err != nil {
		a.o.OnError("reading for the right pane", msg.err)
	}
	a.changed()
}

// Stale says that events were dropped, so that everything has to be read again.
func (a *Aside) Stale() { a.stale = true }

// Event handles an event of the chat.
func (a *Aside) Event(ev chat.Event) {
	switch ev := ev.(type) {
	case chat.MessagePosted:
		m := ev.Message
		if m.Conversation != a.have.conversation {
			return
		}
		switch {
		case a.have.kind == Thread && m.Thread == a.have.root:
			a.stale = true // the root counts its replies
		case a.have.kind == Pinned && (m.Notice == chat.NoticePinned || m.Notice == chat.NoticeUnpinned):
			a.stale = true
		}
	case chat.MessageChanged:
		a.stale = a.stale || a.has(ev.Message)
	case chat.UserRenamed, chat.UserDeleted:
		a.stale = true
	}
}

// has reports whether a message is among those that were read.
func (a *Aside) has(m *chat.Message) bool {
	is := func(o *chat.Message) bool { return o.Conversation == m.Conversation && o.Seq == m.Seq }
	return slices.ContainsFunc(a.thread, is) || slices.ContainsFunc(a.pins, func(p chat.Pin) bool { return is(p.Message) })
}
