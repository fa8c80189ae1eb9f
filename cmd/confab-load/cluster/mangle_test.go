package cluster

import (
	"os"
	"testing"

	"confab/cmd/confab-load/testbed"
)

// The changes of servers fit the present source code.
func TestMangles(t *testing.T) {
	for _, name := range Mangles() {
		list, err := testbed.Overlay(t.Context(), t.TempDir(), name, append(mangles[name], testbed.ClockAhead(clockAhead))...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if said, err := os.ReadFile(list); err != nil || len(said) < len(`{"Replace":{}}`) {
			t.Errorf("%s: %q, %v", name, said, err)
		}
	}
	if len(mangles) != 4 || mangles[MangleSkip] == nil {
		t.Errorf("the changes are %v", Mangles())
	}
}
