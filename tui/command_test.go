package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/command"
)

// A command with a mistake is answered with an explanation, and stays in the composer.
func TestCommandsThatAreNotAsTheyMustBe(t *testing.T) {
	for typed, notice := range map[string]string{
		"/dm":                 "Write /dm @name [TEXT].",
		"/new":                "Write /new NAME",
		"/new --secret x":     "/new has no option --secret",
		"/new a b":            "one name, without spaces",
		"/new @bob":           "Write /new NAME",
		"/join":               "Write /join #NAME.",
		"/add":                "Write /add @name",
		"/remove":             "Write /remove @name.",
		"/role @bob":          "Write /role @name owner, admin or member.",
		"/rename":             "Write /rename NAME.",
		"/settings public":    "Write /settings",
		"/mute soon":          "Write /mute 1h",
		"/mute -1h":           "Write /mute 1h",
		"/receipts":           "Write /receipts on|off",
		"/receipts maybe":     "Write /receipts on",
		"/receipts on there":  "Write /receipts on",
		"/read":               "Write /read all",
		"/read it":            "Write /read all",
		"/leave now":          "/leave takes no arguments",
		"/bind ctrl+x":        "Write /bind KEY ACTION",
		"/bind ctrl+x fly":    "There is no action fly",
		"/bind x switcher":    "types something",
		"/bind é switcher":    "types something",
		"/bind shift+x help":  "types something",
		"/bind space help":    "types something",
		"/bind nonsense help": "That is not a key",
		"/bind ctrl+c help":   "they always do the same",
		"/bind Enter help":    "always do the same",
		"/bind esc none":      "always do the same",
	} {
		t.Run(typed, func(t *testing.T) {
			s := newScreen(t, several(), 120, 24)
			s.typeText(typed)
			s.enter()
			if s.model.composer.Text() != typed {
				t.Errorf("the typed text became %q", s.model.composer.Text())
			}
			if got := s.text(); !strings.Contains(got, notice) {
				t.Errorf("want %q:\n%s", notice, got)
			}
			if len(s.chat.asked) > 0 {
				t.Errorf("the chat was asked for %v", s.chat.asked)
			}
		})
	}
}

func TestCommandsAskTheChat(t *testing.T) {
	for typed, want := range map[string]string{
		"/dm bob":                  "direct bob",
		"/new ops @bob @eve":       "new ops false [@bob @eve]",
		"/new --public ops":        "new ops true []",
		"/join #ops":               "join #ops",
		"/list":                    "list",
		"/leave":                   "leave 7",
		"/members":                 "members 7",
		"/add @bob @eve":           "add 7 [@bob @eve]",
		"/remove @bob":             "remove 7 @bob",
		"/role @bob admin":         "role 7 @bob admin",
		"/rename ops":              "rename 7 ops",
		"/topic what it is about":  "topic 7 what it is about",
		"/topic":                   "topic 7 ",
		"/settings members-add on": "configure 7 members-add true",
		"/top":                     "top 7 true",
		"/mute 1h":                 "mute 7 2026-11-24 17:02:00",
		"/mute off":                "mute 7 0001-01-01 00:00:00",
		"/MUTE 8h":                 "mute 7 2026-11-25 00:02:00",
		"/receipts off":            "receipts 0 false",
		"/receipts on here":        "receipts 7 true",
		"/read all":                "read all",
	} {
		t.Run(typed, func(t *testing.T) {
			s := newScreen(t, several(), 120, 24)
			s.typeText(typed)
			s.enter()
			if !slices.Equal(s.chat.asked, []string{want}) || s.model.composer.Text() != "" {
				t.Errorf("asked for %v, want %q; the composer has %q", s.chat.asked, want, s.model.composer.Text())
			}
			// A refused command comes back with the reason.
			s = newScreen(t, several(), 120, 24)
			s.chat.refusal = chat.Refuse(chat.ErrNotAllowed, "Only an owner may.")
			s.typeText(typed)
			s.enter()
			if got := s.text(); s.model.composer.Text() != typed || !strings.Contains(got, "Only an owner may.") {
				t.Errorf("refused, the composer has %q:\n%s", s.model.composer.Text(), got)
			}
			// A fault of the server is logged, and not shown.
			s.chat.refusal = errBroken
			s.enter()
			if got := s.text(); len(s.faults) != 1 || strings.Contains(got, errBroken.Error()) {
				t.Errorf("%d faults in the log:\n%s", len(s.faults), got)
			}
		})
	}
}

