package text

import (
	"strconv"
	"strings"
	"time"
)

// MorningHour is the hour that is meant by a day without a time, as in "tomorrow".
const MorningHour = 9

// WhenForms says how a time can be written, for refusals.
const WhenForms = "in 20m, in 2h30m, at 09:00, tomorrow at 9, on monday at 9, or 2026-12-24 18:00"

// ParseWhen reads a time at the beginning of a text, and returns it with the rest of the
// text. The time is in the zone of now. ParseWhen understands these forms, in lower and
// upper case:
//
//	in 20m, in 2h30m, in 2 hours, in 1 hour and 30 minutes, in 3d, in 1w
//	at 9, at 09:00, at 9pm, 18:30          the next time at which the clock shows this
//	today at 18:00, tomorrow, tomorrow at 9
//	on monday, on mon at 9                 today if that is still to come, or within a week
//	2026-12-24, on 2026-12-24 at 9, 2026-12-24 18:00, 2026-12-24T18:00
//
// A day without a time means [MorningHour]. After "in", hours and minutes are exact spans
// of time, and days and weeks keep the time of day. All other times are read from the clock
// on the wall. If a change of the clocks skips or repeats such a time, [time.Date] chooses.
//
// ParseWhen refuses all other texts, and times that are not after now, with [ErrInvalid].
func ParseWhen(s string, now time.Time) (at time.Time, rest string, err error) {
	w := &whenReader{rest: strings.TrimSpace(s), now: now}
	at, ok := w.read()
	if !ok {
		return time.Time{}, "", refuse(ErrInvalid, "Begin with a time: %s.", WhenForms)
	}
	if err := checkWhen(at, now); err != nil {
		return time.Time{}, "", err
	}
	return at, w.rest, nil
}

// UntilForms shows how an end can be written, for refusals.
const UntilForms = "for 2h, until 14:00, tomorrow at 9, on monday, or 2026-12-24 18:00"

// ParseUntil reads when something ends. It understands the forms of [ParseWhen], with or
// without "until" before them, and durations such as "for 2h" or "2h". No other text may
// follow. ParseUntil refuses all other texts, and times that are not after now, with
// [ErrInvalid].
func ParseUntil(s string, now time.Time) (time.Time, error) {
	s = strings.TrimSpace(s)
	forms := []string{s, "in " + s}
	switch first, rest := (&whenReader{rest: s}).next(); first {
	case "for":
		forms = []string{"in " + rest}
	case "until", "till":
		forms = []string{rest, "at " + rest, "on " + rest}
	}
	for _, form := range forms {
		w := &whenReader{rest: form, now: now}
		if at, ok := w.read(); !ok || w.rest != "" {
			continue
		} else if err := checkWhen(at, now); err != nil {
			return time.Time{}, err
		} else {
			return at, nil
		}
	}
	return time.Time{}, refuse(ErrInvalid, "Say for how long, or until when: %s.", UntilForms)
}

// checkWhen refuses times that are not after now, and times after the year 9999, which have
// no usual form.
func checkWhen(at, now time.Time) error {
	switch {
	case at.Year() > 9999:
		return refuse(ErrInvalid, "That is too far ahead.")
	case !at.After(now):
		return refuse(ErrInvalid, "%s has passed already: choose a later time.", at.Format("Mon 2 Jan 2006 15:04"))
	}
	return nil
}

// whenReader reads a time from the words of a text.
type whenReader struct {
	rest string
	now  time.Time
}

// next returns the next word in lower case, and what follows it.
func (w *whenReader) next() (word, after string) {
	end := strings.IndexAny(w.rest, " \t\n")
	if end < 0 {
		end = len(w.rest)
	}
	return Lower(w.rest[:end]), strings.TrimLeft(w.rest[end:], " \t\n")
}

// take reads the next word if it is this one.
func (w *whenReader) take(word string) bool {
	have, after := w.next()
	if have != word {
		return false
	}
	w.rest = after
	return true
}

func (w *whenReader) read() (time.Time, bool) {
	if w.take("in") {
		return w.span()
	}
	if hour, minute, ok := w.clock(w.take("at")); ok {
		at := w.on(0, hour, minute)
		if !at.After(w.now) {
			at = w.on(1, hour, minute)
		}
		return at, true
	}
	on := w.take("on")
	word, after := w.next()
	w.rest = after
	day, _, isBoth := strings.Cut(word, "t")
	if date, err := time.Parse(time.DateOnly, day); err == nil {
		if isBoth { // 2026-12-24T18:00
			w.rest = strings.TrimSpace(word[len(day)+1:] + " " + after)
		}
		hour, minute, ok := w.clock(w.take("at"))
		if isBoth && !ok {
			return time.Time{}, false
		}
		if !ok {
			hour, minute = MorningHour, 0
		}
		return time.Date(date.Year(), date.Month(), date.Day(), hour, minute, 0, 0, w.now.Location()), true
	}
	days, weekday := 0, time.Weekday(-1)
	switch {
	case on:
		if weekday = weekdayNamed(word); weekday < 0 {
			return time.Time{}, false
		}
		days = (int(weekday) - int(w.now.Weekday()) + 7) % 7
	case word == "tomorrow":
		days = 1
	case word != "today":
		return time.Time{}, false
	}
	said := w.take("at")
	hour, minute, ok := w.clock(said)
	switch {
	case said && !ok:
		return time.Time{}, false
	case !ok:
		hour, minute = MorningHour, 0
	}
	at := w.on(days, hour, minute)
	if weekday >= 0 && !at.After(w.now) {
		at = w.on(days+7, hour, minute)
	}
	return at, true
}

