package command

import (
	"maps"
	"slices"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/keymap"
	"confab/tui/setting"
)

type newCmd struct {
	Public bool `help:"Everyone can find and join the group."`

	Name    string   `arg:"" help:"The name of the group, with or without #."`
	Members []string `arg:"" optional:"" help:"Other members."`
}

func (n *newCmd) Run(c *call) error {
	if _, err := c.Chat.Groups().NewGroup(c.ctx, n.Name, n.Public, n.Members); err != nil {
		return err
	}
	return c.showInvited(n.Name)
}

// showInvited writes a group, with the people who were invited and have not joined.
func (c *call) showInvited(target string) error {
	l, err := c.find(target)
	if err != nil {
		return err
	}
	invited, err := c.Chat.Groups().Invited(c.ctx, l.ID)
	if err != nil {
		return err
	}
	r := conversationOf(l)
	for _, u := range invited {
		r.Invited = append(r.Invited, u.Name)
	}
	return c.out.write(r)
}

// show writes a conversation.
func (c *call) show(target string) error {
	l, err := c.find(target)
	if err != nil {
		return err
	}
	return c.out.write(conversationOf(l))
}

type addCmd struct {
	Target  string   `arg:"" help:"The group: #name or an id."`
	Members []string `arg:"" help:"The people to add."`
}

func (a *addCmd) Run(c *call) error {
	l, err := c.find(a.Target)
	if err == nil {
		err = c.Chat.Groups().AddMembers(c.ctx, l.ID, a.Members)
	}
	if err != nil {
		return err
	}
	return c.showInvited(a.Target)
}

type removeCmd struct {
	Target string `arg:"" help:"The group: #name or an id."`
	Member string `arg:"" help:"The member to remove."`
}

func (r *removeCmd) Run(c *call) error {
	return c.change(r.Target, func(l chat.ConversationSummary) error { return c.Chat.Groups().RemoveMember(c.ctx, l.ID, r.Member) })
}

// change changes a conversation and shows it.
func (c *call) change(target string, do func(chat.ConversationSummary) error) error {
	l, err := c.find(target)
	if err == nil {
		err = do(l)
	}
	if err != nil {
		return err
	}
	return c.show(target)
}

type joinCmd struct {
	Name string `arg:"" help:"A public group; list --public shows them."`
}

func (j *joinCmd) Run(c *call) error {
	if _, err := c.Chat.Groups().Join(c.ctx, j.Name); err != nil {
		return err
	}
	return c.show(j.Name)
}

type leaveCmd struct {
	Target string `arg:"" help:"The group: #name or an id."`
}

func (l *leaveCmd) Run(c *call) error {
	in, err := c.find(l.Target)
	if err == nil {
		err = c.Chat.Groups().Leave(c.ctx, in.ID)
	}
	if err != nil {
		return err
	}
	return c.out.write(&leftRecord{newHead("left"), refTo(in)})
}

// leftRecord says that the user is no longer a member.
type leftRecord struct {
	head
	Conversation conversationRef `json:"conversation"`
}

func (r *leftRecord) columns(*output) []string { return []string{"left", r.Conversation.Name} }

type settingsCmd struct {
	Target string `arg:"" optional:"" help:"The group: #name or an id. Without one, your own settings; NAME=VALUE changes one of these."`
	Name   string `arg:"" optional:"" help:"A setting: public, members-add, history, keep or mention-all."`
	Value  string `arg:"" optional:"" help:"on or off; for keep a time such as 30d, or off; for mention-all everyone, moderators or nobody."`
}

func (s *settingsCmd) Run(c *call) error {
	switch name, value, own := strings.Cut(s.Target, "="); {
	case s.Target == "":
		return c.ownSettings("")
	case own && text.Lower(name) == ownQuiet: // its value may be several words
		return c.setOwn(ownQuiet, text.Lower(strings.TrimSpace(value+" "+s.Name+" "+s.Value)))
	case own && s.Name != "":
		return usage("Change one setting at a time: settings %s.", text.CleanLine(s.Target, 60))
	case own:
		return c.setOwn(text.Lower(name), text.Lower(value))
	}
	l, err := c.find(s.Target)
	if err != nil {
		return err
	}
	if s.Name != "" {
		if err := s.change(c, l.ID); err != nil {
			return err
		}
		if l, err = c.find(l.UID.String()); err != nil {
			return err
		}
	}
	return c.out.write(settingsOf(l))
}

