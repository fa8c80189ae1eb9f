package text_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"confab/app/text"
)

func TestCleanFileName(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300)
	for raw, want := range map[string]string{
		"report.pdf":                    "report.pdf",
		"my  report (1).pdf":            "my report (1).pdf",
		"a/b\\c":                        "a-b-c",
		"../../etc/passwd":              "etc-passwd",
		"..":                            "",
		".":                             "",
		"":                              "",
		" ":                             "",
		"...":                           "",
		"-rf":                           "rf",
		".bashrc":                       "bashrc",
		"~17":                           "17",
		"report~17":                     "report-17",
		"report~17~18":                  "report~17-18",
		"a~b":                           "a~b",
		"report~0":                      "report~0",
		"tar.gz~":                       "tar.gz~",
		"C:\\x?.txt":                    "C--x-.txt",
		"a\x00b\nc\x1b[31md":            "ab cd",
		"re\u0301sume\u0301":            "résumé",
		"\u202egpj.exe":                 "gpj.exe",
		"\xff\xfe":                      "��",
		"漢字.txt":                        "漢字.txt",
		long + ".tar.gz":                long[:197] + ".gz",
		long + "." + long:               long[:200],
		strings.Repeat("é", 150):        strings.Repeat("é", 100),
		strings.Repeat("x", 199) + " y": strings.Repeat("x", 199),
	} {
		got, err := text.CleanFileName(raw)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q becomes %q, %v; want %q", raw, got, err, want)
		}
	}
}

// A cleaned file name is harmless, whatever the client has sent.
func FuzzCleanFileName(f *testing.F) {
	for _, s := range []string{"report.pdf", "../..", "~1~2~3", "a\u0308\u034f\u0301.b", strings.Repeat("~9", 200), "\xff/..\\", "x" + strings.Repeat("\u0301", 300) + ".y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		name, err := text.CleanFileName(raw)
		if err != nil {
			if !errors.Is(err, text.ErrInvalid) || name != "" {
				t.Fatalf("%q: %q, %v", raw, name, err)
			}
			return
		}
		switch {
		case name == "" || len(name) > 200 || !utf8.ValidString(name):
			t.Errorf("%q becomes %q", raw, name)
		case strings.ContainsAny(name, "/\\\x00\n\t\x7f") || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "-"):
			t.Errorf("%q becomes %q", raw, name)
		case !text.IsClean(name) || !norm.NFC.IsNormalString(name) || strings.TrimSpace(name) != name:
			t.Errorf("%q becomes %q, which is not clean", raw, name)
		}
		if again, err := text.CleanFileName(name); again != name || err != nil {
			t.Errorf("%q becomes %q and then %q, %v", raw, name, again, err)
		}
	})
}
