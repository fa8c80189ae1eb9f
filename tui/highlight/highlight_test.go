package highlight

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/chroma/v2"
)

// still is a clock that stands still, so that a busy machine does not matter.
func still() time.Time { return time.Time{}.Add(time.Hour) }

func TestCode(t *testing.T) {
	for _, c := range []struct{ language, code, want string }{
		{"go", "func f() string { return \"a\" + 7 } // done", "func=1 f=2 string=1 return=1 \"a\"=3 7=4 // done=5"},
		{"Python", "def f(x):\n    return 'a'  # done", "def=1 f=2 return=1 'a'=3 # done=5"},
		{"sh", "if true; then echo \"$HOME\"; fi # done", "if=1 then=1 echo=2 \"=3 \"=3 fi=1 # done=5"},
		{"json", `{"a": 1, "b": null}`, `"a"=1 1=4 "b"=1 null=1`},
		{"diff", "+in\n-out\n same", "+in=6 -out=7"},
		{"dockerfile", "RUN echo hi", "RUN=1 echo=2"},
		{"html", "<p>x</p><style>a{}</style>", "p=1 p=1 style=1 a=1 style=1"},
		{"nothing", "func f()", ""},
		{"", "func f()", ""},
	} {
		h, got := New(still), ""
		// On a slow machine, an expression may run out of time and leave code plain.
		for range 200 {
			if got = classes(h, c.language, c.code); got == c.want {
				break
			}
		}
		if got != c.want {
			t.Errorf("%s: %s\nis %s\nwant %s", c.language, c.code, got, c.want)
		}
	}
}

// classes returns the pieces of code that are not plain, each with its class.
func classes(h *Highlighter, language, code string) string {
	begin, found := 0, []string{}
	for _, run := range h.Message().Code(language, code) {
		if piece := strings.TrimSpace(code[begin:run.End]); run.Class != Plain && piece != "" {
			found = append(found, fmt.Sprintf("%s=%d", piece, run.Class))
		}
		begin = run.End
	}
	return strings.Join(found, " ")
}

func TestAllLanguagesCanBeRead(t *testing.T) {
	h := New(still)
	entries, err := embedded.ReadDir("lexers")
	if err != nil {
		t.Fatal(err)
	}
	used := make(map[string]bool)
	for name, file := range files {
		used[file+".xml"] = true
		if h.lexer(file) == nil || !Known(strings.ToUpper(name)) {
			t.Errorf("%s (%s) cannot be highlighted", name, file)
		}
	}
	for _, e := range entries {
		if !used[e.Name()] {
			t.Errorf("%s has no name", e.Name())
		}
	}
}

// Chroma panics when code contains code in another language that it does not have.
func TestLanguagesWithinOthersAreThere(t *testing.T) {
	for name, file := range files {
		data, err := embedded.ReadFile("lexers/" + file + ".xml")
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split(string(data), "<using lexer=\"")[1:] {
			other, _, _ := strings.Cut(part, "\"")
			if !slices.Contains(within[file], strings.ToLower(other)) {
				t.Errorf("%s has %s in it", name, other)
			}
		}
	}
}

// An expression that would take minutes is given up.
func TestHostileCodeIsGivenUp(t *testing.T) {
	var written struct {
		Rules chroma.Rules `xml:"rules"`
	}
	err := xml.Unmarshal([]byte(`<lexer><rules><state name="root"><rule pattern="(a|a)*b"><token type="Keyword"/></rule></state></rules></lexer>`), &written)
	if err != nil {
		t.Fatal(err)
	}
	lexer, err := compile(chroma.Config{Name: "slow"}, written.Rules)
	if err != nil {
		t.Fatal(err)
	}
	h := New(time.Now)
	h.lexers["go"] = lexer
	done := make(chan bool)
	go func() {
		h.Message().Code("go", strings.Repeat("a", maxCode))
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("it is still being highlighted after a minute")
	}
}

func TestAMessageHasOneBound(t *testing.T) {
	at := still()
	h := New(func() time.Time { at = at.Add(maxTime / 10); return at })
	m, coloured := h.Message(), 0
	for range 100 {
		if m.Code("go", "var x = 1") != nil {
			coloured++
		}
	}
	if coloured == 0 || coloured > 10 {
		t.Errorf("%d fences of a message were highlighted", coloured)
	}
	m = New(still).Message()
	if m.Code("go", "var x"+strings.Repeat(" ", maxCode)) != nil || m.Code("go", "var x") != nil {
		t.Error("a long message is highlighted")
	}
}

func FuzzCode(f *testing.F) {
	f.Add("go", "x := `a")
	f.Add("html", "<script>a</script>")
	h := New(time.Now)
	f.Fuzz(func(t *testing.T, language, code string) {
		end := 0
		for _, run := range h.Message().Code(language, code) {
			if run.End < end || run.End > len(code) {
				t.Fatalf("%s %q: a run ends at %d", language, code, run.End)
			}
			end = run.End
		}
	})
}

// BenchmarkHostileCode measures a fence for which a language's rules are slow.
func BenchmarkHostileCode(b *testing.B) {
	fill := func(s string) string { return strings.Repeat(s, maxCode/len(s)) }
	for _, c := range []struct{ name, language, code string }{
		{"usual", "go", fill("func f(x int) (string, error) { return \"a\", nil } // done\n")}, {"open comments", "c", fill("/*")},
		{"open strings", "python", fill("\"\"\"\\")}, {"words", "java", fill("a ")}, {"spaces", "js", fill(" (")}, {"brackets", "ruby", fill("{-//@")},
		{"tags", "html", fill("<a ")}, {"one word", "sql", fill("a")},
	} {
		b.Run(c.name, func(b *testing.B) {
			h := New(time.Now)
			h.Message().Code(c.language, "x")
			for b.Loop() {
				h.Message().Code(c.language, c.code)
			}
		})
	}
}
