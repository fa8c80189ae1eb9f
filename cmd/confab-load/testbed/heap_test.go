package testbed

import (
	"strings"
	"testing"
)

func TestHeap(t *testing.T) {
	const profile = "heap profile: 1: 2\n# runtime.MemStats\n# Alloc = 5\n# HeapAlloc = 1000\n# HeapInuse = 7\n# Stack = 24 / 99\n"
	if n, err := parseHeap(strings.NewReader(profile)); n != 1024 || err != nil {
		t.Errorf("got %d, %v; want 1024", n, err)
	}
	if _, err := parseHeap(strings.NewReader("")); err == nil {
		t.Error("an empty profile is no error")
	}
	if n, err := parseHeap(strings.NewReader("# HeapAlloc = 1")); err == nil {
		t.Errorf("a part of a profile gives %d", n)
	}
}
