package command

import (
	"context"
	"strings"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/dialog"
	"confab/tui/setting"
)

// settings shows the page of the user's own settings, or changes a setting.
func settings(c *Call, rest string) Outcome {
	if rest == "" {
		return c.settingsPage(false)
	}
	return c.set(rest)
}

// group shows the settings of the open conversation, or changes one.
func group(c *Call, _ *chat.ConversationSummary, rest string) Outcome {
	if rest == "" {
		return c.settingsPage(true)
	}
	return c.set(rest)
}

// settingsPage opens the page of settings. here says that it begins with those of the open
// conversation.
func (c *Call) settingsPage(here bool) Outcome {
	return Outcome{Show: dialog.NewSettings(dialog.SettingsOptions{Chat: c.changes(), State: c.State, Here: here, OnError: c.OnError})}
}

// changes has what changing a setting takes.
func (c *Call) changes() setting.Chat {
	return setting.Chat{Account: c.Chat.Account, Receipts: c.Chat.Receipts, Groups: c.Chat.Groups}
}

// settingWays lists the settings with their values, for completion.
func settingWays(scopes ...setting.Scope) string {
	var ways []string
	for _, i := range setting.Items() {
		for _, s := range scopes {
			if i.Scope == s {
				ways = append(ways, i.Usage())
			}
		}
	}
	return strings.Join(ways, ", ")
}

// set changes a setting, of the user or of the open conversation.
func (c *Call) set(rest string) Outcome {
	name, value, _ := strings.Cut(rest, " ")
	name, value = text.Lower(name), strings.TrimSpace(value)
	item, ok := setting.ItemNamed(name)
	switch {
	case !ok:
		words := "There is no setting " + text.CleanLine(name, 20)
		if near := setting.Nearest(name); near != "" {
			return Refuse(words + ". Did you mean " + near + "?")
		}
		return Refuse(words + ": /settings shows all.")
	case item.Scope != setting.Own && c.Open == nil:
		return Refuse("There is no conversation open.")
	case item.Scope == setting.Group && c.Open.Kind == chat.KindDirect:
		return Refuse(name + " is a setting of groups, and this is a direct message.")
	case value == "" || !item.Accepts(value):
		return Refuse("Write /settings " + name + " and one of these: " + item.Choices() + ".")
	}
	if _, stored := setting.Named(name); stored {
		return c.prefer(name, text.Lower(value))
	}
	notice := name + " is " + text.CleanLine(value, 60) + "."
	if item.Scope == setting.Group {
		notice = "" // the conversation gets a line about it
	}
	state := c.State()
	return Ask("changing a setting", func(ctx context.Context) Answer {
		return Answer{Err: item.Change(ctx, c.changes(), state, value), Notice: notice}
	})
}

// prefer gives a setting that is a preference of the account a value. It takes effect at
// once.
func (c *Call) prefer(name, value string) Outcome {
	was := c.Set.Value(name)
	c.Set.Set(name, value)
	return Outcome{Ask: &Question{
		Doing: "changing a setting",
		Do: func(ctx context.Context) Answer {
			return Answer{Err: c.Chat.Account.SetPreference(ctx, setting.Preference(name), value), Notice: name + " is " + value + "."}
		},
		Undo: func() { c.Set.Set(name, was) },
	}}
}
