package tui

import (
	tea "charm.land/bubbletea/v2"

	"confab/tui/command"
	"confab/tui/complete"
	"confab/tui/composer"
	"confab/tui/keymap"
	"confab/tui/outbox"
	"confab/tui/setting"
	"confab/tui/timeline"
)

// writing applies keys to the text being written, where the composer alone is not enough:
// it also needs the completer, the settings or the last command.
type writing struct {
	composer  *composer.Composer
	timeline  *timeline.Timeline
	outbox    *outbox.Outbox
	selection *selection
	keys      *keymap.Map
	set       setting.Set // what the user has set

	completer    *complete.Completer // nil until it is first used
	newCompleter func() *complete.Completer

	refused string // the last command, as it was typed, if it was refused
	cleared bool   // the last Ctrl+C has cleared a draft
	wheel   bool   // the arrow that is being handled came together with others
}

// giveUp ends the edit of a message. It returns a notice, or "" if the user had changed
// nothing.
func (w *writing) giveUp() (notice string) {
	if w.composer.GiveUp() {
		return "The message stays as it was. " + w.keys.KeysFor(keymap.Yank) + " brings your change back."
	}
	return ""
}

// interrupt handles the first Ctrl+C. It gives up an edit, or clears the draft, and returns
// a notice.
func (w *writing) interrupt() (notice string) {
	w.cleared = false
	switch {
	case w.composer.Editing():
		notice = w.giveUp()
	case !w.composer.Empty():
		w.composer.KillAll()
		w.cleared = true
		notice = "Cleared: " + w.keys.KeysFor(keymap.Undo) + " brings it back."
	}
	if notice != "" {
		notice += " "
	}
	return notice + "Press Ctrl+C again to leave."
}

// leave handles the second Ctrl+C. It restores the draft that the first one cleared, so
// that it is saved.
func (w *writing) leave() {
	if w.cleared {
		w.composer.Undo()
	}
}

// arrow handles ↑ (-1) and ↓ (1). It moves in the text. In an empty composer, ↑ does what
// the user has set. It reports false if the arrow scrolls: when the user has scrolled up,
// and when several arrows come at once, because many terminals send a turn of the wheel as
// arrows.
func (w *writing) arrow(by int) (out command.Outcome, taken bool) {
	if w.composer.Vertical(by) {
		return out, true
	}
	if w.wheel || w.composer.Editing() || !w.timeline.AtEnd() {
		return out, false
	}
	switch w.set.Value(setting.Up) {
	case setting.UpRecall:
		return out, w.composer.Recall(-by)
	case setting.UpEdit:
		if by < 0 && w.composer.Empty() {
			return w.editLast()
		}
	}
	return out, false
}

// editLast puts the user's newest message into the composer. It reports false if there is
// none.
func (w *writing) editLast() (out command.Outcome, taken bool) {
	if len(w.outbox.Unsent(w.timeline.Conversation())) > 0 {
		return command.Outcome{Notice: "Your last message has not been sent yet."}, true
	}
	out = w.selection.edit()
	return out, out.Refused == ""
}

// begin handles a typed slash. If the composer still has a command that was refused, the
// slash begins a new line. Undo brings the command back.
func (w *writing) begin() {
	if w.again() {
		w.composer.KillAll()
	}
	w.refused = ""
}

// again reports whether the composer still has, unchanged, a command that was refused.
func (w *writing) again() bool {
	return w.refused != "" && w.composer.Text() == w.refused && w.composer.Cursor() == len(w.refused)
}

// listing handles the keys of the completer's list. It reports false for other keys.
func (w *writing) listing(act keymap.Action) bool {
	return w.completer.Open() && w.completer.Key(act)
}

// completing returns the completer.
func (w *writing) completing() *complete.Completer {
	if w.completer == nil {
		w.completer = w.newCompleter()
	}
	return w.completer
}

// complete finishes the word before the cursor, or lists how it can be finished.
func (w *writing) complete() tea.Cmd { return w.completing().Start() }

// sentLines lists the lines that were sent. It returns a notice if there are none.
func (w *writing) sentLines() (notice string) {
	switch {
	case w.completing().StartSent():
		return ""
	case w.composer.Empty():
		return "You have sent nothing yet since you connected."
	default:
		return "You have sent no line with this text since you connected."
	}
}
