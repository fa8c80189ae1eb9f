package tui

import (
	"context"
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/editor"
	"confab/tui/hint"
	"confab/tui/keymap"
	"confab/tui/screen"
	"confab/tui/theme"
)

// Joining is what the join screen needs of the chat; *chat.Stranger is one.
type Joining interface {
	// Wake receives when what Standing says may have changed.
	Wake() <-chan struct{}
	// Standing is where one is on the way in.
	Standing(context.Context) (chat.Standing, error)
	// CheckName says whether a handle can be had, or why not.
	CheckName(ctx context.Context, name string) error
	// Redeem gives a code.
	Redeem(ctx context.Context, code string) error
	// Ask leaves a request.
	Ask(ctx context.Context, name, note string) error
	// Join makes the account.
	Join(ctx context.Context, name string) error
}

var _ Joining = (*chat.Stranger)(nil)

// JoinOptions are what a join screen is made of.
type JoinOptions struct {
	Joining  Joining
	Terminal theme.Terminal
	Name     string   // a handle to suggest, "" for none
	Code     string   // one that was given already, to be redeemed at once; "" for none
	Keys     []string // the keys that were proved, in a line each; the first is the account's
	Causes   []string // why something else that was shown opened no account, in sentences
	// HostLine is the line for the host to run, to add the key under a handle.
	HostLine func(name string) string
	// Fault is told of errors that are the server's, for its log.
	Fault func(doing string, err error)
}

// Join is the screen of somebody who is not known: it says how to join, and
// takes what is needed for it. It belongs to the goroutine that runs it.
type Join struct {
	o      JoinOptions
	theme  theme.Theme
	keys   keymap.Map
	width  int
	height int

	standing *chat.Standing // nil until it has been read
	fields   [fieldCount]editor.Editor
	at       field
	bad      string    // what is wrong with the name as it is typed
	good     bool      // nothing is
	looking  bool      // a name is being looked up
	again    bool      // and something has changed meanwhile
	busy     bool      // something was asked of the chat
	early    []tea.Msg // what was typed before there was where to
	notice   string
	joined   bool
	farewell string
}

// field is one of those that are filled in.
type field int

const (
	fieldName field = iota
	fieldNote
	fieldCode
	fieldCount
)

// fieldLimit bounds what a field takes, in bytes.
const fieldLimit = 800

var _ screen.Model = (*Join)(nil)

// NewJoin makes the join screen of one connection.
func NewJoin(o JoinOptions) *Join {
	j := &Join{o: o, theme: theme.New(o.Terminal), keys: keymap.New()}
	j.fields[fieldCode].Set(o.Code)
	return j
}

// Joined reports whether the key opens an account by now.
func (j *Join) Joined() bool { return j.joined }

// Size is the terminal's, as it was last.
func (j *Join) Size() screen.Size { return screen.Size{W: j.width, H: j.height} }

// Farewell is what is written once the terminal is restored: the line for the
// host, which can be copied from there, or why it ended.
func (j *Join) Farewell() string {
	switch {
	case j.joined:
		return ""
	case j.farewell != "":
		return j.farewell + "\n"
	}
	return "To join, the host can run this; then connect again:\n\n" + j.o.HostLine(j.name()) + "\n"
}

// name is the handle for the host's line: the one that was typed, if it can be one.
func (j *Join) name() string {
	for _, typed := range []string{j.fields[fieldName].Text(), j.o.Name} {
		if name, err := text.CheckHandle(typed); err == nil {
			return name
		}
	}
	return "new-user"
}

// wanted is the handle that Enter takes: the one that was typed, or the one that is
// suggested while the field is empty.
func (j *Join) wanted() string {
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
	// checkedMsg is the answer for a name.
	checkedMsg struct {
		name string
		err  error
	}
	// askedMsg is the end of something that was asked of the chat.
	askedMsg struct {
		doing string
		err   error
	}
)

// wokenMsg says that it is time to look where one stands.
type wokenMsg struct{}

// Take makes the message for a wake.
func (j *Join) Take() tea.Msg { return wokenMsg{} }

// look is the command that reads where one stands.
func (j *Join) look() tea.Msg {
	st, err := ask(j.o.Joining.Standing)
	return standingMsg{st, err}
}

func ask[T any](what func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(context.Background(), ioTimeout)
	defer cancel()
	return what(ctx)
}

// Init implements tea.Model.
func (j *Join) Init() tea.Cmd { return j.look }

