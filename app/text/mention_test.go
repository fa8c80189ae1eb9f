package text

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMentionsAreFoundByTheirForm(t *testing.T) {
	for body, want := range map[string]string{
		"hello @ann":                            "ann",
		"@ann":                                  "ann",
		"@Ann and @BOB":                         "ann bob",
		"ask @ann, @bob; and (@eve).":           "ann bob eve",
		"@ann's turn, @bob’s not":               "ann bob",
		"@ann: see @bob!?":                      "ann bob",
		"@ann-- @bob...":                        "ann bob",
		"\"@ann\" '@bob' *@eve* _@kim_":         "ann bob eve kim",
		"cc @ann/@bob":                          "ann bob",
		"- @ann\n-@bob":                         "ann bob",
		"Done.@ann":                             "ann",
		"write to ann@example.com":              "",
		"a.b+c@example.com, A-@example.com":     "",
		"@ann@example.social":                   "",
		"https://example.social/@ann":           "",
		"see https://example.social/@ann, @bob": "bob",
		"Jürgen@bob, Jürg@ann, é@eve":           "eve",
		"@annä":                                 "",
		"こんにちは@annさん":                           "ann",
		"@all and @here and @everyone":          "all here",
		"@1st @x @ann-with-a-name-that-is-too-long-to-be-one": "",
		"`@ann` and @bob":           "bob",
		"``a ` @ann`` @bob":         "bob",
		"```\n@ann\n```\n@bob":      "bob",
		"a ` that is alone, @ann":   "ann",
		"`` and ` with @ann, and `": "",
		"@@ann @":                   "",
		"":                          "",
	} {
		var got []string
		for _, m := range Mentions(body) {
			got = append(got, m.Name)
			if body[m.Start] != '@' || Lower(body[m.Start+1:m.End]) != m.Name {
				t.Errorf("%q: the place of %s is %q", body, m.Name, body[m.Start:m.End])
			}
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%q mentions %q, want %q", body, got, want)
		}
	}
}

func TestHandlesMayEndWithASeparator(t *testing.T) {
	m := Mentions("see @ann_.")[0]
	for handle, want := range map[string]bool{"ann": true, "ann_": true, "ann_.": true, "ann-": false, "an": false, "anna": false} {
		if m.Is(handle) != want {
			t.Errorf("@ann_. is %s: %v", handle, !want)
		}
	}
}

func TestKeywordsAreWholeWords(t *testing.T) {
	for _, c := range []struct {
		body, keyword string
		want          bool
	}{
		{"the Deploy failed", "deploy", true},
		{"deploy", "DEPLOY", true},
		{"redeploy it", "deploy", false},
		{"deployed", "deploy", false},
		{"(deploy)", "deploy", true},
		{"deploy's", "deploy", true},
		{"c++ and c", "C++", true},
		{"c++11", "c++", true},
		{"abc++", "c++", false},
		{"v1.2.3", "v1.2", true},
		{"ÜBER alles", "über", true},
		{"Ünïcode", "ünï", false},
		{"cafe\u0301", "cafe", false},
		{"明日はリリース日です", "リリース", true},
		{"", "x", false},
	} {
		if got := HasKeyword(c.body, []string{"nothing", c.keyword}); got != c.want {
			t.Errorf("%q has %q: %v", c.body, c.keyword, got)
		}
	}
	if HasKeyword("all of it", nil) {
		t.Error("without keywords something is found")
	}
}

func FuzzMentions(f *testing.F) {
	f.Add("hello @ann's `@bob` a@b.c @eve@x")
	f.Fuzz(func(t *testing.T, body string) {
		end := 0
		for _, m := range Mentions(body) {
			if m.Start < end || m.End <= m.Start || m.End > len(body) || !m.Is(m.Name) {
				t.Fatalf("%q has a mention at %d to %d, after %d", body, m.Start, m.End, end)
			}
			end = m.End
		}
		HasKeyword(body, []string{"bob", body})
	})
}

// A name between spaces is always a mention, whatever else there is.
func TestANameBetweenSpacesIsMentioned(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		around := rapid.StringMatching(`[a-z@., 世ä/:#-]{0,20}`)
		body := around.Draw(r, "before") + " @ann " + around.Draw(r, "after")
		if !slices.ContainsFunc(Mentions(body), func(m Mention) bool { return m.Is("ann") }) {
			r.Fatalf("%q does not mention ann", body)
		}
	})
}
