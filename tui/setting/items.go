package setting

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"confab/app/chat"
	"confab/app/text"
)

// The names of settings that other packages treat in a special way.
const (
	Name         = "name" // of a group
	Mute         = "mute" // until when a conversation is muted
	receiptsHere = "receipts-here"
)

const (
	forever = "forever"
	none    = "none"
)

// The sections of the user's own settings.
const (
	sectionAccount = "You"
	sectionPrivacy = "Privacy"
	sectionNotices = "Notifications"
	sectionScreen  = "Screen"
)

// onOff returns the word for the state of a switch.
func onOff(on bool) string {
	if on {
		return On
	}
	return Off
}

// stored returns a setting that is a preference of the account.
func stored(s Setting) Item {
	section := sectionScreen
	switch s.Name {
	case LastSeen:
		section = sectionPrivacy
	case Notify, NotifyText, NotifyAway, Reactions:
		section = sectionNotices
	}
	return Item{
		Section: section, Name: s.Name, Values: s.Values, Does: s.Does,
		value: func(st State) string { return st.Set.Value(s.Name) },
		change: func(ctx context.Context, c Chat, _ State, value string) error {
			return c.Account.SetPreference(ctx, Preference(s.Name), value)
		},
	}
}

// own returns the user's own settings, by sections.
func own() []Item {
	items := []Item{
		{
			Section: sectionAccount, Name: "nick", Takes: "NAME", Form: "a name of lower-case letters, digits, -, _ and .",
			Does:   "your name, which others write to and mention",
			value:  func(s State) string { return s.Self.Name },
			change: func(ctx context.Context, c Chat, _ State, value string) error { return c.Account.SetHandle(ctx, value) },
		},
		{
			Section: sectionAccount, Name: "display-name", Takes: "TEXT", Form: "a text, or nothing",
			Does:  "a name that is shown beside your name; without a text, none is",
			value: func(s State) string { return s.Self.DisplayName },
			change: func(ctx context.Context, c Chat, _ State, value string) error {
				return c.Account.SetDisplayName(ctx, value)
			},
		},
		{
			Section: sectionAccount, Name: "away", Values: []string{Off}, Takes: "TEXT", Form: "a text and a time, such as at lunch until 14:00", anew: true,
			Does: "tell others that you are away; until that time, or until you turn it off",
			value: func(s State) string {
				words := s.Self.Status.Words(s.Now)
				if words == "" {
					return Off
				}
				return strings.TrimPrefix(words, chat.AwayText+": ")
			},
			change: func(ctx context.Context, c Chat, s State, value string) error {
				var status chat.Status
				if value != Off {
					var err error
					if status, err = chat.ParseStatus(value, s.Now); err != nil {
						return err
					}
				}
				return c.Account.SetStatus(ctx, status)
			},
		},
		{
			Section: sectionPrivacy, Name: "receipts", Values: []string{On, Off},
			Does:  "share what you read, and see it of others; or neither",
			value: func(s State) string { return onOff(!s.Self.ReceiptsOff) },
			change: func(ctx context.Context, c Chat, _ State, value string) error {
				return c.Receipts.ShareReceipts(ctx, 0, value == On)
			},
		},
		{
			Section: sectionNotices, Name: "dnd", Values: []string{Off, On}, Takes: "TIME", Form: "a time, such as for 2h", anew: true,
			Does:  "turn notifications off: on, off, or a time, such as for 2h",
			value: quiet,
			change: func(ctx context.Context, c Chat, s State, value string) error {
				until, err := chat.ParseQuiet(value, s.Now)
				if err != nil {
					return err
				}
				return c.Account.SetQuiet(ctx, until)
			},
		},
		{
			Section: sectionNotices, Name: "words", Values: []string{none}, Takes: "WORDS", Form: "words with spaces between them",
			Does:   "also notify you of messages with these words",
			value:  words,
			change: changeWords,
		},
	}
	for _, s := range All() {
		items = append(items, stored(s))
	}
	order := []string{sectionAccount, sectionPrivacy, sectionNotices, sectionScreen}
	slices.SortStableFunc(items, func(a, b Item) int { return slices.Index(order, a.Section) - slices.Index(order, b.Section) })
	return items
}

// quiet says until when the user is not to be disturbed.
func quiet(s State) string {
	switch n := s.Notifications; {
	case !n.Quiet(s.Now):
		return Off
	case n.Endless(s.Now):
		return On
	default:
		return s.until(n.Until)
	}
}

// words is the value of the setting of keywords.
func words(s State) string {
	if len(s.Notifications.Keywords) == 0 {
		return none
	}
	return strings.Join(s.Notifications.Keywords, " ")
}

