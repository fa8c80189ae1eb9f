package chat_test

import (
	"testing"
	"time"

	"confab/app/chat"
)

func TestSpans(t *testing.T) {
	for text, want := range map[string]time.Duration{"30m": 30 * time.Minute, " 12H ": 12 * time.Hour, "7d": 7 * 24 * time.Hour, "52w": 52 * 7 * 24 * time.Hour} {
		if got, err := chat.ParseExpiry(text); got != want || err != nil {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "7", "d", "0d", "-1d", "1.5h", "7days", "99999w", "forever", "1y", "٣d"} {
		if got, err := chat.ParseExpiry(text); !chat.IsRefusal(err) {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
}

func FuzzParseSpan(f *testing.F) {
	for _, s := range []string{"", "7d", "forever", "0m", "99999w", "-1h", "1", "17000w", "d", "１d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, ok := chat.ParseSpan(s)
		if d < 0 || !ok && d != 0 || ok && d == 0 && s != "forever" {
			t.Errorf("%q is %s, %t", s, d, ok)
		}
	})
}
