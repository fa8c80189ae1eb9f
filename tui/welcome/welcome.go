// Package welcome is what people see above the messages until they have written something:
// who they are, who else is here, how others join, and the keys to know.
package welcome

import (
	"context"
	"errors"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/ask"
	"confab/tui/theme"
)

// Chat has the methods of the chat that a welcome needs.
type Chat interface {
	// Here returns the handles of at most so many other people who are connected, and how
	// many more there are.
	Here(most int) (names []string, more int)
	// Wrote reports whether the user has written anything.
	Wrote(context.Context) (bool, error)
	// JoinMode returns how people join the server.
	JoinMode(context.Context) (chat.JoinMode, error)
}

// Reach says how other people reach the server.
type Reach struct {
	Host, Port string // the address of the server; the host is "" if it is not known
	Local      bool   // only the machine of the server can reach it
	Option     string // what command lines of the host's need, such as " --data DIR"
}

// Command returns the command with which people connect, under a login name or "".
func (r Reach) Command(login string) string {
	line := "ssh "
	if r.Port != "22" && r.Port != "" {
		line += "-p " + r.Port + " "
	}
	if login != "" {
		line += login + "@"
	}
	if r.Host == "" {
		return line + "HOST"
	}
	return line + r.Host
}

// named is how many people a welcome names.
const named = 6

// Keys are the keys for the switcher, for the next unread conversation, for the help and for
// leaving, as people know them. A key is "" if there is none.
type Keys struct{ Find, Unread, Help, Leave string }

// Welcome is the welcome of one person. Make one only for a person who has not written
// anything yet.
type Welcome struct {
	chat  Chat
	reach Reach
	keys  Keys

	read bool // the facts are there
	here []string
	more int
	mode chat.JoinMode

	shown Shown // what the rows were drawn for
	rows  []string
}

// New makes a welcome.
func New(c Chat, reach Reach) *Welcome { return &Welcome{chat: c, reach: reach} }

// SetKeys sets the keys that the welcome names.
func (w *Welcome) SetKeys(keys Keys) { w.keys, w.rows = keys, nil }

// FactsMsg has what a welcome has asked the chat for.
type FactsMsg struct {
	// Wrote says that the user has written something, so that no welcome is due.
	Wrote bool
	// Err is why the chat did not answer a part of the questions.
	Err error

	here []string
	more int
	mode chat.JoinMode
}

// Read returns the command that asks the chat. Only owners and admins are told how others
// join.
func (w *Welcome) Read(role chat.Role) tea.Cmd {
	return func() tea.Msg {
		var msg FactsMsg
		if msg.Wrote, msg.Err = ask.For(w.chat.Wrote); msg.Wrote {
			return msg
		}
		msg.here, msg.more = w.chat.Here(named)
		if admits(role) {
			mode, err := ask.For(w.chat.JoinMode)
			msg.mode, msg.Err = mode, errors.Join(msg.Err, err)
		}
		return msg
	}
}

// Take takes the answer of the chat.
func (w *Welcome) Take(msg FactsMsg) {
	w.read, w.here, w.more, w.mode, w.rows = true, msg.here, msg.more, msg.mode, nil
}

// admits reports whether people with a role let others in.
func admits(role chat.Role) bool { return role == chat.RoleOwner || role == chat.RoleAdmin }

// Shown has the values that the rows of a welcome depend on, besides the chat's answer.
type Shown struct {
	Theme         *theme.Theme
	Width, Height int // the rows are at most so many cells wide, and so many
	Name          string
	Role          chat.Role
	Unread        int    // unread messages in other conversations than the open one
	Where         string // the title of the first of these conversations
}

// Rows returns the rows, fewer if the screen is small. There are none before the chat has
// answered. The rows stay the same strings while nothing changes.
func (w *Welcome) Rows(is Shown) []string {
	if !w.read || is.Height < 1 {
		return nil
	}
	if w.rows != nil && w.shown == is {
		return w.rows
	}
	w.shown = is
	for leave := range leaves {
		if w.rows = w.sheet(is, leave); len(w.rows) <= is.Height {
			return w.rows
		}
	}
	w.rows = w.rows[:is.Height]
	return w.rows
}

