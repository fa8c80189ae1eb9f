package chat_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/text"
	"confab/keys"
)

// Reading typed text takes time and memory in proportion to its length: a text that is
// four times as long allocates about four times as much.
func TestWhatIsTypedCostsAsMuchAsItIsLong(t *testing.T) {
	readers := map[string]func(string){
		"CleanText":             func(s string) { text.Clean(s) },
		"CleanLine":             func(s string) { text.CleanLine(s, 200) },
		"CheckBody":             func(s string) { _, _ = chat.CheckBody(s) },
		"CleanFileName":         func(s string) { _, _ = text.CleanFileName(s) },
		"QuoteText":             func(s string) { chat.QuoteText(s) },
		"Terms":                 func(s string) { text.Terms(s) },
		"ParseQuery":            func(s string) { _, _ = text.ParseQuery(s, time.UTC) },
		"ParseConversationName": func(s string) { _, _ = text.ParseConversationName(s) },
		"MayBeCode":             func(s string) { text.MayBeCode(s) },
		"keys.ParseAuthorized":  func(s string) { _, _ = keys.ParseAuthorized(strings.NewReader(s)) },
		"a key's options":       func(s string) { _, _ = keys.ParseAuthorized(strings.NewReader("a=\"" + s)) },
	}
	patterns := []string{
		"a", "a ", " ", "\n", "\t", "\xff", "\x1b[", "\x1b]8;;", "@bob ", "from:a ", "\"", "'", "\\", "*a", "`", "[](", "http://a.b/",
		"e\u0301", "\u0301", "\u202e", "👩\u200d👩\u200d👧", "🇨", "﷽", "ส", "\u1160", "#", "-", ".", ",", "=",
	}
	const short, times = 32 << 10, 4
	for name, read := range readers {
		for _, p := range patterns {
			few := allocates(func() { read(strings.Repeat(p, short/len(p))) })
			many := allocates(func() { read(strings.Repeat(p, times*short/len(p))) })
			if many > 2*times*few+1<<20 {
				t.Errorf("%s of %q allocates %d bytes, and of %d times as much %d", name, p, few, times, many)
			}
		}
	}
}

// allocates returns how many bytes f allocates. Nothing else may run meanwhile.
func allocates(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
