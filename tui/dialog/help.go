package dialog

import (
	"strings"

	"confab/tui/keymap"
	"confab/tui/theme"
)

// Help returns the in-app help: the keys as they are bound now, and all commands.
func Help(keys keymap.Map, commands []Command, th *theme.Theme) *Page {
	lines := []line{
		{"Writing", ""},
		{keys.KeysFor(keymap.Send), "send; on an empty line, try again to send messages that failed"},
		{keys.KeysFor(keymap.Newline), "new line"},
		{keys.KeysFor(keymap.LineStart) + ", " + keys.KeysFor(keymap.LineEnd), "start and end of the line"},
		{keys.KeysFor(keymap.WordLeft), "word left"},
		{keys.KeysFor(keymap.WordRight), "word right"},
		{keys.KeysFor(keymap.KillWordLeft), "delete a word"},
		{keys.KeysFor(keymap.KillWordRight), "delete the next word"},
		{keys.KeysFor(keymap.KillLineStart), "delete the line up to the cursor; in a draft of several lines, all of it"},
		{keys.KeysFor(keymap.Yank), "bring back what was deleted"},
		{keys.KeysFor(keymap.Undo), "undo; also after a draft was cleared"},
		{keys.KeysFor(keymap.Complete), "complete an @name, a #group, an :emoji:, a /command or its arguments; " + keys.KeysFor(keymap.CompleteBack) + ", Up and Down choose, Enter takes"},
		{keys.KeysFor(keymap.SentLines), "find a line that you sent since you connected"},
		{"Up", "while nothing is typed: edit your last message; /settings up recalls the lines that you sent instead"},
		{"Conversations", ""},
	}
	for _, a := range keymap.Listed() {
		lines = append(lines, line{keys.KeysFor(a.Act), a.Does})
	}
	lines = append(lines,
		line{"Alt+1 to Alt+9", "the conversation with that number in the list"},
		line{"Reading", ""},
		line{"PgUp, PgDn", "scroll by a page"},
		line{"wheel, Down, Up", "scroll by a line (Up while you are scrolled up, or while something is typed)"},
		line{"Home, End", "scroll far up, and back to the newest message (while nothing is typed)"},
		line{"Esc, then Up and Down", "select a message: " + selectedKeys()},
		line{"Enter on a selected reply", "go to the message that it answers; Esc goes back"},
		line{"Esc twice in a thread", "back to the conversation"},
		line{"Leaving", ""},
		line{"Ctrl+D, Ctrl+C twice", "leave (Ctrl+D while nothing is typed); the first Ctrl+C clears a draft"},
		line{"Commands", ""},
	)
	for _, c := range commands {
		lines = append(lines, line{c.Usage(), c.Explained()})
	}
	return &Page{lines: append(lines,
		line{"//", "sends a message that begins with /"},
		line{"Text", ""},
		line{"*bold*  _italic_  ~struck~  `code`", "a part of a line; other text stays as you typed it"},
		line{"```go, or ``` alone", "before lines of code, and ``` after them; with a language the code has colours"},
		line{"> text", "a quote"},
		line{"Signs", ""},
		line{th.Sending + "  " + th.Sent + "  " + th.Delivered + "  " + th.Read, "being sent; sent: on the server's disk; delivered to all; read by all who share receipts"},
		line{"AB+3 at the right edge", "members who have read up to there, newest first"},
		line{th.Here + "  " + th.Away + "  " + th.Gone + "  " + th.Nobody, "online; away for five minutes or more; not connected; an account that nobody uses"},
		line{th.Pinned + "  " + th.Muted + "  " + th.Mention, "kept at the top; muted; how many unread messages mention you, then how many are unread"},
		line{th.File + " …  ~17", "a file and its id; scp HOST:'#name/~17' . fetches it"},
	)}
}

// selected has the keys that act on the selected message.
var selected = [...]line{
	{"r", "answers it"},
	{"t", "opens its thread"},
	{"+", "reacts to it"},
	{"p", "pins it"},
	{"s", "saves it for you"},
	{"i", "shows who has read it"},
	{"u", "marks it unread"},
	{"e", "edits it"},
	{"d", "deletes it"},
	{"o", "lists its links"},
	{"y", "copies its text"},
	{"v", "shows its picture"},
	{"Esc", "ends"},
}

// selectedKeys lists the keys for the selected message in one sentence.
func selectedKeys() string {
	var keys []string
	for _, k := range selected {
		keys = append(keys, k.term+" "+k.text)
	}
	return strings.Join(keys, ", ")
}

// SelectedHelp returns the page of the keys for the selected message.
func SelectedHelp() *Page {
	return &Page{title: "The selected message", lines: append(selected[:len(selected):len(selected)],
		line{"/", "begins a command about it"}, line{"any other letter", "begins a new message"})}
}

// CommandHelp returns the help for one command.
func CommandHelp(c Command) *Page {
	return &Page{title: "/" + c.Name, lines: []line{{c.Usage(), c.Explained()}}}
}
