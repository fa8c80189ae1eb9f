// Package composer has the text that the user writes: a new message, a command, or the edit
// of a message. It keeps a draft for each conversation.
package composer

import (
	"context"
	"maps"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/ask"
	"confab/tui/editor"
	"confab/tui/hint"
	"confab/tui/theme"
)

// draftAfter is the delay between the first change of a draft and its saving. A broken
// connection loses no more than that.
const draftAfter = 200 * time.Millisecond

// draftPause returns the delay for a draft: a second more for each 4 KiB, because the whole
// draft is written each time. The end of a session saves it at once.
func draftPause(draft string) time.Duration {
	return draftAfter + time.Duration(len(draft)>>12)*time.Second
}

// Messages changes messages. Its calls may take a while.
type Messages interface {
	// Edit changes the text of one of the user's own messages.
	Edit(ctx context.Context, id chat.ConversationID, seq chat.Seq, text string) (*chat.Message, error)
}

// Drafts stores drafts. Its calls may take a while.
type Drafts interface {
	SaveDraft(ctx context.Context, id chat.ConversationID, body string) error
}

// Typing tells others that the user is writing. It waits for nothing.
type Typing interface {
	Typing(chat.ConversationID)
}

// Options configure a composer.
type Options struct {
	Messages Messages
	Drafts   Drafts
	Typing   Typing
	// IsCommand reports whether a text is a command. Commands are not drafts, and others do
	// not see that one is being typed.
	IsCommand func(text string) bool
	Tick      func(time.Duration, func(time.Time) tea.Msg) tea.Cmd // is [tea.Tick]
	OnError   func(doing string, err error)                        // tells the user, and the log
	Log       func(doing string, err error)                        // only logs; may be called from any goroutine
}

// Composer is an editor for the conversation that is open.
type Composer struct {
	editor.Editor
	o Options

	open    chat.ConversationID                   // the open conversation, 0 for none
	opened  int                                   // counts how often a conversation was opened
	editing *editing                              // nil while the text is a new one
	replies map[chat.ConversationID]*chat.Message // the messages that the texts answer; nil until there is one

	drafts  map[chat.ConversationID]string // the texts of conversations that are not open
	saved   string                         // the stored draft of the open conversation
	unsaved map[chat.ConversationID]string // drafts that have to be saved
	timer   bool                           // a [draftMsg] is to come
	saving  bool                           // a [draftSavedMsg] is to come

	sent sent

	theme       *theme.Theme // as it was laid out last
	lines       []theme.Span
	row, column int // of the cursor
	height      int // how many rows are shown
}

// editing is a message whose text is in the composer.
type editing struct {
	message *chat.Message
	draft   string // what was in the composer before
}

// draftMsg says that it is time to save what is being written.
type draftMsg struct{}

// draftSavedMsg says that a draft was saved.
type draftSavedMsg struct{}

// editedMsg has the chat's answer to an edit.
type editedMsg struct {
	message *chat.Message
	words   string
	opened  int
	err     error
}

// New makes a composer that is empty.
func New(o Options) *Composer {
	return &Composer{o: o, drafts: make(map[chat.ConversationID]string), unsaved: make(map[chat.ConversationID]string)}
}

// Update handles the answers to the composer's commands, and its timer.
func (c *Composer) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case draftMsg:
		c.timer = false
		return c.saveDraft()
	case draftSavedMsg:
		c.saving = false
		return c.saveNext()
	case editedMsg:
		c.edited(msg)
	}
	return nil
}

// Event handles an event of the chat. It returns a notice for the user, or "".
func (c *Composer) Event(ev chat.Event) (notice string) {
	changed, ok := ev.(chat.MessageChanged)
	if !ok || !changed.Message.Deleted() {
		return ""
	}
	is := func(m *chat.Message) bool {
		return m != nil && m.Conversation == changed.Message.Conversation && m.Seq == changed.Message.Seq
	}
	if is(c.replies[changed.Message.Conversation]) {
		if delete(c.replies, changed.Message.Conversation); changed.Message.Conversation == c.open {
			notice = "The message that you were answering was deleted."
		}
	}
	if c.editing != nil && is(c.editing.message) {
		c.endEdit()
		notice = "The message that you were editing was deleted."
	}
	return notice
}

