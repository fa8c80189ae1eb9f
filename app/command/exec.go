// Package command implements "ssh host COMMAND": the commands with which scripts
// use the chat, under the same rules as the screen. Each command is a small file.
// The package knows nothing of SSH: it receives the streams, and returns the exit
// status.
//
// A new command is a struct with a method Run(*call) error, in a file of its own,
// and one line in [commands].
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"confab/app/chat"
	"confab/app/command/shellwords"
	"confab/app/service"
	"confab/app/text"
)

// These exit statuses are documented in docs/scripting.md.
const (
	Done     = 0
	Refused  = 1 // refused, or there are no results
	Usage    = 2 // the command line is wrong
	NotFound = 4 // not found, or not visible to this user
)

// Session is the environment of a command.
type Session struct {
	Chat   *service.Session // opened with [service.Service.OpenScript]
	Parser *Parser
	In     io.Reader
	Out    io.Writer
	Err    io.Writer
	// Terminal says that the client asked for a terminal. Output is then aligned
	// for people, and lines end as a raw terminal needs it.
	Terminal bool
	// ASCII says that Out accepts only ASCII. Other characters are replaced; JSON
	// loses nothing.
	ASCII bool
	Zone  *time.Location // for times that people read
	Now   func() time.Time
	// Screen opens the chat screen in a conversation and returns the exit status.
	// It is called only with a terminal.
	Screen func(ctx context.Context, open chat.ConversationID) int
	// Plain opens the chat in plain mode, in a conversation unless open is 0, and returns
	// the exit status.
	Plain func(ctx context.Context, open chat.ConversationID) int
	// Alive asks the client whether it is still there. If so, the client ended In
	// on purpose, and the connection has not broken.
	Alive func() bool
	// Cut ends In and makes writes to Out fail. It is for a client that reads
	// nothing although its session must end.
	Cut func()
	// OnError receives errors of the server, for its log.
	OnError func(doing string, err error)
}

// commands is the command line: one line a command, in the order of the help.
type commands struct {
	Whoami      whoamiCmd      `cmd:"" help:"Show the account of your key."`
	List        listCmd        `cmd:"" help:"List your conversations."`
	Unread      unreadCmd      `cmd:"" help:"List your conversations with unread messages; status 1 if there are none."`
	Who         whoCmd         `cmd:"" help:"List all users, and who is online."`
	Away        awayCmd        `cmd:"" help:"Say that you are away, with a text and a time at which that ends: away at lunch until 14:00."`
	Back        backCmd        `cmd:"" help:"Say that you are back."`
	Send        sendCmd        `cmd:"" help:"Send a message: the text, or standard input."`
	Edit        editCmd        `cmd:"" help:"Replace the text of your message with the text, or with standard input."`
	Delete      deleteCmd      `cmd:"" help:"Delete a message for everyone."`
	React       reactCmd       `cmd:"" help:"React to a message with an emoji, or take a reaction back."`
	Pin         pinCmd         `cmd:"" help:"Pin a message for everybody in its conversation."`
	Unpin       unpinCmd       `cmd:"" help:"Unpin a message."`
	Pins        pinsCmd        `cmd:"" help:"List the pinned messages of a conversation; status 1 if there are none."`
	Save        saveCmd        `cmd:"" help:"Save a message for yourself, or remove it from the saved ones."`
	Saved       savedCmd       `cmd:"" help:"List the messages that you have saved; status 1 if there are none."`
	Tail        tailCmd        `cmd:"" help:"Show the newest messages, and with -f new ones as they arrive."`
	History     historyCmd     `cmd:"" help:"Show earlier messages."`
	Search      searchCmd      `cmd:"" help:"Search messages by their words; status 1 if there are no results."`
	Files       filesCmd       `cmd:"" help:"List the files of a conversation, newest first, with the commands that fetch them; status 1 if there are none."`
	Read        readCmd        `cmd:"" help:"Mark a conversation as read, or only up to a message."`
	Mentions    mentionsCmd    `cmd:"" help:"List the latest messages that mention you, in all conversations."`
	Notify      notifyCmd      `cmd:"" help:"List the words of whose messages you are notified, add one, or remove one."`
	DND         dndCmd         `cmd:"" name:"dnd" help:"Turn do-not-disturb on, for a time or until you turn it off, or off."`
	Info        infoCmd        `cmd:"" help:"Show a message, and who has received and read it."`
	Members     membersCmd     `cmd:"" help:"List the members of a conversation."`
	New         newCmd         `cmd:"" help:"Make a group."`
	Add         addCmd         `cmd:"" help:"Add people to a group. People with whom you share no conversation are invited."`
	Remove      removeCmd      `cmd:"" help:"Remove a member from a group."`
	Join        joinCmd        `cmd:"" help:"Join a public group."`
	Leave       leaveCmd       `cmd:"" help:"Leave a group."`
	Settings    settingsCmd    `cmd:"" help:"Show or change your own settings, or those of a group."`
	Invitations invitationsCmd `cmd:"" help:"List your invitations to groups."`
	Accept      acceptCmd      `cmd:"" help:"Accept an invitation to a group."`
	Decline     declineCmd     `cmd:"" help:"Decline an invitation; nobody is told."`
	Threads     threadsCmd     `cmd:"" help:"List the threads that you follow."`
	Follow      followCmd      `cmd:"" help:"Follow the thread of a message."`
	Unfollow    unfollowCmd    `cmd:"" help:"Stop following a thread."`
	Block       blockCmd       `cmd:"" help:"Stop direct messages, invitations and mentions from someone; they are not told."`
	Unblock     unblockCmd     `cmd:"" help:"Unblock someone."`
	Blocks      blocksCmd      `cmd:"" help:"List the people you have blocked."`
	Hooks       hooksCmd       `cmd:"" help:"List the webhooks of a group, make one, and revoke one; for owners and admins of the group."`
	Silence     silenceCmd     `cmd:"" help:"Let someone read, but not write; for owners and admins of the server."`
	Unsilence   unsilenceCmd   `cmd:"" help:"Let someone write again; for owners and admins of the server."`
	Remind      remindCmd      `cmd:"" help:"Remind you of something at a time: remind in 20m to call ann."`
	Later       laterCmd       `cmd:"" help:"List your reminders and scheduled messages, and cancel one."`
	Keys        keysCmd        `cmd:"" help:"Show and change the keys of your account."`
	Export      exportCmd      `cmd:"" help:"Write the server's data about you as one JSON object: profile, keys, settings, conversations, and your messages."`
	Bot         botCmd         `cmd:"" help:"Run commands from standard input and write events, in JSON Lines."`
	Open        openCmd        `cmd:"" help:"Open the screen in a conversation: ssh -t HOST open '#name'."`
	Plain       plainCmd       `cmd:"" help:"Open the chat in lines of text, for screen readers, braille lines and slow links: ssh -t HOST plain."`
	Version     versionCmd     `cmd:"" help:"Show the server's version."`
	Help        helpCmd        `cmd:"" help:"List the commands, or explain one."`

	JSON bool `name:"json" help:"Write JSON Lines instead of text."`
}