// on returns a time on the day that is some days after today.
func (w *whenReader) on(days, hour, minute int) time.Time {
	year, month, day := w.now.Date()
	return time.Date(year, month, day+days, hour, minute, 0, 0, w.now.Location())
}

// clock reads a time of day, if there is one. An hour alone counts only if said is true,
// because the word "at" came before it.
func (w *whenReader) clock(said bool) (hour, minute int, ok bool) {
	word, after := w.next()
	half := ""
	for _, suffix := range []string{"am", "pm"} {
		if digits, has := strings.CutSuffix(word, suffix); has && digits != "" {
			word, half = digits, suffix
		}
	}
	hours, minutes, both := strings.Cut(word, ":")
	hour, ok1 := number(hours, 2)
	ok2 := true
	if both {
		minute, ok2 = number(minutes, 2)
		ok2 = ok2 && len(minutes) == 2
	}
	switch {
	case !ok1 || !ok2 || minute > 59 || !both && half == "" && !said:
		return 0, 0, false
	case half != "" && (hour < 1 || hour > 12), hour > 23:
		return 0, 0, false
	case half == "am" && hour == 12:
		hour = 0
	case half == "pm" && hour < 12:
		hour += 12
	}
	w.rest = after
	return hour, minute, true
}

// span reads how long from now: one word such as 2h30m, or numbers with words such as
// "2 hours and 30 minutes".
func (w *whenReader) span() (time.Time, bool) {
	var total spanSum
	word, after := w.next()
	if _, isNumber := number(word, maxSpanDigits); !isNumber && word != "a" && word != "an" {
		w.rest = after
		for word != "" {
			digits := len(word) - len(strings.TrimLeft(word, "0123456789"))
			letters := strings.IndexAny(word[digits:], "0123456789")
			if letters < 0 {
				letters = len(word) - digits
			}
			n, ok := number(word[:digits], maxSpanDigits)
			if !ok || !total.add(n, word[digits:digits+letters]) {
				return time.Time{}, false
			}
			word = word[digits+letters:]
		}
		return total.from(w.now)
	}
	for {
		word, w.rest = w.next()
		n, ok := number(word, maxSpanDigits)
		if word == "a" || word == "an" {
			n, ok = 1, true
		}
		var unit string
		unit, w.rest = w.next()
		if !ok || !total.add(n, unit) {
			return time.Time{}, false
		}
		before := w.rest
		if w.take("and") {
			if word, _ := w.next(); total.parts < maxSpanParts {
				if _, more := number(word, maxSpanDigits); more {
					continue
				}
			}
			w.rest = before // it belongs to the text
		}
		return total.from(w.now)
	}
}

const (
	// maxSpanDigits and maxSpanParts keep sums far below the longest duration.
	maxSpanDigits = 5
	maxSpanParts  = 4
)

// spanSum adds up parts of a span of time.
type spanSum struct {
	clock time.Duration
	days  int
	parts int
}

func (s *spanSum) add(n int, unit string) bool {
	switch unit {
	case "s", "sec", "secs", "second", "seconds":
		s.clock += time.Duration(n) * time.Second
	case "m", "min", "mins", "minute", "minutes":
		s.clock += time.Duration(n) * time.Minute
	case "h", "hr", "hrs", "hour", "hours":
		s.clock += time.Duration(n) * time.Hour
	case "d", "day", "days":
		s.days += n
	case "w", "week", "weeks":
		s.days += 7 * n
	default:
		return false
	}
	s.parts++
	return s.parts <= maxSpanParts
}

func (s *spanSum) from(now time.Time) (time.Time, bool) {
	return now.AddDate(0, 0, s.days).Add(s.clock), s.parts > 0
}

// number reads a number of at most most digits.
func number(s string, most int) (int, bool) {
	if s == "" || len(s) > most || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// weekdayNamed finds a day of the week by its name or the first three letters of that;
// -1 if there is no such day.
func weekdayNamed(word string) time.Weekday {
	for day := time.Sunday; day <= time.Saturday; day++ {
		name := Lower(day.String())
		if word == name || word == name[:3] {
			return day
		}
	}
	return -1
}