// A refusal of something else does not bring back a command that was done.
func TestARefusalIsForItsCommandOnly(t *testing.T) {
	s := newScreen(t, &fakeChat{}, 120, 24)
	s.press(tea.Key{Code: 'i', Mod: tea.ModAlt}) // there is no message
	s.typeText("/top")
	s.enter()
	if s.model.composer.Text() != "" {
		t.Errorf("the command is still there: %q", s.model.composer.Text())
	}
}

func TestAddingToADirectConversationOffersAGroup(t *testing.T) {
	chat := &fakeChat{direct: true}
	chat.post(2, "bob", "hello", start)
	s := newScreen(t, chat, 120, 24)
	s.typeText("/add @eve")
	s.enter()
	if got := s.model.composer.Text(); got != "/new NAME @bob @eve" || len(chat.asked) > 0 {
		t.Errorf("the composer has %q, asked for %v", got, chat.asked)
	}
}

func TestBinding(t *testing.T) {
	s := newScreen(t, several(), 120, 40)
	do := func(typed, want string) {
		t.Helper()
		s.typeText(typed)
		s.enter()
		if got := s.text(); !strings.Contains(got, want) {
			t.Errorf("%s: want %q:\n%s", typed, want, got)
		}
	}
	ctrlO := tea.Key{Code: 'o', Mod: tea.ModCtrl}
	do("/bind Ctrl+O switcher", "Ctrl+O is bound to switcher.")
	if s.press(ctrlO); !s.model.overlay.Covers() || s.chat.set["key.ctrl+o"] != "switcher" {
		t.Errorf("it does nothing; kept: %v", s.chat.set)
	}
	s.press(ctrlO)
	do("/bind shift+alt+x sidebar", "Alt+Shift+X is bound")
	do("/bind ctrl+k none", "Ctrl+K is bound to nothing.")
	if s.press(ctrlK); s.model.overlay.Covers() {
		t.Error("Ctrl+K does something")
	}
	do("/bind ctrl+k default", "Ctrl+K is bound to switcher.")
	if s.press(ctrlK); !s.model.overlay.Covers() || s.chat.set["key.ctrl+k"] != "" {
		t.Errorf("Ctrl+K does nothing; kept: %v", s.chat.set)
	}
	s.press(ctrlK)
	do("/bind ctrl+o default", "Ctrl+O is no longer bound.")
	if s.press(ctrlO); s.model.overlay.Covers() {
		t.Error("Ctrl+O does something")
	}
	do("/bind", "kill-line-start")

	chat := several()
	chat.set = map[string]string{"key.f6": "help", "key.ctrl+b": "none", "key.esc": "none", "key.f7": "fly", "other": "x"}
	s = newScreen(t, chat, 120, 24)
	s.press(tea.Key{Code: 'b', Mod: tea.ModCtrl}, tea.Key{Code: tea.KeyF7})
	if s.model.hideSidebar || s.model.overlay.Covers() {
		t.Error("a key that was bound before has no effect")
	}
	if s.press(tea.Key{Code: tea.KeyF6}); !s.model.overlay.Covers() {
		t.Error("F6 does not open the help")
	}
	if s.press(tea.Key{Code: tea.KeyEscape}); s.model.overlay.Covers() {
		t.Error("Esc does not close it")
	}
}

func TestDrafts(t *testing.T) {
	s := newScreen(t, several(), 120, 24)
	kept := func(id chat.ConversationID, want string) {
		t.Helper()
		if got := s.chat.drafts[id]; got != want {
			t.Errorf("kept of %d is %q, want %q", id, got, want)
		}
	}
	s.typeText("half a th")
	s.pass(190 * time.Millisecond)
	kept(7, "")
	s.typeText("ought")
	s.pass(10 * time.Millisecond)
	kept(7, "half a thought")
	if len(s.timers) != 0 {
		t.Errorf("%d timers run", len(s.timers))
	}
	s.typeText("!")
	next, last := tea.Key{Code: 'n', Mod: tea.ModCtrl}, tea.Key{Code: '/', Mod: tea.ModAlt}
	s.press(next)
	kept(7, "half a thought!")
	if s.model.composer.Text() != "" {
		t.Errorf("in the other one there is %q", s.model.composer.Text())
	}
	s.typeText("/mute 1")
	s.pass(time.Minute)
	s.press(last)
	kept(20, "")
	if s.model.composer.Text() != "half a thought!" {
		t.Errorf("back there is %q", s.model.composer.Text())
	}
	s.enter()
	s.pass(2 * time.Second)
	kept(7, "")
	// A long draft is saved less often, because all of it is written each time.
	s.update(tea.PasteMsg{Content: strings.Repeat("long ", 16<<10/5)})
	s.pass(3 * time.Second)
	kept(7, "")
	s.pass(time.Second)
	kept(7, strings.Repeat("long ", 16<<10/5))
	s.model.composer.Clear()
	s.pass(time.Second)
	s.typeText("to be kept at the end")
	if body, changed := s.model.Drafts()[7]; body != "to be kept at the end" || !changed {
		t.Errorf("at the end there is %q %v", body, changed)
	}
	s = newScreen(t, &fakeChat{drafts: map[chat.ConversationID]string{7: "from before"}}, 120, 24)
	if s.model.composer.Text() != "from before" {
		t.Errorf("on coming back there is %q", s.model.composer.Text())
	}
	if s.pass(time.Minute); len(s.timers) != 0 {
		t.Errorf("%d timers run", len(s.timers))
	}
}

