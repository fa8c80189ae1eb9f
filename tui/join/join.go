// Package join is the screen for strangers: it says how to join, and takes the name,
// the note or the code that joining needs.
package join

import (
	"context"
	"errors"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/ask"
	"confab/tui/editor"
	"confab/tui/hint"
	"confab/tui/keymap"
	"confab/tui/screen"
	"confab/tui/theme"
)

// Joining has the methods of the chat that the join screen needs. A *service.Stranger has
// them.
type Joining interface {
	// Wake receives whenever the answer of Standing may have changed.
	Wake() <-chan struct{}
	// Standing returns how far the stranger has come.
	Standing(context.Context) (chat.Standing, error)
	// CheckName returns nil if a handle is free, and otherwise why it cannot be used.
	CheckName(ctx context.Context, name string) error
	// Redeem uses a code.
	Redeem(ctx context.Context, code string) error
	// Ask leaves a request to be let in.
	Ask(ctx context.Context, name, note string) error
	// Join makes the account.
	Join(ctx context.Context, name string) error
}

// Options are what a join screen is made of.
type Options struct {
	Joining  Joining
	Terminal theme.Terminal
	Name     string   // a handle to suggest, "" for none
	Code     string   // a code to redeem at once, "" for none
	Keys     []string // the keys that the client proved, a line each; the first becomes the account's
	Causes   []string // why other keys or certificates opened no account, in sentences
	// HostLine returns the line that the host can run to add the key under a handle.
	HostLine func(name string) string
	// OnError logs errors of the server.
	OnError func(doing string, err error)
}

// Model is the join screen of one connection. It belongs to the goroutine that runs
// it.
type Model struct {
	o      Options
	theme  *theme.Theme
	keys   keymap.Map
	width  int
	height int

	standing *chat.Standing // nil until it has been read
	fields   [fieldCount]editor.Editor
	at       field
	bad      string    // why the typed name cannot be used
	good     bool      // the name can be used
	looking  bool      // a name is being looked up
	again    bool      // the name has changed meanwhile
	busy     bool      // the chat was asked for something
	early    []tea.Msg // keys from before the form was there
	notice   string
	accepted string // the rules that the stranger has accepted
	top      int    // rows of the rules above the screen
	joined   bool
	refused  string // why the stranger cannot join
}

var _ screen.Model = (*Model)(nil)

// New makes the join screen of one connection.
func New(o Options) *Model {
	j := &Model{o: o, theme: theme.New(o.Terminal), keys: keymap.New()}
	j.fields[fieldCode].Set(o.Code)
	return j
}

// Joined reports whether the key opens an account now.
func (j *Model) Joined() bool { return j.joined }

// Size returns the size of the terminal.
func (j *Model) Size() screen.Size { return screen.Size{W: j.width, H: j.height} }

// ExitMessage returns the text that is written after the screen: the line for the host,
// which can be copied from the terminal, or the reason why the stranger cannot join.
func (j *Model) ExitMessage() string {
	switch {
	case j.joined:
		return ""
	case j.refused != "":
		return j.refused + "\n"
	}
	return "To join, the host can run this; then connect again:\n\n" + j.o.HostLine(j.name()) + "\n"
}

// name is the handle for the host's line: the typed one, if it is a valid handle.
func (j *Model) name() string {
	for _, typed := range []string{j.fields[fieldName].Text(), j.o.Name} {
		if name, err := text.CheckHandle(typed); err == nil {
			return name
		}
	}
	return NoName
}

// NoName is the handle in the host's line as long as the stranger has chosen none.
const NoName = "new-user"

// RefusedText tells strangers that their request was refused.
const RefusedText = "The host has refused your request to join. A code still works: ssh CODE@HOST"

// wanted is the handle that Enter takes: the typed one, or the suggested one while
// the field is empty.
func (j *Model) wanted() string {
	if typed := j.fields[fieldName].Text(); typed != "" {
		return typed
	}
	return j.o.Name
}

