package composer

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/screen"
	"confab/tui/theme"
)

// fakeChat keeps drafts in memory, and notes the calls of its methods.
type fakeChat struct {
	drafts map[chat.ConversationID]string
	edited string
	refuse error
	typed  int
}

func (f *fakeChat) SaveDraft(_ context.Context, id chat.ConversationID, body string) error {
	f.drafts[id] = body
	return nil
}

func (f *fakeChat) Edit(_ context.Context, _ chat.ConversationID, _ chat.Seq, text string) (*chat.Message, error) {
	f.edited = text
	return nil, f.refuse
}

func (f *fakeChat) Typing(chat.ConversationID) { f.typed++ }

// newComposer makes a composer whose timers fire when their command is carried
// out.
func newComposer(t *testing.T) (*Composer, *fakeChat) {
	f := &fakeChat{drafts: make(map[chat.ConversationID]string)}
	return New(Options{
		Messages: f, Drafts: f, Typing: f,
		IsCommand: func(text string) bool { return strings.HasPrefix(text, "/") },
		Tick: func(_ time.Duration, fire func(time.Time) tea.Msg) tea.Cmd {
			return func() tea.Msg { return fire(time.Time{}) }
		},
		OnError: func(_ string, err error) { t.Logf("the user is told: %v", err) },
		Log:     func(doing string, err error) { t.Errorf("%s: %v", doing, err) },
	}), f
}

// run runs a command and the commands that follow from it.
func run(c *Composer, cmd tea.Cmd) {
	for cmd != nil {
		cmd = c.Update(cmd())
	}
}

func TestADraftIsSavedOnceInAWhile(t *testing.T) {
	c, f := newComposer(t)
	run(c, c.Open(7))
	if c.Next() != nil {
		t.Error("a timer runs with nothing written")
	}
	c.Type("half a thought")
	timer := c.Next()
	c.Type("!")
	if timer == nil || c.Next() != nil {
		t.Fatal("one timer, and no more, should run")
	}
	run(c, timer)
	if got := f.drafts[7]; got != "half a thought!" {
		t.Errorf("saved is %q", got)
	}
	if c.Next() != nil || len(c.Drafts()) != 0 {
		t.Error("a saved draft is to be saved again")
	}
	c.Clear()
	run(c, c.Next())
	if got, saved := f.drafts[7]; got != "" || !saved {
		t.Errorf("after it was sent, saved is %q", got)
	}
}

// A message replaces the stored draft, which then needs not be removed. A draft that is on its
// way to the store is removed afterwards.
func TestAMessageReplacesItsDraft(t *testing.T) {
	c, _ := newComposer(t)
	run(c, c.Open(7))
	c.Type("hello")
	run(c, c.Next())
	if draft := c.Posted(); draft != "hello" {
		t.Errorf("the message replaces %q", draft)
	}
	if c.Clear(); c.Next() != nil || len(c.Drafts()) != 0 {
		t.Error("the draft is to be removed again")
	}
	c.Type("more")
	saving := c.Update(c.Next()())
	if draft := c.Posted(); draft != "more" {
		t.Errorf("the second message replaces %q", draft)
	}
	c.Clear()
	run(c, saving)
	if c.Next() == nil {
		t.Error("a draft that may have been stored after its message stays")
	}
}

// Text that is written from right to left is isolated in each of its rows, so that no terminal
// moves the prompt or what is beside the composer. The cursor is where it is without that.
func TestTheTextIsIsolated(t *testing.T) {
	c, _ := newComposer(t)
	run(c, c.Open(7))
	c.Type("שלום עולם 12\nplain\nمرحبا بالعالم")
	th := theme.New(theme.Terminal{}).Remeasured(theme.Measure{Widths: screen.Widths{Isolates: screen.Together}})
	c.Arrange(th, 12, 9)
	got, x, y := c.Rows(nil)
	want := []string{th.Lead + "\u2068שלום עולם\u2069", "  12", "  plain", "  \u2068مرحبا\u2069", "  \u2068بالعالم\u2069"}
	if !slices.Equal(got, want) || x != 9 || y != 4 {
		t.Errorf("the rows are %q with the cursor at %d, %d, want %q", got, x, y, want)
	}
}