// Text that is typed before the conversations have been read is not lost.
func TestTypingAheadOfTheConversations(t *testing.T) {
	chat := &fakeChat{drafts: map[chat.ConversationID]string{7: "from before, "}}
	s := startScreen(t, chat, 120, 24)
	s.hold = true
	s.run(s.model.Init())
	s.typeText("hello")
	s.enter()
	if got := s.model.composer.Text(); got != "hello" || !strings.Contains(s.text(), "press Enter again") {
		t.Errorf("typed is %q, the screen:\n%s", got, s.text())
	}
	s.release()
	if got := s.model.composer.Text(); got != "from before, hello" {
		t.Errorf("when the conversation is there, %q is typed", got)
	}
	s.enter()
	if n := len(chat.messages); n != 1 || chat.messages[0].Body != "from before, hello" {
		t.Errorf("%d messages are sent", n)
	}
}

func TestFailedMessagesSurviveElsewhere(t *testing.T) {
	s := newScreen(t, several(), 120, 24)
	next, last := tea.Key{Code: 'n', Mod: tea.ModCtrl}, tea.Key{Code: '/', Mod: tea.ModAlt}
	s.chat.refuse = errBroken
	s.typeText("precious")
	s.hold = true
	s.enter()
	s.press(next)
	s.release()
	if got := s.text(); !strings.Contains(got, "Not sent to #general") {
		t.Errorf("elsewhere one is not told:\n%s", got)
	}
	s.press(last)
	if got := s.text(); !strings.Contains(got, "precious") || !strings.Contains(got, "tries again.") {
		t.Errorf("back it is gone:\n%s", got)
	}
	s.chat.refuse = nil
	s.enter()
	if n := len(s.chat.messages); n != 2 || strings.Contains(s.text(), "Not sent") {
		t.Errorf("%d messages:\n%s", n, s.text())
	}
}

func TestDetails(t *testing.T) {
	s := newScreen(t, several(), 120, 24)
	s.typeText("mine")
	s.enter()
	s.press(tea.Key{Code: 'i', Mod: tea.ModAlt})
	if got := s.text(); !strings.Contains(got, "Message of ann") || s.chat.asked[0] != "details 7 2" {
		t.Errorf("asked for %v:\n%s", s.chat.asked, got)
	}
	s.press(tea.Key{Code: tea.KeyEscape}, tea.Key{Code: tea.KeyEscape}, tea.Key{Code: tea.KeyUp}, tea.Key{Code: 'i', Text: "i"})
	if got := s.text(); !strings.Contains(got, "Message of bob") {
		t.Errorf("asked for %v:\n%s", s.chat.asked, got)
	}
}

// A change that the screen shows ahead of the answer is taken back if the answer is no.
func TestWhatIsTakenBack(t *testing.T) {
	s := unreadScreen(t, 3, 120, 24)
	s.pass(time.Second)
	s.chat.refusal = chat.Refuse(chat.ErrNotAllowed, "You may not.")
	s.typeText("/unread")
	s.enter()
	s.arrive(s.chat.post(2, "bob", "more", start.Add(time.Hour)))
	s.pass(time.Second)
	s.wasRead(3, 4)
	s.typeText("/bind ctrl+o help")
	s.enter()
	if s.press(tea.Key{Code: 'o', Mod: tea.ModCtrl}); s.model.overlay.Covers() {
		t.Error("the key is bound, though that was refused")
	}
}

// The screen carries out every command that is left to it.
func TestCommandsOnScreen(t *testing.T) {
	table := onScreen()
	for _, c := range command.All() {
		if _, ok := table[c.Name]; ok != c.OnScreen() {
			t.Errorf("/%s: the screen carries it out: %t", c.Name, ok)
		}
	}
}