// SetDrafts takes the stored drafts.
func (c *Composer) SetDrafts(drafts map[chat.ConversationID]string) { c.drafts = drafts }

// Drafted reports whether a conversation that is not open has a draft.
func (c *Composer) Drafted(id chat.ConversationID) bool { return id != c.open && c.drafts[id] != "" }

// Open shows the draft of a conversation, and saves the draft of the previous one. A text
// that was written before any conversation was open goes to the first one.
func (c *Composer) Open(id chat.ConversationID) tea.Cmd {
	early := ""
	var save tea.Cmd
	if c.open == 0 {
		early = c.Text()
	} else {
		c.endEdit()
		save = c.saveDraft()
	}
	c.open, c.saved = id, c.drafts[id]
	c.opened++
	c.Set(c.saved + early)
	return save
}

// Forget drops a conversation that the user is no longer a member of, and returns its
// draft.
func (c *Composer) Forget(id chat.ConversationID) (lost []string) {
	delete(c.drafts, id)
	delete(c.unsaved, id)
	delete(c.replies, id)
	if c.open != id {
		return nil
	}
	if draft := c.Draft(); draft != "" {
		lost = append(lost, draft)
	}
	if c.editing != nil {
		lost = append(lost, c.Text())
	}
	c.open, c.editing = 0, nil
	c.Clear()
	return lost
}

// Type inserts typed text, and tells others that the user is typing, unless it is a command
// or an edit. It reports false if the text does not fit.
func (c *Composer) Type(words string) bool {
	fits := c.Insert(words)
	if c.open != 0 && c.editing == nil && !c.o.IsCommand(c.Text()) {
		c.o.Typing.Typing(c.open)
	}
	return fits
}

// Editing reports whether the text is that of a message.
func (c *Composer) Editing() bool { return c.editing != nil }

// EditMessage puts a message's text into the composer.
func (c *Composer) EditMessage(m *chat.Message) { c.edit(m, m.Body) }

func (c *Composer) edit(m *chat.Message, words string) {
	if !text.IsClean(words) {
		words = text.Clean(words)
	}
	c.editing = &editing{m, c.Draft()}
	c.Set(words)
}

// endEdit brings back the draft from before the edit. Ctrl+Y brings back an edit that was
// not saved.
func (c *Composer) endEdit() {
	e := c.editing
	if e == nil {
		return
	}
	if words := c.Text(); words != e.message.Body && words != "" {
		c.Keep(words)
	}
	c.editing = nil
	c.Set(e.draft)
}

// GiveUp ends an edit without saving it. It reports whether Ctrl+Y brings anything
// back.
func (c *Composer) GiveUp() bool {
	before := c.Killed()
	c.endEdit()
	return c.Killed() != before
}

// SaveEdit returns the command that saves an edit. If it cannot be saved, the notice says
// why.
func (c *Composer) SaveEdit() (cmd tea.Cmd, notice string) {
	e, words := c.editing, c.Text()
	if words == e.message.Body {
		c.endEdit()
		return nil, ""
	}
	if strings.TrimSpace(text.Clean(words)) == "" {
		return nil, "The message would be empty. Esc leaves it as it was. To delete a message, select it and press d."
	}
	body, err := chat.CheckBody(words)
	if err != nil {
		return nil, hint.Text(err)
	}
	c.Set("")
	c.endEdit()
	opened := c.opened
	return func() tea.Msg {
		err := ask.To(func(ctx context.Context) error {
			_, err := c.o.Messages.Edit(ctx, e.message.Conversation, e.message.Seq, body)
			return err
		})
		return editedMsg{e.message, words, opened, err}
	}, ""
}

