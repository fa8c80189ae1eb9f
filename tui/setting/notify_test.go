package setting_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"confab/tui/setting"
)

func TestNoticesRingNowAndThen(t *testing.T) {
	var n setting.Notices
	now := time.Unix(1_800_000_000, 0)
	if !n.Ring(now) || n.Ring(now.Add(4*time.Second)) || !n.Ring(now.Add(6*time.Second)) {
		t.Error("it should ring at most once in five seconds")
	}
	name, value := n.Disturb(now.Add(time.Hour))
	later := now.Add(time.Minute)
	var other setting.Notices
	other.Load(map[string]string{name: value})
	if n.Ring(later) || other.Ring(later) || !other.Until(later).Equal(now.Add(time.Hour)) {
		t.Error("it rings although it should not disturb")
	}
	if !other.Ring(now.Add(time.Hour)) || !other.Until(now.Add(time.Hour)).IsZero() {
		t.Error("it does not ring after that")
	}
	if _, value := n.Disturb(time.Time{}); value != "" || !n.Ring(later) {
		t.Error("it does not ring although it may disturb")
	}
}

func TestKeywordsAreBounded(t *testing.T) {
	var n setting.Notices
	name, refused := n.Add("Deploy")
	if refused != "" || name != "word.deploy" || !n.Has("the deploy failed") || n.Has("deployed") {
		t.Errorf("%q, %q", name, refused)
	}
	for _, word := range []string{"", "two words", "deploy", strings.Repeat("x", 41)} {
		if _, refused := n.Add(word); refused == "" {
			t.Errorf("%q is taken", word)
		}
	}
	for i := range 19 {
		if _, refused := n.Add(fmt.Sprint("w", i)); refused != "" {
			t.Error(refused)
		}
	}
	if _, refused := n.Add("more"); !strings.Contains(refused, "20 keywords") {
		t.Errorf("of too many it says %q", refused)
	}
	if name, refused := n.Remove("deploy"); name != "word.deploy" || refused != "" || slices.Contains(n.Words(), "deploy") {
		t.Errorf("%q, %q", name, refused)
	}
	if _, refused := n.Remove("deploy"); refused == "" {
		t.Error("it is removed twice")
	}
}