// call is one run of a command.
type call struct {
	Session

	ctx context.Context
	out *output
	bot bool // the command comes from a bot's standard input
}

// partingTime is how long a command has to end with its session, before its streams
// are cut.
const partingTime = 2 * time.Second

// Run runs a command line and returns its exit status. It returns when the command
// has ended. ctx ends with the client.
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
	words, err := shellwords.Split(line)
	if err != nil {
		return (&call{Session: s, ctx: ctx}).failed(usageError{err})
	}
	c := &call{Session: s, ctx: ctx, out: &output{w: s.Out, terminal: s.Terminal, ascii: s.ASCII, zone: s.Zone}}
	status := c.run(words)
	if reason, over := s.over(); over {
		s.say(s.Err, reason)
		status = Refused
	}
	return status
}

// over reports whether the session must end, and returns the reason. The mailbox
// keeps it, so over may be called again.
func (s Session) over() (reason string, over bool) {
	select {
	case <-s.Chat.Mailbox().Ended():
		return s.Chat.Mailbox().Drain().Ended, true
	default:
		return "", false
	}
}

// run runs a command that is split into words.
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

// usageError is an error in the command line.
type usageError struct{ error }

func usage(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// statusError ends a command with a status and no message.
type statusError int

func (statusError) Error() string { return "" }

// noneFound makes a command without results end with status [Refused].
func noneFound(found int) error {
	if found == 0 {
		return statusError(Refused)
	}
	return nil
}

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
	if c.ctx.Err() != nil || errors.Is(err, errGone) { // nobody is there, or the reason was given already
		return Refused
	}
	c.say(c.Err, userText(err))
	switch {
	case errors.Is(err, chat.ErrNotFound) && chat.IsRefusal(err):
		return NotFound
	case !chat.IsRefusal(err) && !errors.Is(err, chat.ErrClosed):
		c.OnError("running a command", err)
	}
	return Refused
}

// say writes text for people, whatever it contains.
func (s Session) say(w io.Writer, words string) {
	if words = text.Clean(words); words == "" {
		return
	}
	_, _ = io.WriteString(w, lineEnds(words+"\n", s.Terminal))
}

type versionCmd struct{}

func (*versionCmd) Run(c *call) error {
	return c.out.write(&versionRecord{newHead("version"), Version()})
}

type versionRecord struct {
	head
	Version string `json:"version"`
}

func (r *versionRecord) columns(*output) []string { return []string{r.Version} }

// Version returns the version in the build: the module version, or the commit for a
// build from a checkout.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return "confab " + info.Main.Version + " " + info.GoVersion
}

type helpCmd struct {
	Command []string `arg:"" optional:"" help:"The command to explain."`
}

func (h *helpCmd) Run(c *call) error {
	if status := c.run(append(h.Command, "--help")); status != Done {
		return statusError(status)
	}
	return nil
}

// hints are the hints for scripts and bots that were refused. They name commands of
// this package, as its help does. A hint is "" if there is no command for it.
var hints = map[chat.Hint]string{
	chat.HintMute:         "", // scripts get no notifications
	chat.HintLeave:        "Use leave for that.",
	chat.HintNewGroup:     "Make a group with: new NAME @one @other",
	chat.HintSetRole:      "", // only the screen changes roles
	chat.HintAskManagers:  "Ask one of them: members shows who they are.",
	chat.HintMembers:      "Use members to see who is.",
	chat.HintPeople:       "Use who to list everyone.",
	chat.HintPublicGroups: "Use list --public to see the public groups.",
	chat.HintIDs:          "Use list --json to see the ids.",
	chat.HintBans:         "", // bans are for the screen and the host
	chat.HintProveKey:     "Get a code with keys add and nothing after it, then connect once with the new key: ssh -o IdentitiesOnly=yes -i KEY CODE@HOST",
	chat.HintKeys:         "", // for the host
	chat.HintUnrevoke:     "", // for the host
	chat.HintAddOwner:     "", // for the host
	chat.HintAddPeople:    "", // for the host
	chat.HintAddKey:       "", // for the host
	chat.HintInvite:       "", // codes are for the screen and the host
	chat.HintRequests:     "", // requests are for the screen
}

// userText returns the text of an error for a script or a bot: the reason, and what
// to do next.
func userText(err error) string {
	return chat.Hinted(chat.UserText(err), chat.HintOf(err), hints)
}
