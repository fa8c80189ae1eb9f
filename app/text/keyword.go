package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// HasKeyword reports whether a text has one of the keywords as a whole word. Case does
// not matter. A keyword may have punctuation in it, as "c++" has. A letter or digit
// at its edge must be at the edge of a word in the text, except in scripts that
// write no spaces between words. The time is linear in the length of the text, times the
// number of keywords.
func HasKeyword(body string, keywords []string) bool {
	if len(keywords) == 0 {
		return false
	}
	var before rune
	for i := 0; i < len(body); {
		for _, k := range keywords {
			if n := keywordAt(body[i:], k); n > 0 && keywordEdge(before, k) && keywordEnd(body[i:i+n], body[i+n:]) {
				return true
			}
		}
		r, size := utf8.DecodeRuneInString(body[i:])
		before, i = r, i+size
	}
	return false
}

// keywordAt returns the length of the keyword with which a text begins, in bytes, or 0 if
// it begins with something else. Upper and lower case can differ in length.
func keywordAt(body, keyword string) int {
	n := 0
	for _, want := range keyword {
		r, size := utf8.DecodeRuneInString(body[n:])
		if size == 0 || !keywordFolds(r, want) {
			return 0
		}
		n += size
	}
	return n
}

// keywordFolds reports whether two runes differ in case at most.
func keywordFolds(a, b rune) bool {
	if a == b {
		return true
	}
	if a < utf8.RuneSelf && b < utf8.RuneSelf {
		return a|0x20 == b|0x20 && a|0x20 >= 'a' && a|0x20 <= 'z'
	}
	for r := unicode.SimpleFold(a); r != a; r = unicode.SimpleFold(r) {
		if r == b {
			return true
		}
	}
	return false
}

// keywordEdge reports whether a word may begin with the keyword after this rune.
func keywordEdge(before rune, keyword string) bool {
	first, _ := utf8.DecodeRuneInString(keyword)
	return !mentionLetter(first) || before == 0 || !mentionLetter(before) && !unicode.IsMark(before)
}

// keywordEnd reports whether a word may end between the two texts.
func keywordEnd(word, after string) bool {
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRightFunc(word, unicode.IsMark))
	next, size := utf8.DecodeRuneInString(after)
	if size > 0 && unicode.IsMark(next) {
		return false
	}
	return !mentionLetter(last) || size == 0 || !mentionLetter(next)
}
