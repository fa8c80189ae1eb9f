package text

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseName(t *testing.T) {
	for in, want := range map[string]string{
		"ann": "ann", "Ann": "ann", "@Bob": "bob", " @bob ": "bob", "a1": "a1",
		"john.doe": "john.doe", "x-y_z": "x-y_z", "bob_": "bob_", "root": "root", "admin1": "admin1",
		strings.Repeat("a", 32): strings.Repeat("a", 32),
	} {
		if got, err := ParseHandle(in); err != nil || got != want {
			t.Errorf("ParseHandle(%q) = %q, %v", in, got, err)
		}
	}
	for in, says := range map[string]string{
		"":                      "is empty",
		"@":                     "is empty",
		"a":                     "too short",
		strings.Repeat("a", 33): "has 33 characters: shorten it to 32",
		"3com":                  `begins with a letter: put one before "3"`,
		"-x":                    "begins with a letter",
		"@@bob":                 "leave out the @",
		"two words":             "leave out the spaces",
		"jürgen":                "leave out the ü",
		"аnn":                   "leave out the а", // Cyrillic
		"\u212aim":              "leave out the \u212a",
		"a\u202eb":              "leave out the character U+202E",
		"a\x1b[2Jb":             "leave out the character U+001B",
		"a\xff":                 "leave out the \ufffd",
		"Admin":                 "reserved",
		"@everyone":             "reserved",
		"system.":               "reserved",
		"host":                  "reserved", // the actor in the audit log for the command line
	} {
		got, err := ParseHandle(in)
		checkNameError(t, in, got, err, says)
	}
	for _, word := range nameReserved {
		got, err := ParseHandle(word)
		checkNameError(t, word, got, err, "")
	}
	if !slices.IsSorted(nameReserved) {
		t.Error("the reserved words are not in order")
	}
}

// checkNameError checks that an error is a sentence for users.
func checkNameError(t *testing.T, in, got string, err error, says string) {
	t.Helper()
	if got != "" || !errors.Is(err, ErrName) || !errors.Is(err, ErrInvalid) {
		t.Errorf("%q gives %q, %v", in, got, err)
		return
	}
	text := err.Error()
	if text != err.Error() || !strings.Contains(text, says) || !strings.HasSuffix(text, ".") || !IsClean(text) || strings.Contains(text, "\n") {
		t.Errorf("%q: %+q, want it to say %q", in, text, says)
	}
}

func TestParseConversationName(t *testing.T) {
	for in, want := range map[string]string{
		"general": "general", "#General": "general", " #3d-printing ": "3d-printing", "x": "x", "v1.2_a": "v1.2_a",
		strings.Repeat("a", 40): strings.Repeat("a", 40),
	} {
		if got, err := ParseConversationName(in); err != nil || got != want {
			t.Errorf("ParseConversationName(%q) = %q, %v", in, got, err)
		}
	}
	for in, says := range map[string]string{
		"": "is empty", "#": "is empty", "##a": "leave out the #", ".a": "begins with a letter or a digit",
		"a b": "leave out the spaces", "café": "leave out the é", strings.Repeat("a", 41): "shorten it to 40",
	} {
		got, err := ParseConversationName(in)
		checkNameError(t, in, got, err, says)
	}
}

func TestSuggestName(t *testing.T) {
	for login, want := range map[string]string{
		`DOMAIN\John.Doe`:        "john.doe",
		"Jürgen":                 "jurgen",
		"ju\u0308rgen@home.test": "jurgen",
		"Søren Weiß":             "soren-weiss",
		"3com":                   "com",
		"":                       "new-user",
		"a":                      "a-user",
		"admin":                  "admin-user",
		"Administrator":          "administrator-user",
		"root":                   "root",
		"@bob":                   "bob",
		"_apt":                   "apt",
		"bob_":                   "bob",
		"x__--y":                 "x_y",
		"山田":                     "new-user",
		"ｗｉｄｅ":                   "wide",
		"\x1b]0;x\a\u202e":       "x-user",
		"12345":                  "new-user",
		strings.Repeat("ab", 99): strings.Repeat("ab", 16),
		strings.Repeat("ß", 999): strings.Repeat("s", 32),
	} {
		if got := SuggestHandle(login); got != want {
			t.Errorf("SuggestName(%q) = %q, want %q", login, got, want)
		}
	}
}

func checkNames(t interface{ Errorf(string, ...any) }, in string) {
	shape := regexp.MustCompile(`^[a-z][a-z0-9._-]{1,31}$`)
	suggested := SuggestHandle(in)
	if got, err := ParseHandle(suggested); err != nil || got != suggested {
		t.Errorf("SuggestName(%q) = %q, which gives %q, %v", in, suggested, got, err)
	}
	if name, err := ParseHandle(in); err != nil {
		if !errors.Is(err, ErrName) || !IsClean(err.Error()) {
			t.Errorf("ParseHandle(%q): %+q", in, err)
		}
	} else if again, err := ParseHandle("@" + strings.ToUpper(name)); err != nil || again != name || !shape.MatchString(name) {
		t.Errorf("ParseHandle(%q) = %q, which again gives %q, %v", in, name, again, err)
	}
	if name, err := ParseConversationName(in); err != nil {
		if !errors.Is(err, ErrName) || !IsClean(err.Error()) {
			t.Errorf("ParseConversationName(%q): %+q", in, err)
		}
	} else if again, err := ParseConversationName("#" + name); err != nil || again != name {
		t.Errorf("ParseConversationName(%q) = %q, which again gives %q, %v", in, name, again, err)
	}
}

func TestNameProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkNames(t, rapid.OneOf(rapid.String(), rapid.StringMatching(`[@#]?[A-Za-z0-9._\\@-]{0,40}`)).Draw(t, "in"))
	})
}

func FuzzParseName(f *testing.F) {
	for _, s := range []string{"ann", "@Bob", "#x", "admin", `D\é.x`, "\u212a", "\xff", "a@b@c", "İ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) { checkNames(t, in) })
}
