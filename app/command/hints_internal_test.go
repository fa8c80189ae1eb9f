package command

import (
	"regexp"
	"testing"

	"confab/app/chat"
)

// Every hint has words or is left out on purpose, and none is for another front
// end.
func TestEveryHintIsDecided(t *testing.T) {
	for _, h := range chat.Hints() {
		if _, ok := hints[h]; !ok {
			t.Errorf("hint %d is not in the table: give it words, or \"\"", h)
		}
	}
	others := regexp.MustCompile(`(^|[\s(])/[a-z]+|\bconfab |Ctrl\+|\b[Pp]ress\b`)
	for h, text := range hints {
		if others.MatchString(text) {
			t.Errorf("hint %d names a command that scripts do not have: %q", h, text)
		}
	}
}
