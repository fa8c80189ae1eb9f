package command

import (
	"context"
	"strings"

	"confab/app/text"
	"confab/tui/dialog"
	"confab/tui/keymap"
)

// bind opens the page of keys, or gives one an action, as in /bind ctrl+o switcher. The action none
// turns a key off, and default restores its original action.
func bind(c *Call, rest string) Outcome {
	w := strings.Fields(strings.ToLower(rest))
	if len(w) == 0 {
		return Outcome{Show: dialog.NewBindings(c.Chat.Account, c.Keys, c.OnError)}
	}
	if len(w) != 2 {
		return Refuse("Write /bind KEY ACTION, such as /bind ctrl+o switcher; /bind shows all.")
	}
	key := keymap.Parse(w[0])
	if why := keymap.Bindable(key); why != "" {
		return Refuse(why)
	}
	act, value, ok := keymap.Choose(key, w[1])
	if !ok {
		return Refuse("There is no action " + text.CleanLine(w[1], 30) + ": /bind shows all.")
	}
	was := c.Keys.Action(key)
	notice := keymap.Title(key) + " is bound to " + string(act) + "."
	switch act {
	case keymap.None:
		notice = keymap.Title(key) + " is no longer bound."
	case keymap.Nothing:
		notice = keymap.Title(key) + " is bound to nothing."
	}
	c.Keys.Bind(key, act)
	return Outcome{Ask: &Question{
		Doing: "binding a key",
		Do: func(ctx context.Context) Answer {
			return Answer{Err: c.Chat.Account.SetPreference(ctx, keymap.Preference(key), value), Notice: notice}
		},
		Undo: func() { c.Keys.Bind(key, was) },
	}}
}
