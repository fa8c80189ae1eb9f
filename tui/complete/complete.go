// Package complete completes what a user begins to type: names after an @, groups after a
// #, emoji after a colon, commands and their arguments, lines that were sent before, and the
// operators of a search. If there are several completions, it lists them above the text.
package complete

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/ask"
	"confab/tui/dialog"
	"confab/tui/keymap"
)

// Directory reads the people and groups that can be named. Its calls may take a while.
type Directory interface {
	// Users returns all accounts.
	Users(context.Context) ([]chat.User, error)
	// Members returns the members of a conversation.
	Members(context.Context, chat.ConversationID) ([]chat.Member, error)
	// PublicGroups returns the groups that everyone can join.
	PublicGroups(context.Context) ([]chat.PublicGroup, error)
	// Invitations returns the user's invitations to groups.
	Invitations(context.Context) (list []chat.GroupInvitation, older int, err error)
}

// Text is the text being written.
type Text interface {
	Text() string
	// Cursor returns the position of the cursor, in bytes.
	Cursor() int
	// Replace replaces the text between two offsets by clean text. It reports false if that
	// does not fit.
	Replace(from, to int, text string) bool
	// SentLines returns the lines that were sent, the newest last.
	SentLines() []string
}

// Options configure a completer.
type Options struct {
	Directory     Directory
	Text          Text
	Self          chat.UserID
	Open          func() chat.ConversationID         // the conversation that is open, 0 for none
	Conversations func() []*chat.ConversationSummary // those of the user
	Commands      func() []dialog.Command            // the commands that can be typed
	Query         bool                               // the text is a search and not a message
	Fits          func(did bool)                     // tells the user whether a text fitted
	Now           func() time.Time
	OnError       func(doing string, err error) // tells the user, and the log
}

// Completer completes the text that is being written.
type Completer struct {
	o    Options
	list *list // the open list, nil if none is open
}

// list has the choices for a part of the text.
type list struct {
	wanted
	conversation chat.ConversationID // the conversation in which it began
	all          []choice            // everything that was read
	shown        []choice            // the choices that match the typed text
	at           int                 // the chosen one, an index in shown
	reading      bool                // the choices are being read
	takes        bool                // the first choice is taken as soon as it has been read
}

// New makes a completer that lists nothing.
func New(o Options) *Completer { return &Completer{o: o} }

// Open reports whether a list is open, or about to open.
func (c *Completer) Open() bool { return c != nil && c.list != nil }

// Start lists the completions of the text before the cursor. A single one is taken at once.
// If there is none, nothing happens.
func (c *Completer) Start() tea.Cmd {
	w, ok := c.find()
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

// find finds what can be completed before the cursor.
func (c *Completer) find() (wanted, bool) {
	text, cursor := c.o.Text.Text(), c.o.Text.Cursor()
	if c.o.Query {
		return ofQuery(text[:cursor])
	}
	return find(text, cursor, c.o.Commands())
}

// Completion is a text that can replace the end of the text being written.
type Completion struct{ Put, Show string }

// All reads the completions of the text before the cursor, for a front end that lists them in
// its own way. They replace the text between from and the cursor.
func (c *Completer) All(ctx context.Context) (from int, all []Completion, err error) {
	w, ok := c.find()
	if !ok {
		return 0, nil, nil
	}
	found := c.choices(w)
	if read := c.reader(w.kind); read != nil {
		if found, err = read(ctx); err != nil {
			return 0, nil, err
		}
	}
	for _, o := range found {
		if o.begins(w.typed) {
			all = append(all, Completion{o.whole(), o.show})
		}
	}
	return w.from, all, nil
}

// StartSent lists the lines that were sent in this session and contain the typed text. It
// reports false if there are none.
func (c *Completer) StartSent() bool {
	c.list = &list{wanted: wanted{kind: sentLines}, conversation: c.o.Open()}
	c.Follow(true)
	return c.list != nil
}

// readMsg has the choices that a list was waiting for.
type readMsg struct {
	list  *list
	typed string // the typed text when they were asked for
	all   []choice
	err   error
}

// Update handles the answers to the completer's commands.
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

// Follow updates the list after the text has changed. It closes the list if the user goes
// on to something else, or if the text is not shown.
func (c *Completer) Follow(shown bool) {
	if !c.Open() {
		return
	}
	l, text := c.list, c.o.Text.Text()
	w, ok := wanted{kind: sentLines, typed: text}, true
	if l.kind != sentLines {
		w, ok = c.find()
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

// narrow lists the choices that match the typed text. It closes the list if none does.
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

// Key handles a key while a list is open. It reports false if the key is not for the list.
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

// move chooses another choice, and wraps around at the ends.
func (c *Completer) move(by int) {
	if n := len(c.list.shown); n > 0 {
		c.list.at = (c.list.at + by + n) % n
	}
}

// takeOnly takes the choice if only one is listed.
func (c *Completer) takeOnly() {
	if c.list != nil && len(c.list.shown) == 1 {
		c.take()
	}
}

// take puts the chosen one into the text, followed by a space if it is complete. If the
// choices are still being read, it takes the first one when they arrive.
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
		put = l.shown[l.at].whole()
	}
	c.o.Fits(c.o.Text.Replace(l.from, to, put))
}

// reader returns the function that reads the choices of a kind. It is nil if they are in
// memory. The function may be called from another goroutine.
func (c *Completer) reader(k kind) func(context.Context) ([]choice, error) {
	switch k {
	case people:
		return c.people(c.o.Open(), nil)
	case mentioned:
		return c.people(c.o.Open(), c.groupMentions())
	case authors:
		return c.authors
	case publicGroups:
		return c.publicGroups(groupChoices(c.o.Conversations()))
	case invitations:
		return c.invitations
	default:
		return nil
	}
}

// choices returns the choices that are in memory, or nil if they have to be read.
func (c *Completer) choices(w wanted) []choice {
	switch w.kind {
	case groups:
		return groupChoices(c.o.Conversations())
	case conversations:
		return conversationChoices(c.o.Conversations())
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
