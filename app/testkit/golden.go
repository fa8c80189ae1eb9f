package testkit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Golden compares a screen with the accepted one in testdata/NAME.golden. If update is
// true, it accepts the screen.
func Golden(t *testing.T, update bool, name, got string) {
	t.Helper()
	got = strings.ReplaceAll(got, "\x1b", "␛") + "\n"
	file := filepath.Join("testdata", name+".golden")
	if update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s has changed (make golden accepts it); now:\n%s", file, got)
	}
}
