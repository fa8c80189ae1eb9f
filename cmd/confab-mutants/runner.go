package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// mutant is one fault, and the tests that must fail with it.
type mutant struct {
	area, fault string // the fault is a short clause for people
	file        string // of the fault, with slashes, in the module
	code        string // is in the file once
	instead     string // what the file has in place of code
	in          string // the folder of the package with the tests, or "" for that of file
	tests       string // their names, as go test -run has them
}

// folder returns the folder of the package with the tests.
func (m mutant) folder() string {
	if m.in != "" {
		return m.in
	}
	return filepath.ToSlash(filepath.Dir(m.file))
}

// apply returns the source with the fault.
func (m mutant) apply(source []byte) ([]byte, error) {
	if n := bytes.Count(source, []byte(m.code)); n != 1 {
		return nil, fmt.Errorf("%s has the code of this mutant %d times, and not once: change the mutant to match the code", m.file, n)
	}
	return bytes.Replace(source, []byte(m.code), []byte(m.instead), 1), nil
}

// runner runs mutants in a module.
type runner struct {
	root    string          // the folder of the module
	scratch string          // a folder for what it makes
	sound   map[string]bool // tests that pass without a fault, by folder and names
}

// try reports whether the tests of a mutant fail with it. It is an error if they fail
// without it, or if the mutant does not compile.
func (r *runner) try(ctx context.Context, m mutant) (caught bool, err error) {
	if key := m.folder() + " " + m.tests; !r.sound[key] {
		passed, out, err := r.test(ctx, m, "")
		if err != nil {
			return false, err
		}
		if !passed {
			return false, fmt.Errorf("the tests %s fail without the mutant:\n%s", m.tests, out)
		}
		if strings.Contains(out, "no tests to run") {
			return false, fmt.Errorf("%s has no tests called %s", m.folder(), m.tests)
		}
		r.sound[key] = true
	}
	overlay, err := r.overlay(m)
	if err != nil {
		return false, err
	}
	passed, out, err := r.test(ctx, m, overlay)
	if err != nil {
		return false, err
	}
	if !passed && !strings.Contains(out, "--- FAIL") && !strings.Contains(out, "panic:") {
		return false, fmt.Errorf("the tests ended without a result:\n%s", out)
	}
	return !passed, nil
}

// overlay writes the source with the fault, and the file that tells the compiler to read
// it in place of the original. It returns the path of that file.
func (r *runner) overlay(m mutant) (string, error) {
	original, err := filepath.Abs(filepath.Join(r.root, filepath.FromSlash(m.file)))
	if err != nil {
		return "", err
	}
	source, err := os.ReadFile(original)
	if err != nil {
		return "", err
	}
	if source, err = m.apply(source); err != nil {
		return "", err
	}
	changed := filepath.Join(r.scratch, "mutant.go")
	if err := os.WriteFile(changed, source, 0o600); err != nil {
		return "", err
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": {original: changed}})
	if err != nil {
		return "", err
	}
	path := filepath.Join(r.scratch, "overlay.json")
	return path, os.WriteFile(path, list, 0o600)
}

// test builds the tests of a mutant, with an overlay unless it is "", and runs them. The
// two are separate steps, so that a fault that does not compile is never taken for one that
// the tests notice.
func (r *runner) test(ctx context.Context, m mutant, overlay string) (passed bool, out string, err error) {
	// Windows runs only files with this ending.
	binary, err := filepath.Abs(filepath.Join(r.scratch, "tests.exe"))
	if err != nil {
		return false, "", err
	}
	build := exec.CommandContext(ctx, "go", "test", "-c", "-o", binary, "-overlay", overlay, "./"+m.folder())
	build.Dir = r.root
	if out, err := build.CombinedOutput(); err != nil {
		return false, "", fmt.Errorf("building the tests: %w\n%s", err, out)
	}
	run := exec.CommandContext(ctx, binary, "-test.run", m.tests, "-test.failfast", "-test.timeout", "5m")
	run.Dir = filepath.Join(r.root, filepath.FromSlash(m.folder()))
	said, err := run.CombinedOutput()
	if ctx.Err() != nil {
		return false, "", ctx.Err()
	}
	if _, failed := errors.AsType[*exec.ExitError](err); failed {
		return false, string(said), nil
	}
	return err == nil, string(said), err
}
