package complete

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/dialog"
	"confab/tui/editor"
	"confab/tui/keymap"
	"confab/tui/theme"
)

// directory is a small server: ann writes in a group with bob and eve.
type directory struct{ err error }

func (d directory) Users(context.Context) ([]chat.User, error) {
	return []chat.User{
		{ID: 1, Name: "ann"}, {ID: 2, Name: "bob", DisplayName: "Robert Ångström"}, {ID: 3, Name: "eve"}, {ID: 4, Name: "bert"}, {ID: 5, Name: "botty", Bot: true},
	}, d.err
}

func (d directory) Members(context.Context, chat.ConversationID) ([]chat.Member, error) {
	member := func(id chat.UserID, name, display string) chat.Member {
		return chat.Member{Membership: chat.Membership{User: id}, Name: name, DisplayName: display}
	}
	return []chat.Member{member(1, "ann", ""), member(3, "eve", ""), member(2, "bob", "Robert Ångström")}, d.err
}

func (d directory) PublicGroups(context.Context) ([]chat.PublicGroup, error) {
	return []chat.PublicGroup{{Name: "ops"}, {Name: "opera", Topic: "music"}}, d.err
}

func (d directory) Invitations(context.Context) ([]chat.GroupInvitation, int, error) {
	return []chat.GroupInvitation{{Conversation: chat.Conversation{Name: "secret"}, From: chat.User{Name: "eve"}}}, 0, d.err
}

// composer is an editor that remembers lines.
type composer struct {
	editor.Editor
	sent []string
}

func (c *composer) SentLines() []string { return c.sent }

// desk is a completer with the parts that it needs.
type desk struct {
	*Completer
	text   *composer
	faults []error
	full   bool
}

func newDesk(sent ...string) *desk {
	d := &desk{text: &composer{sent: sent}}
	group := func(name, topic string) *chat.ConversationSummary {
		l := &chat.ConversationSummary{Conversation: chat.Conversation{Kind: chat.KindGroup, Name: name, Topic: topic}, Mine: chat.Membership{Role: chat.RoleMember}}
		if name == "ops" {
			l.ID, l.MentionAll = 7, chat.MentionByEveryone
		}
		return l
	}
	direct := &chat.ConversationSummary{Conversation: chat.Conversation{Kind: chat.KindDirect}, Other: chat.User{Name: "bob"}}
	d.Completer = New(Options{
		Directory: directory{}, Text: d.text, Self: 1, Now: time.Now,
		Open: func() chat.ConversationID { return 7 },
		Conversations: func() []*chat.ConversationSummary {
			return []*chat.ConversationSummary{group("ops", "up or down"), direct, group("office", "")}
		},
		Commands: func() []dialog.Command {
			return []dialog.Command{
				{Name: "join", Takes: "#NAME"}, {Name: "accept", Takes: "#NAME"}, {Name: "role", Takes: "@name owner|admin|member"},
				{Name: "settings", Takes: "[public|history on|off, keep 30d]"}, {Name: "receipts", Takes: "on|off [here]"}, {Name: "read", Takes: "all"},
				{Name: "new", Takes: "NAME [@member ...] [--public]"}, {Name: "bind", Takes: "[KEY ACTION]"}, {Name: "go", Takes: "[#NAME|@name]"},
				{Name: "help", Takes: "[COMMAND]"}, {Name: "quit", Also: []string{"exit"}}, {Name: "dm", Takes: "@name [TEXT]", Also: []string{"msg"}}, {Name: "topic", Takes: "[TEXT]"}, {Name: "search", Takes: "[WORDS]"}, {Name: "ban", Takes: "@name|CIDR [30m|forever] [REASON]"},
			}
		},
		Fits:    func(did bool) { d.full = d.full || !did },
		OnError: func(_ string, err error) { d.faults = append(d.faults, err) },
	})
	return d
}

// tab completes, and waits for the choices that have to be read.
func (d *desk) tab() {
	if cmd := d.Start(); cmd != nil {
		d.Update(cmd())
	}
}

