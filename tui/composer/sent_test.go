package composer

import (
	"fmt"
	"strings"
	"testing"

	"confab/tui/editor"
)

func TestRecall(t *testing.T) {
	c := New(Options{IsCommand: func(string) bool { return false }})
	if c.Recall(1) || c.Recall(-1) {
		t.Error("there is nothing to recall")
	}
	for _, line := range []string{"one", "two", "two", "three"} {
		c.Sent(line)
	}
	for _, step := range []struct {
		by   int
		want string
		ok   bool
	}{
		{1, "three", true}, {1, "two", true}, {1, "one", true}, {1, "one", true},
		{-1, "two", true}, {-1, "three", true}, {-1, "", true}, {-1, "", false}, {1, "three", true},
	} {
		if ok := c.Recall(step.by); ok != step.ok || c.Text() != step.want {
			t.Errorf("by %d: %q %t, want %q %t", step.by, c.Text(), ok, step.want, step.ok)
		}
	}
	// A changed line is the user's own text.
	c.Insert("!")
	if c.Recall(1) || c.Text() != "three!" {
		t.Errorf("recalled over %q", c.Text())
	}
}

func TestSentLinesAreBounded(t *testing.T) {
	c := New(Options{})
	for i := range 3 * maxSent {
		c.Sent(fmt.Sprint("line ", i))
	}
	if lines := c.SentLines(); len(lines) != maxSent || lines[maxSent-1] != "line 299" {
		t.Errorf("%d lines, the last of them %q", len(lines), lines[len(lines)-1])
	}
	for i := range 10 {
		c.Sent(fmt.Sprint(i, strings.Repeat("x", editor.Limit/4)))
	}
	size := 0
	for _, line := range c.SentLines() {
		size += len(line)
	}
	if size > editor.Limit || size != c.sent.size || len(c.SentLines()) == 0 {
		t.Errorf("%d lines have %d bytes, counted as %d", len(c.SentLines()), size, c.sent.size)
	}
}
