package body_test

import (
	"bytes"
	"errors"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"

	"confab/app/chat"
	"confab/app/hook/body"
	"confab/app/text"
)

var update = flag.Bool("update", false, "accept the texts as they are now")

// fixture is a request as a sender makes it, and the text of its message.
type fixture struct {
	name    string
	header  http.Header
	content []byte
	want    string
}

// fixtures reads the requests in testdata, which are written by hand after the public
// documentation of each sender.
func fixtures(t testing.TB) []fixture {
	t.Helper()
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal("there are no requests in testdata", err)
	}
	var all []fixture
	for _, name := range names {
		a, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f := fixture{name: name, header: http.Header{}}
		for line := range strings.Lines(string(a.Files[0].Data)) {
			key, value, _ := strings.Cut(line, ":")
			f.header.Add(key, strings.TrimSpace(value))
		}
		f.content, f.want = bytes.TrimSuffix(a.Files[1].Data, []byte("\n")), strings.TrimSuffix(string(a.Files[2].Data), "\n")
		all = append(all, f)
	}
	return all
}

func TestTextsOfSenders(t *testing.T) {
	for _, f := range fixtures(t) {
		got, err := body.Read(f.header, f.content)
		switch {
		case errors.Is(err, body.ErrIgnored):
			got = "(ignored)"
		case chat.IsRefusal(err):
			got = "(refused) " + chat.UserText(err)
		case err != nil:
			t.Errorf("%s: %v", f.name, err)
		}
		if *update {
			a, err := txtar.ParseFile(f.name)
			if err != nil {
				t.Fatal(err)
			}
			a.Files[2].Data = []byte(got + "\n")
			if err := os.WriteFile(f.name, txtar.Format(a), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got != f.want {
			t.Errorf("%s gives\n%s\nwant\n%s", f.name, got, f.want)
		}
	}
}

// A text that is too long is cut between characters, and says so. A block of code ends
// before the cut.
func TestLongTextsAreCut(t *testing.T) {
	for _, s := range []string{strings.Repeat("x", 20000), strings.Repeat("é", 10000), "a" + strings.Repeat("😀", 5000), "```\n" + strings.Repeat("line\n", 5000)} {
		got, err := body.Read(http.Header{}, []byte(s))
		if err != nil || len(got) > chat.MaxBody || !utf8.ValidString(got) || strings.Contains(got, "\ufffd") || !strings.HasSuffix(got, "(the rest is too long to be shown here)") {
			t.Errorf("%.10q is cut to %d bytes: %v", s, len(got), err)
		}
		if strings.Count(got, "```")%2 != 0 {
			t.Errorf("the code in %.10q has no end", s)
		}
	}
}

// Strangers write titles and comments. They interrupt nobody, however they are written.
func TestStrangersMentionNobody(t *testing.T) {
	for _, title := range []string{"@all", "`@all", "`` @here `@all` @bob", "*@all*", "(@all)", "`@all`@all", strings.Repeat("`@all @here", 60), "@all\u0000@all", "＠all @all"} {
		content := `{"action":"opened","issue":{"number":1,"title":` + quoted(title) + `},"repository":{"full_name":"a/b"},"sender":{"login":"@all"}}`
		got, err := body.Read(http.Header{"X-Github-Event": {"issues"}}, []byte(content))
		if err != nil || len(text.Mentions(got)) > 0 {
			t.Errorf("the title %q mentions somebody: %q, %v", title, got, err)
		}
	}
}

func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\x00", `\u0000`).Replace(s) + `"`
}

// Whatever arrives, the result is an error or a text that can be posted as it is.
func FuzzRead(f *testing.F) {
	for _, one := range fixtures(f) {
		f.Add(one.header.Get("Content-Type"), one.header.Get("X-Github-Event"), one.header.Get("X-Gitea-Event"), one.content)
	}
	f.Fuzz(func(t *testing.T, kind, github, gitea string, content []byte) {
		got, err := body.Read(http.Header{"Content-Type": {kind}, "X-Github-Event": {github}, "X-Gitea-Event": {gitea}}, content)
		if err != nil {
			if !errors.Is(err, body.ErrIgnored) && !chat.IsRefusal(err) {
				t.Fatalf("the error is for nobody: %v", err)
			}
			return
		}
		if posted, err := chat.CheckBody(got); err != nil || posted != got {
			t.Fatalf("the text %q can't be posted as it is: %v", got, err)
		}
		if (github != "" || gitea != "") && bytes.HasPrefix(bytes.TrimSpace(content), []byte("{")) && kind == "application/json" && len(text.Mentions(got)) > 0 {
			t.Fatalf("the text %q mentions somebody", got)
		}
	})
}