// listed returns the shown choices, the chosen one with a > before it.
func (d *desk) listed() string {
	if !d.Open() {
		return ""
	}
	var shown []string
	for i, o := range d.list.shown {
		mark := ""
		if i == d.list.at {
			mark = ">"
		}
		shown = append(shown, mark+o.show)
	}
	return strings.Join(shown, " ")
}

func TestTab(t *testing.T) {
	for typed, want := range map[string]struct{ text, listed string }{
		// People: the members first, then the others.
		"hi @":              {listed: ">@bob @eve @all @here @bert @botty"},
		"hi @he":            {text: "hi @here "},
		"/dm he":            {},
		"hi @b":             {listed: ">@bob @bert @botty"},
		"hi @E":             {text: "hi @eve "},
		"(@ev":              {text: "(@eve "},
		"@ång":              {text: "@bob "},
		"漢字@ev":             {text: "漢字@eve "},
		"@zz":               {},
		"me@exa":            {},
		"nothing to finish": {},
		"":                  {},
		// Groups.
		"see #o":  {listed: ">#ops #office"},
		"see #of": {text: "see #office "},
		// Emoji.
		"well :tad":   {text: "well 🎉 "},
		"well :tada:": {text: "well 🎉 "},
		":TADA":       {text: "🎉 "},
		"at 12:30":    {},
		"a:tada":      {},
		"so :":        {},
		"so ::":       {},
		":no_such":    {},
		":heart_eyes": {listed: ">:heart_eyes: :heart_eyes_cat:"},
		// Commands and their arguments.
		"/q":                     {text: "/quit "},
		"/ex":                    {text: "/exit "},
		"/msg ev":                {text: "/msg @eve "},
		"/r":                     {listed: ">/role /receipts /read"},
		"/join #o":               {text: "/join #opera "},
		"/join op":               {text: "/join #opera "},
		"/accept ":               {text: "/accept #secret "},
		"/role ev":               {text: "/role @eve "},
		"/role @eve a":           {text: "/role @eve admin "},
		"/role @eve ":            {listed: ">owner admin member"},
		"/role @eve owner ":      {},
		"/settings ":             {listed: ">public history keep"},
		"/settings public ":      {listed: ">on off"},
		"/settings keep ":        {text: "/settings keep 30d "},
		"/settings nonsense ":    {},
		"/receipts on ":          {text: "/receipts on here "},
		"/read ":                 {text: "/read all "},
		"/new x @ev":             {text: "/new x @eve "},
		"/new x @bob @ev":        {text: "/new x @bob @eve "},
		"/new x --":              {text: "/new x --public "},
		"/bind alt+x sw":         {text: "/bind alt+x switcher "},
		"/go #of":                {text: "/go #office "},
		"/go @ev":                {text: "/go @eve "},
		"/help qu":               {text: "/help quit "},
		"/ban @eve f":            {text: "/ban @eve forever "},
		"/topic for @ev":         {text: "/topic for @eve "},
		"/nonsense ":             {},
		"//r":                    {},
		"/ ":                     {},
		"first line\n/r":         {},
		"/topic\nsecond line @e": {text: "/topic\nsecond line @eve "},
	} {
		t.Run(typed, func(t *testing.T) {
			d := newDesk()
			d.text.Insert(typed)
			d.tab()
			if want.text == "" {
				want.text = typed
			}
			if got := d.text.Text(); got != want.text || d.listed() != want.listed {
				t.Errorf("the text is %q, and %q is listed, want %q and %q", got, d.listed(), want.text, want.listed)
			}
			if len(d.faults) > 0 {
				t.Error(d.faults)
			}
		})
	}
}

