package join

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/ask"
	"confab/tui/hint"
	"confab/tui/keymap"
)

// field is one of the fields of the form.
type field int

const (
	fieldName field = iota
	fieldNote
	fieldCode
	fieldCount
)

// fieldLimit is how many bytes a field can have.
const fieldLimit = 800

// maxEarly is how many keys are kept until the form is shown.
const maxEarly = 256

// wait keeps keys until the form knows its fields, a moment after the first frame.
func (j *Model) wait(msg tea.Msg) {
	if len(j.early) < maxEarly {
		j.early = append(j.early, msg)
	}
}

// shown returns the fields that the form has now.
func (j *Model) shown() []field {
	st := j.standing
	switch {
	case st == nil:
		return nil
	case st.Invited:
		return []field{fieldName}
	case st.Waits():
		return nil
	case st.Mode == chat.JoinByRequest:
		return []field{fieldName, fieldNote, fieldCode}
	case st.Mode == chat.JoinOpen:
		return []field{fieldName, fieldCode}
	default:
		return []field{fieldCode}
	}
}

func (j *Model) has(f field) bool { return slices.Contains(j.shown(), f) }

func (j *Model) fail(doing string, err error) {
	j.notice = hint.Text(err)
	if !chat.IsRefusal(err) && !errors.Is(err, chat.ErrClosed) {
		j.o.OnError(doing, err)
	}
}

func (j *Model) key(k tea.KeyPressMsg) tea.Cmd {
	act := j.keys.Action(k.String())
	c := &j.fields[j.at]
	switch {
	case act == keymap.Interrupt, act == keymap.DeleteOrQuit && (c.Empty() || !j.has(j.at)):
		return tea.Quit
	case act == keymap.Redraw:
		return tea.ClearScreen
	case j.reading():
		j.read(act)
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
	case keymap.IsText(k):
		return j.typed(k.Text)
	}
	return nil
}

// typed handles typed or pasted text. A field is one line.
func (j *Model) typed(words string) tea.Cmd {
	if j.busy || !j.has(j.at) || j.reading() {
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

// claim moves a code to its own field. A code is a secret: it must not become a name,
// nor part of a note that others read. Nothing is sent until the next Enter.
func (j *Model) claim() bool {
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
			j.notice = "That was a code. You no longer need one, and it was not sent to anybody."
			return true
		}
		j.fields[fieldCode].Set(code)
		j.at = fieldCode
		j.notice = "That was a code: it is in its own field now, and nobody else sees it. Enter uses it."
		return true
	}
	return false
}

func (j *Model) step(by int) {
	shown := j.shown()
	if i := slices.Index(shown, j.at); i >= 0 {
		j.at = shown[(i+by+len(shown))%len(shown)]
	}
}

// check checks the name while it is typed: first its form, and then whether it is free. It
// looks up only one name at a time, and afterwards the latest one, so that fast typing does
// not burden the database.
func (j *Model) check() tea.Cmd {
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
	joining, suggested := j.o.Joining, j.fields[fieldName].Empty()
	return func() tea.Msg {
		if suggested {
			free, err := ask.For(func(ctx context.Context) (string, error) { return Suggest(ctx, joining, name) })
			return checkedMsg{name, free, err}
		}
		return checkedMsg{name, name, ask.To(func(ctx context.Context) error { return joining.CheckName(ctx, name) })}
	}
}

// mostSuggested is how many names are tried for a suggestion.
const mostSuggested = 9

// Suggest returns the name to suggest to a stranger: this one, or if the stranger may know
// that it is taken, the first free one with a number after it. It returns "" if there is none.
func Suggest(ctx context.Context, joining Joining, name string) (string, error) {
	for n, try := 2, name; try != "" && n <= mostSuggested; n++ {
		if err := joining.CheckName(ctx, try); !errors.Is(err, chat.ErrConflict) {
			return try, err
		}
		try = text.SuggestHandle(name[:min(len(name), 30)] + strconv.Itoa(n))
	}
	return "", nil
}

func (j *Model) judge(err error) {
	j.good = err == nil
	j.bad = hint.Text(err)
}

// submit goes to a field that is still empty, or sends the form.
func (j *Model) submit() tea.Cmd {
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
		return j.request("joining", func(ctx context.Context) error { return j.o.Joining.Join(ctx, name) })
	}
	return j.request("asking to be let in", func(ctx context.Context) error { return j.o.Joining.Ask(ctx, name, note) })
}

// redeeming names the use of a code, in the log and in answers.
const redeeming = "redeeming a code"

// redeem uses the code. The code stays in its field until it has worked, because a letter
// may have to be corrected.
func (j *Model) redeem() tea.Cmd {
	code := j.fields[fieldCode].Text()
	if found, ok := text.FindCode(code); ok { // there may be more in the paste
		code = found
	}
	j.at = fieldCode
	return j.request(redeeming, func(ctx context.Context) error { return j.o.Joining.Redeem(ctx, code) })
}

// request asks the chat for something. Until the answer comes, the form takes no keys.
func (j *Model) request(doing string, do func(context.Context) error) tea.Cmd {
	j.busy = true
	return func() tea.Msg { return askedMsg{doing, ask.To(do)} }
}
