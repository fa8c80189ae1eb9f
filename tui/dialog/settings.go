package dialog

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/tui/ask"
	"confab/tui/editor"
	"confab/tui/hint"
	"confab/tui/keymap"
	"confab/tui/setting"
	"confab/tui/theme"
)

// SettingsOptions configure the page of settings.
type SettingsOptions struct {
	Chat setting.Chat
	// State returns the present state. It may be called at any time by the goroutine of the
	// screen, and what it returns does not change later.
	State   func() setting.State
	Here    bool // show the settings of the open conversation first
	OnError OnError
}

// Settings is the page of the user's own settings, with a second tab for those of the open
// conversation. It shows the present values whenever it is drawn, so that it also shows what
// other sessions change.
type Settings struct {
	o       SettingsOptions
	here    bool   // the tab of the conversation is shown
	at      [2]int // the chosen setting of each tab
	input   editor.Editor
	editing bool // the chosen setting is being typed
	whole   bool // only the explanation of the chosen setting is shown
	note    string
	held    map[string]*heldValue
	// Changes are made one after the other, because the last one has to win.
	changing bool
	waiting  []settingChange
}

// heldValue is a value that the user has chosen and that is not yet in the state.
type heldValue struct {
	value string
	was   string // the value in the state when it was chosen
	saved bool
}

// settingChange is a change that the chat is asked for.
type settingChange struct {
	item  setting.Item
	value string
}

// settingMsg is the chat's answer to a change.
type settingMsg struct {
	settingChange
	err error
}

// NewSettings makes the page.
func NewSettings(o SettingsOptions) *Settings {
	return &Settings{o: o, here: o.Here, held: make(map[string]*heldValue)}
}

// maxSetting is the longest text of a setting that can be typed, in bytes.
const maxSetting = 1000

// Init implements Dialog.
func (p *Settings) Init() tea.Cmd { return nil }

// Update implements Dialog.
func (p *Settings) Update(msg tea.Msg) (Result, tea.Cmd) {
	switch msg := msg.(type) {
	case Key:
		if p.whole {
			p.whole = false
			return Result{}, nil
		}
		if p.editing {
			return Result{}, p.edit(msg.Act)
		}
		return p.key(msg.Act)
	case Text:
		return p.typed(string(msg))
	case Scroll:
		if !p.editing {
			p.move(int(msg))
		}
	case settingMsg:
		return p.answered(msg)
	}
	return Result{}, nil
}

// items returns the settings of the tab that is shown.
func (p *Settings) items(s setting.State) []setting.Item {
	if p.here && s.Open != nil {
		return setting.ItemsFor(s.Open)
	}
	p.here = false
	return setting.OwnItems()
}

// tab returns the index of the tab that is shown.
func (p *Settings) tab() int {
	if p.here {
		return 1
	}
	return 0
}

// chosen returns the chosen setting.
func (p *Settings) chosen(s setting.State) setting.Item {
	items := p.items(s)
	at := &p.at[p.tab()]
	*at = max(0, min(*at, len(items)-1))
	return items[*at]
}

func (p *Settings) move(rows int) {
	p.note = ""
	p.at[p.tab()] += rows
	p.chosen(p.o.State())
}

func (p *Settings) key(act keymap.Action) (Result, tea.Cmd) {
	p.note = ""
	switch act {
	case keymap.Up, keymap.Previous, keymap.Down, keymap.Next, keymap.PageUp, keymap.PageDown:
		p.move(steps(act))
	case keymap.Home:
		p.move(-1000)
	case keymap.End:
		p.move(1000)
	case keymap.Complete, keymap.CompleteBack:
		p.here = !p.here
	case keymap.Left:
		return Result{}, p.step(-1)
	case keymap.Right:
		return Result{}, p.step(1)
	case keymap.Send:
		return Result{}, p.enter()
	case keymap.Help:
		p.whole = true
	case keymap.Escape:
		return Result{Close: true}, nil
	}
	return Result{}, nil
}