// These are the steps in which a small screen leaves something out.
const (
	leaveNothing = iota
	leaveBlanks  // blank rows, and how to change your name
	leaveTitles  // headings
	leaveWords   // most words about how others join, and a row for each key
	leaveLines   // how the host opens the server to others
	leaveInvites // how others join, but for the command
	leaveKeys    // all keys but that of the help
	leaveAll     // everything but who you are and the help
	leaves
)

// sheet draws the welcome without what the step leaves out.
func (w *Welcome) sheet(is Shown, leave int) []string {
	s := sheet{theme.Sheet{Theme: is.Theme, Width: is.Width}, leave}
	s.who(is)
	if leave < leaveAll {
		s.people(is, w)
		if admits(is.Role) {
			s.invites(is, w)
		}
	}
	s.keys(w.keys)
	if leave < leaveWords {
		s.Rows = append(s.Rows, theme.Paint(is.Theme.Faint, strings.Repeat(is.Theme.Horizontal, is.Width)))
	}
	return s.Rows
}

// sheet is a page that may have to leave something out.
type sheet struct {
	theme.Sheet
	leave int
}

// heading begins a part of the welcome.
func (s *sheet) heading(words string) {
	if s.leave < leaveBlanks {
		s.Blank()
	}
	if words != "" && s.leave < leaveTitles {
		s.Text(1, s.Theme.Bold, words)
	}
}

// line adds a line that people run or send.
func (s *sheet) line(words string) { s.Text(5, s.Theme.Bold, words) }

// who says who the user is.
func (s *sheet) who(is Shown) {
	if s.leave >= leaveAll || s.Width < 40 {
		words := "Welcome, " + is.Name + "."
		if s.Theme.Width(words) > s.Width-2 { // a second row would cost the smallest screen a message
			words = s.Theme.FitMax("You are "+is.Name, s.Width-2, s.Theme.Ellipsis)
		}
		s.Text(1, s.Theme.Bold, words)
		return
	}
	role := ""
	switch is.Role {
	case chat.RoleOwner:
		role = ", the owner of this server"
	case chat.RoleAdmin:
		role = ", an admin of this server"
	}
	s.Text(1, s.Theme.Bold, "Welcome to confab. You are "+is.Name+role+".")
	if s.leave < leaveBlanks {
		s.Text(1, "", "/nick NAME changes your name. This stays until you write.")
	}
}

// people says who else is here, and what is unread.
func (s *sheet) people(is Shown, w *Welcome) {
	here := ""
	switch n := len(w.here); {
	case n > 0:
		here = "When you came in, these people were here: " + list(w.here, w.more) + "."
	case !admits(is.Role):
		here = "Nobody else was here when you came in."
	}
	unread := ""
	if is.Unread > 0 {
		unread = theme.Unread(is.Unread) + " unread messages"
		if is.Unread == 1 {
			unread = "1 unread message"
		}
		if is.Where != "" {
			unread += ", first in " + is.Where
		}
		if unread += "."; w.keys.Unread != "" {
			unread += " " + firstOf(w.keys.Unread) + " goes there."
		}
	} else if here != "" {
		unread = "No other conversation has unread messages."
	}
	if here == "" && unread == "" {
		return
	}
	s.heading("")
	for _, words := range []string{here, unread} {
		if words != "" {
			s.Text(1, "", words)
		}
	}
}

// list returns names as people write them, with the number of those that are not named.
func list(names []string, more int) string {
	words := "@" + strings.Join(names, ", @")
	switch {
	case more == 1:
		return words + " and 1 other"
	case more > 1:
		return words + " and " + strconv.Itoa(more) + " others"
	}
	if i := strings.LastIndex(words, ", "); i >= 0 {
		words = words[:i] + " and " + words[i+len(", "):]
	}
	return words
}

