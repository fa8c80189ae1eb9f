package plain

import (
	"context"
	"slices"
	"strings"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/command"
	"confab/tui/setting"
)

// own is a command that plain mode carries out itself. All others are those of the screen
// (package tui/command), whose answers are texts.
type own struct {
	name, takes, does string
	run               func(p *Plain, ctx context.Context, rest string) error
}

// ways returns the arguments of the command for completion, "" if takes has them.
func (c own) ways() string {
	if c.name == "go" {
		return "#name|@name"
	}
	of, _ := command.Named(c.name)
	return of.Ways
}

// owned returns these commands in the order of the help. NUMBER stands for a message: 12
// in the open conversation, #ops:12 or @ann:12 in another one.
func owned() []own {
	return []own{
		{"go", "[NAME]", "open a conversation: #name, @name, or its number in the list; without a name, list them all", moving(moves.goTo)},
		{"next-unread", "", "open the next conversation with unread messages", moving(moves.nextUnread)},
		{"next", "", "open the next conversation in the list", moving(func(p moves, ctx context.Context, _ string) error { return p.step(ctx, 1) })},
		{"previous", "", "open the previous conversation in the list", moving(func(p moves, ctx context.Context, _ string) error { return p.step(ctx, -1) })},
		{"last", "", "go back to the conversation that you had open before", moving(moves.last)},
		{"where", "", "say what is open", moving(moves.where)},
		{"history", "[NUMBER]", "show the messages before those that were shown, or before this one", moving(moves.history)},
		{"unread-line", "", "show the messages from the first unread one on", moving(moves.firstUnread)},
		{"more", "", "show what comes next: later messages, or more results", moving(moves.goOn)},
		{"info", "[NUMBER] [all]", "say who has received and read a message, or your newest one; with all, everybody and when", listing(lists.info)},
		{"reply", "[NUMBER] TEXT", "answer a message, or the newest of somebody else", acting(actions.reply)},
		{"edit", "[NUMBER] TEXT", "replace the text of your message, or of your newest", acting(actions.edit)},
		{"delete", "NUMBER", "delete a message for everyone", acting(actions.delete)},
		{"react", "[NUMBER] :EMOJI:", "react to a message, or to the newest; again: take it back", acting(actions.react)},
		{"pin", "[NUMBER]", "pin a message, or the newest, for everybody here", acting(func(p actions, ctx context.Context, rest string) error { return p.pin(ctx, rest, true) })},
		{"unpin", "[NUMBER]", "unpin a message, or the newest", acting(func(p actions, ctx context.Context, rest string) error { return p.pin(ctx, rest, false) })},
		{"pins", "", "list the pinned messages of this conversation", listing(lists.pins)},
		{"save", "[NUMBER]", "save a message, or the newest, for yourself; again: remove it", acting(actions.save)},
		{"saved", "", "list the messages that you have saved", listing(lists.saved)},
		{"unread", "[NUMBER]", "mark a message, or the newest, and all later ones as unread", acting(actions.unread)},
		{"thread", "[NUMBER]", "open the thread of a message; what you write goes there; without a number, close it", acting(actions.thread)},
		{"also", "TEXT", "send a reply in this thread to the conversation too", acting(actions.also)},
		{"threads", "", "list the threads that you follow, and how many replies are unread", listing(lists.threads)},
		{"follow", "[NUMBER]", "follow the thread of a message", acting(func(p actions, ctx context.Context, rest string) error { return p.followThread(ctx, rest, true) })},
		{"unfollow", "[NUMBER]", "stop following it", acting(func(p actions, ctx context.Context, rest string) error { return p.followThread(ctx, rest, false) })},
		{"links", "[NUMBER]", "list the links in a message, or in the newest", listing(lists.links)},
		{"copy", "[NUMBER]", "show the text of a message, or of the newest, as it was typed", listing(lists.copy)},
		{"search", "WORDS", "search messages: words, \"words in a row\", wor*, from:NAME, in:#NAME, before:DATE, after:DATE, has:file, has:link", listing(lists.search)},
		{"mentions", "[read NUMBER]", "list the messages that mention you, or mark one read", listing(lists.mentions)},
		{"files", "", "list the files of this conversation, and the commands that fetch them", listing(lists.files)},
		{"invitations", "", "list the groups that you are invited to", listing(lists.invitations)},
		{"requests", "[accept|refuse NUMBER]", "list the requests to join, or answer one (owners and admins)", listing(lists.answerRequests)},
		{"keys", "[add|remove FINGERPRINT]", "list your keys, make a code that adds one, or remove one", listing(lists.keys)},
		{"later", "", "list your reminders and scheduled messages", listing(lists.later)},
		{"lines", "", "write a message of several lines: a line with only a full stop sends it", acting(actions.lines)},
		{"again", "", "send the message again that could not be sent", acting(actions.again)},
		{"draft", "[off]", "send your draft in this conversation, or drop it", acting(actions.draft)},
		{"me", "TEXT", "say what you are doing: /me waves", func(p *Plain, ctx context.Context, rest string) error {
			return p.post(ctx, chat.NewMessage{Body: "/me " + rest})
		}},
		{"settings", "[NAME VALUE]", "list your settings and those of this conversation, or change one", listing(lists.settings)},
		{"group", "[NAME VALUE]", "list the settings of this conversation, or change one", listing(lists.group)},
		{"help", "[COMMAND]", "all commands, or one of them", listing(lists.help)},
		{"quit", "", "leave", func(p *Plain, _ context.Context, _ string) error { p.left = true; return nil }},
	}
}

