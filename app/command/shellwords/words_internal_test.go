package shellwords

import (
	"slices"
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]string{
		"":                          nil,
		"  \t\n":                    nil,
		"whoami\r\n":                {"whoami"},
		"send #ops hello there":     {"send", "#ops", "hello", "there"},
		`'a b' "c d" e\ f`:          {"a b", "c d", "e f"},
		`a'b'"c"\d`:                 {"abcd"},
		`'' ""`:                     {"", ""},
		`'\' "\"\\\$\a"`:            {`\`, `"\$\a`},
		"a;b | c && $(d) `e` *":     {"a;b", "|", "c", "&&", "$(d)", "`e`", "*"},
		"a\\\nb \"c\\\nd\"":         {"ab", "cd"},
		"\xff 👩‍👩‍👧 '\u00a0'\u00a0": {"\xff", "👩‍👩‍👧", "\u00a0\u00a0"},
	} {
		got, err := Split(line)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q is %q, %v; want %q", line, got, err, want)
		}
	}
	for _, line := range []string{"'", `"`, "it's", `a "b`, `"\"`, `\`, `a\`} {
		if got, err := Split(line); err == nil {
			t.Errorf("%q is %q", line, got)
		}
	}
}

// Any words come out as they went in if each of them is quoted.
func FuzzSplit(f *testing.F) {
	for _, s := range []string{"send #ops hi", `a 'b c' "d\"e" f\ g`, "it's", "\x00\xff\\", "\"\\\n"} {
		f.Add(s, " ")
	}
	f.Fuzz(func(t *testing.T, line, more string) {
		words, err := Split(line)
		if err != nil {
			words = strings.Fields(line)
		}
		words = append(words, more)
		quoted := make([]string, len(words))
		for i, w := range words {
			quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		again, err := Split(strings.Join(quoted, " \n"))
		if err != nil || !slices.Equal(again, words) {
			t.Errorf("%q comes out as %q, %v", words, again, err)
		}
	})
}
