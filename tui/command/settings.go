package command

import (
	"context"
	"slices"
	"strings"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/dialog"
	"confab/tui/hint"
	"confab/tui/setting"
)

// settings shows or changes the user's own settings and those of the open group.
func settings(c *Call, rest string) Outcome {
	w := strings.Fields(strings.ToLower(rest))
	if len(w) == 0 {
		return Outcome{Show: dialog.Settings(c.Open, *c.Set)}
	}
	if own, ok := setting.Named(w[0]); ok {
		return set(c, own, w[1:])
	}
	if !slices.Contains(ofGroups(), w[0]) {
		words := "There is no setting " + text.CleanLine(w[0], 20)
		if near := text.Nearest(w[0], append(setting.Names(), ofGroups()...)); near != "" {
			return Refuse(words + ". Did you mean " + near + "?")
		}
		return Refuse(words + ": /settings shows all.")
	}
	return inOpen(groupSettings)(c, rest)
}

// ofGroups are the names of the settings that a group has.
func ofGroups() []string {
	names := []string{"keep", "mention-all"}
	for _, s := range chat.Settings() {
		names = append(names, string(s))
	}
	return names
}

// ownSettings describes the user's own settings, for the usage of /settings.
func ownSettings() string {
	var b strings.Builder
	for _, own := range setting.All() {
		b.WriteString(", " + own.Name + " " + strings.Join(own.Values, "|"))
	}
	return b.String()
}

// set gives one of the user's own settings a value.
func set(c *Call, own setting.Setting, w []string) Outcome {
	if len(w) != 1 || !slices.Contains(own.Values, w[0]) {
		return Refuse("Write /settings " + own.Name + " and one of these: " + strings.Join(own.Values, ", ") + ".")
	}
	was, value := c.Set.Value(own.Name), w[0]
	c.Set.Set(own.Name, value)
	return Outcome{Ask: &Question{
		Doing: "changing a setting",
		Do: func(ctx context.Context) Answer {
			return Answer{Err: c.Chat.Account.SetPreference(ctx, setting.Preference(own.Name), value), Notice: own.Name + " is " + value + "."}
		},
		Undo: func() { c.Set.Set(own.Name, was) },
	}}
}

// groupSettings changes the settings of a group.
func groupSettings(c *Call, l *chat.ConversationSummary, rest string) Outcome {
	id, w := l.ID, strings.Fields(rest)
	switch {
	case l.Kind == chat.KindDirect:
		return Refuse("A direct message has no settings.")
	case len(w) == 2 && w[0] == "keep":
		keep, err := chat.ParseKeep(w[1])
		if err != nil {
			return Refuse(hint.Text(err))
		}
		return change("changing how long messages are kept", func(ctx context.Context) error {
			return c.Chat.Groups.SetKeep(ctx, id, keep)
		})
	case len(w) == 2 && w[0] == "mention-all":
		who, err := chat.ParseMentionRight(w[1])
		if err != nil {
			return Refuse(hint.Text(err))
		}
		return change("changing who may mention all", func(ctx context.Context) error {
			return c.Chat.Groups.SetMentionAll(ctx, id, who)
		})
	case len(w) != 2 || w[1] != "on" && w[1] != "off":
		return Refuse("Write /settings, or /settings public on, or /settings keep 30d, or /settings mention-all everyone.")
	}
	return change("changing a setting", func(ctx context.Context) error {
		return c.Chat.Groups.Configure(ctx, id, chat.Setting(w[0]), w[1] == "on")
	})
}
