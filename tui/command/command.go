// Package command has the commands that users type after a slash. A command checks its
// arguments. It returns an [Outcome], which tells the screen what to do, or what to ask the
// chat. Commands that only concern the screen, such as /next, are listed here and carried
// out by the screen.
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

// Run carries a command out. rest is the text after its name.
func (c Command) Run(call *Call, rest string) Outcome { return c.run(call, rest) }

// Misused returns an explanation of how to use the command, if the text after its name is
// missing or not allowed. Otherwise it returns "".
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
	Set     *setting.Set              // the user's settings
	Notices *setting.Notices          // decides when the user is notified
	Zone    *time.Location
	Now     time.Time
	State   func() setting.State // what the settings are read from
	OnError dialog.OnError
	// Connect returns the command with which people connect under a login name. It is nil if
	// the address of the server is not known.
	Connect func(login string) string
}

// connect returns the command with which people connect under a login name.
func (c *Call) connect(login string) string {
	if c.Connect == nil {
		return "ssh " + login + "@HOST"
	}
	return c.Connect(login)
}

// Outcome is the result of a command. Most of its fields are zero.
type Outcome struct {
	Refused string        // why it cannot be carried out; the text stays in the composer
	Notice  string        // show this
	Copy    string        // send this to the user's clipboard
	Compose string        // put this in the composer, for the user to complete
	Show    dialog.Dialog // open this
	Ask     *Question     // ask the chat for this
}

// Question is a request of a command to the chat.
type Question struct {
	Doing string // for the log
	Opens bool   // the answer opens another conversation
	Do    func(context.Context) Answer
	Undo  func() // takes back what was done before the answer, if that is an error; may be nil
}

// Answer is the answer of the chat.
type Answer struct {
	Err    error
	Notice string              // show this
	Page   *dialog.Page        // open this
	Open   chat.ConversationID // open this conversation
	At     chat.Seq            // at this message, or if 0 where the user left it
	Say    string              // and post this there
}

// Refuse returns the reason why a command cannot be carried out.
func Refuse(why string) Outcome { return Outcome{Refused: why} }

// Ask asks the chat for something.
func Ask(doing string, do func(context.Context) Answer) Outcome {
	return Outcome{Ask: &Question{Doing: doing, Do: do}}
}

// open asks the chat for something that opens another conversation.
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

// Parse returns the name and the arguments of a command: a line that begins with one slash.
// A text of several lines is never a command: it was pasted.
func Parse(text string) (name, rest string, ok bool) {
	if !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//") || strings.Contains(text, "\n") {
		return "", "", false
	}
	name, rest, _ = strings.Cut(text[1:], " ")
	return strings.ToLower(name[:min(len(name), longestName)]), strings.TrimSpace(rest), true
}

// longestName is the longest name that is looked up. No command has a longer one.
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
