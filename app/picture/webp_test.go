package picture_test

import (
	"bytes"
	"image"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/image/webp"

	"confab/app/picture"
)

// WebP pictures look as a decoder for general use decodes them.
func TestWebP(t *testing.T) {
	names, err := filepath.Glob("testdata/*.webp")
	if err != nil || len(names) == 0 {
		t.Fatal(err)
	}
	for _, name := range names {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		want, err := webp.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		most := image.Pt(2000, 2000)
		got, err := picture.NewWorker().Copy(t.Context(), bytes.NewReader(file), int64(len(file)), most)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !bytes.Equal(got.Pix, picture.Shrink(want, most).Pix) {
			t.Errorf("%s looks different", name)
		}
	}
}

// FuzzWebP compares the two decoders for any input that both take.
func FuzzWebP(f *testing.F) {
	names, _ := filepath.Glob("testdata/gopher*.webp")
	for _, name := range names {
		file, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		if c, err := webp.DecodeConfig(bytes.NewReader(file)); err != nil || c.Width*c.Height > 1<<20 {
			return
		}
		most := image.Pt(2000, 2000)
		got, err := picture.NewWorker().Copy(t.Context(), bytes.NewReader(file), int64(len(file)), most)
		if err != nil {
			return
		}
		want, err := webp.Decode(bytes.NewReader(file))
		if err == nil && !bytes.Equal(got.Pix, picture.Shrink(want, most).Pix) {
			t.Error("they differ")
		}
	})
}