// If several drafts are saved one after the other, the last one counts.
func TestDraftsAreSavedInOrder(t *testing.T) {
	c, f := newComposer(t)
	run(c, c.Open(7))
	c.Type("one")
	first := c.Update(c.Next()()) // is under way
	c.Type(" two")
	if second := c.Update(c.Next()()); second != nil {
		t.Error("two drafts are under way")
	}
	if got := c.Drafts()[7]; got != "one two" {
		t.Errorf("%q waits", got)
	}
	run(c, first)
	if got := f.drafts[7]; got != "one two" {
		t.Errorf("saved is %q", got)
	}
}

func TestEachConversationHasItsDraft(t *testing.T) {
	c, f := newComposer(t)
	c.Type("early")
	c.SetDrafts(map[chat.ConversationID]string{7: "from before, "})
	run(c, c.Open(7))
	if got := c.Text(); got != "from before, early" {
		t.Errorf("in the first conversation there is %q", got)
	}
	run(c, c.Open(8))
	if got := c.Text(); got != "" || f.drafts[7] != "from before, early" {
		t.Errorf("in the other there is %q, and saved is %q", got, f.drafts[7])
	}
	c.Type("/mute")
	run(c, c.Open(7))
	if got, saved := f.drafts[8]; saved || c.Text() != "from before, early" {
		t.Errorf("a command was saved as %q; back there is %q", got, c.Text())
	}
	if lost := c.Forget(7); len(lost) != 1 || lost[0] != "from before, early" || !c.Empty() {
		t.Errorf("the text that was lost with the conversation is %q", lost)
	}
}

func TestOthersLearnOnlyOfMessages(t *testing.T) {
	c, f := newComposer(t)
	run(c, c.Open(7))
	c.Type("/m")
	c.Clear()
	c.EditMessage(&chat.Message{Conversation: 7, Seq: 1, Body: "mine"})
	c.Type("!")
	if f.typed != 0 {
		t.Errorf("a command and an edit were told %d times", f.typed)
	}
	c.GiveUp()
	if c.Type("hello"); f.typed != 1 {
		t.Errorf("a message was told %d times", f.typed)
	}
}

func TestAnEditThatIsRefusedComesBack(t *testing.T) {
	c, f := newComposer(t)
	m := &chat.Message{Conversation: 7, Seq: 1, Body: "mine"}
	run(c, c.Open(7))
	c.Type("a draft")
	c.EditMessage(m)
	c.Type("!")
	f.refuse = chat.Refuse(chat.ErrNotAllowed, "No.")
	cmd, notice := c.SaveEdit()
	if c.Editing() || c.Text() != "a draft" || notice != "" {
		t.Errorf("while it is saved there is %q, %q", c.Text(), notice)
	}
	run(c, cmd)
	if !c.Editing() || c.Text() != "mine!" || f.edited != "mine!" {
		t.Errorf("refused, there is %q, and asked for was %q", c.Text(), f.edited)
	}
	// It does not disturb another conversation.
	f.refuse = errors.New("the disk is gone")
	cmd, _ = c.SaveEdit()
	run(c, c.Open(8))
	run(c, cmd)
	if c.Editing() || c.Text() != "" || c.Killed() != "mine!" {
		t.Errorf("elsewhere there is %q, and Ctrl+Y brings back %q", c.Text(), c.Killed())
	}
}

func TestAnEditEndsWhenItsMessageIsDeleted(t *testing.T) {
	c, _ := newComposer(t)
	run(c, c.Open(7))
	c.Type("a draft")
	c.EditMessage(&chat.Message{Conversation: 7, Seq: 1, Body: "mine"})
	if c.Event(chat.MessageChanged{Message: &chat.Message{Conversation: 7, Seq: 2, DeletedAt: time.Unix(1, 0)}}) != "" {
		t.Error("another message has ended it")
	}
	if c.Event(chat.MessageChanged{Message: &chat.Message{Conversation: 7, Seq: 1, DeletedAt: time.Unix(1, 0)}}) == "" || c.Text() != "a draft" {
		t.Errorf("deleted, there is %q", c.Text())
	}
}