// In a search, the operators and their values are completed, as after /search.
func TestTabInASearch(t *testing.T) {
	for typed, want := range map[string]struct{ text, listed string }{
		"fr":              {text: "from:"},
		"from:":           {listed: ">me @bob @eve @bert @botty"},
		"cake from:ev":    {text: "cake from:eve "},
		"cake FROM:@ev":   {text: "cake FROM:eve "},
		"from:m":          {text: "from:me "},
		"from:ång":        {text: "from:bob "},
		"in:":             {listed: ">#ops @bob #office"},
		"in:#of":          {text: "in:#office "},
		"in:of":           {text: "in:#office "},
		"in:@b":           {text: "in:@bob "},
		"has:":            {listed: ">file link"},
		"before:2026":     {},
		"\"in:#of":        {},
		"\"a b\" in:#of":  {text: "\"a b\" in:#office "},
		"from:eve ":       {},
		"in:#ops has:fi":  {text: "in:#ops has:file "},
		"https://in:#off": {},
	} {
		for _, lead := range []string{"", "/search "} {
			if lead != "" && want == (struct{ text, listed string }{}) {
				continue // what messages can have is completed
			}
			d := newDesk()
			d.o.Query = lead == ""
			d.text.Insert(lead + typed)
			d.tab()
			wanted := typed
			if want.text != "" {
				wanted = want.text
			}
			if got := d.text.Text(); got != lead+wanted || d.listed() != want.listed {
				t.Errorf("%q: the text is %q, and %q is listed, want %q and %q", lead+typed, got, d.listed(), lead+wanted, want.listed)
			}
		}
	}
}

func TestKeysOfTheList(t *testing.T) {
	d := newDesk()
	d.text.Insert("hi @b, how are you")
	d.text.MoveTo(len("hi @b"))
	d.tab()
	for _, step := range []struct {
		act  keymap.Action
		want string
	}{
		{keymap.Down, "@bob >@bert @botty"}, {keymap.CompleteBack, ">@bob @bert @botty"}, {keymap.CompleteBack, "@bob @bert >@botty"},
		{keymap.Next, ">@bob @bert @botty"}, {keymap.Previous, "@bob @bert >@botty"}, {keymap.Up, "@bob >@bert @botty"},
	} {
		if !d.Key(step.act) || d.listed() != step.want {
			t.Errorf("%s: %q is listed, want %q", step.act, d.listed(), step.want)
		}
	}
	if d.Key(keymap.Left) || d.Key(keymap.SentLines) || d.Key(keymap.PageUp) {
		t.Error("keys that are not about the list were taken")
	}
	if !d.Key(keymap.Send) || d.text.Text() != "hi @bert , how are you" || d.Open() {
		t.Errorf("Enter made %q", d.text.Text())
	}
	d.tab() // behind the space there is nothing
	d.text.Insert("@b")
	d.tab()
	if d.Key(keymap.Escape); d.Open() || d.text.Text() != "hi @bert @b, how are you" {
		t.Errorf("Esc made %q", d.text.Text())
	}
}

// Typing narrows the list, and closes it when no choice matches.
func TestTypingNarrows(t *testing.T) {
	d := newDesk()
	d.text.Insert("@")
	d.tab()
	for _, step := range []struct{ typed, want string }{{"b", ">@bob @bert @botty"}, {"o", ">@bob @botty"}, {"t", ">@botty"}} {
		d.text.Insert(step.typed)
		if d.Follow(true); d.listed() != step.want {
			t.Errorf("after %q %q is listed, want %q", d.text.Text(), d.listed(), step.want)
		}
	}
	d.text.Edit(keymap.Backspace)
	if d.Follow(true); d.listed() != ">@bob @botty" {
		t.Errorf("shorter again, %q is listed", d.listed())
	}
	d.text.Insert(" ")
	if d.Follow(true); d.Open() {
		t.Errorf("after a space %q is listed", d.listed())
	}
	d.text.Insert("@")
	d.tab()
	if d.Follow(false); d.Open() {
		t.Error("the list is open under a page")
	}
}

