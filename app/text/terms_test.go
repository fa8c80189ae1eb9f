package text_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"confab/app/text"
)

func TestTerms(t *testing.T) {
	for words, want := range map[string]string{
		"":                           "",
		" \n!?… -- →│":               "",
		"👍 👍🏽 ❤ ❤️✅x👍":               "👍 👍 ❤ ❤ ✅ x 👍",
		"👩‍💻 🇩🇪🇫🇷":                   "👩 💻 🇩🇪 🇫🇷",
		"Hello, world":               "hello world",
		"don't snake_case v1.2-rc":   "don t snake case v 1 2 rc",
		"rc1 1st x86_64 9f8a":        "rc 1 1 st x 86 64 9 f 8 a",
		"https://example.com/a?b=c#": "https example com a b c",
		"Café cafe\u0301 CAFÉ":       "cafe cafe cafe",
		"STRASSE Straße":             "strasse strasse",
		"ΟΔΟΣ οδός":                  "οδοσ οδοσ",
		"Ёлка ёлка елка":             "елка елка елка",
		"ﬁne ２０２６":                   "fine 2026",
		"漢字かな":                       "漢 字 か な",
		"iPhoneを買う":                  "iphone を 買 う",
		"が か カ\u3099":                "が か ガ",
		"한국어 \u1112\u1161\u11ab":     "한 국 어 한",
		"ราคา":                       "ร า ค า",
		"ที่":                        "ที่",
		"हिन्दी":                     "हिन्दी",
		"שָׁלוֹם":                    "שלום",
		"§1 ¶2":                      "1 2",
	} {
		var got []string
		for _, term := range text.Terms(words) {
			got = append(got, term.Text)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("the terms of %q are %q, want %q", words, s, want)
		}
	}
}

func FuzzTerms(f *testing.F) {
	for _, s := range []string{"Hello, world", "漢字かな\u3099", "\u0301a", strings.Repeat("é", 100), "\xff\xc3", "ﷺ", "½", "ͺ", "1㊀2a", "👍🏽\u0301", "🇩", "ⅷ1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, words string) {
		end := 0
		for _, term := range text.Terms(words) {
			if term.Start < end || term.End <= term.Start || term.End > len(words) {
				t.Fatalf("%q: %+v comes after %d", words, term, end)
			}
			end = term.End
			// FTS5 gets words between spaces, without characters of its query syntax.
			if term.Text == "" || !utf8.ValidString(term.Text) || strings.ContainsAny(term.Text, " \"*§¶'()\x00\n") {
				t.Fatalf("%q: the term %q", words, term.Text)
			}
			again := text.Terms(term.Text)
			if len(term.Text) < 64 && (len(again) == 0 || again[0].Start != 0) {
				t.Fatalf("%q: %q is no term itself: %+v", words, term.Text, again)
			}
		}
	})
}
