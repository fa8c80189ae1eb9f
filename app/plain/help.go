package plain

import (
	"context"
	"slices"
	"strings"

	"confab/app/chat"
	"confab/tui/command"
	"confab/tui/dialog"
	"confab/tui/setting"
)

// intro is the beginning of the help.
var intro = [...]string{
	"Write a line and press Enter: it is sent to the open conversation. A line that begins with / is a command; // sends a slash.",
	"Each message has a number. Commands take it: /reply 12 yes, /react 12 :tada:, /edit 12 TEXT, /delete 12, /info 12. In another conversation it is #ops:12 or @ann:12.",
	"While you type, new messages wait until you press Enter. Ctrl+L shows them at once, and then your line again.",
	"Backspace, Ctrl+W and Ctrl+U erase a character, a word and the line. Ctrl+C drops the line. Ctrl+D in an empty line leaves.",
	"Tab completes names, groups, emoji and commands, and lists the choices if there are several. The arrows up and down bring back the lines that you have entered.",
	"Messages of the open conversation count as read when you press a key after they were written.",
}

// described returns all commands of plain mode, in the order of the help.
func described() []dialog.Command {
	var all []dialog.Command
	for _, c := range owned() {
		all = append(all, dialog.Command{Name: c.name, Takes: c.takes, Ways: c.ways(), Does: c.does})
	}
	for _, c := range command.All() {
		if _, ours := named(c.Name); !ours && !c.OnScreen() && absent(c.Name) == "" {
			all = append(all, c.Command)
		}
	}
	return all
}

// help names the commands, or explains one of them or all.
func (p lists) help(_ context.Context, rest string) error {
	name := strings.ToLower(strings.TrimPrefix(rest, "/"))
	var known []string
	found := false
	for _, c := range described() {
		known = append(known, "/"+c.Name)
		if name == "all" || name == c.Name || slices.Contains(c.Also, name) {
			p.say(c.Usage() + ": " + c.Explained() + ".")
			found = true
		}
	}
	switch {
	case name == "":
		for _, words := range intro {
			p.say(words)
		}
		p.say("Commands: " + strings.Join(known, ", ") + ".")
		p.say("/help COMMAND explains one of them, /help all explains all.")
	case !found:
		p.say(unknown(name))
	}
	return nil
}

// settings lists all settings, or changes one: NAME VALUE or NAME=VALUE.
func (p lists) settings(ctx context.Context, rest string) error {
	if rest != "" {
		return p.setting(ctx, rest)
	}
	self, err := p.o.Chat.Account().Self(ctx)
	if err != nil {
		return err
	}
	state := p.state(self)
	p.ofConversation(state)
	p.say("Your own settings:")
	p.items(state, setting.OwnItems())
	p.say("/settings NAME VALUE changes one.")
	return nil
}

// group lists the settings of the open conversation, or changes one.
func (p lists) group(ctx context.Context, rest string) error {
	if rest != "" {
		return p.setting(ctx, rest)
	}
	p.ofConversation(p.state(chat.User{}))
	p.say("/group NAME VALUE changes one.")
	return nil
}

// setting changes a setting.
func (p lists) setting(ctx context.Context, rest string) error {
	c, _ := command.Named("settings")
	return p.ofScreen(ctx, c, strings.Replace(rest, "=", " ", 1))
}

// ofConversation lists the settings of the open conversation, if there is one.
func (p lists) ofConversation(s setting.State) {
	if s.Open != nil {
		p.say("Settings of " + s.Open.Title() + ":")
		p.items(s, setting.ItemsFor(s.Open))
	}
}

// items lists settings, each in a line.
func (p lists) items(s setting.State, items []setting.Item) {
	for _, i := range items {
		value := i.Value(s)
		if value == "" {
			value = "not set"
		}
		words := i.Name + " " + value + ". Choices: " + i.Choices() + ". Meaning: " + i.Does + "."
		if err := i.Locked(s); err != nil {
			words = i.Name + " " + value + ". You cannot change it. " + hintText(err)
		}
		p.say(words)
	}
}

// state is what the settings are read from. Changing them needs no account in it.
func (p *Plain) state(self chat.User) setting.State {
	s := setting.State{Self: self, Set: p.set, Notifications: p.notices.Notifications, Now: p.o.Now().In(p.o.Zone)}
	if l := p.open(); l != nil {
		open := *l
		s.Open = &open
	}
	return s
}

// tellWords writes texts of the host, and notes that the user was shown them.
func (p news) tellWords(ctx context.Context, words chat.Words) error {
	if words == (chat.Words{}) {
		return nil
	}
	for _, l := range dialog.NewWords(words).Text() {
		p.say(l)
	}
	return p.o.Chat.Account().NoteTold(ctx, words)
}
