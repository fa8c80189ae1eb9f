package main

import (
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/testkit"
)

// Û is C3 9B in UTF-8. In an 8-bit terminal, 9B begins a control sequence, and 9D
// (Ý) and 90 (Ð) begin strings. So a terminal that is not known to accept UTF-8
// gets only ASCII, on every screen.
func TestTerminalsWithoutUTF8GetASCII(t *testing.T) {
	t.Parallel()
	const hostile = "Û2J Ý0;title Ðq café 漢字 “so” 👩‍👩‍👧"
	s, annKey, bobKey := history(t, hostile)
	bob := s.connect(bobKey)
	bob.say("/topic " + hostile)
	bob.shows("Û2J")
	stranger := testkit.Signer(t)
	isASCII := func(what, text string) {
		t.Helper()
		text = strings.ReplaceAll(text, "é\x1b[6n", "") // harmless queries to the terminal
		for i := range len(text) {
			if b := text[i]; b >= 0x80 {
				t.Errorf("%s is sent %q", what, text[max(0, i-20):min(len(text), i+20)])
				return
			}
		}
	}
	for name, locale := range map[string]map[string]string{
		"C": {"LANG": "C"}, "Latin-1": {"LANG": "", "LC_ALL": "de_CH.ISO-8859-1"}, "none, and it says that it is not": {"LANG": ""},
	} {
		answer := ""
		if locale["LC_ALL"] == "" && locale["LANG"] == "" {
			answer = "\x1b[2;3R" // two cells for the two bytes of é
		}
		screen := s.ssh(options{keys: []gossh.Signer{annKey}, env: locale, early: answer})
		screen.shows("#general")
		screen.shows("U2J Y0;title ?q cafe ???? \"so\" ??")
		screen.press("Ûber")
		screen.shows("Uber")
		screen.press(keyCtrlU, keyCtrlD)
		screen.status()
		isASCII(name+": the screen", screen.received()+screen.stderr.String())
		if !strings.HasPrefix(screen.received(), "\x1b%G") {
			t.Errorf("%s: the screen begins with %q", name, screen.received()[:20])
		}
		for _, command := range []string{"history '#general'", "history '#general' --json", "list", "tail '#general'", "history '#Ûnknown'", "Û2J", "search café", "help"} {
			c := s.ssh(options{keys: []gossh.Signer{annKey}, env: locale, exec: command})
			c.status()
			isASCII(name+": "+command, c.received()+c.stderr.String())
			if command == "history '#general' --json" && !strings.Contains(c.received(), `\u00db2J`) {
				t.Errorf("%s: JSON is %q", name, c.received())
			}
		}
		joining := s.ssh(options{user: "Ûser", keys: []gossh.Signer{stranger}, env: locale})
		joining.press("Ûne")
		joining.shows("You are not known here")
		joining.press(keyCtrlC)
		joining.status()
		isASCII(name+": the join screen", joining.received()+joining.stderr.String())
		refused := s.ssh(options{keys: []gossh.Signer{stranger}, env: locale, exec: "list", noPTY: true})
		refused.status()
		isASCII(name+": a refusal", refused.stderr.String())
	}
	// Without a locale the terminal is asked, and gets UTF-8 as soon as it answers.
	const silence = 2 * time.Second // after which it counts as one that takes UTF-8
	for tries := 1; ; tries++ {
		begun, shown := time.Now(), ""
		asked := s.ssh(options{keys: []gossh.Signer{annKey}, env: map[string]string{"LANG": ""}})
		asked.until("the text", func(screen string) bool { shown = screen; return strings.Contains(screen, "caf") })
		before := asked.received()
		if time.Since(begun) >= silence && tries < 50 {
			asked.hangUp() // the machine was too busy to see what is shown before
			continue
		}
		if !strings.Contains(shown, "cafe ????") {
			t.Errorf("before it has answered, the screen is:\n%s", shown)
		}
		isASCII("before it has answered, the screen", before)
		asked.press("\x1b[2;2R")
		asked.shows("café 漢字")
		break
	}
	// A terminal that does not answer was switched to UTF-8, and counts as such.
	silent := s.ssh(options{keys: []gossh.Signer{annKey}, env: map[string]string{"LANG": ""}})
	silent.shows("café 漢字")
	// A program that reads the output gets the text unchanged.
	read := s.ssh(options{keys: []gossh.Signer{annKey}, env: map[string]string{"LANG": "C"}, exec: "history '#general'", noPTY: true})
	read.status()
	if !strings.Contains(read.received(), hostile) {
		t.Errorf("without a terminal: %q", read.received())
	}
}
