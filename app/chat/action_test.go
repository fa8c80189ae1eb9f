package chat_test

import (
	"testing"

	"confab/app/chat"
)

func TestSaid(t *testing.T) {
	for body, want := range map[string]string{
		"/me waves": "* ann waves", "/me waves\nand leaves": "* ann waves\nand leaves", "/me": "/me", "/mean": "/mean", " /me x": " /me x", "hello /me x": "hello /me x",
	} {
		if got := chat.Said("ann", body); got != want {
			t.Errorf("%q is read as %q, want %q", body, got, want)
		}
	}
}