// change changes the setting.
func (s *settingsCmd) change(c *call, id chat.ConversationID) error {
	groups := c.Chat.Groups()
	switch {
	case s.Name == "keep":
		keep, err := chat.ParseKeep(s.Value)
		if err != nil {
			return err
		}
		return groups.SetKeep(c.ctx, id, keep)
	case s.Name == "mention-all":
		return groups.SetMentionAll(c.ctx, id, chat.MentionRight(s.Value))
	case s.Value != "on" && s.Value != "off":
		return usage("A setting is on or off: write %s on, or %s off.", s.Name, s.Name)
	}
	return groups.Configure(c.ctx, id, chat.Setting(s.Name), s.Value == "on")
}

// settingsRecord has the settings of a group.
type settingsRecord struct {
	head
	Conversation conversationRef `json:"conversation"`
	Public       bool            `json:"public"`
	MembersAdd   bool            `json:"members_add"`
	History      bool            `json:"history"`
	Keep         string          `json:"keep"`        // off, or a time such as 30d
	MentionAll   string          `json:"mention_all"` // everyone, moderators or nobody
}

func settingsOf(l chat.ConversationSummary) *settingsRecord {
	return &settingsRecord{
		newHead("settings"), refTo(l), l.Public, l.MembersAdd, l.OpenHistory, chat.KeepText(l.Keep), string(l.MentionAll),
	}
}

func (r *settingsRecord) columns(*output) []string {
	columns := []string{r.Conversation.Name}
	for _, s := range []struct {
		name string
		on   bool
	}{{"public", r.Public}, {"members-add", r.MembersAdd}, {"history", r.History}} {
		state := "off"
		if s.on {
			state = "on"
		}
		columns = append(columns, s.name+" "+state)
	}
	return append(columns, "keep "+r.Keep, "mention-all "+r.MentionAll)
}

const (
	// ownReceipts is the name of the setting whether the user shares what it reads.
	ownReceipts = "receipts"
	// ownQuiet is the name of the setting until when the user is not to be disturbed.
	ownQuiet = "dnd"
	// ownWord is before a word in the name of the setting whether the user is notified of it.
	ownWord = "word."
	// ownKey is before a key in the name of the setting what that key does.
	ownKey = "key."
)

