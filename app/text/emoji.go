package text

import (
	_ "embed" // for the table
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// emojiTable has one emoji in each line, with its names on GitHub after it. The first name
// is the usual one. To update the table, run
//
//	jq -r '.[] | [.emoji] + .aliases | join(" ")' db/emoji.json
//
// in a checkout of github.com/github/gemoji, and put its output below the first line of the file.
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

// EmojiNames returns at most limit names of emoji on GitHub that begin with a prefix. Short
// ones come first, because fewer letters are missing: heart before heart_eyes. Names of the
// same length are in the order of the Unicode emoji list, in which faces come before flags.
// Several goroutines may call EmojiNames at once.
func EmojiNames(prefix string, limit int) []string {
	var names []string
	for name := range emojiNames(prefix) {
		names = append(names, name)
	}
	slices.SortStableFunc(names, func(a, b string) int { return len(a) - len(b) })
	return names[:min(limit, len(names))]
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

// emojiRunes are the characters with which emoji begin (Extended_Pictographic and
// Regional_Indicator, UTS #51), without ©, ®, ™ and ℹ, which are mostly used as text.
var emojiRunes = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x203C, Hi: 0x203C, Stride: 1}, {Lo: 0x2049, Hi: 0x2049, Stride: 1},
		{Lo: 0x2194, Hi: 0x2199, Stride: 1}, {Lo: 0x21A9, Hi: 0x21AA, Stride: 1},
		{Lo: 0x231A, Hi: 0x231B, Stride: 1}, {Lo: 0x2328, Hi: 0x2328, Stride: 1},
		{Lo: 0x23CF, Hi: 0x23CF, Stride: 1}, {Lo: 0x23E9, Hi: 0x23FA, Stride: 1},
		{Lo: 0x24C2, Hi: 0x24C2, Stride: 1}, {Lo: 0x25AA, Hi: 0x25AB, Stride: 1},
		{Lo: 0x25B6, Hi: 0x25B6, Stride: 1}, {Lo: 0x25C0, Hi: 0x25C0, Stride: 1},
		{Lo: 0x25FB, Hi: 0x25FE, Stride: 1}, {Lo: 0x2600, Hi: 0x2775, Stride: 1},
		{Lo: 0x2794, Hi: 0x27BF, Stride: 1}, {Lo: 0x2934, Hi: 0x2935, Stride: 1},
		{Lo: 0x2B05, Hi: 0x2B07, Stride: 1}, {Lo: 0x2B1B, Hi: 0x2B1C, Stride: 1},
		{Lo: 0x2B50, Hi: 0x2B50, Stride: 1}, {Lo: 0x2B55, Hi: 0x2B55, Stride: 1},
		{Lo: 0x3030, Hi: 0x3030, Stride: 1}, {Lo: 0x303D, Hi: 0x303D, Stride: 1},
		{Lo: 0x3297, Hi: 0x3297, Stride: 1}, {Lo: 0x3299, Hi: 0x3299, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x1F000, Hi: 0x1F0FF, Stride: 1}, {Lo: 0x1F10D, Hi: 0x1F3FA, Stride: 1},
		{Lo: 0x1F400, Hi: 0x1FAFF, Stride: 1}, {Lo: 0x1FC00, Hi: 0x1FFFD, Stride: 1},
	},
}

// isEmoji reports whether an emoji begins with a character.
func isEmoji(r rune) bool { return r >= 0x203C && unicode.Is(emojiRunes, r) }

// isRegional reports whether a character is a regional indicator. Two of them make a flag.
func isRegional(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }

// isSkinTone reports whether a character changes the skin of the emoji before it.
func isSkinTone(r rune) bool { return r >= 0x1F3FB && r <= 0x1F3FF }

// emojiLength returns the length of the emoji that a text begins with, with the skin tone
// and the marks after it, in bytes. An emoji that joins several is counted as several.
func emojiLength(s string) int {
	first, end := utf8.DecodeRuneInString(s)
	if r, size := utf8.DecodeRuneInString(s[end:]); isRegional(first) && isRegional(r) {
		end += size
	}
	for end < len(s) {
		r, size := utf8.DecodeRuneInString(s[end:])
		if !unicode.IsMark(r) && !isSkinTone(r) {
			break
		}
		end += size
	}
	return end
}

// foldEmoji returns an emoji without its skin tone and its marks.
func foldEmoji(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsMark(r) || isSkinTone(r) {
			return -1
		}
		return r
	}, s)
}
