package dialog

import (
	"slices"
	"strings"
	"testing"

	"confab/app/text"
)

func TestExcerpt(t *testing.T) {
	for _, c := range []struct {
		name, body string
		marks      []text.Mark
		want       string // with the marks in brackets
	}{
		{"short", "the fox", []text.Mark{{Start: 4, End: 7}}, "the [fox]"},
		{"lines and tabs", "the\n\tfox\n", []text.Mark{{Start: 5, End: 8}}, "the  [fox] "},
		{"far", strings.Repeat("word ", 100) + "fox end", []text.Mark{{Start: 500, End: 503}}, "… word word word word [fox] end"},
		{"far, without spaces", strings.Repeat("語", 100) + "狐", []text.Mark{{Start: 300, End: 303}}, "… " + strings.Repeat("語", 8) + "[狐]"},
		{"not clean", "a \x1b[31mfox", []text.Mark{{Start: 7, End: 10}}, "a fox"},
		{"none", "the fox", nil, "the fox"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, marks := excerpt(c.body, c.marks)
			for _, k := range slices.Backward(marks) {
				text = text[:k.Start] + "[" + text[k.Start:k.End] + "]" + text[k.End:]
			}
			if text != c.want {
				t.Errorf("got %q, want %q", text, c.want)
			}
		})
	}
}