// ownSettings writes what the user has set for itself: all of it, or one setting.
func (c *call) ownSettings(only string) error {
	set, err := c.Chat.Account().Preferences(c.ctx)
	if err != nil {
		return err
	}
	self, err := c.Chat.Contacts().UserNamed(c.ctx, "me")
	if err != nil {
		return err
	}
	var own setting.Set
	own.Load(set)
	var list []*settingRecord
	for _, s := range setting.All() {
		list = append(list, &settingRecord{newHead("setting"), s.Name, own.Value(s.Name), s.Values, s.Does})
	}
	shares := setting.On
	if self.ReceiptsOff {
		shares = setting.Off
	}
	list = append(list, &settingRecord{newHead("setting"), ownReceipts, shares, []string{setting.On, setting.Off}, "share what you read and see what others have read, or neither"})
	notifications := chat.NotificationsOf(set)
	list = append(list, c.quietSetting(notifications))
	for _, word := range notifications.Keywords {
		list = append(list, wordSetting(word, setting.On))
	}
	if word, ok := strings.CutPrefix(only, ownWord); ok && !slices.Contains(notifications.Keywords, word) {
		list = append(list, wordSetting(word, setting.Off))
	}
	bound := keymap.Bound(set)
	for _, key := range slices.Sorted(maps.Keys(bound)) {
		list = append(list, keySetting(key, bound[key]))
	}
	if key, ok := strings.CutPrefix(only, ownKey); ok && bound[key] == keymap.None {
		list = append(list, keySetting(key, keymap.Default(key)))
	}
	for _, r := range list {
		if only == "" || only == r.Name {
			if err := c.out.write(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// quietSetting is until when the user is not to be disturbed.
func (c *call) quietSetting(n chat.Notifications) *settingRecord {
	r := &settingRecord{head: newHead("setting"), Name: ownQuiet, Value: setting.Off, Does: "turn notifications off: on, off, or a time, such as for 2h"}
	switch now := c.Now(); {
	case !n.Quiet(now):
	case n.Endless(now):
		r.Value = setting.On
	default:
		r.Value = "until " + c.out.time(n.Until)
	}
	return r
}

// wordSetting is whether the user is notified of a word.
func wordSetting(word, value string) *settingRecord {
	return &settingRecord{newHead("setting"), ownWord + word, value, []string{setting.Off, setting.On}, "notify you of messages with this word"}
}

// keySetting is what a key of the screen does.
func keySetting(key string, act keymap.Action) *settingRecord {
	if act == keymap.None {
		act = keymap.Nothing
	}
	return &settingRecord{head: newHead("setting"), Name: ownKey + key, Value: string(act), Does: "what the key does on the screen"}
}

// setOwn changes one of the user's own settings, by the rules of the screen.
func (c *call) setOwn(name, value string) error {
	var err error
	known, exists := setting.Named(name)
	key, bind := strings.CutPrefix(name, ownKey)
	word, notify := strings.CutPrefix(name, ownWord)
	switch {
	case exists && !slices.Contains(known.Values, value):
		return oneOf(name, known.Values)
	case exists:
		err = c.Chat.Account().SetPreference(c.ctx, setting.Preference(name), value)
	case (name == ownReceipts || notify) && value != setting.On && value != setting.Off:
		return oneOf(name, []string{setting.On, setting.Off})
	case name == ownReceipts:
		err = c.Chat.Receipts().ShareReceipts(c.ctx, 0, value == setting.On)
	case name == ownQuiet:
		var until time.Time
		if until, err = chat.ParseQuiet(value, c.Now().In(c.Zone)); err == nil {
			err = c.Chat.Account().SetQuiet(c.ctx, until)
		}
	case notify && value == setting.On:
		word, err = c.Chat.Account().AddKeyword(c.ctx, word)
		name = ownWord + word
	case notify:
		word, err = c.Chat.Account().RemoveKeyword(c.ctx, word)
		name = ownWord + word
	case bind:
		if key, err = c.bindOwn(key, value); err == nil {
			name = ownKey + key
		}
	default:
		words := "There is no setting " + text.CleanLine(name, 40) + "."
		if near := text.Nearest(name, append(setting.Names(), ownReceipts, ownQuiet)); near != "" {
			words += " Did you mean " + near + "?"
		}
		return chat.Refuse(text.ErrInvalid, "%s", words)
	}
	if err != nil {
		return err
	}
	return c.ownSettings(name)
}

// bindOwn says what a key does on the user's screens, and returns the key's name.
func (c *call) bindOwn(key, value string) (string, error) {
	name := keymap.Parse(key)
	if name == "" {
		return "", chat.Refuse(text.ErrInvalid, "%s is not a key: write keys such as alt+x or f5.", text.CleanLine(key, 30))
	}
	if why := keymap.Bindable(name); why != "" {
		return "", chat.Refuse(text.ErrInvalid, "%s", why)
	}
	_, kept, ok := keymap.Choose(name, value)
	if !ok {
		var actions []string
		for _, act := range keymap.All() {
			actions = append(actions, string(act))
		}
		return "", oneOf(ownKey+name, append(actions, string(keymap.Nothing), "default"))
	}
	return name, c.Chat.Account().SetPreference(c.ctx, keymap.Preference(name), kept)
}

// oneOf refuses a value that a setting cannot have.
func oneOf(name string, values []string) error {
	return chat.Refuse(text.ErrInvalid, "%s can be one of these: %s.", name, strings.Join(values, ", "))
}

// settingRecord is one of the user's own settings.
type settingRecord struct {
	head
	Name   string   `json:"name"`
	Value  string   `json:"value"`
	Values []string `json:"values,omitempty"` // that it can have, the default first
	Does   string   `json:"does"`
}

func (r *settingRecord) columns(*output) []string {
	return []string{r.Name, r.Value, strings.Join(r.Values, "|"), r.Does}
}
