package dialog

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/tui/ask"
	"confab/tui/keymap"
	"confab/tui/theme"
)

// Preferring stores preferences of the user's account.
type Preferring interface {
	// SetPreference stores a preference. The value "" removes it.
	SetPreference(ctx context.Context, name, value string) error
}

// Bindings is the page of all actions with their keys. The user chooses an action, and
// presses the key that is to have it, or to lose it.
type Bindings struct {
	account  Preferring
	keys     *keymap.Map // of the screen, so that a change takes effect at once
	report   OnError
	at       int
	taking   bool   // the next key gets the chosen action
	freeing  bool   // the next key loses it
	pressed  string // this key does something else, and the user has to agree that it gets the action
	resetAll bool   // the user has to agree that all keys get their first actions
	note     string
}

// NewBindings makes the page for the keys of a screen.
func NewBindings(account Preferring, keys *keymap.Map, report OnError) *Bindings {
	return &Bindings{account: account, keys: keys, report: report}
}

// binding is a change of one key.
type binding struct {
	key      string
	act, was keymap.Action
}

// boundMsg is the chat's answer to changes.
type boundMsg struct {
	changes []binding
	err     error
}

// Init implements Dialog.
func (b *Bindings) Init() tea.Cmd { return nil }

// Captures reports whether the page waits for a key that the user chooses.
func (b *Bindings) Captures() bool { return b.taking || b.freeing }

// chosen returns the chosen action.
func (b *Bindings) chosen() keymap.Action { return keymap.All()[b.at] }

// Update implements Dialog.
func (b *Bindings) Update(msg tea.Msg) (Result, tea.Cmd) {
	switch msg := msg.(type) {
	case Pressed:
		return Result{}, b.press(string(msg))
	case Key:
		return b.key(msg.Act)
	case Text:
		return b.typed(string(msg))
	case Scroll:
		if !b.asks() {
			b.move(int(msg))
		}
	case boundMsg:
		if msg.err != nil {
			for _, c := range msg.changes {
				b.keys.Bind(c.key, c.was)
			}
			b.note = b.report.explain("binding a key", msg.err)
			return Result{Notice: b.note}, nil
		}
	}
	return Result{}, nil
}

// asks reports whether the page waits for a key or for an answer.
func (b *Bindings) asks() bool { return b.Captures() || b.pressed != "" || b.resetAll }

func (b *Bindings) move(rows int) {
	b.note = ""
	b.at = max(0, min(b.at+rows, len(keymap.All())-1))
}

func (b *Bindings) key(act keymap.Action) (Result, tea.Cmd) {
	if b.asks() {
		key := b.pressed
		b.pressed, b.resetAll, b.note = "", false, ""
		if key != "" && act == keymap.Send {
			return Result{}, b.bind(key)
		}
		return Result{}, nil
	}
	b.note = ""
	switch act {
	case keymap.Up, keymap.Previous, keymap.Down, keymap.Next, keymap.PageUp, keymap.PageDown:
		b.move(steps(act))
	case keymap.Home:
		b.move(-1000)
	case keymap.End:
		b.move(1000)
	case keymap.Send:
		b.taking = true
	case keymap.Delete, keymap.Backspace, keymap.DeleteOrQuit:
		b.free()
	case keymap.Escape:
		return Result{Close: true}, nil
	}
	return Result{}, nil
}

func (b *Bindings) typed(letter string) (Result, tea.Cmd) {
	all := b.resetAll
	asked := b.asks()
	b.pressed, b.resetAll, b.note = "", false, ""
	switch {
	case all && letter == "y":
		return Result{}, b.reset(b.keys.Changed(), "All keys do what they did at first.")
	case asked: // the answer was no
	case letter == "d":
		b.free()
	case letter == "r":
		act := b.chosen()
		keys := slices.DeleteFunc(b.keys.Changed(), func(key string) bool { return keymap.Default(key) != act && b.keys.Action(key) != act })
		return Result{}, b.reset(keys, string(act)+" has its first keys again.")
	case letter == "R":
		b.resetAll = len(b.keys.Changed()) > 0
		b.note = "No key was changed."
		if b.resetAll {
			b.note = "Forget all that you have changed here? y: yes, any other key: no"
		}
	case letter == "q":
		return Result{Close: true}, nil
	}
	return Result{}, nil
}

// free waits for the key that loses the chosen action.
func (b *Bindings) free() {
	b.freeing = b.keys.KeysFor(b.chosen()) != keymap.NoKey
	if !b.freeing {
		b.note = string(b.chosen()) + " has no key."
	}
}

// press handles the key that the user has chosen.
func (b *Bindings) press(key string) tea.Cmd {
	freeing, act := b.freeing, b.chosen()
	b.taking, b.freeing, b.note = false, false, ""
	if key == "esc" {
		return nil
	}
	has := b.keys.Action(key)
	switch why := keymap.Bindable(key); {
	case why != "":
		b.note = why
	case freeing && has != act:
		b.note = keymap.Title(key) + " is not a key of " + string(act) + "."
	case freeing:
		b.note = keymap.Title(key) + " does nothing now."
		then := keymap.Nothing
		if keymap.Default(key) == keymap.None {
			then = keymap.None
		}
		return b.change(binding{key, then, has})
	case has == act:
		b.note = keymap.Title(key) + " does that already."
	case isAltDigit(key) && has == keymap.None:
		b.ask(key, keymap.Title(key)+" goes to a conversation by its number.")
	case has != keymap.None && has != keymap.Nothing:
		words := keymap.Title(key) + " is the key of " + string(has) + ": " + keymap.Does(has) + "."
		if len(b.keys.Keys(has)) == 1 {
			words += " It has no other key."
		}
		b.ask(key, words)
	default:
		return b.bind(key)
	}
	return nil
}

