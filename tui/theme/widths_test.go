package theme

import (
	"strings"
	"testing"

	"confab/tui/screen"
)

// No row is too wide for a terminal, however the terminal measures. A row for an unknown
// terminal fits all of them.
func TestRowsFitHoweverATerminalMeasures(t *testing.T) {
	all := func(m screen.Measure) Measure {
		return Measure{Widths: screen.Widths{Joined: m, Toned: m, Selected: m, Textual: m, Flags: m, Marked: m, Conjunct: m, Vowelled: m}}
	}
	together, summed := all(screen.Together), all(screen.Summed)
	for name, text := range map[string]string{
		"families": strings.Repeat("👩‍👩‍👧‍👦", 12), "thumbs": strings.Repeat("👍🏽", 14),
		"Hindi": strings.Repeat("यह हिन्दी में एक लंबी पंक्ति है ", 8), "Tamil": strings.Repeat("இது தமிழில் ஒரு நீண்ட வரி ", 8),
		"Bengali": strings.Repeat("এটি বাংলায় একটি দীর্ঘ লাইন ", 8), "Thai": strings.Repeat("น้ำในแม่น้ำดำ", 12), "conjuncts": strings.Repeat("क्षत्रिय विद्यार्थी ", 8),
		"watches": strings.Repeat("⌚︎", 30), "hearts": strings.Repeat("❤️", 30), "flags": strings.Repeat("🇩🇪", 30),
	} {
		for model, ms := range map[string]struct{ lays, draws Measure }{
			"together": {together, together}, "summed": {summed, summed}, "unknown, together": {Measure{}, together}, "unknown, summed": {Measure{}, summed},
		} {
			end := 0
			for _, l := range ms.lays.Wrap(text, 60) {
				if w := ms.draws.Width(text[l.Start:l.End]); w > 60 {
					t.Errorf("%s, %s: a row is %d cells wide", name, model, w)
				}
				if strings.TrimSpace(text[end:l.Start]) != "" {
					t.Errorf("%s, %s: %q is lost", name, model, text[end:l.Start])
				}
				end = l.End
			}
		}
	}
}
