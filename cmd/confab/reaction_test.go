package main

import (
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// Two people react to a message from their screens, from a command and from a script, and
// both see it at once. Nothing is unread because of it.
func TestReactions(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob")
	ann, bob := c[0], c[1]
	bob.press(focusOut)
	ann.say("hello")
	bob.shows("hello")

	// The picker has the usual six, and finds others by their names.
	ann.press(keyEscape)
	ann.shows("+: react")
	ann.press("+")
	ann.shows("1 👍  :+1:")
	ann.press("tad")
	ann.shows(":tada:")
	ann.hides(":+1:")
	ann.press(keyEnter)
	ann.shows("[🎉 1]")
	bob.shows("🎉 1")
	bob.hides("[🎉 1]")
	ann.press("+")
	ann.shows("1 👍  :+1:")
	ann.press("1")
	bob.shows("🎉 1  👍 1")

	// A command while the message is selected is about that message, and takes back what
	// is there.
	ann.press("/react :tada:", keyEnter)
	bob.hides("🎉")
	ann.shows("[👍 1]")
	ann.press("i")
	ann.shows("Reactions")
	ann.shows("👍 :+1:")
	ann.press(keyEscape)
	ann.hides("Reactions")
	ann.press(keyEscape)
	ann.hides("Selecting: Esc ends")

	bob.say("/react 👍")
	ann.shows("[👍 2]")
	bob.shows("[👍 2]")
	bob.say("/react nothing")
	bob.shows("There is no emoji nothing")
	bob.press(keyCtrlU)

	// A terminal without UTF-8 shows names.
	plain := s.ssh(options{keys: keys[1:2], env: map[string]string{"LANG": "C"}})
	plain.shows("[:+1: 2]")

	// ann is told of reactions once she wants to be.
	ann.say("/settings reactions on")
	ann.shows("reactions is on.")
	ann.press(focusOut)
	bob.say("/react :heart:")
	ann.shows("@bob reacted ❤️ to your message in #general.")
	ann.lists("#general", "")
}

// Programs that follow a conversation get reactions as they happen.
func TestReactionsReachProgramsAtOnce(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob")
	ann := c[0]
	bot := s.ssh(options{keys: []gossh.Signer{keys[1]}, exec: "bot", noPTY: true})
	tail := s.ssh(options{keys: []gossh.Signer{keys[1]}, exec: "tail -f --json '#general'", noPTY: true})
	gets := func(of *client, words ...string) {
		t.Helper()
		of.until(strings.Join(words, " and "), func(string) bool {
			for line := range strings.Lines(of.received()) {
				has := true
				for _, w := range words {
					has = has && strings.Contains(line, w)
				}
				if has {
					return true
				}
			}
			return false
		})
	}
	gets(bot, `"type":"ready"`)
	ann.say("hello")
	gets(bot, `"type":"message"`, `"text":"hello"`)
	gets(tail, `"type":"message"`, `"text":"hello"`)
	ann.say("/react :tada:")
	for _, of := range []*client{bot, tail} {
		gets(of, `"type":"reaction"`, `"name":"ann"`, `"emoji":"🎉"`, `"added":true`)
	}
	ann.say("/react :tada:")
	for _, of := range []*client{bot, tail} {
		gets(of, `"type":"reaction"`, `"name":"ann"`, `"emoji":"🎉"`, `"added":false`)
	}
}