// Update implements tea.Model.
func (j *Join) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		j.width, j.height = msg.Width, msg.Height
	case screen.WidthsMsg:
		j.theme.Measure = theme.Measure{Widths: screen.Widths(msg)}
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
			j.judge(msg.err)
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

// stands takes where one is on the way in.
func (j *Join) stands(msg standingMsg) tea.Cmd {
	if msg.err != nil {
		if errors.Is(msg.err, chat.ErrClosed) || errors.Is(msg.err, chat.ErrNotAllowed) {
			j.farewell = hint.Text(msg.err)
			return tea.Quit
		}
		j.fail("reading where a stranger stands", msg.err)
		return nil
	}
	first := j.standing == nil
	approved := msg.standing.Invited && msg.standing.Request != nil && msg.standing.Request.State == chat.RequestApproved
	if approved && !first && !j.standing.Invited { // and the name that was asked for is taken
		j.fields[fieldName].Clear()
	}
	j.standing = &msg.standing
	switch r := msg.standing.Request; {
	case msg.standing.Member:
		j.joined = true
		return tea.Quit
	case first && j.o.Code != "": // it may be worth more than the request
	case !msg.standing.Invited && r != nil && r.State == chat.RequestRefused:
		j.farewell = "The host has refused your request to join. A code still works: ssh CODE@HOST"
		return tea.Quit
	}
	if shown := j.shown(); len(shown) > 0 && !j.has(j.at) {
		j.at = shown[0]
	}
	if first && j.o.Code != "" {
		j.early, j.at = nil, fieldCode
		return j.redeem()
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

// maxEarly is how many keys are kept that come before the form does.
const maxEarly = 256

// wait keeps what is typed until it is known what there is to be filled in, which
// is a moment after the first frame.
func (j *Join) wait(msg tea.Msg) {
	if len(j.early) < maxEarly {
		j.early = append(j.early, msg)
	}
}

// shown are the fields to be filled in.
func (j *Join) shown() []field {
	st := j.standing
	switch {
	case st == nil:
		return nil
	case st.Invited:
		return []field{fieldName}
	case j.waits():
		return nil
	case st.Mode == chat.JoinByRequest:
		return []field{fieldName, fieldNote, fieldCode}
	case st.Mode == chat.JoinOpen:
		return []field{fieldName, fieldCode}
	default:
		return []field{fieldCode}
	}
}

// waits reports whether a request has been left and not been answered.
func (j *Join) waits() bool {
	r := j.standing.Request
	return j.standing.Mode == chat.JoinByRequest && r != nil && r.State == chat.RequestPending
}

func (j *Join) has(f field) bool {
	for _, g := range j.shown() {
		if f == g {
			return true
		}
	}
	return false
}

func (j *Join) fail(doing string, err error) {
	j.notice = hint.Text(err)
	if !chat.IsRefusal(err) && !errors.Is(err, chat.ErrClosed) {
		j.o.Fault(doing, err)
	}
}

func (j *Join) key(k tea.KeyPressMsg) tea.Cmd {
	act := j.keys.Action(k.String())
	c := &j.fields[j.at]
	switch {
	case act == keymap.Interrupt, act == keymap.DeleteOrQuit && (c.Empty() || !j.has(j.at)):
		return tea.Quit
	case act == keymap.Redraw:
		return tea.ClearScreen
	case j.busy || !j.has(j.at):
		return nil
	case act == keymap.Send:
		return j.submit()
	case k.String() == "tab", act == keymap.Down:
		j.step(1)
	case k.String() == "shift+tab", act == keymap.Up:
		j.step(-1)
	case act == keymap.DeleteOrQuit:
		c.Edit(keymap.Delete)
		return j.check()
	case act == keymap.Yank:
		return j.typed(c.Killed())
	case act == keymap.Home || act == keymap.End:
		c.Edit(map[keymap.Action]keymap.Action{keymap.Home: keymap.LineStart, keymap.End: keymap.LineEnd}[act])
	case act != keymap.None:
		if c.Edit(act) {
			j.notice = ""
			return j.check()
		}
	case k.Text != "" && k.Mod&(tea.ModCtrl|tea.ModAlt|tea.ModMeta|tea.ModSuper) == 0:
		return j.typed(k.Text)
	}
	return nil
}

// typed takes text that was typed or pasted. A field is one line.
func (j *Join) typed(words string) tea.Cmd {
	if j.busy || !j.has(j.at) {
		return nil
	}
	c := &j.fields[j.at]
	if len(c.Text())+len(words) > fieldLimit {
		j.notice = "That is too long to fit here."
		return nil
	}
	j.notice = ""
	c.Insert(strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", " ").Replace(words))
	if _, pasted := text.FindCode(words); pasted {
		j.claim()
	}
	return j.check()
}

// claim takes a code out of a field where it does not belong: it is a secret, which
// is not to be asked for as a name or to be read by others in a note. Nothing is sent
// until the next Enter.
func (j *Join) claim() bool {
	for _, f := range j.shown() {
		code, ok := text.FindCode(j.fields[f].Text())
		if !ok || f == fieldCode {
			continue
		}
		rest := strings.TrimSpace(strings.Replace(j.fields[f].Text(), code, "", 1))
		if f == fieldName {
			rest = ""
		}
		j.fields[f].Set(rest)
		if !j.has(fieldCode) {
			j.notice = "That was a code, and you need none any more. It was not sent to anybody."
			return true
		}
		j.fields[fieldCode].Set(code)
		j.at = fieldCode
		j.notice = "That was a code: it is in its own field now, and nobody else sees it. Enter uses it."
		return true
	}
	return false
}

func (j *Join) step(by int) {
	shown := j.shown()
	for i, f := range shown {
		if f == j.at {
			j.at = shown[(i+by+len(shown))%len(shown)]
			return
		}
	}
}

// check judges the name as it is typed: at once by its form, and then by
// whether it can be had. One name is looked up at a time, the last one typed after
// the first: however fast strangers type, it costs the database no more than that.
func (j *Join) check() tea.Cmd {
	j.again = j.looking
	if !j.has(fieldName) {
		return nil
	}
	name := j.wanted()
	_, err := text.CheckHandle(name)
	if name == "" {
		j.bad, j.good = "", false
		return nil
	}
	j.judge(err)
	if err != nil || j.looking {
		return nil
	}
	j.looking = true
	return func() tea.Msg {
		_, err := ask(func(ctx context.Context) (struct{}, error) {
			return struct{}{}, j.o.Joining.CheckName(ctx, name)
		})
		return checkedMsg{name, err}
	}
}

func (j *Join) judge(err error) {
	j.good = err == nil
	j.bad = hint.Text(err)
}

// submit goes on to what is missing, or asks for what was filled in.
func (j *Join) submit() tea.Cmd {
	empty := func(f field) bool { return strings.TrimSpace(j.fields[f].Text()) == "" }
	j.notice = ""
	st := j.standing
	if j.claim() {
		return j.check()
	}
	switch {
	case j.has(fieldCode) && !empty(fieldCode):
		return j.redeem()
	case !j.has(fieldName):
		j.notice = "Type or paste the code that you were given."
		return nil
	case j.bad != "" || strings.TrimSpace(j.wanted()) == "":
		j.at = fieldName
		if j.bad == "" {
			j.notice = "Choose a name first."
		}
		return nil
	case j.has(fieldNote) && empty(fieldNote):
		if j.at == fieldNote {
			j.notice = "Say in a line who you are, so that the host knows whom to let in."
		}
		j.at = fieldNote
		return nil
	}
	name, note := j.wanted(), j.fields[fieldNote].Text()
	if st.Invited || st.Mode == chat.JoinOpen {
		return j.ask("joining", func(ctx context.Context) error { return j.o.Joining.Join(ctx, name) })
	}
	return j.ask("asking to be let in", func(ctx context.Context) error { return j.o.Joining.Ask(ctx, name, note) })
}

// redeeming is what giving a code is called.
const redeeming = "redeeming a code"

// redeem gives the code, which stays in its field until it is known to be good: one
// letter of it may have to be mended.
func (j *Join) redeem() tea.Cmd {
	code := j.fields[fieldCode].Text()
	if found, ok := text.FindCode(code); ok { // with what was pasted around it
		code = found
	}
	j.at = fieldCode
	return j.ask(redeeming, func(ctx context.Context) error { return j.o.Joining.Redeem(ctx, code) })
}

// ask has the chat do something; until its end nothing more is taken.
func (j *Join) ask(doing string, do func(context.Context) error) tea.Cmd {
	j.busy = true
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), ioTimeout)
		defer cancel()
		return askedMsg{doing, do(ctx)}
	}
}
