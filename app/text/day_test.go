package text_test

import (
	"errors"
	"testing"
	"time"

	"confab/app/text"
)

func TestParseDay(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	// A Monday, the day after the clocks went back.
	now := time.Date(2026, 10, 26, 9, 30, 0, 0, zone)
	for words, want := range map[string]string{
		"2026-11-02":           "2026-11-02T00:00:00+01:00",
		"today":                "2026-10-26T00:00:00+01:00",
		" Yesterday ":          "2026-10-25T00:00:00+02:00",
		"yesterday 23:15":      "2026-10-25T23:15:00+01:00",
		"monday":               "2026-10-26T00:00:00+01:00",
		"TUE":                  "2026-10-20T00:00:00+02:00",
		"sunday 08:00":         "2026-10-25T08:00:00+01:00",
		"08:00":                "2026-10-26T08:00:00+01:00",
		"2026-10-01 8:05":      "2026-10-01T08:05:00+02:00",
		"2026-10-01t15:04":     "2026-10-01T15:04:00+02:00",
		"2026-10-01T15:04:05Z": "2026-10-01T15:04:05Z",
	} {
		if got, err := text.ParseDay(words, now); err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%q is %s, %v, want %s", words, got.Format(time.RFC3339), err, want)
		}
	}
	for _, words := range []string{"", "tomorrow", "2026-02-30", "2026-11-02 noon", "25:00", "monday 8:00 x", "\x1b[31m"} {
		if got, err := text.ParseDay(words, now); !errors.Is(err, text.ErrInvalid) || !text.IsClean(err.Error()) {
			t.Errorf("%q is %s, %v", words, got, err)
		}
	}
	long := time.Date(2026, 10, 25, 0, 0, 0, 0, zone)
	if begin, end := text.Day(long.Add(20 * time.Hour)); !begin.Equal(long) || end.Sub(begin) != 25*time.Hour {
		t.Errorf("the day is from %s to %s", begin, end)
	}
}
