package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Term is a word of a text for search.
type Term struct {
	Text       string // folded: ünï and UNI are the same
	Start, End int    // its place in the text, in bytes
}

// maxTerm is how many bytes of a word count, before folding. The rest of a pasted
// key or hash would only fill the index.
const maxTerm = 64

// Terms splits a text into words: runs of letters or of digits, with the marks on them.
// It is the one rule for indexing, searching and highlighting, so that these always
// agree. If you change it, the index must be built again.
//
// Letters and the digits beside them are two terms, so that 1.2.3 finds v1.2.3, and a
// search for v1 is a phrase. Each emoji is a term, without its skin tone and its
// presentation.
//
// Case does not matter, and Latin, Greek, Cyrillic, Hebrew and Arabic letters lose
// their marks: cafe finds café. Scripts without spaces between words have one term
// per character. So has Korean, whose words carry endings. A search in them is a
// phrase, which is found anywhere inside a run. An index of trigrams would do that
// too, but not for the many words of two characters, and it would be several times
// as large.
//
// The time is linear in the length of the text.
func Terms(text string) []Term {
	var found []Term
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !termBegins(r) {
			i += size
			continue
		}
		if isEmoji(r) {
			end := i + emojiLength(text[i:])
			found = append(found, Term{foldEmoji(text[i:end]), i, end})
			i = end
			continue
		}
		alone := IsTermAlone(r)
		end := i + size
		for end < len(text) {
			r, size := utf8.DecodeRuneInString(text[end:])
			if !unicode.IsMark(r) && !termJamo(r) && (alone || !termBegins(r) || IsTermAlone(r) || isEmoji(r)) {
				break
			}
			end += size
		}
		found = appendRun(found, text, i, end)
		i = end
	}
	return found
}

// appendRun appends the terms of a run of letters and digits. Terms that begin after the
// first [maxTerm] bytes of a run do not count.
func appendRun(found []Term, text string, start, end int) []Term {
	for at := start; at < end; {
		first, size := utf8.DecodeRuneInString(text[at:end])
		stop := at + size
		for stop < end {
			r, size := utf8.DecodeRuneInString(text[stop:end])
			if !unicode.IsMark(r) && unicode.IsNumber(r) != unicode.IsNumber(first) {
				break
			}
			stop += size
		}
		if stop-start >= maxTerm {
			stop = end
		}
		if folded := foldTerm(text[at:stop]); folded != "" {
			found = append(found, Term{folded, at, stop})
		}
		at = stop
	}
	return found
}

// termBegins reports whether a rune may be the first of a term.
func termBegins(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r) || isEmoji(r)
}

// IsTermAlone reports whether a letter or an emoji is a term by itself.
func IsTermAlone(r rune) bool {
	return isEmoji(r) || r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
		unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) || r == 'ー' || r == 'ｰ'
}

// termJamo reports whether a rune is a vowel or a final of a Korean syllable that
// is written in parts.
func termJamo(r rune) bool { return r >= 0x1160 && r <= 0x11FF }

// foldTerm maps words that count as the same to one form.
func foldTerm(s string) string {
	if len(s) > maxTerm {
		s = s[:maxTerm]
		for !utf8.ValidString(s) && len(s) > maxTerm-utf8.UTFMax {
			s = s[:len(s)-1]
		}
	}
	if termPlain(s) {
		return strings.ToLower(s)
	}
	var b strings.Builder
	var base rune
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		switch {
		case unicode.IsMark(r) && base == 0, unicode.Is(unicode.Mn, r) && termLosesMarks(base):
			continue
		case !unicode.IsMark(r) && !unicode.IsLetter(r) && !unicode.IsNumber(r):
			continue // ½ is 1⁄2, and the sign between is not part of a term
		case r == 'ς':
			r = 'σ'
		case r == 'ß':
			b.WriteByte('s')
			r = 's'
		}
		if !unicode.IsMark(r) {
			base = r
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return norm.NFC.String(b.String())
}

func termPlain(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// termLosesMarks reports whether people leave out the marks of a letter when they
// search. The marks of Thai and Devanagari are vowels, and か is not が.
func termLosesMarks(r rune) bool {
	return unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Hebrew, unicode.Arabic)
}
