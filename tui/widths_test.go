package tui

import (
	"strings"
	"testing"

	"confab/tui/screen"
)

// Under each way to measure no row is wider than its place, and a terminal of
// which nothing is known has room whichever way it measures.
func TestRowsFitHoweverATerminalMeasures(t *testing.T) {
	all := func(m screen.Measure) measure {
		return measure{screen.Widths{Joined: m, Toned: m, Selected: m, Flags: m, Marked: m}}
	}
	together, summed := all(screen.Together), all(screen.Summed)
	for name, text := range map[string]string{
		"families": strings.Repeat("👩‍👩‍👧‍👦", 12), "thumbs": strings.Repeat("👍🏽", 14),
		"Hindi": strings.Repeat("यह हिन्दी में एक लंबी पंक्ति है ", 8), "Tamil": strings.Repeat("இது தமிழில் ஒரு நீண்ட வரி ", 8),
		"Bengali": strings.Repeat("এটি বাংলায় একটি দীর্ঘ লাইন ", 8),
	} {
		for model, ms := range map[string]struct{ lays, draws measure }{
			"together": {together, together}, "summed": {summed, summed}, "unknown, together": {measure{}, together}, "unknown, summed": {measure{}, summed},
		} {
			end := 0
			for _, l := range ms.lays.wrap(text, 60) {
				if w := ms.draws.wide(text[l.start:l.end]); w > 60 {
					t.Errorf("%s, %s: a row is %d cells wide", name, model, w)
				}
				if strings.TrimSpace(text[end:l.start]) != "" {
					t.Errorf("%s, %s: %q is lost", name, model, text[end:l.start])
				}
				end = l.end
			}
		}
	}
}
