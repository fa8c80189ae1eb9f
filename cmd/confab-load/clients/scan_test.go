package clients

import (
	"bytes"
	"slices"
	"testing"
)

// screenful is output that a screen might get, with tokens in hard places.
const screenful = "\x1b[3;25H15:04 \x1b[1mload0003\x1b[m      Q000012 and then we walked\x1b[K" +
	"QQ000345 Q00Q987654Q000000Q12 Q12345x Q1234567\r\nQ00001\x1b[mQ000012"

// TestTokens cuts a stream in two at every position, and into single bytes.
func TestTokens(t *testing.T) {
	want := []int{12, 345, 987654, 0, 123456, 12}
	check := func(what string, parts ...[]byte) {
		t.Helper()
		var scanner tokens
		var got []int
		for _, p := range parts {
			scanner.scan(p, func(message int) { got = append(got, message) })
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: found %v, want %v", what, got, want)
		}
	}
	for i := range len(screenful) + 1 {
		check(screenful[:i], []byte(screenful[:i]), []byte(screenful[i:]))
	}
	check("byte by byte", bytes.Split([]byte(screenful), nil)...)
}

// TestText finds the token in the text that is typed for a message, and nothing
// else.
func TestText(t *testing.T) {
	for _, message := range []int{0, 7, 123456, MaxTokens - 1} {
		var got []int
		new(tokens).scan([]byte("> "+Words(message)), func(m int) { got = append(got, m) })
		if !slices.Equal(got, []int{message}) {
			t.Errorf("in %q: found %v", Words(message), got)
		}
	}
}

func TestPhrase(t *testing.T) {
	for stream, want := range map[string]bool{
		"title #general - confab":     true,
		"##general":                   true,
		"#gene#general":               true,
		"#general":                    true,
		"#gener al #genera l general": false,
		"":                            false,
	} {
		for i := range len(stream) + 1 {
			p := phrase{want: firstFrame}
			// Both parts are scanned, whatever the first one finds.
			first, second := p.scan([]byte(stream[:i])), p.scan([]byte(stream[i:]))
			if got := first || second; got != want {
				t.Errorf("%q | %q: found %v, want %v", stream[:i], stream[i:], got, want)
			}
		}
	}
}
