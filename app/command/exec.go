// Package command is what "ssh host COMMAND" does: the commands with which scripts
// use the chat, one small file each, under the same rules as the screen. It
// knows nothing of SSH: it is given the streams, and returns the exit status.
//
// A new command is a struct with a method Run(*call) error, in a file of its
// own, and one line in [commands].
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"confab/app/chat"
	"confab/app/text"
)

// Exit statuses, as docs/scripting.md has them.
const (
	Done     = 0
	Refused  = 1 // it could not be done, or there is nothing
	Usage    = 2 // the command line is wrong
	NotFound = 4 // there is no such thing, or one may not know of it
)

// Session is what a command runs with.
type Session struct {
	Chat   *chat.Session // opened with [chat.Service.OpenScript]
	Parser *Parser
	In     io.Reader
	Out    io.Writer
	Err    io.Writer
	// Terminal says that the client asked for a terminal: output is aligned for
	// people, and lines end as a raw terminal needs it.
	Terminal bool
	// ASCII says that Out takes ASCII only. What else is written there is replaced;
	// JSON loses nothing by it.
	ASCII bool
	Zone  *time.Location // of the times that people are shown
	Now   func() time.Time
	// Screen opens the chat screen in a conversation and returns the exit status;
	// it is called with a terminal only.
	Screen func(ctx context.Context, open chat.ConversationID) int
	// Alive asks the client whether it is still there: if so, In has ended because
	// the client meant it to, and not because the connection broke.
	Alive func() bool
	// Cut ends In and makes writes to Out fail: for a client that reads nothing
	// while its session must end.
	Cut func()
	// Fault is told of errors that are the server's, for its log.
	Fault func(doing string, err error)
}

// commands is the command line: one line a command, in the order of the help.
type commands struct {
	Whoami      whoamiCmd      `cmd:"" help:"Show whose key this is."`
	List        listCmd        `cmd:"" help:"List your conversations."`
	Unread      unreadCmd      `cmd:"" help:"List those with something unread; the status is 1 if there is none."`
	Who         whoCmd         `cmd:"" help:"List who has an account here, and who is there."`
	Send        sendCmd        `cmd:"" help:"Send a message: the text, or standard input if there is none."`
	Edit        editCmd        `cmd:"" help:"Change a message of yours: to the text, or to standard input."`
	Delete      deleteCmd      `cmd:"" help:"Delete a message for everyone."`
	Tail        tailCmd        `cmd:"" help:"Show the newest messages, and with -f what comes."`
	History     historyCmd     `cmd:"" help:"Show what was said."`
	Search      searchCmd      `cmd:"" help:"Find messages by their words; the status is 1 if there is none."`
	Read        readCmd        `cmd:"" help:"Say that you have read a conversation, or up to a message of it."`
	Info        infoCmd        `cmd:"" help:"Show a message, and who has got and read it."`
	Members     membersCmd     `cmd:"" help:"List who is in a conversation."`
	New         newCmd         `cmd:"" help:"Make a group."`
	Add         addCmd         `cmd:"" help:"Make others members of a group, or invite them if you share no conversation with them."`
	Remove      removeCmd      `cmd:"" help:"Take a member out of a group."`
	Join        joinCmd        `cmd:"" help:"Become a member of a public group."`
	Leave       leaveCmd       `cmd:"" help:"Leave a group."`
	Invitations invitationsCmd `cmd:"" help:"List the groups that you are invited to."`
	Accept      acceptCmd      `cmd:"" help:"Become a member of a group that you are invited to."`
	Decline     declineCmd     `cmd:"" help:"Take an invitation off your list; nobody is told."`
	Block       blockCmd       `cmd:"" help:"Get no direct messages, invitations and mentions from someone; they are not told."`
	Unblock     unblockCmd     `cmd:"" help:"Take a block back."`
	Blocks      blocksCmd      `cmd:"" help:"List whom you have blocked."`
	Keys        keysCmd        `cmd:"" help:"See and change the keys that open your account."`
	Export      exportCmd      `cmd:"" help:"Write what the server has of you as one JSON object: profile, keys, settings, conversations, and what you wrote."`
	Bot         botCmd         `cmd:"" help:"Take commands from standard input and bring what happens, in JSON Lines."`
	Open        openCmd        `cmd:"" help:"Open the screen in a conversation: ssh -t HOST open '#name'."`
	Version     versionCmd     `cmd:"" help:"Show the server's version."`
	Help        helpCmd        `cmd:"" help:"Show the commands, or how to use one."`

	JSON bool `name:"json" help:"Write JSON Lines instead of text."`
}

// call is one command that is carried out.
type call struct {
	Session

	ctx   context.Context
	out   *output
	ended string // why the session ended, once that was taken from the mailbox
	bot   bool   // it comes from a bot's standard input
}

// partingTime is how long a command has to end when its session does, before
// its streams are cut.
const partingTime = 2 * time.Second

// Run carries out a command line and returns its exit status. It returns when
// the command has ended; ctx ends with the client.
func Run(ctx context.Context, s Session, line string) int {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := s.Chat.Mailbox().Ended()
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-done:
			return
		case <-ended:
		}
		cancel()
		late := time.NewTimer(partingTime)
		defer late.Stop()
		select {
		case <-done:
		case <-late.C:
			s.Cut()
		}
	}()
	if len(line) > MaxLine {
		return (&call{Session: s, ctx: ctx}).failed(TooLong())
	}
	words, err := split(line)
	if err != nil {
		return (&call{Session: s, ctx: ctx}).failed(err)
	}
	c := &call{Session: s, ctx: ctx, out: &output{w: s.Out, terminal: s.Terminal, ascii: s.ASCII, zone: s.Zone}}
	status := c.run(words)
	select {
	case <-ended:
		if c.ended == "" {
			c.ended = s.Chat.Mailbox().Drain().Ended
		}
		s.say(s.Err, c.ended)
		status = Refused
	default:
	}
	return status
}

// run carries out a command that is split into words.
func (c *call) run(words []string) int {
	command, err := c.Parser.parse(words)
	switch {
	case err != nil:
		return c.failed(err)
	case command.runner == nil:
		c.say(c.Out, command.help)
		return command.status
	}
	c.out.json = c.out.json || command.json
	err = command.Run(c)
	return c.failed(errors.Join(err, c.out.flush()))
}

// usageError is a command line that is wrong.
type usageError struct{ error }

func usage(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// statusError ends a command with a status and says nothing.
type statusError int

func (statusError) Error() string { return "" }

// failed says why a command failed, and returns its exit status.
func (c *call) failed(err error) int {
	if err == nil {
		return Done
	}
	if s, ok := errors.AsType[statusError](err); ok {
		return int(s)
	}
	if u, ok := errors.AsType[usageError](err); ok {
		c.say(c.Err, u.Error())
		return Usage
	}
	if c.ctx.Err() != nil || errors.Is(err, errGone) { // nobody is there any more, or is told why instead
		return Refused
	}
	c.say(c.Err, userText(err))
	switch {
	case errors.Is(err, chat.ErrNotFound) && chat.IsRefusal(err):
		return NotFound
	case !chat.IsRefusal(err) && !errors.Is(err, chat.ErrClosed):
		c.Fault("carrying out a command", err)
	}
	return Refused
}

// say writes text for people, whatever is in it.
func (s Session) say(w io.Writer, words string) {
	if words = text.Clean(words); words == "" {
		return
	}
	_, _ = io.WriteString(w, lineEnds(words+"\n", s.Terminal))
}
