package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"confab/app/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// The pictures in the docs show the present screens.
func TestThePicturesInTheDocsAreUpToDate(t *testing.T) {
	folder := t.TempDir()
	if err := draw(context.Background(), folder); err != nil {
		t.Fatal(err)
	}
	drawn, err := os.ReadDir(folder)
	if err != nil || len(drawn) == 0 {
		t.Fatalf("there are %d pictures: %v", len(drawn), err)
	}
	for _, f := range drawn {
		got, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join("..", "..", "docs", f.Name()))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("docs/%s is not what its scene draws (%v): run 'make picture', look at it, and commit it", f.Name(), err)
		}
	}
}