// changeWords replaces the keywords.
func changeWords(ctx context.Context, c Chat, s State, value string) error {
	wanted := strings.FieldsFunc(text.Lower(value), func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	if value == none {
		wanted = nil
	}
	slices.Sort(wanted)
	wanted = slices.Compact(wanted)
	for _, word := range s.Notifications.Keywords {
		if !slices.Contains(wanted, word) {
			if _, err := c.Account.RemoveKeyword(ctx, word); err != nil {
				return err
			}
		}
	}
	for _, word := range wanted {
		if !slices.Contains(s.Notifications.Keywords, word) {
			if _, err := c.Account.AddKeyword(ctx, word); err != nil {
				return err
			}
		}
	}
	return nil
}

// ofConversation returns the settings of conversations: those of a group, and those of the
// user for one conversation.
func ofConversation() []Item {
	const ofGroup, ofUser = "For all members", "For you alone"
	items := []Item{
		{
			Scope: Group, Section: ofGroup, Name: Name, Takes: "NAME", Form: "a name without spaces", action: chat.ActionRename,
			Does:  "the name of this group",
			value: func(s State) string { return s.Open.Name },
			change: func(ctx context.Context, c Chat, s State, value string) error {
				return c.Groups.Rename(ctx, s.Open.ID, value)
			},
		},
		{
			Scope: Group, Section: ofGroup, Name: "topic", Takes: "TEXT", Form: "a text, or nothing", action: chat.ActionDescribe,
			Does:  "a line about this group that all members see",
			value: func(s State) string { return s.Open.Topic },
			change: func(ctx context.Context, c Chat, s State, value string) error {
				return c.Groups.SetTopic(ctx, s.Open.ID, value)
			},
		},
	}
	for _, t := range chat.Settings() {
		items = append(items, Item{
			Scope: Group, Section: ofGroup, Name: string(t), Values: []string{Off, On}, action: t.Action(),
			Does:  doesForGroup[t],
			value: func(s State) string { return onOff(t.Of(s.Open.Conversation)) },
			change: func(ctx context.Context, c Chat, s State, value string) error {
				return c.Groups.Configure(ctx, s.Open.ID, t, value == On)
			},
		})
	}
	return append(items,
		Item{
			Scope: Group, Section: ofGroup, Name: "slow", Values: []string{Off}, Takes: "30s", Form: "a time such as 30s or 5m", action: chat.ActionConfigure,
			Does:  "how long members wait between two messages; owners and admins do not wait",
			value: func(s State) string { return chat.SlowText(s.Open.Slow) },
			change: func(ctx context.Context, c Chat, s State, value string) error {
				slow, err := chat.ParseSlow(value)
				if err != nil {
					return err
				}
				return c.Groups.SetSlow(ctx, s.Open.ID, slow)
			},
		},
		Item{
			Scope: Group, Section: ofGroup, Name: "keep", Values: []string{Off}, Takes: "30d", Form: "a time such as 30d or 12w", action: chat.ActionKeep,
			Does:  "delete messages after that time; off: only the server's own time applies",
			value: func(s State) string { return chat.KeepText(s.Open.Keep) },
			change: func(ctx context.Context, c Chat, s State, value string) error {
				keep, err := chat.ParseKeep(value)
				if err != nil {
					return err
				}
				return c.Groups.SetKeep(ctx, s.Open.ID, keep)
			},
		},
		Item{
			Scope: Group, Section: ofGroup, Name: "mention-all", action: chat.ActionConfigure,
			Values: []string{string(chat.MentionByModerators), string(chat.MentionByEveryone), string(chat.MentionByNobody)},
			Does:   "who can use @all and @here: everyone, moderators (owners and admins) or nobody",
			value:  func(s State) string { return string(s.Open.MentionAll) },
			change: func(ctx context.Context, c Chat, s State, value string) error {
				return c.Groups.SetMentionAll(ctx, s.Open.ID, chat.MentionRight(value))
			},
		},
		Item{
			Scope: Here, Section: ofUser, Name: Mute, Values: []string{Off, forever}, Takes: "8h", Form: "a time such as 8h", anew: true,
			Does:   "do not notify you of messages here",
			value:  muted,
			change: changeMuted,
		},
		Item{
			Scope: Here, Section: ofUser, Name: "top", Values: []string{Off, On},
			Does:  "keep this conversation at the top of your list",
			value: func(s State) string { return onOff(s.Open.Mine.Pinned) },
			change: func(ctx context.Context, c Chat, s State, value string) error {
				return c.Groups.KeepAtTop(ctx, s.Open.ID, value == On)
			},
		},
		Item{
			Scope: Here, Section: ofUser, Name: receiptsHere, Values: []string{On, Off},
			Does:  "share what you read here, and see it of others; or neither. receipts off turns it off everywhere",
			value: func(s State) string { return onOff(!s.Open.Mine.ReceiptsOff) },
			change: func(ctx context.Context, c Chat, s State, value string) error {
				return c.Receipts.ShareReceipts(ctx, s.Open.ID, value == On)
			},
		},
	)
}

// doesForGroup explains the settings of groups that are on or off.
var doesForGroup = map[chat.Setting]string{
	chat.SettingPublic:     "everyone can find and join this group",
	chat.SettingMembersAdd: "every member can add others",
	chat.SettingHistory:    "new members see what was said before they joined",
	chat.SettingReadOnly:   "only owners and admins can write; everyone can react",
}

// muted says until when the conversation is muted.
func muted(s State) string {
	switch m := s.Open.Mine; {
	case !m.Muted(s.Now):
		return Off
	case chat.Notifications{Until: m.MutedUntil}.Endless(s.Now):
		return forever
	default:
		return s.until(m.MutedUntil)
	}
}

// changeMuted mutes the conversation.
func changeMuted(ctx context.Context, c Chat, s State, value string) error {
	var until time.Time
	switch value {
	case Off:
	case forever:
		until = s.Now.AddDate(1000, 0, 0)
	default:
		span, err := time.ParseDuration(value)
		if err != nil || span <= 0 {
			return chat.Refuse(text.ErrInvalid, "%q is not a time. Write one such as 1h or 30m, or forever, or off.", text.CleanLine(value, 20))
		}
		until = s.Now.Add(span)
	}
	return c.Groups.Mute(ctx, s.Open.ID, until)
}
