package main

import (
	"go/format"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each mutant still fits the code: its code is in the file once, the result can be parsed,
// and the folder has a test for it. So a change of the code cannot leave a mutant behind.
func TestMutantsFitTheCode(t *testing.T) {
	names := regexp.MustCompile(`Test\w+`)
	for _, m := range mutants {
		source, err := os.ReadFile(filepath.Join("../..", filepath.FromSlash(m.file)))
		if err != nil {
			t.Error(err)
			continue
		}
		changed, err := m.apply(source)
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err := format.Source(changed); err != nil {
			t.Errorf("%s: %v", m.fault, err)
		}
		tests := testsIn(t, filepath.Join("../..", filepath.FromSlash(m.folder())))
		for _, name := range names.FindAllString(m.tests, -1) {
			if !strings.Contains(tests, "func "+name+"(") {
				t.Errorf("%s: %s has no %s", m.fault, m.folder(), name)
			}
		}
	}
}

// testsIn returns the text of all test files in a folder.
func testsIn(t *testing.T, dir string) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// tiny is a module with a function that has one test.
var tiny = map[string]string{
	"go.mod":    "module tiny\n\ngo 1.24\n",
	"larger.go": "package tiny\n\nfunc larger(a, b int) int {\n\tif a > b {\n\t\treturn a\n\t}\n\treturn b\n}\n",
	"tiny_test.go": "package tiny\n\nimport \"testing\"\n\nfunc TestLarger(t *testing.T) {\n\tif larger(2, 1) != 2 {\n\t\tt.Fatal(\"not the larger\")\n\t}\n}\n\n" +
		"func TestWrong(t *testing.T) { t.Fatal(\"always\") }\n",
}

// tinyModule writes tiny into a folder.
func tinyModule(t *testing.T) (root string) {
	t.Helper()
	root = t.TempDir()
	for name, text := range tiny {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestAMutantIsCaughtOrSurvives(t *testing.T) {
	root := tinyModule(t)
	r := runner{root: root, scratch: t.TempDir(), sound: make(map[string]bool)}
	for _, c := range []struct {
		code, instead, tests string
		caught               bool
		wrong                string // what the error says
	}{
		{"a > b", "a < b", "^TestLarger$", true, ""},
		{"a > b", "a >= b", "^TestLarger$", false, ""}, // the result is the same
		{"a > b", `panic("no")`, "^TestLarger$", false, "building the tests"},
		{"return a\n", "panic(a)\n", "^TestLarger$", true, ""},
		{"a > b", "a < b", "^TestWrong$", false, "fail without the mutant"},
		{"a > b", "a < b", "^TestNone$", false, "has no tests called"},
		{"return", "return 1 +", "^TestLarger$", false, "2 times, and not once"},
		{"a == b", "a < b", "^TestLarger$", false, "0 times, and not once"},
	} {
		caught, err := r.try(t.Context(), mutant{file: "larger.go", code: c.code, instead: c.instead, tests: c.tests})
		if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%q in place of %q: %v, want %q", c.instead, c.code, err, c.wrong)
		}
		if caught != c.caught {
			t.Errorf("%q in place of %q: caught is %v", c.instead, c.code, caught)
		}
	}
	left, err := os.ReadFile(filepath.Join(root, "larger.go"))
	if err != nil || string(left) != tiny["larger.go"] {
		t.Errorf("the source is now %q, %v", left, err)
	}
}

// A mutant that survives makes the command fail, and the command names it.
func TestASurvivorFailsTheCommand(t *testing.T) {
	root := tinyModule(t)
	t.Chdir(root)
	dull := mutant{area: "order", fault: "equal numbers are swapped", file: "larger.go", code: "a > b", instead: "a >= b", tests: "^TestLarger$"}
	sharp := mutant{area: "order", fault: "the smaller one is returned", file: "larger.go", code: "a > b", instead: "a < b", tests: "^TestLarger$"}
	var out strings.Builder
	if err := (&cli{}).run(t.Context(), []mutant{dull, sharp}, &out); err == nil || !strings.Contains(err.Error(), "survived") {
		t.Errorf("a survivor: %v", err)
	}
	for _, want := range []string{"SURVIVED  order: equal numbers are swapped", "caught    order: the smaller one", "2 mutants, 1 caught, 1 survived"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it writes %q, without %q", out.String(), want)
		}
	}
	if err := (&cli{}).run(t.Context(), []mutant{sharp}, &out); err != nil {
		t.Errorf("without a survivor: %v", err)
	}
	if err := (&cli{Only: "x"}).run(t.Context(), choose([]mutant{sharp}, "x"), &out); err == nil {
		t.Error("a choice of nothing is no error")
	}
}
