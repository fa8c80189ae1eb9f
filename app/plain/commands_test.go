package plain

import (
	"strings"
	"testing"

	"confab/app/chat"
	"confab/tui/command"
)

// Every command of the screen is there in plain mode, or plain mode says why it is not.
func TestEveryCommandOfTheScreen(t *testing.T) {
	t.Parallel()
	for _, c := range command.All() {
		_, ours := named(c.Name)
		if c.OnScreen() && !ours && absent(c.Name) == "" {
			t.Errorf("/%s does nothing in plain mode", c.Name)
		}
		for _, also := range c.Also {
			if _, ours := named(also); c.OnScreen() && !ours {
				t.Errorf("/%s, which is /%s, does nothing in plain mode", also, c.Name)
			}
		}
	}
	for _, c := range owned() {
		if c.name == "" || c.does == "" || c.run == nil {
			t.Errorf("%+v", c.name)
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]struct {
		in  string
		seq chat.Seq
		ok  bool
	}{
		"12": {"", 12, true}, "#ops:12": {"#ops", 12, true}, "@ann:3": {"@ann", 3, true},
		"": {}, "0": {}, "-1": {}, "+1": {}, "12a": {}, "#ops": {}, "#ops:": {"#ops", 0, false}, "#ops:x": {"#ops", 0, false}, "ops:12": {}, "99999999999999999999": {"", 1<<63 - 1, false},
	} {
		in, seq, ok := parseNumber(s)
		if ok != want.ok || ok && (in != want.in || seq != want.seq) {
			t.Errorf("%q: %q, %d, %t", s, in, seq, ok)
		}
	}
	if number, rest := cutNumber("12 yes we can"); number != "12" || rest != "yes we can" {
		t.Errorf("%q, %q", number, rest)
	}
	if number, rest := cutNumber("yes 12"); number != "" || rest != "yes 12" {
		t.Errorf("%q, %q", number, rest)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for want, all := range map[string][]string{
		"nobody": nil, "ann": {"ann"}, "ann and bob": {"ann", "bob"}, "ann and 2 others": {"ann", "bob", "cid"},
	} {
		if got := names(all); got != want {
			t.Errorf("%q: %q", all, got)
		}
	}
}

// No hint names a key of the screen.
func TestHints(t *testing.T) {
	t.Parallel()
	for _, h := range chat.Hints() {
		words := hintText(chat.Refuse(chat.ErrNotFound, "No.").With(h))
		if strings.Contains(words, "Ctrl+") || strings.Contains(words, "with a in") {
			t.Errorf("hint %d: %q", h, words)
		}
	}
}
