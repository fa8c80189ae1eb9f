package text

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// shown writes the markup of a text as tags, without the signs.
func shown(s string) string {
	names := map[MarkupKind]string{
		MarkupQuote: "quote", MarkupFence: "fence", MarkupCode: "code", MarkupLink: "link", MarkupBold: "b", MarkupItalic: "i", MarkupStrike: "s",
	}
	spans := Markup(s)
	var b strings.Builder
	for i := 0; i <= len(s); i++ {
		for _, span := range slices.Backward(spans) {
			if name, ok := names[span.Kind]; ok && span.End == i && span.Start < i {
				b.WriteString("</" + name + ">")
			}
		}
		for _, span := range spans {
			switch name, ok := names[span.Kind]; {
			case ok && span.Start == i && span.End == i:
				b.WriteString("<" + name + "/>")
			case ok && span.Start == i:
				b.WriteString("<" + name + ">")
			case span.Kind == MarkupLanguage && span.Start == i:
				b.WriteString("<" + s[span.Start:span.End] + "/>")
			}
		}
		if i < len(s) && !slices.ContainsFunc(spans, func(o MarkupSpan) bool { return o.Kind == MarkupSign && o.Start <= i && i < o.End }) {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func TestMarkup(t *testing.T) {
	for typed, want := range map[string]string{
		"*bold* and **bold**":           "<b>bold</b> and <b>bold</b>",
		"_italic_, ~gone~ ~~gone~~.":    "<i>italic</i>, <s>gone</s> <s>gone</s>.",
		"a `code *as* it is` b":         "a <code>code *as* it is</code> b",
		"``a ` b``":                     "<code>a ` b</code>",
		"*bold _both_*":                 "<b>bold <i>both</i></b>",
		"_*both*_":                      "<i><b>both</b></i>",
		"(*yes*) \"*yes*\" *Ann*'s":     "(<b>yes</b>) \"<b>yes</b>\" <b>Ann</b>'s",
		"*two words*, then":             "<b>two words</b>, then",
		"これは*太字*です":                     "これは<b>太字</b>です",
		"*fertig*🎉":                     "<b>fertig</b>🎉",
		"> quoted *bold*\n> \n>\nafter": "<quote>quoted <b>bold</b></quote>\n<quote/>\n<quote/>\nafter",
		"- one\n- *two*\n1. three":      "- one\n- <b>two</b>\n1. three",
		"* one\n* two":                  "* one\n* two",
		"```go\nx := *p\n```\nafter":    "<go/><fence>x := *p</fence>\nafter",
		"```\na\n\n  b\n```":            "<fence>a\n\n  b</fence>",
		"```one line```":                "<fence>one line</fence>",
		"```ls\n```":                    "<fence>ls</fence>",
		"```\nas in Slack```":           "<fence>as in Slack</fence>",
		"````\n```\n````":               "<fence>```</fence>",
		"see ```x``` here":              "see <code>x</code> here",
	} {
		if got := shown(typed); got != want {
			t.Errorf("%q is\n%s, want\n%s", typed, got, want)
		}
	}
}

func TestWhatIsNotMarkupStaysAsTyped(t *testing.T) {
	for _, typed := range []string{
		"snake_case and other_snake_case", "2*3*4", "2 * 3 * 4", "__init__ and __name__", "*unclosed", "unclosed*", "`unclosed", "~unclosed",
		"```\nunclosed", "```go", "``` ```", "*not\nclosed*", "*args, **kwargs", "int *p, *q;", "f(*a)*b", "SELECT *, count(*) FROM t", "a.*, b.*",
		"rm *.o *.a", "**/*.go", "*/foo/*", "/*comment*/", "*/5 * * * *", "~/a and ~/b", "~5 or ~10", "about ~100 (~120)", `¯\_(ツ)_/¯`, "-_- zzz -_-", "^_^ *_* (*_*)",
		"._. hi ._.", "'_' and '_'", `"*" or "*"`, "[*] one [*] two", "**** ____ ~~~~", "***x***", "price* (*without tax)", "don`t and can`t", "` `",
		">_< >quoted", "a > b", ">", "text\n>", `\*not bold\*`, "x*y*z_a_b", "*️⃣ *️⃣", "*\u0301a*", "1. one\n2. two", "# heading", "[text](there)", "| a | b |",
		"user@example.org", "www.example.org", "ftp://example.org javascript://x file:///etc/passwd", "http://", "https://...", "mailto:", "xhttp://example.org",
	} {
		if spans := Markup(Clean(typed)); len(spans) > 0 {
			t.Errorf("%q is %s", typed, shown(typed))
		}
	}
}

func TestLinks(t *testing.T) {
	for typed, want := range map[string]string{
		"see https://example.org/a_b_c?x=*y*&z=~1~.":               "https://example.org/a_b_c?x=*y*&z=~1~",
		"(https://example.org/Foo_(bar)), or <http://[::1]:80/>":   "https://example.org/Foo_(bar) http://[::1]:80/",
		"*https://example.org/x* _see https://example.org/y__":     "https://example.org/x https://example.org/y",
		"*bold https://example.org/z*":                             "https://example.org/z",
		"HTTPS://EXAMPLE.ORG, mailto:ann@example.org!":             "HTTPS://EXAMPLE.ORG mailto:ann@example.org",
		"https://ja.wikipedia.org/wiki/日本語。次":                      "https://ja.wikipedia.org/wiki/日本語",
		"`https://example.org`\n```\nhttps://example.org\n```":     "",
		"https://a.example https://b.example https://a.example ok": "https://a.example https://b.example",
		"[text](https://example.org/hidden)":                       "https://example.org/hidden",
		"https://example.org/\"quoted\" https://example.org/{x}":   "https://example.org/",
	} {
		if got := strings.Join(Links(typed), " "); got != want {
			t.Errorf("%q links to %q, want %q", typed, got, want)
		}
	}
}

func TestLinkTargetIsASCIIAndBounded(t *testing.T) {
	for address, want := range map[string]string{
		"https://example.org/a;b?c=d#e":                       "https://example.org/a;b?c=d#e",
		"https://example.org/é":                               "https://example.org/%C3%A9",
		"https://example.org/\x1b\\\x07 \"":                   "https://example.org/%1B%5C%07%20%22",
		"https://example.org/" + strings.Repeat("x", 1<<10):   "",
		"https://example.org/" + strings.Repeat("日", 1<<10/9): "",
	} {
		if got := LinkTarget(address); got != want {
			t.Errorf("%q leads to %q, want %q", address, got, want)
		}
	}
}

// checkMarkup checks the properties on which all users of spans rely.
func checkMarkup(t *testing.T, s string) {
	t.Helper()
	spans := Markup(s)
	if len(spans) > maxMarkup {
		t.Fatalf("%q has %d spans", s, len(spans))
	}
	boundary := func(i int) bool { return i == len(s) || utf8.RuneStart(s[i]) }
	signs, verbatim := 0, 0 // where the last of each kind ends
	var drawn strings.Builder
	for i, span := range spans {
		switch {
		case span.Start < 0 || span.End > len(s) || span.Start > span.End, span.Start == span.End && span.Kind != MarkupQuote:
			t.Fatalf("%q has the span %v", s, span)
		case !boundary(span.Start) || !boundary(span.End):
			t.Fatalf("%q: %v cuts a character", s, span)
		case i > 0 && span.Start < spans[i-1].Start:
			t.Fatalf("%q: %v is not in order", s, span)
		}
		switch text := s[span.Start:span.End]; span.Kind {
		case MarkupSign:
			if span.Start < signs {
				t.Fatalf("%q: signs overlap at %v", s, span)
			}
			drawn.WriteString(s[signs:span.Start])
			signs = span.End
		case MarkupLanguage:
			if signs < span.End {
				t.Fatalf("%q: %v is not among signs", s, span)
			}
		case MarkupFence, MarkupCode, MarkupLink:
			if span.Start < verbatim {
				t.Fatalf("%q: code or links overlap at %v", s, span)
			}
			verbatim = span.End
			if target := LinkTarget(text); span.Kind == MarkupLink && (len(target) > maxLinkTarget || strings.ContainsFunc(target, func(r rune) bool { return r <= ' ' || r > '~' })) {
				t.Fatalf("%q leads to %q", text, target)
			}
		default:
			if strings.Contains(text, "\n") {
				t.Fatalf("%q: %v has several lines", s, span)
			}
		}
	}
	drawn.WriteString(s[signs:])
	if !IsClean(drawn.String()) {
		t.Fatalf("%q is drawn as %q, which is not clean", s, drawn.String())
	}
	// Everything but the signs is drawn.
	for _, r := range drawn.String() {
		if strings.Count(drawn.String(), string(r)) > strings.Count(s, string(r)) {
			t.Fatalf("%q is drawn as %q", s, drawn.String())
		}
	}
}

func FuzzMarkup(f *testing.F) {
	for _, s := range []string{"*a* _b_ ~c~ `d` > e\n> f\n```go\ng\n```", "https://example.org/(a)_*", "_*`*_`", "**a*b**", "```\n```x\n```", "*\u0301*", "> ```\n>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 1<<11 {
			t.Skip()
		}
		checkMarkup(t, Clean(s))
	})
}

// floods are texts of a message's length that a parser could be slow with.
func floods() map[string]string {
	fill := func(s string) string { return strings.Repeat(s, 16<<10/len(s)) }
	all := map[string]string{
		"plain": fill("the quick brown fox jumps over the lazy dog. "), "stars": fill("*"), "opened": fill(" *a"), "closed": fill("a* "), "bold": fill("*a* "),
		"nested": fill(" *a _b ~c"), "ticks": fill("` "), "all ticks": fill("` `` ``` ```` "), "fences": fill("```\n"), "fences that do not end": fill("```x y\n"),
		"fences in a line": "```\n" + fill("```x"), "spaces": "```\n" + fill("```   x"), "links": fill("http://a "), "one link": "http://a" + fill("/b"),
		"brackets": "http://a" + fill(")"), "schemes": fill("http://"), "dots": "http://" + fill("."), "quotes": fill("> a\n"),
	}
	for name, s := range all {
		all[name] = Clean(s)
	}
	return all
}

func TestFloodsAreMarkup(t *testing.T) {
	for _, s := range floods() {
		checkMarkup(t, s)
	}
}

func BenchmarkMarkup(b *testing.B) {
	for name, s := range floods() {
		b.Run(fmt.Sprint(name), func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			b.ReportAllocs()
			for b.Loop() {
				Markup(s)
			}
		})
	}
}