func moving(do func(moves, context.Context, string) error) func(*Plain, context.Context, string) error {
	return func(p *Plain, ctx context.Context, rest string) error { return do(moves{p}, ctx, rest) }
}

func acting(do func(actions, context.Context, string) error) func(*Plain, context.Context, string) error {
	return func(p *Plain, ctx context.Context, rest string) error { return do(actions{p}, ctx, rest) }
}

func listing(do func(lists, context.Context, string) error) func(*Plain, context.Context, string) error {
	return func(p *Plain, ctx context.Context, rest string) error { return do(lists{p}, ctx, rest) }
}

// absent explains the commands that are about what only a screen has.
func absent(name string) string {
	switch name {
	case "bind":
		return "Plain mode has no keys to bind: everything is a command, and /help lists them."
	case "select":
		return "There is nothing to select: commands take the number of a message, as in /reply 12 yes."
	case "view":
		return "Plain mode does not draw pictures: /info and the number of the message say how to fetch the file."
	case "sidebar", "fold":
		return "There is no sidebar: /go lists the conversations."
	case "pane":
		return "There is no pane beside the text: /members, /thread, /pins and /info write what it would show."
	case "mouse", "clear":
		return "Your terminal does this itself: plain mode only writes lines."
	}
	return ""
}

// named finds one of the commands that plain mode carries out itself.
func named(name string) (own, bool) {
	switch name {
	case "exit", "q":
		name = "quit"
	case "reminders", "scheduled":
		name = "later"
	}
	all := owned()
	i := slices.IndexFunc(all, func(c own) bool { return c.name == name })
	if i < 0 {
		return own{}, false
	}
	return all[i], true
}

// carryOut sends a line, or carries out the command in it. It returns an error only if the
// session cannot go on.
func (p *Plain) carryOut(ctx context.Context, typed string) error {
	typed = strings.TrimSpace(text.Clean(typed))
	if typed == "" {
		return nil
	}
	name, rest, is := command.Parse(typed)
	var err error
	doing := "sending a message"
	switch {
	case !is:
		if strings.HasPrefix(typed, "//") {
			typed = typed[1:]
		}
		err = p.post(ctx, chat.NewMessage{Body: typed})
	default:
		doing = "running a command in plain mode"
		err = p.command(ctx, name, rest)
	}
	if err != nil && ctx.Err() == nil {
		p.say(p.explain(doing, err))
	}
	return nil
}

// command carries out a command.
func (p *Plain) command(ctx context.Context, name, rest string) error {
	if c, ok := named(name); ok {
		switch {
		case c.takes == "" && rest != "":
			p.say("/" + c.name + " takes no arguments.")
		case c.takes != "" && c.takes[0] != '[' && rest == "":
			p.say("Write /" + c.name + " " + c.takes + ".")
		default:
			return c.run(p, ctx, rest)
		}
		return nil
	}
	c, ok := command.Named(name)
	why := absent(name)
	if ok && why == "" {
		why = c.Misused(rest)
	}
	switch {
	case !ok:
		p.say(unknown(name))
	case why != "":
		p.say(why)
	case !c.OnScreen():
		return p.ofScreen(ctx, c, rest)
	default:
		p.say("Plain mode has no /" + c.Name + ": /help lists all commands.")
	}
	return nil
}

// unknown says that there is no command of this name, and suggests a similar one.
func unknown(name string) string {
	if why := absent(name); why != "" {
		return why
	}
	var all []string
	for _, c := range described() {
		all = append(all, c.Name)
	}
	words := "There is no command /" + text.CleanLine(name, 20)
	if near := text.Nearest(name, all); near != "" {
		return words + ". Did you mean /" + near + "? // sends a slash."
	}
	return words + ": /help lists all, and // sends a slash."
}

// ofScreen carries out a command of the screen, and writes its outcome.
func (p *Plain) ofScreen(ctx context.Context, c command.Command, rest string) error {
	out := c.Run(&command.Call{
		Chat: p.o.Commands, Open: p.open(), Set: &p.set, Notices: &p.notices, Zone: p.o.Zone, Now: p.o.Now(),
		State: func() setting.State { return p.state(chat.User{}) }, OnError: p.o.OnError,
	}, rest)
	for _, words := range []string{out.Refused, out.Notice, out.Compose} {
		p.say(words)
	}
	if out.Ask == nil {
		return nil
	}
	answer := out.Ask.Do(ctx)
	if answer.Err != nil {
		if out.Ask.Undo != nil {
			out.Ask.Undo()
		}
		if ctx.Err() == nil {
			p.say(p.explain(out.Ask.Doing, answer.Err))
		}
		return nil
	}
	p.say(answer.Notice)
	if answer.Page != nil {
		for _, l := range answer.Page.Text() {
			p.say(l)
		}
	}
	switch {
	case answer.At != 0:
		return moves{p}.from(ctx, answer.At)
	case answer.Open != 0:
		if err := p.enter(ctx, answer.Open); err != nil || answer.Say == "" {
			return err
		}
		return p.post(ctx, chat.NewMessage{Body: answer.Say})
	}
	return p.arrived(ctx) // a line about the change
}