// invites says how to let others in, with the lines to run or to send.
func (s *sheet) invites(is Shown, w *Welcome) {
	if s.leave >= leaveInvites {
		s.Text(1, "", "/invite lets others in.")
		return
	}
	if s.leave >= leaveWords {
		s.invitesBriefly(w)
		return
	}
	s.heading("Invite people")
	if w.reach.Local {
		s.Text(3, "", "Others cannot reach this server. For them, start it with:")
		s.line("confab serve" + w.reach.Option + " --listen :" + w.reach.Port)
	}
	this := "this line"
	if w.reach.Host == "" {
		this += ", with the server's address for HOST"
	}
	switch w.mode {
	case chat.JoinClosed:
		s.Text(3, "", "Nobody can join at present. /admin join request lets people ask. Or add somebody's public key on the server:")
		s.line("confab keys add" + w.reach.Option + " NAME KEY.pub")
	case chat.JoinByInvite:
		s.Text(3, "", "/invite makes a code. Send it with "+this+":")
		s.line(w.reach.Command("CODE"))
	case chat.JoinOpen:
		s.Text(3, "", "Everyone can join. Send people "+this+":")
		s.line(w.reach.Command(""))
	default:
		s.Text(3, "", "Send people "+this+". /requests shows who asks to be let in:")
		s.line(w.reach.Command(""))
		s.Text(3, "", "People with a code from /invite need not ask:")
		s.line(w.reach.Command("CODE"))
	}
}

// invitesBriefly has the lines to run and to send, and few words about them.
func (s *sheet) invitesBriefly(w *Welcome) {
	if w.reach.Local && s.leave < leaveLines {
		s.Text(1, "", "To let others reach this server, run:")
		s.line("confab serve" + w.reach.Option + " --listen :" + w.reach.Port)
	}
	switch w.mode {
	case chat.JoinClosed:
		s.Text(1, "", "To add people, run on the server:")
		s.line("confab keys add" + w.reach.Option + " NAME KEY.pub")
	case chat.JoinByInvite:
		s.Text(1, "", "/invite makes a code. Send people:")
		s.line(w.reach.Command("CODE"))
	default:
		s.Text(1, "", "Send people this line:")
		s.line(w.reach.Command(""))
	}
}

// keys lists the keys to know.
func (s *sheet) keys(is Keys) {
	if s.leave >= leaveKeys {
		words := orKey(is.Help, "?") + " shows the keys"
		if rest := " and commands."; s.Theme.Width(words+rest) < s.Width {
			words += rest
		} else {
			words += "."
		}
		s.Text(1, "", words)
		return
	}
	if s.leave >= leaveWords {
		words := orKey(is.Help, "?") + " helps"
		if is.Find != "" {
			words = firstOf(is.Find) + " finds, " + words
		}
		if is.Leave != "" {
			words += ", " + is.Leave + " leaves"
		}
		s.Text(1, "", words+".")
		return
	}
	s.heading("Three keys to know")
	width := 0
	keys := [...]struct{ key, does string }{
		{is.Find, "finds conversations, people and commands"},
		{orKey(is.Help, "?"), "shows all keys and commands"},
		{is.Leave, "leaves the chat"},
	}
	for _, k := range keys {
		width = max(width, s.Theme.Width(k.key))
	}
	for _, k := range keys {
		if k.key != "" {
			s.key(k.key, width, k.does)
		}
	}
}

// key adds a key, in a column of this width, and what it does, in as many rows as that needs.
func (s *sheet) key(key string, width int, does string) {
	lead := "   " + theme.Paint(s.Theme.Bold, s.Theme.Fit(key, width, "")) + "  "
	for _, l := range s.Theme.Wrap(does, max(1, s.Width-width-6)) {
		s.Rows = append(s.Rows, lead+does[l.Start:l.End])
		lead = strings.Repeat(" ", width+5)
	}
}

// firstOf returns the first of several keys.
func firstOf(keys string) string {
	first, _, _ := strings.Cut(keys, ", ")
	return first
}

// orKey returns a key, or another one if nothing is bound to the action.
func orKey(key, otherwise string) string {
	if key == "" {
		return otherwise
	}
	return key
}
