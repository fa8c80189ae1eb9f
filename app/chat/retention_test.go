package chat_test

import (
	"testing"
	"time"

	"confab/app/chat"
)

func TestParseKeep(t *testing.T) {
	const day = 24 * time.Hour
	t.Parallel()
	for text, want := range map[string]time.Duration{"off": 0, "": 0, "1d": day, "90d": 90 * day, "12w": 84 * day, "36h": 36 * time.Hour} {
		if got, err := chat.ParseKeep(text); got != want || err != nil {
			t.Errorf("%q is %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"0d", "-1d", "1h", "90", "d", "1.5d", "9999999w", "40000d", "99999999999999999999d", "1d ", "forever"} {
		if got, err := chat.ParseKeep(text); !chat.IsRefusal(err) {
			t.Errorf("%q is %s, %v", text, got, err)
		}
	}
	if got := chat.KeepText(36 * time.Hour); got != "36h" {
		t.Errorf("36 hours are %q", got)
	}
}
