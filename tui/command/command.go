// Package command has what users do by typing a name after a slash. A command checks
// what was typed, and returns as an [Outcome] what the screen has to do, or what has
// to be asked of the chat. Commands that only concern the screen, such as /next, are
// listed here and carried out by the screen.
package command

import (
	"context"
	"slices"
	"strings"
	"time"

	"confab/app/chat"
	"confab/tui/dialog"
	"confab/tui/keymap"
	"confab/tui/setting"
)

// Command is one command.
type Command struct {
	dialog.Command
	run func(*Call, string) Outcome // nil if the screen carries it out
}

// OnScreen reports whether the screen carries the command out.
func (c Command) OnScreen() bool { return c.run == nil }

// Run carries a command out, with what was typed after its name.
func (c Command) Run(call *Call, rest string) Outcome { return c.run(call, rest) }

// Misused says what to write, if the command cannot be used with what was typed
// after its name. It returns "" if it can.
func (c Command) Misused(rest string) string {
	switch {
	case c.Takes == "" && rest != "":
		return "/" + c.Name + " takes no arguments."
	case c.Takes != "" && c.Takes[0] != '[' && rest == "":
		return "Write " + c.Usage() + "."
	}
	return ""
}

// Call is what a command can use.
type Call struct {
	Chat    Chat
	Open    *chat.ConversationSummary // the open conversation, nil if there is none
	Keys    *keymap.Map               // what the keys do
	Set     *setting.Set              // what the user has set
	Notices *setting.Notices          // of what the user is notified
	Zone    *time.Location
	Now     time.Time
}

// Outcome says what comes of a command. Of its fields, few are set.
type Outcome struct {
	Refused string        // why it cannot be carried out; what was typed stays
	Notice  string        // show this
	Copy    string        // send this to the user's clipboard
	Compose string        // put this in the composer, for the user to complete
	Show    dialog.Dialog // open this
	Ask     *Question     // ask the chat for this
}

// Question is what a command asks of the chat.
type Question struct {
	Doing string // for the log
	Opens bool   // the answer opens another conversation
	Do    func(context.Context) Answer
	Undo  func() // takes back what was done before the answer, if that is an error; may be nil
}

// Answer is what the chat has answered.
type Answer struct {
	Err    error
	Notice string              // show this
	Page   *dialog.Page        // open this
	Open   chat.ConversationID // open this conversation
	At     chat.Seq            // at this message, or where the user left it if 0
	Say    string              // and post this there
}

// Refuse says why a command cannot be carried out.
func Refuse(why string) Outcome { return Outcome{Refused: why} }

// Ask asks the chat for something.
func Ask(doing string, do func(context.Context) Answer) Outcome {
	return Outcome{Ask: &Question{Doing: doing, Do: do}}
}

// open asks the chat for something that ends in another conversation.
func open(doing string, do func(context.Context) (chat.ConversationID, error)) Outcome {
	return Outcome{Ask: &Question{Doing: doing, Opens: true, Do: func(ctx context.Context) Answer {
		id, err := do(ctx)
		return Answer{Err: err, Open: id}
	}}}
}

// inOpen runs do with the open conversation, or says that there is none.
func inOpen(do func(c *Call, l *chat.ConversationSummary, rest string) Outcome) func(*Call, string) Outcome {
	return func(c *Call, rest string) Outcome {
		if c.Open == nil {
			return Refuse("There is no conversation open.")
		}
		return do(c, c.Open, rest)
	}
}

// Parse tells a command, a line that begins with one slash, from a message. A text
// of several lines is never a command: it was pasted.
func Parse(text string) (name, rest string, ok bool) {
	if !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//") || strings.Contains(text, "\n") {
		return "", "", false
	}
	name, rest, _ = strings.Cut(text[1:], " ")
	return strings.ToLower(name[:min(len(name), longestName)]), strings.TrimSpace(rest), true
}

// longestName is how much of a command's name is looked at. No name is longer.
const longestName = 64

// Named finds a command by one of its names.
func Named(name string) (Command, bool) {
	all := All()
	i := slices.IndexFunc(all, func(c Command) bool { return c.Name == name || slices.Contains(c.Also, name) })
	if i < 0 {
		return Command{}, false
	}
	return all[i], true
}

// Described lists the commands for the help and the switcher.
func Described() []dialog.Command {
	var list []dialog.Command
	for _, c := range All() {
		list = append(list, c.Command)
	}
	return list
}
