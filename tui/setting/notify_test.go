package setting_test

import (
	"testing"
	"time"

	"confab/app/chat"
	"confab/tui/setting"
)

func TestNoticesRingNowAndThen(t *testing.T) {
	var n setting.Notices
	now := time.Unix(1_800_000_000, 0)
	if !n.Ring(now) || n.Ring(now.Add(4*time.Second)) || !n.Ring(now.Add(6*time.Second)) || n.Sign(time.UTC, now) != "" {
		t.Error("it should ring at most once in five seconds")
	}
	name, value := chat.QuietPreference(now.Add(time.Hour))
	later := now.Add(time.Minute)
	n.Load(map[string]string{name: value})
	if n.Ring(later) || !n.Until.Equal(now.Add(time.Hour)) || n.Sign(time.UTC, later) != "dnd until 09:00" {
		t.Errorf("it rings although it should not disturb, or shows %q", n.Sign(time.UTC, later))
	}
	if over := now.Add(time.Hour); !n.Ring(over) || n.Sign(time.UTC, over) != "" {
		t.Error("it does not ring after that")
	}
	for until, want := range map[time.Duration]string{48 * time.Hour: "dnd until 17 Jan", 200 * 365 * 24 * time.Hour: "dnd"} {
		if n.Until = now.Add(until); n.Sign(time.UTC, now) != want {
			t.Errorf("%v before the end it shows %q, want %q", until, n.Sign(time.UTC, now), want)
		}
	}
	if _, value := chat.QuietPreference(time.Time{}); value != "" {
		t.Errorf("off is kept as %q", value)
	}
}
