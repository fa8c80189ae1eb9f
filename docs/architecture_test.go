// Package docs has tests of what the documentation says about the code as a whole.
package docs

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// module is the path that all packages of this module begin with.
const module = "confab/"

// pack is a package as the go command lists it.
type pack struct {
	ImportPath, Dir  string
	GoFiles, Imports []string
}

// name is how the documentation calls the package.
func (p pack) name() string { return strings.TrimPrefix(p.ImportPath, module) }

// packages are those of this module that have code beside tests.
func packages(t *testing.T) []pack {
	t.Helper()
	// What a command reads is unknown to the test cache. It notices what the test looks
	// at, so that this test runs again when any file has changed.
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == ".git" {
			return filepath.SkipDir
		}
		if err == nil && strings.HasSuffix(path, ".go") {
			_, err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	list := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,GoFiles,Imports", module+"...")
	out, err := list.Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			t.Logf("%s", exit.Stderr)
		}
		t.Fatal(err)
	}
	var all []pack
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pack
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) > 0 {
			all = append(all, p)
		}
	}
}

// row is a line of the table of packages in architecture.md: the packages that it is
// about, and those of this module that they may import.
type row struct {
	packages, imports []string
	everything        bool
}

// table reads the table of packages.
func table(t *testing.T) []row {
	t.Helper()
	text, err := os.ReadFile("architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	quoted := regexp.MustCompile("`([^`]+)`")
	names := func(cell string) (found []string) {
		for _, match := range quoted.FindAllStringSubmatch(cell, -1) {
			found = append(found, match[1])
		}
		return found
	}
	var rows []row
	_, rest, _ := strings.Cut(string(text), "| may import |\n|---|---|---|\n")
	for line := range strings.Lines(rest) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 5 {
			break
		}
		rows = append(rows, row{names(cells[1]), names(cells[3]), strings.TrimSpace(cells[3]) == "everything"})
	}
	if len(rows) < 10 {
		t.Fatalf("the table in architecture.md has %d rows, which cannot be all", len(rows))
	}
	return rows
}

// The table in architecture.md has every package and everything that it imports, and
// imports point down the table only.
func TestImportsAreThoseInTheTable(t *testing.T) {
	rows, all := table(t), packages(t)
	at := make(map[string]int)
	for i, r := range rows {
		for _, name := range r.packages {
			if _, twice := at[name]; twice {
				t.Errorf("%s is in the table twice", name)
			}
			at[name] = i
			if !slices.ContainsFunc(all, func(p pack) bool { return p.name() == name }) {
				t.Errorf("the table has %s, which is not a package", name)
			}
		}
	}
	for _, p := range all {
		i, ok := at[p.name()]
		if !ok {
			t.Errorf("%s is not in the table", p.name())
			continue
		}
		for _, path := range p.Imports {
			name, ours := strings.CutPrefix(path, module)
			if !ours || rows[i].everything {
				continue
			}
			if !slices.Contains(rows[i].imports, name) {
				t.Errorf("%s imports %s, which the table does not allow", p.name(), name)
			}
			if below, ok := at[name]; ok && below <= i {
				t.Errorf("%s imports %s, which stands above it in the table", p.name(), name)
			}
		}
	}
}
