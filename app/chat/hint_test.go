package chat_test

import (
	"fmt"
	"testing"

	"confab/app/chat"
)

// HintOf finds the hint of a wrapped refusal, and returns NoHint for other errors.
func TestHintOf(t *testing.T) {
	refusal := chat.Refuse(chat.ErrNotAllowed, "No.").With(chat.HintMute)
	for _, c := range []struct {
		err  error
		want chat.Hint
	}{
		{nil, chat.NoHint},
		{chat.ErrFull, chat.NoHint},
		{chat.Refuse(chat.ErrNotAllowed, "No."), chat.NoHint},
		{refusal, chat.HintMute},
		{fmt.Errorf("wrapped: %w", refusal), chat.HintMute},
	} {
		if got := chat.HintOf(c.err); got != c.want {
			t.Errorf("HintOf(%v) = %d, want %d", c.err, got, c.want)
		}
	}
	words := map[chat.Hint]string{chat.HintMute: "Mute it."}
	if got := chat.Hinted("No.", chat.HintMute, words); got != "No. Mute it." {
		t.Errorf("a refusal with a hint reads %q", got)
	}
	if got := chat.Hinted("No.", chat.HintLeave, words); got != "No." {
		t.Errorf("a refusal whose hint has no words reads %q", got)
	}
}
