package hint

import (
	"regexp"
	"testing"

	"confab/app/chat"
)

// Every hint either has words or is left out on purpose, and none names a command of
// another front end.
func TestEveryHintIsDecided(t *testing.T) {
	for _, h := range chat.Hints() {
		if _, ok := words[h]; !ok {
			t.Errorf("hint %d is not in the table: give it words, or \"\"", h)
		}
	}
	others := regexp.MustCompile(`\bconfab |\bssh HOST\b`)
	for h, text := range words {
		if others.MatchString(text) {
			t.Errorf("hint %d names a command that the screen does not have: %q", h, text)
		}
	}
}

func TestText(t *testing.T) {
	err := chat.Refuse(chat.ErrNotAllowed, "You can't leave a direct message.").With(chat.HintMute)
	if got, want := Text(err), "You can't leave a direct message. /mute silences it."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Text(nil); got != "" {
		t.Errorf("no error reads %q", got)
	}
}
