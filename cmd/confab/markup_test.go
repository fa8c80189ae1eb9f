package main

import (
	"encoding/base64"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// Screens show markup, each in the styles of its terminal, and scripts get what was
// typed.
func TestMarkupOnScreensAndForScripts(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob")
	ann, bob := c[0], c[1]
	plain := s.ssh(options{keys: keys[1:2], env: map[string]string{"NO_COLOR": "1"}})
	typed := "This is *bold*, _italic_ and snake_case.\n```go\nreturn 7 // done\n```\n> see https://example.org/a_b_c\nend of it"
	ann.paste(typed)
	ann.press(keyEnter)
	for _, o := range []*client{ann, bob, plain} {
		o.shows("end of it")
		o.shows("This is bold, italic and snake_case.")
		o.shows("│ return 7 // done")
		o.shows("┃ see https://example.org/a_b_c")
		o.hides("```")
		const link = ";https://example.org/a_b_c\x1b\\\x1b[4mhttps://example.org/a_b_c\x1b[m\x1b]8;;\x1b\\"
		if received := o.received(); !strings.Contains(received, "\x1b[1mbold\x1b[m") || !strings.Contains(received, link) {
			t.Errorf("no style or no link is in %q", received)
		}
		isHarmless(t, o)
	}
	// How much of the code has colours depends on the speed of the machine.
	if received := plain.received(); strings.Contains(received, "38;5;") {
		t.Errorf("there are colours with NO_COLOR in %q", received)
	}
	history := s.ssh(options{keys: keys[:1], exec: "history '#general' --json", noPTY: true})
	if status := history.status(); status != 0 || !strings.Contains(history.received(), "*bold*, _italic_ and snake_case.\\n```go\\n") {
		t.Errorf("a script gets status %d and %s", status, history.received())
	}

	// The setting is the account's.
	bob.say("/settings markup off")
	bob.shows("This is *bold*, _italic_ and snake_case.")
	bob.shows("```go")
	later := s.connect(keys[1])
	later.shows("This is *bold*, _italic_ and snake_case.")
	ann.shows("This is bold, italic and snake_case.")
}

func TestLinksAndTheClipboard(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob")
	ann, bob := c[0], c[1]
	long := "https://example.org/" + strings.Repeat("long/", 40)
	text := "see (https://example.org/Foo_(bar)), *" + long + "* and *this*"
	ann.say(text)
	bob.shows("and this")
	copied := func(text string) string { return "\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(text)) + "\a" }

	bob.press(keyEscape)
	bob.shows("?: more")
	bob.press("y")
	bob.shows("Sent to your clipboard")
	bob.until("the text in the clipboard", func(string) bool { return strings.Contains(bob.received(), copied(text)) })

	bob.press("o")
	bob.shows("2 links in this message")
	bob.press("\x1b[B", keyEnter)
	bob.hides("2 links in this message")
	bob.until("the link in the clipboard", func(string) bool { return strings.Contains(bob.received(), copied(long)) })
	if strings.Contains(ann.received(), "\x1b]52;") {
		t.Error("somebody else's clipboard is set")
	}

	// On a tiny screen all of a link can be read.
	tiny := s.ssh(options{keys: []gossh.Signer{keys[1]}})
	tiny.resize(20, 6)
	tiny.until("the message", func(screen string) bool {
		return strings.Contains(screen, "see (") || strings.Contains(screen, "and this") // read or not
	})
	tiny.say("/links")
	tiny.shows("2 links in this m")
	tiny.shows("Foo_(bar)")
	tiny.press("\x1b[B")
	tiny.shows("long/long/long")
	isHarmless(t, tiny)
}
