package text

import (
	_ "embed" // for the table
	"strings"
)

// emojiTable has an emoji a line, with its names on GitHub after it. The first name is the
// usual one. To bring the table up to date, write the lines of
//
//	jq -r '.[] | [.emoji] + .aliases | join(" ")' db/emoji.json
//
// in a checkout of github.com/github/gemoji below the first line of the file.
//
//go:embed emoji.txt
var emojiTable string

// emojiRows returns the table without its first line, which says where it is from. A row
// begins with a newline. Searching 35 KB for a text takes microseconds, so there is no
// index, which would stay in memory.
func emojiRows() string { return emojiTable[strings.IndexByte(emojiTable, '\n'):] }

// isEmojiName reports whether a text could be the name of an emoji, or the beginning of one.
func isEmojiName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '-' && r != '+'
	})
}

// Emoji returns the emoji with a name on GitHub, such as "tada". The name has no colons
// around it. Several goroutines may call Emoji at once.
func Emoji(name string) (emoji string, ok bool) {
	for found, at := range emojiNames(name) {
		if found == name {
			row := emojiRows()[:at]
			emoji, _, _ = strings.Cut(row[strings.LastIndexByte(row, '\n')+1:], " ")
			return emoji, true
		}
	}
	return "", false
}

// EmojiName returns the usual name of an emoji on GitHub, without colons. The selector for
// the emoji form (U+FE0F) may be missing at its end. Several goroutines may call EmojiName
// at once.
func EmojiName(emoji string) (name string, ok bool) {
	rows := emojiRows()
	for _, form := range [...]string{emoji, emoji + "\uFE0F"} {
		if form == "" || strings.ContainsAny(form, " \n") {
			continue
		}
		if _, after, ok := strings.Cut(rows, "\n"+form+" "); ok {
			return after[:strings.IndexAny(after, " \n")], true
		}
	}
	return "", false
}

// EmojiNames returns at most limit names of emoji on GitHub that begin with a prefix. An
// equal name is first. The others are in the order of the Unicode emoji list, in which
// faces come before flags. Several goroutines may call EmojiNames at once.
func EmojiNames(prefix string, limit int) []string {
	var names []string
	if _, ok := Emoji(prefix); ok && limit > 0 {
		names = append(names, prefix)
	}
	for name := range emojiNames(prefix) {
		if len(names) >= limit {
			break
		}
		if name != prefix {
			names = append(names, name)
		}
	}
	return names
}

// emojiNames yields the names that begin with a prefix, each with its place in the rows.
func emojiNames(prefix string) func(yield func(name string, at int) bool) {
	return func(yield func(string, int) bool) {
		if !isEmojiName(prefix) {
			return
		}
		rows := emojiRows()
		for at := 0; ; {
			next := strings.Index(rows[at:], " "+prefix)
			if next < 0 {
				return
			}
			at += next + 1
			if name := rows[at : at+strings.IndexAny(rows[at:], " \n")]; !yield(name, at) {
				return
			}
		}
	}
}
