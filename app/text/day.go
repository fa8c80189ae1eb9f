package text

import (
	"strings"
	"time"
)

// ParseDay reads a time in the past: a day (2026-11-02, today, yesterday, or a weekday,
// which means the latest one), a time of today (15:04), or a day and a time. It returns the
// first moment of that day or minute in the zone of now. Errors are [ErrInvalid], and each
// is a sentence for the user.
func ParseDay(words string, now time.Time) (time.Time, error) {
	invalid := refuse(ErrInvalid, "%q is not a day: write one such as 2026-01-31, yesterday or monday. A time such as 15:04 may follow it.", CleanLine(words, 30))
	fields := strings.Fields(Lower(words))
	if len(fields) == 1 {
		if at, err := parseDate(fields[0], now.Location()); err == nil {
			return at, nil
		}
		if at, err := time.Parse("15:04", fields[0]); err == nil {
			return onDay(now, 0, at), nil
		}
	}
	if len(fields) == 0 || len(fields) > 2 {
		return time.Time{}, invalid
	}
	var at time.Time
	if len(fields) == 2 {
		var err error
		if at, err = time.Parse("15:04", fields[1]); err != nil {
			return time.Time{}, invalid
		}
	}
	if back, ok := daysAgo(fields[0], now); ok {
		return onDay(now, back, at), nil
	}
	day, err := time.ParseInLocation(time.DateOnly, fields[0], now.Location())
	if err != nil {
		return time.Time{}, invalid
	}
	return onDay(day, 0, at), nil
}

// Day returns the first moment of the day that a time is on, and that of the next day.
func Day(t time.Time) (begin, end time.Time) {
	return onDay(t, 0, time.Time{}), onDay(t, -1, time.Time{})
}

// onDay returns a time on the day that is some days before another one. Days of 23 and of
// 25 hours count as days.
func onDay(day time.Time, before int, at time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day()-before, at.Hour(), at.Minute(), 0, 0, day.Location())
}

// daysAgo returns how many days ago the day with a name was. The name of today's weekday
// means today. Three letters of a weekday are enough.
func daysAgo(name string, now time.Time) (days int, ok bool) {
	switch name {
	case "today":
		return 0, true
	case "yesterday":
		return 1, true
	}
	for back := range 7 {
		weekday := strings.ToLower(now.AddDate(0, 0, -back).Weekday().String())
		if name == weekday || name == weekday[:3] {
			return back, true
		}
	}
	return 0, false
}
