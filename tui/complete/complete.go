// Package complete finishes what a user begins to write: names after an @, groups after a #,
// emoji after a colon, commands and their arguments, and lines that were sent. If there are
// several ways to finish it, they are listed above the text.
package complete

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/ask"
	"confab/tui/dialog"
	"confab/tui/keymap"
)

// Directory is who and what can be named. Its calls may take a while.
type Directory interface {
	// Users are all accounts.
	Users(context.Context) ([]chat.User, error)
	// Members are those of a conversation.
	Members(context.Context, chat.ConversationID) ([]chat.Member, error)
	// PublicGroups are those that everyone can join.
	PublicGroups(context.Context) ([]chat.PublicGroup, error)
	// Invitations are those to groups.
	Invitations(context.Context) (list []chat.GroupInvitation, older int, err error)
}

// Text is the text being written.
type Text interface {
	Text() string
	// Cursor is where the cursor is, in bytes.
	Cursor() int
	// Replace puts clean text in the place of that between two offsets. It reports false if
	// the text does not fit.
	Replace(from, to int, text string) bool
	// SentLines are the lines that were sent, the newest last.
	SentLines() []string
}

// Options are what a completer is made of.
type Options struct {
	Directory     Directory
	Text          Text
	Self          chat.UserID
	Open          func() chat.ConversationID         // the conversation that is open, 0 for none
	Conversations func() []*chat.ConversationSummary // those of the user
	Commands      func() []dialog.Command            // those that can be typed
	Fits          func(did bool)                     // tells the user if a text did not fit
	OnError       func(doing string, err error)      // tells the user, and the log
}

// Completer finishes what is being written.
type Completer struct {
	o    Options
	list *list // what is listed, nil while nothing is
}

// list is what can be put in the place of a part of the text.
type list struct {
	wanted
	conversation chat.ConversationID // the one in which it began
	all          []choice            // everything that was read
	shown        []choice            // that of it which begins with what is typed
	at           int                 // the chosen one, an index in shown
	reading      bool                // all of it is to come yet
	takes        bool                // the first one is taken when it has come
}

// New makes a completer that lists nothing.
func New(o Options) *Completer { return &Completer{o: o} }

// Open reports whether something is listed, or will be in a moment.
func (c *Completer) Open() bool { return c != nil && c.list != nil }

// Start lists how the text before the cursor can be finished. If there is only one way, it
// is taken at once, and if there is none, nothing happens.
func (c *Completer) Start() tea.Cmd {
	w, ok := find(c.o.Text.Text(), c.o.Text.Cursor(), c.o.Commands())
	if !ok {
		return nil
	}
	l := &list{wanted: w, conversation: c.o.Open()}
	c.list = l
	if read := c.reader(w.kind); read != nil {
		l.reading = true
		return func() tea.Msg {
			all, err := ask.For(read)
			return readMsg{l, w.typed, all, err}
		}
	}
	c.narrow()
	c.takeOnly()
	return nil
}

// StartSent lists the lines that were sent in this session and contain what is typed. It
// reports false if there are none.
func (c *Completer) StartSent() bool {
	c.list = &list{wanted: wanted{kind: sentLines}, conversation: c.o.Open()}
	c.Follow(true)
	return c.list != nil
}

// readMsg has what a list was waiting for.
type readMsg struct {
	list  *list
	typed string // what was typed when it was asked for
	all   []choice
	err   error
}

// Update takes the answers that the completer has asked for.
func (c *Completer) Update(msg tea.Msg) {
	m, ok := msg.(readMsg)
	if c == nil || !ok || c.list != m.list {
		return // it comes too late
	}
	if m.err != nil {
		c.list = nil
		c.o.OnError("completing a name", m.err)
		return
	}
	l := c.list
	l.all, l.reading = m.all, false
	c.Follow(true)
	switch {
	case c.list == nil:
	case l.takes:
		c.take()
	case l.typed == m.typed:
		c.takeOnly()
	}
}

// Follow keeps the list in step with the text. It closes the list if the user goes on to
// write something else, or if the text is not shown.
func (c *Completer) Follow(shown bool) {
	if !c.Open() {
		return
	}
	l, text := c.list, c.o.Text.Text()
	w, ok := wanted{kind: sentLines, typed: text}, true
	if l.kind != sentLines {
		w, ok = find(text, c.o.Text.Cursor(), c.o.Commands())
	}
	switch {
	case !shown || !ok || w.kind != l.kind || w.from != l.from || l.conversation != c.o.Open():
		c.list = nil
	case l.reading:
		l.typed = w.typed
	case w.typed != l.typed || l.shown == nil:
		l.wanted, l.at = w, 0
		c.narrow()
	}
}

// narrow lists what begins with what is typed. It closes the list if that is nothing.
func (c *Completer) narrow() {
	l := c.list
	if now := c.choices(l.wanted); now != nil {
		l.all = now
	}
	l.shown = nil
	for _, o := range l.all {
		if o.begins(l.typed) {
			l.shown = append(l.shown, o)
		}
	}
	if len(l.shown) == 0 {
		c.list = nil
	}
}

// Key takes a key while something is listed. It reports false if the key is not about the
// list.
func (c *Completer) Key(act keymap.Action) bool {
	switch act {
	case keymap.Escape:
		c.list = nil
	case keymap.Send, keymap.Complete:
		c.take()
	case keymap.CompleteBack, keymap.Up, keymap.Previous:
		c.move(-1)
	case keymap.Down, keymap.Next:
		c.move(1)
	case keymap.SentLines:
		if c.list.kind != sentLines {
			return false
		}
		c.move(1)
	default:
		return false
	}
	return true
}

// move chooses another one, around the ends.
func (c *Completer) move(by int) {
	if n := len(c.list.shown); n > 0 {
		c.list.at = (c.list.at + by + n) % n
	}
}

// takeOnly takes what is listed if there is only one way.
func (c *Completer) takeOnly() {
	if c.list != nil && len(c.list.shown) == 1 {
		c.take()
	}
}

// take puts the chosen one in the text, with a space after it. If the list is being read,
// the first one is taken when it is there.
func (c *Completer) take() {
	l := c.list
	if l.reading {
		l.takes = true
		return
	}
	c.list = nil
	text, to := c.o.Text.Text(), c.o.Text.Cursor()
	put := l.shown[l.at].put
	switch {
	case l.kind == sentLines:
		to = len(text)
	case to == len(text) || text[to] != ' ':
		put += " "
	}
	c.o.Fits(c.o.Text.Replace(l.from, to, put))
}

// reader returns what reads the choices of a kind, nil if they are at hand. It may be called
// from another goroutine.
func (c *Completer) reader(k kind) func(context.Context) ([]choice, error) {
	switch k {
	case people:
		return c.people(c.o.Open(), nil)
	case mentioned:
		return c.people(c.o.Open(), c.groupMentions())
	case publicGroups:
		return c.publicGroups(groupChoices(c.o.Conversations()))
	case invitations:
		return c.invitations
	default:
		return nil
	}
}

// choices returns the choices that are at hand, nil if they had to be read.
func (c *Completer) choices(w wanted) []choice {
	switch w.kind {
	case groups:
		return groupChoices(c.o.Conversations())
	case emoji:
		return emojiChoices(w.typed)
	case words:
		return w.words
	case sentLines:
		return sentChoices(slices.Clone(c.o.Text.SentLines()))
	default:
		return nil
	}
}
