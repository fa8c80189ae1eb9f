// Package dialog has everything that covers the chat for a while: the switcher, the search,
// the help, and the pages on keys, requests, invitations, members and messages. A dialog
// owns its state, and reads from the chat through a small interface. With a [Result] it
// tells the rest of the screen what to do.
package dialog

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/hint"
	"confab/tui/keymap"
	"confab/tui/theme"
)

// Dialog covers the chat until it is closed. Nothing counts as read meanwhile.
type Dialog interface {
	// Init returns the command that reads the content of the dialog from the chat. It is
	// nil if the dialog reads nothing. It is called when the dialog opens.
	Init() tea.Cmd
	// Update handles a [Key], a [Text], a [Scroll], or the message in an [Answer] for this
	// dialog.
	Update(tea.Msg) (Result, tea.Cmd)
	// Resize lays the dialog out for a screen. It is called before Rows whenever
	// anything may have changed.
	Resize(th *theme.Theme, width, height int)
	// Rows returns the rows of the screen and the position of the cursor in them. x is
	// negative if the cursor is hidden.
	Rows(th *theme.Theme, width, height int) (rows []string, x, y int)
}

// Key is a key that the user pressed and that does not type text.
type Key struct{ Act keymap.Action }

// Text is what the user typed or pasted.
type Text string

// Pressed is the name of a key that the user pressed, for a dialog that asked for one. See
// [Overlay.Captures].
type Pressed string

// Scroll is a turn of the mouse wheel, in rows. Down is positive.
type Scroll int

// Answer is a message for the dialog that asked for it, which may be closed by now.
type Answer struct {
	For Dialog
	Msg tea.Msg
}

// Result tells the rest of the screen what to do after an update. The zero Result does
// nothing.
type Result struct {
	Close   bool                // close the dialog
	Open    chat.ConversationID // open this conversation
	Thread  chat.Seq            // in the thread of this message, if it is not 0
	At      chat.Seq            // at this message, or if 0 where the user left it
	Run     Call                // carry out this command
	Compose string              // put this in the composer, for the user to complete
	Copy    string              // send this to the user's clipboard
	Notice  string              // show this
	Failed  bool                // the server could not read what the screen shows without being asked
	Ring    string              // notify the user with this, or with the notice if it wants to read the content
}

// Call is a command with the text that the user would type after it.
type Call struct{ Name, Rest string }

// Command describes a command, for the help and the switcher.
type Command struct {
	Name  string
	Takes string // its arguments, "" if it has none
	Does  string
	Also  []string // other names of it
	Ways  string   // its arguments for completion, if there are more than Takes says
}

// Explained returns the description of the command, and its other names.
func (c Command) Explained() string {
	if len(c.Also) == 0 {
		return c.Does
	}
	return c.Does + "; also /" + strings.Join(c.Also, ", /")
}

// Usage returns the command line to type.
func (c Command) Usage() string {
	if c.Takes == "" {
		return "/" + c.Name
	}
	return "/" + c.Name + " " + c.Takes
}

// OnError logs errors of the server. It may be called from several goroutines.
type OnError func(doing string, err error)

// explain returns an error in words for the user, and logs it if it is the
// server's fault.
func (report OnError) explain(doing string, err error) string {
	if !chat.IsRefusal(err) {
		report(doing, err)
	}
	return hint.Text(err)
}

// steps returns how far a key goes in a list, in rows, or 0.
func steps(act keymap.Action) int {
	switch act {
	case keymap.Up, keymap.Previous:
		return -1
	case keymap.Down, keymap.Next:
		return 1
	case keymap.PageUp:
		return -10
	case keymap.PageDown:
		return 10
	}
	return 0
}

// browse moves in a list, and reports whether the key closes the dialog.
func browse(act keymap.Action, move func(rows int)) (closes bool) {
	switch act {
	case keymap.Up:
		move(-1)
	case keymap.Down:
		move(1)
	case keymap.PageUp:
		move(-10)
	case keymap.PageDown:
		move(10)
	case keymap.Escape, keymap.Send:
		return true
	}
	return false
}

// pairs draws a list of n items, each in two rows: a heading in a style, and a text about
// the item. It draws as many as fit, around the chosen one.
func pairs(th *theme.Theme, into []string, width int, style string, n, chosen int, item func(i int) (heading, about string)) {
	room := len(into) / 2
	first := max(0, min(chosen-room/2, n-room))
	for i := range min(room, n-first) {
		heading, about := item(first + i)
		into[2*i] = theme.Paint(style, isolated(th, th.FitMax(heading, width, th.Ellipsis)))
		if first+i == chosen {
			into[2*i] = chosenRow(th, width, isolated(th, heading))
		}
		into[2*i+1] = theme.Paint(th.Faint, isolated(th, th.FitMax(about, width, th.Ellipsis)))
	}
}

// isolated isolates a row without the blanks at its beginning (see [screen.Widths.Isolate]).
func isolated(th *theme.Theme, row string) string {
	words := strings.TrimLeft(row, " ")
	return row[:len(row)-len(words)] + th.Isolate(words)
}

// chosenRow draws the selected row of a list, which begins with a blank, like the open
// conversation in the list of conversations: with a mark at the left, and a quiet background.
func chosenRow(th *theme.Theme, width int, row string) string {
	return theme.Paint(chosenStyle(th), th.Fit(th.Open+strings.TrimPrefix(row, " "), width, th.Ellipsis))
}

// chosenStyle is the style of the selected row of a list.
func chosenStyle(th *theme.Theme) string { return th.Current + th.Bold }

// foot is the last row of a dialog: the keys that it takes. On a narrow screen it leaves some
// out, but neither the first nor the last, which closes the dialog. If the rest does not
// fit either, it shows the shorter text, if there is one. Without it, it shows the last key but
// not what the key does.
func foot(th *theme.Theme, width int, keys string, shorter ...string) string {
	fits := func(words string) bool { return 1+th.Width(words) <= width }
	parts := strings.Split(keys, "  ")
	for len(parts) > 2 && !fits(strings.Join(parts, "  ")) {
		parts = slices.Delete(parts, len(parts)-2, len(parts)-1)
	}
	words := strings.Join(parts, "  ")
	switch {
	case fits(words):
	case len(shorter) > 0:
		words = shorter[0]
	case len(parts) == 2:
		key, _, _ := strings.Cut(parts[1], ": ")
		words = parts[0] + "  " + key
	}
	return theme.Paint(th.Bar, th.Fit(" "+words, width, th.Ellipsis))
}

// title is the first row of a dialog.
func title(th *theme.Theme, width int, words string) string {
	return " " + theme.Paint(th.Bold, th.FitMax(words, width-2, th.Ellipsis))
}