type (
	standingMsg struct {
		standing chat.Standing
		err      error
	}
	// checkedMsg says whether a name can be used.
	checkedMsg struct {
		name    string
		suggest string // the name to suggest instead, if name is the suggested one
		err     error
	}
	// askedMsg has the chat's answer to a request.
	askedMsg struct {
		doing string
		err   error
	}
)

// wokenMsg says that the answer of Standing may have changed.
type wokenMsg struct{}

// Take returns the message for a wake.
func (j *Model) Take() tea.Msg { return wokenMsg{} }

// look returns the command that reads how far the stranger has come.
func (j *Model) look() tea.Msg {
	st, err := ask.For(j.o.Joining.Standing)
	return standingMsg{st, err}
}

// Init implements tea.Model.
func (j *Model) Init() tea.Cmd { return j.look }

// Update implements tea.Model.
func (j *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		j.width, j.height = msg.Width, msg.Height
	case screen.WidthsMsg:
		j.theme = j.theme.Remeasured(theme.Measure{Widths: screen.Widths(msg)})
	case screen.VersionMsg, screen.GroundMsg:
		j.o.Terminal.Heard(msg)
		j.theme = theme.New(j.o.Terminal).Remeasured(j.theme.Measure)
	case screen.Keys:
		var cmds []tea.Cmd
		for _, msg := range msg {
			_, cmd := j.Update(msg)
			cmds = append(cmds, cmd)
		}
		return j, tea.Batch(cmds...)
	case tea.KeyPressMsg:
		if act := j.keys.Action(msg.String()); j.standing == nil && act != keymap.Interrupt && act != keymap.DeleteOrQuit && act != keymap.Redraw {
			j.wait(msg)
			return j, nil
		}
		return j, j.key(msg)
	case tea.PasteMsg:
		if j.standing == nil && len(msg.Content) <= fieldLimit {
			j.wait(msg)
			return j, nil
		}
		return j, j.typed(msg.Content)
	case wokenMsg:
		return j, j.look
	case standingMsg:
		return j, j.stands(msg)
	case checkedMsg:
		j.looking = false
		switch {
		case j.again:
			return j, j.check()
		case msg.name == j.wanted():
			if j.fields[fieldName].Empty() {
				j.o.Name = msg.suggest
			}
			j.judge(msg.err)
			j.good = j.good && j.wanted() != ""
		}
	case askedMsg:
		j.busy = false
		switch {
		case msg.err != nil:
			j.fail(msg.doing, msg.err)
		case msg.doing == redeeming:
			j.fields[fieldCode].Clear()
		}
		return j, j.look
	}
	return j, nil
}

// stands handles the answer of Standing.
func (j *Model) stands(msg standingMsg) tea.Cmd {
	if msg.err != nil {
		if errors.Is(msg.err, chat.ErrClosed) || errors.Is(msg.err, chat.ErrNotAllowed) {
			j.refused = hint.Text(msg.err)
			return tea.Quit
		}
		j.fail("reading how far a stranger has come", msg.err)
		return nil
	}
	first := j.standing == nil
	approved := msg.standing.Invited && msg.standing.Request != nil && msg.standing.Request.State == chat.RequestApproved
	if approved && !first && !j.standing.Invited { // let in, but the name has been taken
		j.fields[fieldName].Clear()
	}
	j.standing = &msg.standing
	switch {
	case msg.standing.Member:
		j.joined = true
		return tea.Quit
	case first && j.o.Code != "": // the code may work although the request was refused
	case msg.standing.Refused():
		j.refused = RefusedText
		return tea.Quit
	}
	if shown := j.shown(); len(shown) > 0 && !j.has(j.at) {
		j.at = shown[0]
	}
	if first && j.o.Code != "" {
		j.early, j.at = nil, fieldCode
		return j.redeem()
	}
	if j.reading() { // nobody accepts what is not there yet
		j.early = nil
	}
	cmds := []tea.Cmd{j.check()}
	early := j.early
	j.early = nil
	for _, msg := range early {
		_, cmd := j.Update(msg)
		cmds = append(cmds, cmd)
	}
	return tea.Batch(cmds...)
}
