package main

import (
	"testing"

	"github.com/charmbracelet/x/vt"
)

// A picture never shows half a frame, however many writes the frame comes in.
func TestHalfAFrameIsNotShown(t *testing.T) {
	screen := &terminal{vt: vt.NewEmulator(3, 1), changed: make(chan struct{}, 1)}
	shows := func() string { return screen.vt.String() }
	write := func(text string) {
		if n, err := screen.Write([]byte(text)); n != len(text) || err != nil {
			t.Fatal(n, err)
		}
	}
	write("one")
	for range 2 {
		screen.together(true)
		write("\x1b[H")
		write("two")
		if got := shows(); got != "one" {
			t.Fatalf("within a frame, the screen shows %q", got)
		}
		screen.together(false)
		if got := shows(); got != "two" {
			t.Fatalf("after a frame, the screen shows %q", got)
		}
		write("\x1b[Hone") // a short frame comes in one write
		if got := shows(); got != "one" {
			t.Fatalf("after a short frame, the screen shows %q", got)
		}
	}
}
