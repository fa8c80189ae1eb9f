package text_test

import (
	"slices"
	"strings"
	"testing"

	"confab/app/text"
)

func TestEmoji(t *testing.T) {
	for name, want := range map[string]string{"tada": "🎉", "+1": "👍", "thumbsup": "👍", "-1": "👎", "heart": "❤️", "wales": "🏴󠁧󠁢󠁷󠁬󠁳󠁿", "grinning": "😀"} {
		if emoji, ok := text.Emoji(name); !ok || emoji != want {
			t.Errorf(":%s: is %q %t, want %q", name, emoji, ok, want)
		}
	}
	for _, name := range []string{"", "tad", "tada ", "+1 thumbsup", "Tada", "😀", "\n", "gemoji", "no_such_emoji"} {
		if emoji, ok := text.Emoji(name); ok {
			t.Errorf("%q is the name of %q", name, emoji)
		}
	}
}

func TestEmojiName(t *testing.T) {
	for emoji, want := range map[string]string{"🎉": "tada", "👍": "+1", "❤️": "heart", "❤": "heart", "😀": "grinning", "👩‍💻": "woman_technologist"} {
		if name, ok := text.EmojiName(emoji); !ok || name != want {
			t.Errorf("%s is called %q %t, want %q", emoji, name, ok, want)
		}
	}
	for _, emoji := range []string{"", "x", "#", " ", "\n", "😀 grinning", "🎉🎉", "\uFE0F"} {
		if name, ok := text.EmojiName(emoji); ok {
			t.Errorf("%q is called %q", emoji, name)
		}
	}
}

func TestEmojiNames(t *testing.T) {
	for prefix, want := range map[string][]string{
		"heart": {"heart", "hearts", "heartbeat", "heart_eyes"},
		"ta":    {"taco", "taxi", "tada", "tamale"},
	} {
		if got := text.EmojiNames(prefix, 4); !slices.Equal(got, want) {
			t.Errorf("%s… is %v, want %v", prefix, got, want)
		}
	}
	if got := text.EmojiNames("tad", 10); !slices.Equal(got, []string{"tada"}) {
		t.Errorf("tad… is %v", got)
	}
	for _, prefix := range []string{"", " ", "T", "xyzzy", "tada grin"} {
		if got := text.EmojiNames(prefix, 10); len(got) > 0 {
			t.Errorf("%q… is %v", prefix, got)
		}
	}
	if got := text.EmojiNames("heart", 0); len(got) > 0 {
		t.Errorf("none of heart… is %v", got)
	}
}

// Each emoji of the table can be typed, and is found by each of its names. So the table
// has no name twice.
func TestEmojiTable(t *testing.T) {
	names := 0
	for _, initial := range "abcdefghijklmnopqrstuvwxyz0123456789+-_" {
		for _, name := range text.EmojiNames(string(initial), 1<<20) {
			names++
			emoji, ok := text.Emoji(name)
			if !ok || emoji == "" || text.Clean(emoji) != emoji || strings.Trim(emoji, "\x00-~") == "" {
				t.Errorf(":%s: is %q %t", name, emoji, ok)
			}
			usual, ok := text.EmojiName(emoji)
			if again, found := text.Emoji(usual); !ok || !found || again != emoji {
				t.Errorf("%s (:%s:) is called %q, which is %q", emoji, name, usual, again)
			}
		}
	}
	if names < 1800 {
		t.Errorf("the table has %d names", names)
	}
}

func TestWithEmoji(t *testing.T) {
	for in, want := range map[string]string{
		"":                           "",
		"done :tada: at 10:30:15":    "done 🎉 at 10:30:15",
		":+1::tada:":                 "👍🎉",
		":wave::skin-tone-3: hi":     "👋🏼 hi",
		":nosuchemoji: stays":        ":nosuchemoji: stays",
		"1:100:2 and a:tada:b":       "1:100:2 and a:tada:b",
		"`:tada:` and :tada:":        "`:tada:` and 🎉",
		"```\n:tada:\n```\n:tada:":   "```\n:tada:\n```\n🎉",
		"https://a.example/:tada: x": "https://a.example/:tada: x",
		"*:tada:* (:tada:)":          "*🎉* (🎉)",
		"ends with :tada":            "ends with :tada",
	} {
		if got := text.WithEmoji(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
