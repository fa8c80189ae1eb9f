package chat_test

import (
	"testing"

	"confab/app/chat"
)

func TestSizeText(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0 B", 1023: "1023 B", 1024: "1 KiB", 12595: "12.3 KiB", 1<<20 - 1: "1 MiB", 32 << 20: "32 MiB",
		1 << 30: "1 GiB", 1<<40 + 1<<39: "1.5 TiB", 1<<63 - 1: "8 EiB",
	} {
		if got := chat.SizeText(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