// ask explains what a key does now. Enter gives it the chosen action instead.
func (b *Bindings) ask(key, words string) {
	b.pressed = key
	b.note = words + " Enter: make it the key of " + string(b.chosen()) + ", any other key: leave it"
}

// isAltDigit reports whether a key goes to a conversation by its number.
func isAltDigit(key string) bool {
	digit, ok := strings.CutPrefix(key, "alt+")
	return ok && len(digit) == 1 && digit >= "1" && digit <= "9"
}

// bind gives a key the chosen action.
func (b *Bindings) bind(key string) tea.Cmd {
	act := b.chosen()
	b.note = keymap.Title(key) + " is a key of " + string(act) + " now."
	return b.change(binding{key, act, b.keys.Action(key)})
}

// reset gives keys their first actions.
func (b *Bindings) reset(keys []string, note string) tea.Cmd {
	var changes []binding
	for _, key := range keys {
		changes = append(changes, binding{key, keymap.Default(key), b.keys.Action(key)})
	}
	b.note = note
	if len(changes) == 0 {
		b.note = "Its keys were not changed."
		return nil
	}
	return b.change(changes...)
}

// change binds keys on this screen at once, and asks the chat to do it on the others.
func (b *Bindings) change(changes ...binding) tea.Cmd {
	for _, c := range changes {
		b.keys.Bind(c.key, c.act)
	}
	return func() tea.Msg {
		err := ask.To(func(ctx context.Context) error {
			for _, c := range changes {
				value := string(c.act)
				if c.act == keymap.Default(c.key) {
					value = ""
				}
				if err := b.account.SetPreference(ctx, keymap.Preference(c.key), value); err != nil {
					return err
				}
			}
			return nil
		})
		return Answer{b, boundMsg{changes, err}}
	}
}

// Resize implements Dialog.
func (b *Bindings) Resize(*theme.Theme, int, int) {}

// Rows implements Dialog.
func (b *Bindings) Rows(th *theme.Theme, width, height int) ([]string, int, int) {
	rows := make([]string, height)
	act := b.chosen()
	rows[0] = title(th, width, "Keys")
	keys := "Enter: add a key  d: remove one  r: reset  R: reset all  Esc: close"
	about := []paragraph{{false, string(act) + ": " + keymap.Does(act) + ". Its keys: " + b.keysOf(act) + "."}}
	switch {
	case b.taking:
		keys, about = "Esc: cancel", []paragraph{{true, "Press the new key for " + string(act) + "."}}
	case b.freeing:
		keys, about = "Esc: cancel", []paragraph{{true, "Press the key that " + string(act) + " loses: " + b.keysOf(act) + "."}}
	case b.pressed != "":
		keys = "Enter: yes  Esc: no"
	}
	if b.note != "" {
		about = []paragraph{{true, b.note}}
	}
	rows[height-1] = foot(th, width, keys)
	room := height - 2
	below := max(1, min(3, room/2))
	if b.note != "" {
		below = max(below, len(explained(th, width, room-1, "", about...)))
	}
	copy(rows[height-1-below:height-1], explained(th, width, below, "", about...))
	list := rows[1 : height-1-below]
	all := keymap.All()
	changed := b.keys.Changed()
	first := max(0, min(b.at-len(list)/2, len(all)-len(list)))
	for i := range min(len(list), len(all)-first) {
		list[i] = b.row(th, width, all[first+i], changed, first+i == b.at)
	}
	return rows, -1, 0
}

// keysOf lists the keys of an action in words.
func (b *Bindings) keysOf(act keymap.Action) string {
	var keys []string
	for _, key := range b.keys.Keys(act) {
		keys = append(keys, keymap.Title(key))
	}
	if len(keys) == 0 {
		return "none"
	}
	return strings.Join(keys, ", ")
}

// row draws an action with its keys, and a star if the user has changed these.
func (b *Bindings) row(th *theme.Theme, width int, act keymap.Action, changed []string, chosen bool) string {
	const wide, narrow = 17, 9
	column := wide
	if width < 40 {
		column = narrow
	}
	star := "  "
	if slices.ContainsFunc(changed, func(key string) bool { return keymap.Default(key) == act || b.keys.Action(key) == act }) {
		star = "* "
	}
	name := " " + th.Fit(string(act), column, th.Ellipsis) + star
	room, about := width-column-3, ""
	keys := b.keys.KeysFor(act)
	if width >= settingColumns {
		keys = th.Fit(keys, 30, th.Ellipsis)
		about = th.FitMax("  "+keymap.Does(act), room-30, th.Ellipsis)
	}
	keys = th.FitMax(keys, room, th.Ellipsis)
	if chosen {
		return chosenRow(th, width, name+keys+about)
	}
	return name + theme.Paint(th.Bold, keys) + theme.Paint(th.Faint, about)
}