// edited handles the answer to an edit. A refused edit comes back to the composer.
func (c *Composer) edited(msg editedMsg) {
	if msg.err == nil {
		return
	}
	if c.open != 0 && c.opened == msg.opened && c.editing == nil {
		c.edit(msg.message, msg.words)
	} else {
		c.Keep(msg.words)
	}
	c.o.OnError("editing a message", msg.err)
}

// Draft returns the text if it is a draft. Commands and edits are not.
func (c *Composer) Draft() string {
	words := c.Text()
	if c.editing != nil {
		words = c.editing.draft
	}
	if c.o.IsCommand(words) {
		return ""
	}
	return words
}

// Next returns the command that saves the drafts after a delay, if any have to be saved.
func (c *Composer) Next() tea.Cmd {
	if c.timer || c.open == 0 || c.Draft() == c.saved {
		return nil
	}
	c.timer = true
	return c.o.Tick(draftPause(c.Draft()), func(time.Time) tea.Msg { return draftMsg{} })
}

// saveDraft returns the command that saves the draft of the open conversation, if it has
// changed.
func (c *Composer) saveDraft() tea.Cmd {
	if c.open == 0 || c.Draft() == c.saved {
		return nil
	}
	c.saved = c.Draft()
	c.drafts[c.open], c.unsaved[c.open] = c.saved, c.saved
	return c.saveNext()
}

// Posted says that the text has been posted. It returns the stored draft that the message
// replaces, or "".
func (c *Composer) Posted() (draft string) {
	draft = c.saved
	if c.open != 0 && !c.saving { // a draft that is being saved may be stored after the message
		c.saved, c.drafts[c.open] = "", ""
	}
	return draft
}

// saveNext returns the command that saves one of the waiting drafts. Only one such command
// runs at a time, so that the last one counts.
func (c *Composer) saveNext() tea.Cmd {
	if c.saving {
		return nil
	}
	for id, body := range c.unsaved {
		delete(c.unsaved, id)
		c.saving = true
		return func() tea.Msg {
			err := ask.To(func(ctx context.Context) error { return c.o.Drafts.SaveDraft(ctx, id, body) })
			if err != nil && !chat.IsRefusal(err) {
				c.o.Log("saving a draft", err)
			}
			return draftSavedMsg{}
		}
	}
	return nil
}

// Drafts returns the unsaved drafts by conversation. An empty draft means that the saved
// one is obsolete. The server saves them when the session ends.
func (c *Composer) Drafts() map[chat.ConversationID]string {
	drafts := maps.Clone(c.unsaved)
	if c.open != 0 && c.Draft() != c.saved {
		drafts[c.open] = c.Draft()
	}
	return drafts
}

// Arrange lays the text out for a width, in at most so many rows. It returns the number of
// rows.
func (c *Composer) Arrange(th *theme.Theme, width, most int) int {
	c.theme = th
	c.lines, c.row, c.column = c.Layout(th.Measure, width-len(th.Indent)-1)
	c.height = max(1, min(len(c.lines), most))
	return c.height
}

// Rows appends the rows of the text. If not all fit, these are the ones around the cursor.
// Rows also returns the position of the cursor among all rows.
func (c *Composer) Rows(rows []string) (all []string, x, y int) {
	first := max(0, min(c.row-c.height/2, len(c.lines)-c.height))
	x, y = len(c.theme.Indent)+c.column, len(rows)+c.row-first
	for i := first; i < first+c.height; i++ {
		lead := c.theme.Indent
		if i == 0 {
			lead = c.theme.Lead
		}
		rows = append(rows, lead+c.theme.Isolate(theme.ExpandTabs(c.Text()[c.lines[i].Start:c.lines[i].End])))
	}
	return rows, x, y
}
