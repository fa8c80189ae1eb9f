package main

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestLinesOfIRCAreRead(t *testing.T) {
	for line, want := range map[string][]string{
		"PING :irc.example.org":                        {"", "PING", "irc.example.org"},
		":bob!~b@host PRIVMSG #team :hello :-) all":    {"bob", "PRIVMSG", "#team", "hello :-) all"},
		"@time=2026;x :irc.example.org 001 confab :hi": {"irc.example.org", "001", "confab", "hi"},
		":bob JOIN  #team":                             {"bob", "JOIN", "#team"},
		"":                                             {"", ""},
		":bob":                                         {"bob", ""},
		"@tags":                                        {"", ""},
		":a!b@c privmsg #team :":                       {"a", "PRIVMSG", "#team", ""},
	} {
		nick, command, params := parse(line)
		if got := append([]string{nick, command}, params...); !slices.Equal(got, want) {
			t.Errorf("%q is read as %q, want %q", line, got, want)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("a text with words", 100)
	f.Add(strings.Repeat("é", 500), 101)
	f.Add("\x01ACTION\x01\r\nQUIT", 100)
	f.Fuzz(func(t *testing.T, text string, room int) {
		if room < 100 || room > 500 || !utf8.ValidString(text) {
			t.Skip()
		}
		pieces := split([]string{text, text}, room)
		if len(pieces) > maxLines+1 {
			t.Errorf("%d pieces", len(pieces))
		}
		for _, piece := range pieces {
			if len(piece) > room || !utf8.ValidString(piece) || strings.ContainsAny(piece, "\r\n\x00\x01") {
				t.Errorf("the piece %q cannot be written", piece)
			}
		}
	})
}
