// Package word keeps the texts of the host for everybody in the store: the rules, the message
// of the day, the last announcement, and why the server is in maintenance. All of them are one
// setting of the server. The server reads it when it starts, and later learns of changes from
// their record.
package word

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"confab/app/chat"
	"confab/app/text"
)

// setting is the setting of the server that keeps the texts, as JSON.
const setting = "words"

// Read returns the texts.
func Read(ctx context.Context, r chat.SettingReader) (*chat.Words, error) {
	w := &chat.Words{}
	kept, err := r.Setting(ctx, setting)
	if err != nil || kept == "" {
		return w, err
	}
	if err := json.Unmarshal([]byte(kept), w); err != nil {
		return w, fmt.Errorf("reading the texts of the host: %w", err)
	}
	return w, nil
}

// Clean returns a text of at most so many characters as it can be kept.
func Clean(words string, most int) (string, error) {
	words = strings.TrimSpace(text.Clean(words))
	if n := utf8.RuneCountInString(words); n > most {
		return "", chat.Refuse(chat.ErrTooLarge, "The text is longer than %d characters: shorten it.", most)
	}
	return words, nil
}

// Tell changes a text to clean words that were written at a time, or removes it if on is
// false. It returns the change for open sessions.
func Tell(ctx context.Context, tx chat.Tx, kind chat.WordKind, words string, on bool, at time.Time) (chat.Change, error) {
	all, err := Read(ctx, tx)
	if err != nil {
		return nil, err
	}
	*all.Of(kind) = chat.Word{}
	if on {
		*all.Of(kind) = chat.Word{Text: words, At: at}
	}
	kept, err := json.Marshal(all)
	if err != nil {
		return nil, fmt.Errorf("storing the texts of the host: %w", err)
	}
	return chat.WordsChanged{Kind: kind, Words: all}, tx.SetSetting(ctx, setting, string(kept))
}

// Restore stores the texts of another server, given the name and the value of one of its
// settings. It returns false if that is another setting. Texts that cannot be read are left out.
func Restore(ctx context.Context, tx chat.Tx, name, value string) (bool, error) {
	if name != setting {
		return false, nil
	}
	var all chat.Words
	if json.Unmarshal([]byte(value), &all) != nil {
		return true, nil
	}
	for _, kind := range []chat.WordKind{chat.WordRules, chat.WordMotd, chat.WordAnnouncement, chat.WordMaintenance} {
		one := all.Of(kind)
		words, err := Clean(one.Text, chat.MaxWord)
		if err != nil || !one.Set() {
			continue
		}
		if _, err := Tell(ctx, tx, kind, words, true, one.At); err != nil {
			return true, err
		}
	}
	return true, nil
}

// NoteTold stores that an account was shown texts.
func NoteTold(ctx context.Context, tx chat.Tx, user chat.UserID, words chat.Words) error {
	for name, value := range words.Told() {
		if err := tx.SetPreference(ctx, user, name, value); err != nil {
			return err
		}
	}
	return nil
}

// Applied runs change if a file of the host's has changed since that was last done. words is
// the clean text of the file. So a text that was set with a command stays until the host
// writes another one into the file.
func Applied(ctx context.Context, tx chat.Tx, kind chat.WordKind, words string) (before bool, err error) {
	name := "applied-" + string(kind)
	have, err := tx.Setting(ctx, name)
	if err != nil || have == words {
		return true, err
	}
	return false, tx.SetSetting(ctx, name, words)
}
