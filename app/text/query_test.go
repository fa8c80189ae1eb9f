package text_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"confab/app/text"
)

// described writes a query in one line.
func described(q text.Query) string {
	var parts []string
	for _, p := range q.Phrases {
		s := strings.Join(p.Terms, "+")
		if p.Prefix {
			s += "*"
		}
		parts = append(parts, s)
	}
	for name, value := range map[string]string{"from": q.From, "in": q.In} {
		if value != "" {
			parts = append(parts, name+"="+value)
		}
	}
	if q.HasFile {
		parts = append(parts, "has=file")
	}
	if q.HasLink {
		parts = append(parts, "has=link")
	}
	if !q.After.IsZero() {
		parts = append(parts, "after="+q.After.UTC().Format(time.RFC3339))
	}
	if !q.Before.IsZero() {
		parts = append(parts, "before="+q.Before.UTC().Format(time.RFC3339))
	}
	return strings.Join(parts, " ")
}

func TestParseQuery(t *testing.T) {
	zone := time.FixedZone("", 2*60*60)
	for words, want := range map[string]string{
		"launch":                        "launch",
		"  The   Launch ":               "the launch",
		`"the launch" plan`:             "the+launch plan",
		`plan"the launch"plan`:          "plan the+launch plan",
		`"not closed yet`:               "not+closed+yet",
		"“the launch” „now“":            "the+launch now",
		"lau*":                          "lau*",
		`"the lau"* "the lau*"`:         "the+lau* the+lau",
		"lau** la-* c*x":                "lau la c+x",
		"v1* a1b* 1.2.3":                "v+1* a+1+b* 1+2+3",
		"👍* 👍🏽":                         "👍 👍",
		"has:file HAS:Link x":           "x has=file has=link",
		"has:link":                      "has=link",
		"漢字* 漢":                         "漢+字 漢",
		"v1.2 don't a_b":                "v+1+2 don+t a+b",
		"https://example.com/from:ann":  "https+example+com+from+ann",
		"from:ann x":                    "x from=ann",
		"FROM:@Ann":                     "from=@Ann",
		"in:#ops":                       "in=#ops",
		"in:@ann x":                     "x in=@ann",
		`"from:ann"`:                    "from+ann",
		"before:2026-01-31":             "before=2026-01-30T22:00:00Z",
		"after:2026-01-31T15:04:05Z x":  "x after=2026-01-31T15:04:05Z",
		"after:2026-01-31t15:04 x":      "x after=2026-01-31T13:04:00Z",
		"x before:2026-01-31T15:04:05z": "x before=2026-01-31T15:04:05Z",
		"word !!! 👍":                    "word 👍",
		"AND OR NOT NEAR(a b)":          "and or not near+a b",
		`terms:x {terms}:y -z ^w + a`:   "terms+x terms+y z w a",
		`a'; DROP TABLE messages; --`:   "a drop table messages",
		"form:ann to:bob":               "form+ann to+bob",
	} {
		q, err := text.ParseQuery(words, zone)
		if got := described(q); err != nil || got != want {
			t.Errorf("%q is %q, %v; want %q", words, got, err, want)
		}
	}
	for words, want := range map[string]string{
		"":                                    "Write what to look for",
		"  ":                                  "Write what to look for",
		`""`:                                  "no word",
		"*":                                   "no word",
		"!!! from:ann":                        "no word",
		"→":                                   "no word",
		"1.2.3* x":                            "Write 2 letters or more before a *",
		"has:":                                "such as has:file",
		"has:image":                           "has: needs file or link, not image",
		"a*":                                  "Write 2 letters or more before a *",
		"from:":                               "such as from:ann",
		"in: ops":                             "such as in:#general",
		"before:":                             "such as before:2026-01-31",
		"from:ann from:bob":                   "Use from: only once",
		"in:a in:b":                           "Use in: only once",
		"after:2026-01-01 after:2026":         "after: needs a date",
		"before:yesterday":                    "before: needs a date such as 2026-01-31",
		"before:2026-02-30 x":                 "before: needs a date",
		"before:2026-01-01 before:2026-01-02": "Use before: only once",
		strings.Repeat("x", 501):              "use at most 500 characters",
		strings.Repeat("x ", 21):              "use at most 20 words",
	} {
		q, err := text.ParseQuery(words, zone)
		if !errors.Is(err, text.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %q, %v; want a sentence with %q", words, described(q), err, want)
		}
	}
}

// Every text is refused with a sentence, or gives a query with at least one condition. The
// terms of a query contain no character that the index treats specially.
func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{
		`"the launch" pla* from:ann in:#ops before:2026-01-31 after:2026-01-31T15:04:05Z`,
		`"`, `""*`, `a" b"c`, "NEAR(a b, 2)", `{terms} : "x" ^y NOT z`, "from:\x00", "“x", "\xff\"", "漢字*", "in:@ann*",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, words string) {
		q, err := text.ParseQuery(words, time.UTC)
		if err != nil {
			if !errors.Is(err, text.ErrInvalid) || !text.IsClean(err.Error()) {
				t.Fatalf("%q: %v", words, err)
			}
			return
		}
		if described(q) == "" {
			t.Fatalf("%q looks for nothing", words)
		}
		for _, p := range q.Phrases {
			if len(p.Terms) == 0 {
				t.Fatalf("%q has an empty phrase", words)
			}
			for _, term := range p.Terms {
				if term == "" || strings.ContainsAny(term, "\" *§¶\x00") {
					t.Fatalf("%q has the term %q", words, term)
				}
			}
		}
		if len(fmt.Sprint(q.Phrases)) > 20*len(words)+100 {
			t.Fatalf("%q grows to %v", words, q.Phrases)
		}
	})
}
