package plain

import (
	"context"
	"errors"
	"io"
	"strings"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/hint"
	"confab/tui/join"
	"confab/tui/screen"
)

// JoinOptions are what a session in plain mode needs for strangers.
type JoinOptions struct {
	join.Options
	In       io.Reader
	Out      io.Writer
	Terminal bool // see [Options]
	Columns  int
	Resized  <-chan screen.Size
}

// Join is the join screen in lines of text: it says how to join, and asks for one thing after
// the other. Its states are those of the screen (package tui/join).
type Join struct {
	o        JoinOptions
	out      printer
	line     editor
	standing chat.Standing
	asked    string // the last question
	name     string // the chosen name, while the note is asked for
	left     bool   // the stranger leaves, or cannot join
	rest     []byte // input that follows what joining needed
}

// NewJoin makes the session of a stranger.
func NewJoin(o JoinOptions) *Join {
	j := &Join{o: o}
	j.out = printer{w: o.Out, terminal: o.Terminal, columns: o.Columns}
	j.line = editor{terminal: o.Terminal, columns: o.Columns, write: j.out.echo}
	return j
}

// Columns returns the width of the terminal.
func (j *Join) Columns() int { return j.out.columns }

// Run serves the stranger, and reports whether their key opens an account now.
func (j *Join) Run(ctx context.Context) (joined bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	j.greet()
	if j.o.Code != "" {
		j.redeem(ctx, j.o.Code)
	}
	joined = j.look(ctx)
	typed := read(ctx, j.o.In)
	for !joined && !j.left && j.out.flush() == nil {
		select {
		case <-ctx.Done():
			return false
		case size := <-j.o.Resized:
			j.out.columns, j.line.columns = size.W, size.W
		case <-j.o.Joining.Wake():
			joined = j.look(ctx)
		case piece, more := <-typed:
			if !more {
				return false
			}
			joined = j.input(ctx, piece)
		}
	}
	return j.out.flush() == nil && joined
}

// greet says what the stranger's client has proved, and how the host can let the stranger in.
func (j *Join) greet() {
	j.say("Welcome. You are not known here yet.")
	for _, why := range j.o.Causes {
		j.say(why)
	}
	j.say("Your ssh proved that it has:")
	for _, k := range j.o.Keys {
		j.out.whole(k)
	}
	if len(j.o.Keys) > 1 {
		j.say("The first of them will open your account.")
	}
	j.say("The host can let you in by running this:")
	name := j.o.Name
	if name == "" {
		name = join.NoName
	}
	j.out.whole(j.o.HostLine(name))
	j.say("Ctrl+C or /quit leaves.")
}

// look reads how far the stranger has come, and asks the next question. It reports whether the
// key opens an account.
func (j *Join) look(ctx context.Context) (joined bool) {
	was := j.standing
	st, err := j.o.Joining.Standing(ctx)
	switch {
	case err != nil:
		j.fail("reading how far a stranger has come", err)
		j.left = errors.Is(err, chat.ErrClosed) || errors.Is(err, chat.ErrNotAllowed)
		return false
	case st.Member:
		return true
	}
	if j.standing = st; st.Refused() && (j.o.Code == "" || was.Request != nil) {
		j.say(join.RefusedText)
		j.left = true
		return false
	}
	if !st.Invited && st.Mode != chat.JoinByRequest || st.Waits() {
		j.name = ""
	}
	if st.Rules != "" && st.Rules != was.Rules && j.takesName() {
		j.interject("The rules of this server, which you accept by joining:\n" + st.Rules)
	}
	if j.takesName() && j.name == "" {
		j.o.Name, err = join.Suggest(ctx, j.o.Joining, j.o.Name)
		if err != nil && !chat.IsRefusal(err) {
			j.fail("looking for a name to suggest", err)
		}
	}
	j.ask(join.Explain(st))
	return false
}

