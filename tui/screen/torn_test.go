package screen

import (
	"fmt"
	"strings"
	"testing"
)

// No name is ever beside or above the words of another user, wherever a frame is cut off,
// whether names are beside the text or above it. Receipts at the end of a row come and go.
func TestATornFrameMisattributesNothing(t *testing.T) {
	people := []string{"ann", "bob", "eve"}
	said := func(who, n int) string { return fmt.Sprintf("words of %s, number %d", people[who], n) }
	timeline := func(above bool, seed int) (rows []string) {
		for n := range 6 {
			who := (n*seed + seed/2 + n/2) % len(people)
			words := said(who, n*seed)
			name := "\x1b[3" + fmt.Sprint(1+who) + "m" + people[who] + "\x1b[m"
			if n%3 == seed%3 {
				words += strings.Repeat(" ", 9) + "\x1b[36mAB\x1b[m"
			}
			if above {
				rows = append(rows, name+" \x1b[2m13:02\x1b[m", "  "+words, "  and more "+said(who, n))
			} else {
				rows = append(rows, "\x1b[2m13:02\x1b[m "+name+"  "+words, "           more "+said(who, n))
			}
		}
		return rows
	}
	check := func(rows []string) string {
		name := ""
		for _, row := range rows {
			for _, who := range people {
				if i := strings.Index(row, who); i >= 0 && !strings.HasSuffix(row[:i], " of ") {
					name = who
				}
			}
			if _, words, ok := strings.Cut(row, "words of "); ok && name != "" && len(words) >= 3 && words[:3] != name {
				return fmt.Sprintf("%s is said to have written %q", name, row)
			}
		}
		return ""
	}
	for _, above := range []bool{true, false} {
		for _, left := range []int{0, 6} {
			for seed := range 12 {
				frame := func(seed int) Frame {
					return Frame{W: 60, H: 12, Panes: []Pane{{W: left, H: 12}, {X: left, W: 60 - left, H: 12, Rows: timeline(above, seed)[seed%2*3:]}}}
				}
				was, is := frame(seed), frame(seed*5+1)
				var w Writer
				before := w.Append(nil, &was)
				change := w.Append(nil, &is)
				term := newTerminal(60, 12)
				term.write(before)
				for cut := range change {
					term.write(change[cut : cut+1])
					if bad := check(term.text()); bad != "" {
						t.Fatalf("names above: %t, %d to %d, cut after byte %d of %d: %s\n%q", above, seed, seed*5+1, cut, len(change), bad, change)
					}
				}
			}
		}
	}
}

// Receipts that move from one message to the next leave the names and the words of both
// on the screen.
func TestReceiptsThatMoveEraseNoWords(t *testing.T) {
	row := func(words, receipts string) string {
		return "\x1b[2m13:02\x1b[m \x1b[31mbob\x1b[m  " + words + strings.Repeat(" ", 9) + receipts
	}
	was := Frame{W: 60, H: 2, Panes: []Pane{{W: 60, H: 2, Rows: []string{row("one", "\x1b[36mAB\x1b[m"), row("two", "")}}}}
	is := Frame{W: 60, H: 2, Panes: []Pane{{W: 60, H: 2, Rows: []string{row("one", ""), row("two", "\x1b[36mAB\x1b[m")}}}}
	var w Writer
	term := newTerminal(60, 2)
	term.write(w.Append(nil, &was))
	change := w.Append(nil, &is)
	for _, words := range []string{"bob", "one", "two"} {
		if strings.Contains(string(change), words) {
			t.Errorf("the change draws %q again: %q", words, change)
		}
	}
	term.write(change)
	if text := strings.Join(term.text(), "\n"); strings.Count(text, "AB") != 1 || !strings.Contains(text, "two         AB") {
		t.Errorf("the screen shows:\n%s", text)
	}
}
