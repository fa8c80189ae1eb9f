package testkit

import (
	"math/rand/v2"
	"strings"
)

// LargeTexts returns texts of 60 KB, as people paste them: words, text without spaces,
// characters of several code points, and newlines.
func LargeTexts() map[string]string {
	const size = 60_000
	fill := func(piece string) string { return strings.Repeat(piece, size/len(piece)) }
	chance := rand.New(rand.NewPCG(1, 2))
	words := func(letter string) string {
		var b strings.Builder
		for b.Len() < size {
			b.WriteString(strings.Repeat(letter, 1+chance.IntN(9)) + " ")
		}
		return b.String()
	}
	return map[string]string{
		"words": words("w"), "one word": fill("x"), "CJK": fill("漢字"), "Hindi": words("की"),
		"emoji": fill("👩‍👩‍👧"), "flags": fill("🇩🇪"), "newlines": fill("\n"), "marks": fill("e\u0301\u0302\u0303\u0304"),
	}
}