// ask says what the stranger is asked for, unless that has just been said.
func (j *Join) ask(explained string) {
	words := explained
	switch {
	case j.standing.Waits():
	case j.name != "":
		words = "Say in a line who you are, so that the host knows whom to let in:"
	case j.takesName() && j.o.Name != "":
		words += " Type the name, or press Enter to take " + j.o.Name + ":"
	case j.takesName():
		words += " Type the name, 2 to 32 of a-z, 0-9, hyphen, underline and full stop:"
	}
	if words == j.asked {
		return
	}
	j.asked = words
	j.interject(words)
}

// takesName reports whether the stranger is asked for a name.
func (j *Join) takesName() bool {
	st := &j.standing
	return st.Invited || !st.Waits() && (st.Mode == chat.JoinByRequest || st.Mode == chat.JoinOpen)
}

// input handles a piece of input.
func (j *Join) input(ctx context.Context, piece []byte) (joined bool) {
	j.line.begin(piece)
	for len(piece) > 0 && !joined && !j.left {
		var ev event
		piece, ev = j.line.feed(piece)
		switch {
		case ev == entered:
			typed, _ := j.line.take()
			joined = j.entered(ctx, strings.TrimSpace(text.CleanLine(typed, maxJoinLine)))
		case ev == interrupted && j.line.holds():
			j.line.take()
			j.out.echo("\n")
		case ev == interrupted, ev == ended && !j.line.holds():
			j.left = true
		case ev == reprint:
			j.interject(j.asked)
		}
	}
	j.rest = piece
	return joined
}

// Rest returns the input that the session has taken and not used. It is for the chat.
func (j *Join) Rest() []byte { return j.rest }

// maxJoinLine is how many characters of a line are taken.
const maxJoinLine = 800

// entered handles an answer.
func (j *Join) entered(ctx context.Context, typed string) (joined bool) {
	st, code, isCode := &j.standing, "", false
	if code, isCode = text.FindCode(typed); !isCode && !j.takesName() && !st.Waits() {
		code, isCode = typed, typed != "" // it may have a wrong letter, and the answer says so
	}
	switch {
	case typed == "/quit":
		j.left = true
	case isCode && st.Invited:
		j.say("That was a code. You no longer need one, and it was not sent to anybody.")
	case isCode:
		j.redeem(ctx, code)
	case st.Waits() || !j.takesName():
		j.interject(j.asked)
		return false
	case j.name == "":
		j.named(ctx, typed)
	case typed == "":
	default:
		name := j.name
		j.name = ""
		j.do("asking to be let in", func() error { return j.o.Joining.Ask(ctx, name, typed) })
	}
	j.asked = ""
	return !j.left && j.look(ctx)
}

// named handles the name that the stranger has chosen.
func (j *Join) named(ctx context.Context, typed string) {
	if typed == "" {
		typed = j.o.Name
	}
	if typed == "" || !j.do("checking a name", func() error { return j.o.Joining.CheckName(ctx, typed) }) {
		return
	}
	if j.standing.Invited || j.standing.Mode == chat.JoinOpen {
		j.do("joining", func() error { return j.o.Joining.Join(ctx, typed) })
		return
	}
	j.name = typed
}

func (j *Join) redeem(ctx context.Context, code string) {
	if found, ok := text.FindCode(code); ok {
		code = found
	}
	j.do("redeeming a code", func() error { return j.o.Joining.Redeem(ctx, code) })
}

// do asks the chat for something, and says why it did not work. It reports whether it did.
func (j *Join) do(doing string, ask func() error) bool {
	err := ask()
	if err != nil {
		j.fail(doing, err)
	}
	return err == nil
}

func (j *Join) fail(doing string, err error) {
	j.say(hint.Text(err))
	if !chat.IsRefusal(err) && !errors.Is(err, chat.ErrClosed) {
		j.o.OnError(doing, err)
	}
}

func (j *Join) say(words string) { j.out.say(words) }

// interject writes a text, and below it what the stranger is typing.
func (j *Join) interject(words string) { interject(&j.out, &j.line, words) }
