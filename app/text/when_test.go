package text

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Skip(err)
	}
	return l
}

func TestParseWhen(t *testing.T) {
	zurich := zone(t, "Europe/Zurich")
	now := time.Date(2026, 11, 27, 10, 30, 15, 0, zurich) // a Friday
	for text, want := range map[string]string{
		"in 20m":                      "2026-11-27 10:50:15|",
		"in 20m to call ann":          "2026-11-27 10:50:15|to call ann",
		"in 2h30m":                    "2026-11-27 13:00:15|",
		"IN 2H30M now":                "2026-11-27 13:00:15|now",
		"in 90s x":                    "2026-11-27 10:31:45|x",
		"in 2 hours 3 people":         "2026-11-27 12:30:15|3 people",
		"in 1 hour and 30 minutes go": "2026-11-27 12:00:15|go",
		"in an hour and then some":    "2026-11-27 11:30:15|and then some",
		"in 3d":                       "2026-11-30 10:30:15|",
		"in 1 week":                   "2026-12-04 10:30:15|",
		"in 1w2d3h4m":                 "2026-12-06 13:34:15|",
		"at 09:00":                    "2026-11-28 09:00:00|",
		"at 9 we begin":               "2026-11-28 09:00:00|we begin",
		"at 11":                       "2026-11-27 11:00:00|",
		"at 10:30":                    "2026-11-28 10:30:00|",
		"18:30 soup":                  "2026-11-27 18:30:00|soup",
		"at 9pm":                      "2026-11-27 21:00:00|",
		"at 12am":                     "2026-11-28 00:00:00|",
		"12:15pm":                     "2026-11-27 12:15:00|",
		"today at 18:00":              "2026-11-27 18:00:00|",
		"tomorrow":                    "2026-11-28 09:00:00|",
		"tomorrow to rest":            "2026-11-28 09:00:00|to rest",
		"tomorrow at 9":               "2026-11-28 09:00:00|",
		"tomorrow 7:45 run":           "2026-11-28 07:45:00|run",
		"tomorrow 9 people come":      "2026-11-28 09:00:00|9 people come",
		"on monday at 9":              "2026-11-30 09:00:00|",
		"on monday":                   "2026-11-30 09:00:00|",
		"on fri at 11":                "2026-11-27 11:00:00|",
		"on Friday at 9":              "2026-12-04 09:00:00|",
		"2026-12-24 18:00":            "2026-12-24 18:00:00|",
		"2026-12-24T18:00 two\nlines": "2026-12-24 18:00:00|two\nlines",
		"on 2026-12-24 at 6pm dinner": "2026-12-24 18:00:00|dinner",
		"2026-12-24 the tree":         "2026-12-24 09:00:00|the tree",
		"2028-02-29":                  "2028-02-29 09:00:00|",
		"in 20m  \tto  call":          "2026-11-27 10:50:15|to  call",
	} {
		at, rest, err := ParseWhen(text, now)
		if got := at.Format(time.DateTime) + "|" + rest; err != nil || got != want {
			t.Errorf("%q is %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "in", "in a while", "in 5", "in 5 minutess", "in m", "in 5x", "in -5m", "in 123456789m", "in 0m", "in 1m1m1m1m1m",
		"at", "at noonish", "at 25", "at 9:5", "at 9:60", "at 13pm", "at 0am", "9", "today", "today at 9", "on", "on tomorrow at 9", "tomorrow at nine",
		"someday", "2026-02-30", "2026-11-27 10:30", "2025-12-24", "2026-12-24T", "2026-12-24T99:00", "monday at 9", "call ann at 9",
	} {
		if at, rest, err := ParseWhen(text, now); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q is %v, %q, %v", text, at, rest, err)
		}
	}
}

// A wall-clock time stays the same if the clocks change before it. Hours and minutes from
// now pass as on a stopwatch.
func TestParseWhenOverAClockChange(t *testing.T) {
	for _, c := range []struct {
		zone, now, text, want string
		after                 time.Duration
	}{
		// Clocks in Switzerland are put forward on 28 March 2027 at 2:00, and back on 31
		// October at 3:00.
		{"Europe/Zurich", "2027-03-27 12:00", "tomorrow at 9", "2027-03-28 09:00 CEST", 20 * time.Hour},
		{"Europe/Zurich", "2027-10-30 12:00", "tomorrow at 9", "2027-10-31 09:00 CET", 22 * time.Hour},
		{"Europe/Zurich", "2027-03-27 12:00", "in 24h", "2027-03-28 13:00 CEST", 24 * time.Hour},
		{"Europe/Zurich", "2027-03-27 12:00", "in 1d", "2027-03-28 12:00 CEST", 23 * time.Hour},
		{"Europe/Zurich", "2027-10-31 01:30", "in 2h", "2027-10-31 02:30 CET", 2 * time.Hour},
		{"America/New_York", "2027-03-12 08:00", "on monday at 9", "2027-03-15 09:00 EDT", 72 * time.Hour},
		{"Asia/Kolkata", "2027-03-27 12:00", "tomorrow at 9", "2027-03-28 09:00 IST", 21 * time.Hour},
	} {
		now, err := time.ParseInLocation("2006-01-02 15:04", c.now, zone(t, c.zone))
		if err != nil {
			t.Fatal(err)
		}
		at, _, err := ParseWhen(c.text, now)
		if got := at.Format("2006-01-02 15:04 MST"); err != nil || got != c.want || at.Sub(now) != c.after {
			t.Errorf("%s in %s: %q is %s, %v later, %v; want %s, %v later", c.now, c.zone, c.text, got, at.Sub(now), err, c.want, c.after)
		}
	}
	// 2:30 does not exist on the first day and exists twice on the second.
	for _, day := range []string{"2027-03-28", "2027-10-31"} {
		zurich := zone(t, "Europe/Zurich")
		date, err := time.ParseInLocation(time.DateOnly, day, zurich)
		if err != nil {
			t.Fatal(err)
		}
		at, _, err := ParseWhen(day+" 2:30", date.AddDate(0, 0, -3))
		if want := time.Date(date.Year(), date.Month(), date.Day(), 2, 30, 0, 0, zurich); err != nil || !at.Equal(want) {
			t.Errorf("%s at 2:30 is %v, %v; want %v", day, at, err, want)
		}
	}
}

func TestParseUntil(t *testing.T) {
	zurich := zone(t, "Europe/Zurich")
	now := time.Date(2027, 3, 27, 10, 30, 15, 0, zurich) // a Saturday, before clocks are put forward
	for text, want := range map[string]string{
		"until 14:00":            "2027-03-27 14:00",
		"until 14":               "2027-03-27 14:00",
		"until 9":                "2027-03-28 09:00",
		"Until 9pm":              "2027-03-27 21:00",
		"until tomorrow at 9":    "2027-03-28 09:00",
		"until monday":           "2027-03-29 09:00",
		"till on monday at 8":    "2027-03-29 08:00",
		"until 2027-04-01 12:00": "2027-04-01 12:00",
		"for 2h":                 "2027-03-27 12:30",
		"FOR 2 hours":            "2027-03-27 12:30",
		"for an hour":            "2027-03-27 11:30",
		"for 24h":                "2027-03-28 11:30",
		"for 1d":                 "2027-03-28 10:30",
		"2h":                     "2027-03-27 12:30",
		"1h30m":                  "2027-03-27 12:00",
		"in 2h":                  "2027-03-27 12:30",
		"14:00":                  "2027-03-27 14:00",
		"at 14":                  "2027-03-27 14:00",
		"tomorrow 9:00":          "2027-03-28 09:00",
		"tomorrow":               "2027-03-28 09:00",
	} {
		at, err := ParseUntil(text, now)
		if got := at.Format("2006-01-02 15:04"); err != nil || got != want {
			t.Errorf("%q is %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "until", "for", "for ever", "until noonish", "14", "for 14:00", "until 14:00 then", "2h and a bit", "today", "until 2026-01-01", "for 0m", "tomorrow 9 people"} {
		if at, err := ParseUntil(text, now); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q is %v, %v", text, at, err)
		}
	}
}

func FuzzParseWhen(f *testing.F) {
	for _, s := range []string{"in 20m to call", "in 2h30m", "at 09:00 x", "tomorrow at 9", "on monday at 9", "2026-12-24 18:00", "in 1 hour and 30 minutes go", "2026-12-24t18:00"} {
		f.Add(s, int64(1_800_000_000))
	}
	zurich := zone(f, "Europe/Zurich")
	f.Fuzz(func(t *testing.T, s string, unix int64) {
		now := time.Unix(unix%4_000_000_000, 0).In(zurich)
		at, rest, err := ParseWhen(s, now)
		switch {
		case err != nil && !errors.Is(err, ErrInvalid):
			t.Fatalf("%q: %v", s, err)
		case err != nil:
			return
		case !at.After(now) || at.Location() != zurich:
			t.Errorf("%q at %v is %v", s, now, at)
		}
		// The rest is returned as it was written, except after a date and a time that T joins.
		if !strings.HasSuffix(strings.TrimSpace(s), rest) {
			t.Errorf("%q leaves %q", s, rest)
		}
	})
}