// A late answer completes the text that is typed by then, or nothing.
func TestLateAnswers(t *testing.T) {
	d := newDesk()
	d.text.Insert("@b")
	cmd := d.Start()
	d.text.Insert("ert")
	d.Follow(true)
	d.Update(cmd())
	if d.text.Text() != "@bert" || d.listed() != ">@bert" {
		t.Errorf("%q is listed at %q", d.listed(), d.text.Text())
	}
	// Enter before the answer takes the first one.
	d.text.Set("@b")
	cmd = d.Start()
	d.Key(keymap.Send)
	if d.Update(cmd()); d.text.Text() != "@bob " || d.Open() {
		t.Errorf("Enter made %q", d.text.Text())
	}
	d.text.Set("@b")
	cmd = d.Start()
	d.Key(keymap.Escape)
	if d.Update(cmd()); d.Open() || d.text.Text() != "@b" {
		t.Error("the answer opened a list that was closed")
	}
	d.o.Directory = directory{errors.New("broken")}
	if d.tab(); d.Open() || len(d.faults) != 1 {
		t.Errorf("a fault: %v", d.faults)
	}
}

func TestSentLines(t *testing.T) {
	d := newDesk()
	if d.StartSent() || d.Open() {
		t.Error("nothing was sent, and it is listed")
	}
	d = newDesk("make test", "hello\nworld", "Make build", "make test")
	if !d.StartSent() || d.listed() != ">make test Make build hello world" {
		t.Errorf("%q is listed", d.listed())
	}
	d.text.Insert("BUI")
	if d.Follow(true); d.listed() != ">Make build" {
		t.Errorf("%q is listed", d.listed())
	}
	if d.Key(keymap.Complete); d.text.Text() != "Make build" {
		t.Errorf("the accepted text is %q", d.text.Text())
	}
	d.text.Set("")
	d.StartSent()
	d.Key(keymap.SentLines)
	d.Key(keymap.SentLines)
	if d.Key(keymap.Send); d.text.Text() != "hello\nworld" {
		t.Errorf("the third is %q", d.text.Text())
	}
	if d.text.Undo(); d.text.Text() != "" {
		t.Errorf("after it was taken back, there is %q", d.text.Text())
	}
	d.text.Set("nonsense")
	if d.StartSent() {
		t.Errorf("%q is listed", d.listed())
	}
}

func TestWhatDoesNotFit(t *testing.T) {
	d := newDesk()
	d.text.Insert(strings.Repeat("x", editor.Limit-5) + " @ev")
	d.tab()
	if !d.full || len(d.text.Text()) != editor.Limit-1 {
		t.Errorf("told: %t, %d bytes", d.full, len(d.text.Text()))
	}
}

// For any typed text, nothing panics, rows are not too wide, and the inserted text is clean
// and at the cursor.
func TestAnything(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		d := newDesk("one", "two words", "漢字", "/join #ops")
		th := theme.New(theme.TerminalOf([]string{"TERM=" + rapid.SampledFrom([]string{"xterm", "linux"}).Draw(r, "TERM")}))
		var cmd tea.Cmd
		for range rapid.IntRange(1, 30).Draw(r, "keys") {
			switch rapid.IntRange(0, 5).Draw(r, "what") {
			case 0, 1:
				d.text.Insert(rapid.SampledFrom([]string{"@", "#", ":", "/", "b", "e", "o", "h", " ", "\n", "é", "👩", "\u200d", "role ", "settings ", "-"}).Draw(r, "typed"))
			case 2:
				d.text.Edit(rapid.SampledFrom([]keymap.Action{keymap.Left, keymap.Right, keymap.Backspace, keymap.LineStart, keymap.Undo}).Draw(r, "edit"))
			case 3:
				cmd = d.Start()
			case 4:
				if cmd != nil {
					d.Update(cmd())
				}
			default:
				if d.Open() {
					d.Key(rapid.SampledFrom([]keymap.Action{keymap.Send, keymap.Down, keymap.CompleteBack, keymap.Escape, keymap.Complete}).Draw(r, "key"))
				} else {
					d.StartSent()
				}
			}
			d.Follow(true)
			width, room := rapid.IntRange(20, 100).Draw(r, "width"), rapid.IntRange(0, 10).Draw(r, "room")
			height := d.Height(room)
			rows := d.Rows(nil, th, width, height)
			if len(rows) != height || height > room {
				r.Fatalf("%d rows in %d, of %d", len(rows), height, room)
			}
			for _, row := range rows {
				if plain := ansi.Strip(row); th.Width(plain) > width {
					r.Fatalf("%q is wider than %d", plain, width)
				}
			}
		}
	})
}
