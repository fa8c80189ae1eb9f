// Package shellwords splits command lines into words.
package shellwords

import (
	"errors"
	"strings"
)

// Words returns the words of a command line, or nil if [Split] refuses it.
func Words(line string) []string {
	words, err := Split(line)
	if err != nil {
		return nil
	}
	return words
}

// Split splits a command line like a POSIX shell, but expands nothing. White space
// separates words. '…' keeps everything as it is. In "…", a backslash escapes ", \, $ and
// `. Outside quotes, a backslash escapes the character after it. Errors are sentences for
// the user.
//
// No maintained library passes the cases of TestSplit: mattn/go-shellwords ends the
// line at a ";" or "|" and reads "\a" in double quotes as "a", and mvdan.cc/sh
// takes "#ops" for a comment, as google/shlex does. kballard/go-shellquote passes,
// but nobody has maintained it since 2018, and it keeps a carriage return in a
// word.
func Split(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord := false
	end := func() {
		if inWord {
			words = append(words, word.String())
			word.Reset()
			inWord = false
		}
	}
	for i := 0; i < len(line); i++ {
		switch b := line[i]; b {
		case ' ', '\t', '\n', '\r':
			end()
		case '\\':
			inWord = true
			if i++; i == len(line) {
				return nil, errors.New("The command ends with a backslash: leave it out, or double it.")
			}
			if line[i] != '\n' { // a backslash before a line end joins the lines
				word.WriteByte(line[i])
			}
		case '\'':
			inWord = true
			n := strings.IndexByte(line[i+1:], '\'')
			if n < 0 {
				return nil, unclosed()
			}
			word.WriteString(line[i+1 : i+1+n])
			i += n + 1
		case '"':
			inWord = true
			n, err := splitQuoted(&word, line[i+1:])
			if err != nil {
				return nil, err
			}
			i += n
		default:
			inWord = true
			word.WriteByte(b)
		}
	}
	end()
	return words, nil
}

// splitQuoted adds a text in double quotes to a word. line begins after the first quote.
// The result is the length of the text with the second quote.
func splitQuoted(word *strings.Builder, line string) (int, error) {
	for i := 0; i < len(line); i++ {
		switch b := line[i]; {
		case b == '"':
			return i + 1, nil
		case b == '\\' && i+1 < len(line) && strings.IndexByte("\"\\$`", line[i+1]) >= 0:
			i++
			word.WriteByte(line[i])
		case b == '\\' && i+1 < len(line) && line[i+1] == '\n':
			i++
		default:
			word.WriteByte(b)
		}
	}
	return 0, unclosed()
}

func unclosed() error {
	return errors.New("A quote is not closed: ssh removes one pair of quotes, so put the whole command in quotes once more, or give the text on standard input.")
}
