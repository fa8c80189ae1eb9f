//go:build unix

package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"confab/app/testkit"
)

// The example in docs/identity.md works as it is written there.
func TestSingleSignOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	enrol(t, data, "ada")
	run := &example{t: t, dir: dir, env: append(os.Environ(), "CONFAB_DATA="+data, "HOME="+dir)}
	document, err := os.ReadFile(filepath.Join("..", "..", "docs", "identity.md"))
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(self, filepath.Join(bin, "confab")); err != nil {
		t.Fatal(err)
	}
	run.path = bin + ":" + os.Getenv("PATH")
	ran := 0
	for _, block := range regexp.MustCompile("(?ms)^```sh\n(.*?)^```$").FindAllStringSubmatch(string(document), -1) {
		for line := range strings.Lines(block[1]) {
			if flags, ok := strings.CutPrefix(line, "confab serve "); ok {
				s := startServerAt(t, dir, data, run.inside(strings.Fields(flags))...)
				run.path = s.stockSSH(dir) + ":" + run.path
				continue
			}
			run.line(strings.TrimSuffix(line, "\n"))
			ran++
		}
	}
	if ran < 8 {
		t.Errorf("the document has %d commands", ran)
	}
}

// example runs the commands of a document.
type example struct {
	t    *testing.T
	dir  string
	env  []string
	path string
}

// inside returns words with the full paths of files in the folder.
func (e *example) inside(words []string) []string {
	for i, w := range words {
		if _, err := os.Stat(filepath.Join(e.dir, w)); err == nil {
			words[i] = filepath.Join(e.dir, w)
		}
	}
	return words
}

// line runs a command. Its comment says what the command prints, or that it fails.
func (e *example) line(line string) {
	e.t.Helper()
	command, comment, _ := strings.Cut(line, "   # ")
	ctx, cancel := context.WithTimeout(e.t.Context(), testkit.Patience)
	defer cancel()
	shell := exec.CommandContext(ctx, "sh", "-euc", command)
	shell.Dir, shell.Env = e.dir, append(e.env, "PATH="+e.path)
	var out, said bytes.Buffer
	shell.Stdout, shell.Stderr = &out, &said
	err := shell.Run()
	want, prints := strings.CutPrefix(comment, "prints ")
	switch {
	case comment == "refused":
		if err == nil {
			e.t.Errorf("%s\n  is not refused, and prints %q", command, out.String())
		}
	case err != nil:
		e.t.Fatalf("%s\n  %v, out %q, err %q", command, err, out.String(), said.String())
	case prints && !strings.Contains(out.String(), want):
		e.t.Errorf("%s\n  prints %q", command, out.String())
	case comment != "" && !prints:
		e.t.Errorf("the comment %q says nothing that can be checked", comment)
	}
}