func (p *Settings) typed(words string) (Result, tea.Cmd) {
	switch {
	case p.whole:
		p.whole = false
	case p.editing:
		p.note = ""
		words = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", " ").Replace(words)
		if len(p.input.Text())+len(words) <= maxSetting {
			p.input.Insert(words)
		} else {
			p.note = "That is too long."
		}
	case words == "?":
		p.whole = true
	case words == " ":
		return Result{}, p.step(1)
	case words == "q":
		return Result{Close: true}, nil
	}
	return Result{}, nil
}

// enter begins to edit the chosen setting, or goes to its next value if it has only words.
func (p *Settings) enter() tea.Cmd {
	s := p.o.State()
	item := p.chosen(s)
	if item.Takes == "" {
		return p.step(1)
	}
	if err := item.Locked(s); err != nil {
		p.note = hint.Text(err)
		return nil
	}
	p.editing = true
	p.input = editor.Editor{}
	p.input.Set(item.Edited(s))
	if slices.Contains(item.Values, item.Edited(s)) {
		p.input.Clear() // a word such as off is replaced as a whole
	}
	return nil
}

// step goes to the next value of the chosen setting, or to the previous one.
func (p *Settings) step(by int) tea.Cmd {
	s := p.o.State()
	item := p.chosen(s)
	if item.Takes != "" && len(item.Values) < 2 {
		return p.enter()
	}
	if err := item.Locked(s); err != nil {
		p.note = hint.Text(err)
		return nil
	}
	n := len(item.Values)
	at := slices.Index(item.Values, p.shown(item, s))
	if at < 0 && by < 0 {
		at = 0
	}
	return p.change(s, item, item.Values[(at+by+n)%n])
}

// edit handles a key while a setting is being typed. The text stays until the chat has taken
// it, so that it can be corrected.
func (p *Settings) edit(act keymap.Action) tea.Cmd {
	switch act {
	case keymap.Escape:
		p.editing, p.note = false, ""
	case keymap.Send:
		s := p.o.State()
		item := p.chosen(s)
		return p.change(s, item, strings.TrimSpace(p.input.Text()))
	default:
		p.note = ""
		p.input.Edit(act)
	}
	return nil
}

// shown returns the value that the page shows for a setting: the one that the user has
// chosen last, even if it is not in the state yet.
func (p *Settings) shown(item setting.Item, s setting.State) string {
	value := item.Value(s)
	h := p.held[item.Name]
	switch {
	case h == nil:
		return value
	case h.saved && (value != h.was || value == h.value):
		delete(p.held, item.Name)
		return value
	default:
		return h.value
	}
}

// change gives a setting a value, once earlier changes are made.
func (p *Settings) change(s setting.State, item setting.Item, value string) tea.Cmd {
	p.held[item.Name] = &heldValue{value: value, was: item.Value(s)}
	p.waiting = slices.DeleteFunc(p.waiting, func(c settingChange) bool { return c.item.Name == item.Name })
	p.waiting = append(p.waiting, settingChange{item, value})
	return p.next()
}

// next asks the chat for the change that waits longest.
func (p *Settings) next() tea.Cmd {
	if p.changing || len(p.waiting) == 0 {
		return nil
	}
	c := p.waiting[0]
	p.waiting, p.changing = p.waiting[1:], true
	state := p.o.State()
	return func() tea.Msg {
		err := ask.To(func(ctx context.Context) error { return c.item.Change(ctx, p.o.Chat, state, c.value) })
		return Answer{p, settingMsg{c, err}}
	}
}

// answered handles the chat's answer to a change.
func (p *Settings) answered(msg settingMsg) (r Result, cmd tea.Cmd) {
	p.changing = false
	cmd = p.next()
	h := p.held[msg.item.Name]
	if h == nil || h.value != msg.value {
		return r, cmd // the user has chosen another value since
	}
	if msg.err != nil {
		delete(p.held, msg.item.Name)
		p.note = p.o.OnError.explain("changing a setting", msg.err)
		return Result{Notice: p.note}, cmd
	}
	h.saved = true
	if p.editing && strings.TrimSpace(p.input.Text()) == msg.value && p.chosen(p.o.State()).Name == msg.item.Name {
		p.editing, p.note = false, ""
	}
	return r, cmd
}

// Resize implements Dialog.
func (p *Settings) Resize(*theme.Theme, int, int) {}
