package command

import (
	"maps"
	"slices"
	"strings"

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
	Target string   `arg:"" optional:"" help:"The conversation: #name, @name or an id. Without one, your own settings; NAME=VALUE changes one of these."`
	Change []string `arg:"" optional:"" help:"NAME VALUE or NAME=VALUE: the setting of the conversation to change."`
}

func (s *settingsCmd) Run(c *call) error {
	name, value, own := strings.Cut(s.Target, "=")
	switch item, _ := setting.ItemNamed(text.Lower(name)); {
	case s.Target == "":
		return c.ownSettings("")
	case own && len(s.Change) > 0 && item.Takes == "": // a typed value may have several words
		return usage("Change one setting at a time: settings %s.", text.CleanLine(s.Target, 60))
	case own:
		return c.setOwn(text.Lower(name), strings.Join(append([]string{value}, s.Change...), " "))
	}
	l, err := c.find(s.Target)
	if err != nil {
		return err
	}
	if len(s.Change) > 0 {
		if err := s.change(c, l); err != nil {
			return err
		}
		if l, err = c.find(l.UID.String()); err != nil {
			return err
		}
	}
	return c.out.write(c.settingsOf(l))
}

// change changes a setting of a conversation.
func (s *settingsCmd) change(c *call, l chat.ConversationSummary) error {
	words := s.Change
	if name, value, joined := strings.Cut(words[0], "="); joined {
		words = append([]string{name, value}, words[1:]...)
	}
	name := text.Lower(words[0])
	items := setting.ItemsFor(&l)
	i := slices.IndexFunc(items, func(i setting.Item) bool { return i.Name == name })
	switch {
	case i < 0:
		return noSetting(name)
	case len(words) == 1:
		return usage("Write %s and its value: %s.", name, items[i].Choices())
	}
	return items[i].Change(c.ctx, c.changes(), setting.State{Open: &l, Now: c.Now().In(c.Zone)}, strings.Join(words[1:], " "))
}

// changes has what changing a setting takes.
func (c *call) changes() setting.Chat {
	return setting.Chat{Account: c.Chat.Account(), Receipts: c.Chat.Receipts(), Groups: c.Chat.Groups()}
}

// noSetting says that there is no setting of a name.
func noSetting(name string) error {
	words := "There is no setting " + text.CleanLine(name, 40) + "."
	if near := setting.Nearest(name); near != "" {
		words += " Did you mean " + near + "?"
	}
	return chat.Refuse(text.ErrInvalid, "%s", words)
}

// settingsRecord has the settings of a conversation. Those of a group are off in a direct
// conversation.
type settingsRecord struct {
	head
	Conversation conversationRef `json:"conversation"`
	Public       bool            `json:"public"`
	MembersAdd   bool            `json:"members_add"`
	History      bool            `json:"history"`
	ReadOnly     bool            `json:"read_only"`
	Slow         string          `json:"slow"`        // off, or a time such as 30s
	Keep         string          `json:"keep"`        // off, or a time such as 30d
	MentionAll   string          `json:"mention_all"` // everyone, moderators or nobody
	Topic        string          `json:"topic"`
	Mute         string          `json:"mute"` // off, forever or until a time
	Top          bool            `json:"top"`
	Receipts     bool            `json:"receipts_here"`

	all []string // each setting with its value
}

func (c *call) settingsOf(l chat.ConversationSummary) *settingsRecord {
	state := setting.State{Open: &l, Now: c.Now(), Stamp: stamp}
	r := &settingsRecord{
		head: newHead("settings"), Conversation: refTo(l), Public: l.Public, MembersAdd: l.MembersAdd, History: l.OpenHistory, ReadOnly: l.ReadOnly, Slow: chat.SlowText(l.Slow), Keep: chat.KeepText(l.Keep),
		MentionAll: string(l.MentionAll), Topic: l.Topic, Top: l.Mine.Pinned, Receipts: !l.Mine.ReceiptsOff,
	}
	mute, _ := setting.ItemNamed(setting.Mute)
	r.Mute = mute.Value(state)
	state.Stamp = c.out.time
	for _, i := range setting.ItemsFor(&l) {
		if i.Name != setting.Name {
			r.all = append(r.all, strings.TrimSpace(i.Name+" "+i.Value(state)))
		}
	}
	return r
}

func (r *settingsRecord) columns(*output) []string {
	return append([]string{r.Conversation.Name}, r.all...)
}

const (
	// ownWord is before a word in the name of the setting whether the user is notified of it.
	ownWord = "word."
	// ownKey is before a key in the name of the setting what that key does.
	ownKey = "key."
)

// ownState reads what the user has set for itself, also as the preferences of the account.
func (c *call) ownState() (s setting.State, set map[string]string, err error) {
	s = setting.State{Now: c.Now().In(c.Zone), Stamp: c.out.time}
	if set, err = c.Chat.Account().Preferences(c.ctx); err != nil {
		return s, nil, err
	}
	s.Self, err = c.Chat.Contacts().UserNamed(c.ctx, "me")
	s.Set.Load(set)
	s.Notifications = chat.NotificationsOf(set)
	return s, set, err
}

// ownSettings writes what the user has set for itself: all of it, or one setting.
func (c *call) ownSettings(only string) error {
	state, set, err := c.ownState()
	if err != nil {
		return err
	}
	var list []*settingRecord
	for _, i := range setting.OwnItems() {
		r := &settingRecord{head: newHead("setting"), Name: i.Name, Value: i.Value(state), Does: i.Does}
		if i.Takes == "" {
			r.Values = i.Values
		}
		list = append(list, r)
	}
	keywords := state.Notifications.Keywords
	for _, word := range keywords {
		list = append(list, wordSetting(word, setting.On))
	}
	if word, ok := strings.CutPrefix(only, ownWord); ok && !slices.Contains(keywords, word) {
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
	item, exists := setting.ItemNamed(name)
	key, bind := strings.CutPrefix(name, ownKey)
	word, notify := strings.CutPrefix(name, ownWord)
	on := text.Lower(value) == setting.On
	switch {
	case notify && !on && text.Lower(value) != setting.Off:
		return oneOf(name, []string{setting.On, setting.Off})
	case exists && item.Scope == setting.Own:
		var state setting.State
		if state, _, err = c.ownState(); err == nil {
			err = item.Change(c.ctx, c.changes(), state, value)
		}
	case exists:
		return usage("%s is a setting of a conversation: write  settings '#name' %s=VALUE.", name, name)
	case notify && on:
		word, err = c.Chat.Account().AddKeyword(c.ctx, word)
		name = ownWord + word
	case notify:
		word, err = c.Chat.Account().RemoveKeyword(c.ctx, word)
		name = ownWord + word
	case bind:
		if key, err = c.bindOwn(key, text.Lower(value)); err == nil {
			name = ownKey + key
		}
	default:
		return noSetting(name)
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
