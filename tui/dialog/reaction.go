package dialog

import (
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/editor"
	"confab/tui/keymap"
	"confab/tui/theme"
)

// usualReactions are the names of the emoji that the picker offers before anything is
// typed: 👍 ❤️ 😂 🎉 😮 😢. Each has the number of its key.
var usualReactions = [...]string{"+1", "heart", "joy", "tada", "open_mouth", "cry"}

// reactionsOffered is how many matching emoji the picker lists.
const reactionsOffered = 50

// ReactionPicker chooses an emoji for a message: one of the usual six by its number, or
// any by the beginning of its name.
type ReactionPicker struct {
	message *chat.Message
	self    chat.UserID
	input   editor.Editor
	shown   []string // names of emoji
	at      int      // index in shown
}

// NewReactionPicker makes the picker for a message.
func NewReactionPicker(m *chat.Message, self chat.UserID) *ReactionPicker {
	p := &ReactionPicker{message: m, self: self}
	p.match()
	return p
}

// Init implements Dialog.
func (p *ReactionPicker) Init() tea.Cmd { return nil }

// Update implements Dialog.
func (p *ReactionPicker) Update(msg tea.Msg) (Result, tea.Cmd) {
	switch msg := msg.(type) {
	case Key:
		return p.key(msg.Act), nil
	case Text:
		return p.typed(string(msg)), nil
	case Scroll:
		p.scroll(int(msg))
	}
	return Result{}, nil
}

func (p *ReactionPicker) key(act keymap.Action) Result {
	switch act {
	case keymap.Escape:
		return Result{Close: true}
	case keymap.Up, keymap.Previous, keymap.Down, keymap.Next, keymap.PageUp, keymap.PageDown:
		p.scroll(steps(act))
	case keymap.Send:
		if p.at < len(p.shown) {
			return react(p.shown[p.at])
		}
	default:
		p.input.Edit(act)
		p.match()
	}
	return Result{}
}

func (p *ReactionPicker) typed(words string) Result {
	if n, err := strconv.Atoi(words); err == nil && p.input.Text() == "" && 1 <= n && n <= len(usualReactions) {
		return react(usualReactions[n-1])
	}
	words = text.CleanLine(words, maxQuery)
	if len(p.input.Text())+len(words) <= maxQuery {
		p.input.Insert(words)
	}
	p.match()
	return Result{}
}

// react is the result of choosing an emoji by its name.
func react(name string) Result { return Result{Close: true, Run: Call{"react", ":" + name + ":"}} }

// match lists the emoji whose names begin with the typed letters.
func (p *ReactionPicker) match() {
	p.at, p.shown = 0, nil
	typed := strings.Trim(strings.TrimSpace(p.input.Text()), ":")
	if typed == "" {
		p.shown = usualReactions[:]
		return
	}
	p.shown = text.EmojiNames(text.Lower(typed), reactionsOffered)
	if name, ok := text.EmojiName(typed); ok && len(p.shown) == 0 {
		p.shown = []string{name} // the emoji itself was typed
	}
}

func (p *ReactionPicker) scroll(rows int) { p.at = max(0, min(p.at+rows, len(p.shown)-1)) }

// Resize implements Dialog.
func (p *ReactionPicker) Resize(*theme.Theme, int, int) {}

// Rows implements Dialog.
func (p *ReactionPicker) Rows(th *theme.Theme, width, height int) (rows []string, x, y int) {
	rows = make([]string, height)
	const prompt = " React: "
	input := th.FitMax(p.input.Text(), max(1, width-len(prompt)-1), th.Ellipsis)
	rows[0] = theme.Paint(th.Bold, prompt) + input
	x = min(width-1, len(prompt)+th.Width(p.input.Text()[:p.input.Cursor()]))
	room := height - 2
	first := max(0, min(p.at-room/2, len(p.shown)-room))
	for i := first; i < len(p.shown) && i-first < room; i++ {
		rows[1+i-first] = p.row(th, width, i)
	}
	if len(p.shown) == 0 {
		rows[1] = theme.Paint(th.Faint, th.FitMax(" No emoji has a name that begins like that.", width, th.Ellipsis))
	}
	keys := "Enter: react, type a name to find others, Esc: close"
	if p.input.Text() == "" {
		keys = "1 to 6 or Enter: react, type a name to find others, Esc: close"
	}
	rows[height-1] = foot(th, width, keys, "Enter: react, Esc")
	return rows, x, 0
}

// row draws one emoji of the list. Emoji that the user has already reacted with are marked,
// because choosing one again takes it back.
func (p *ReactionPicker) row(th *theme.Theme, width, i int) string {
	number, name := "  ", ":"+p.shown[i]+":"
	if p.input.Text() == "" {
		number = strconv.Itoa(i+1) + " "
	}
	emoji, _ := text.Emoji(p.shown[i])
	row := " " + number + name
	if !th.ASCII {
		row = " " + number + emoji + "  " + name
	}
	if p.message.Reactions.Has(emoji, p.self) {
		row += "  yours: choose it again to remove it"
	}
	row = th.FitMax(row, width, th.Ellipsis)
	if i != p.at {
		return row
	}
	return chosenRow(th, width, row)
}
