package testkit

import (
	"slices"
	"strings"
	"testing"
)

// Lines checks that a reader has read these lines, in this order.
func Lines(t testing.TB, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("it reads\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
