package chat_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"confab/app/chat"
	"confab/app/text"
)

// zurich is a zone in which clocks are put forward in the night of 29 March 2026.
func zurich(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestParseStatus(t *testing.T) {
	now := time.Date(2026, 3, 28, 10, 0, 0, 0, zurich(t)) // a Saturday
	for typed, want := range map[string]struct{ text, until, words string }{
		"":                                     {"away", "", "away"},
		"at lunch until 14:00":                 {"at lunch", "2026-03-28 14:00", "away: at lunch until 14:00"},
		"  at   lunch UNTIL 2pm ":              {"at lunch", "2026-03-28 14:00", "away: at lunch until 14:00"},
		"until 9":                              {"away", "2026-03-29 09:00", "away until tomorrow 09:00"},
		"until tomorrow":                       {"away", "2026-03-29 09:00", "away until tomorrow 09:00"},
		"skiing until monday at 8":             {"skiing", "2026-03-30 08:00", "away: skiing until Mon 30 Mar 08:00"},
		"on holiday until 2027-01-03":          {"on holiday", "2027-01-03 09:00", "away: on holiday until Sun 3 Jan 2027 09:00"},
		"at the dentist for 2h":                {"at the dentist", "2026-03-28 12:00", "away: at the dentist until 12:00"},
		"for 24h":                              {"away", "2026-03-29 11:00", "away until tomorrow 11:00"}, // the night has 23 hours
		"for 1d":                               {"away", "2026-03-29 10:00", "away until tomorrow 10:00"},
		"out until further notice":             {"out until further notice", "", "away: out until further notice"},
		"out for lunch":                        {"out for lunch", "", "away: out for lunch"},
		"out for lunch until 13:00":            {"out for lunch", "2026-03-28 13:00", "away: out for lunch until 13:00"},
		"waiting until the end for 30 minutes": {"waiting until the end", "2026-03-28 10:30", "away: waiting until the end until 10:30"},
		"until":                                {"until", "", "away: until"},
		"\x1b[31mred\u202e\nline":              {"red line", "", "away: red line"},
	} {
		got, err := chat.ParseStatus(typed, now)
		until := ""
		if !got.Until.IsZero() {
			until = got.Until.Format("2006-01-02 15:04")
		}
		if err != nil || got.Text != want.text || until != want.until || got.Words(now) != want.words {
			t.Errorf("%q: %q until %q, %q, %v", typed, got.Text, until, got.Words(now), err)
		}
	}
	for typed, want := range map[string]string{
		"lunch until 25:00": "no time that is still to come", "until 2020-01-01": "no time that is still to come",
		"until 2028-01-01": "more than a year ahead", "for 400d": "more than a year ahead", strings.Repeat("x", 101): "longer than 100 characters",
	} {
		if _, err := chat.ParseStatus(typed, now); !chat.IsRefusal(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", typed, err)
		}
	}
	if _, err := chat.ParseStatus(strings.Repeat("é", 100)+" until 14:00", now); err != nil {
		t.Errorf("a text of 100 characters: %v", err)
	}
	if _, err := chat.CheckStatus(chat.Status{Text: "late", Until: now}, now); !errors.Is(err, text.ErrInvalid) {
		t.Errorf("a status that has ended: %v", err)
	}
}

// Whatever is typed, a status is clean and short, and ends in the year to come.
func TestStatusesAreBounded(t *testing.T) {
	zone := zurich(t)
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "now"), 0).In(zone)
		typed := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z ]{0,9} (until|for) (at |in |on )?[0-9a-z: -]{0,20}`)).Draw(t, "typed")
		s, err := chat.ParseStatus(typed, now)
		switch {
		case err != nil && !chat.IsRefusal(err):
			t.Fatal(err)
		case err != nil:
		case s.Text == "" || !text.IsClean(s.Text) || strings.ContainsAny(s.Text, "\n\t") || utf8.RuneCountInString(s.Text) > chat.MaxStatus:
			t.Fatalf("the text is %q", s.Text)
		case !s.Until.IsZero() && (!s.Until.After(now) || s.Until.After(now.AddDate(1, 0, 0))):
			t.Fatalf("now is %v, and it ends at %v", now, s.Until)
		case !s.Away(now) || !s.Until.IsZero() && s.Away(s.Until):
			t.Fatalf("%+v is not away, or too long", s)
		}
	})
}

func TestPresenceWithStatus(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	away := chat.Status{Text: chat.AwayText, Until: now.Add(time.Hour)}
	for p, want := range map[chat.Presence]chat.Presence{chat.Online: chat.Away, chat.Away: chat.Away, chat.Offline: chat.Offline} {
		if got := away.Presence(p, now); got != want {
			t.Errorf("%d is shown as %d, want %d", p, got, want)
		}
		if got := away.Presence(p, away.Until); got != p {
			t.Errorf("afterwards, %d is shown as %d", p, got)
		}
		if got := (chat.Status{}).Presence(p, now); got != p {
			t.Errorf("without a status, %d is shown as %d", p, got)
		}
	}
}
