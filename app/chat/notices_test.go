package chat_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/text"
)

func TestKeywordsAreBounded(t *testing.T) {
	preferences := map[string]string{"set.up": "recall"}
	add := func(word string) (string, error) {
		kept, name, err := chat.NotificationsOf(preferences).Add(word)
		if err == nil {
			preferences[name] = "on"
		}
		return kept, err
	}
	if kept, err := add("Deploy"); err != nil || kept != "deploy" {
		t.Errorf("%q, %v", kept, err)
	}
	if n := chat.NotificationsOf(preferences); !n.Has("the deploy failed") || n.Has("deployed") {
		t.Errorf("%+v", n)
	}
	for word, want := range map[string]error{"": text.ErrInvalid, "two words": text.ErrInvalid, "deploy": chat.ErrConflict, strings.Repeat("x", 41): text.ErrInvalid} {
		if _, err := add(word); !errors.Is(err, want) || !chat.IsRefusal(err) {
			t.Errorf("%q: %v", word, err)
		}
	}
	for i := range chat.MaxKeywords - 1 {
		if _, err := add(fmt.Sprint("w", i)); err != nil {
			t.Error(err)
		}
	}
	if _, err := add("more"); !errors.Is(err, chat.ErrTooLarge) || !strings.Contains(err.Error(), "20 keywords") {
		t.Errorf("of too many it says %v", err)
	}
	kept, name, err := chat.NotificationsOf(preferences).Remove("DEPLOY")
	if err != nil || kept != "deploy" || preferences[name] != "on" {
		t.Errorf("%q, %q, %v", kept, name, err)
	}
	delete(preferences, name)
	if _, _, err := chat.NotificationsOf(preferences).Remove("deploy"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("it is removed twice: %v", err)
	}
}

// Do-not-disturb ends by itself, at the time that its user meant.
func TestDoNotDisturbEnds(t *testing.T) {
	zurich, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		t.Skip(err)
	}
	now := time.Date(2027, 3, 27, 12, 0, 0, 0, zurich) // clocks are put forward in the night
	for words, want := range map[string]time.Duration{
		"for 2h": 2 * time.Hour, "2h": 2 * time.Hour, "until 14:00": 2 * time.Hour, "until 9": 20 * time.Hour, "tomorrow 9:00": 20 * time.Hour, "for 24h": 24 * time.Hour,
	} {
		until, err := chat.ParseQuiet(words, now)
		if err != nil || until.Sub(now) != want {
			t.Errorf("%q ends %v later, %v; want %v", words, until.Sub(now), err, want)
		}
		name, value := chat.QuietPreference(until)
		n := chat.NotificationsOf(map[string]string{name: value})
		if !n.Quiet(now) || !n.Quiet(until.Add(-time.Second)) || n.Quiet(until) || n.Endless(now) {
			t.Errorf("%q: %+v", words, n)
		}
	}
	n := chat.Notifications{}
	if n.Until, err = chat.ParseQuiet("on", now); err != nil || !n.Endless(now) || !n.Quiet(now.AddDate(50, 0, 0)) || n.UntilText(zurich, now) != "until you turn it off" {
		t.Errorf("on: %+v, %v", n, err)
	}
	if n.Until, err = chat.ParseQuiet("OFF", now); err != nil || !n.Until.IsZero() || n.Quiet(now) {
		t.Errorf("off: %+v, %v", n, err)
	}
	for _, words := range []string{"", "sometimes", "for 400d", "until 2020-01-01"} {
		if _, err := chat.ParseQuiet(words, now); !errors.Is(err, text.ErrInvalid) {
			t.Errorf("%q: %v", words, err)
		}
	}
}
