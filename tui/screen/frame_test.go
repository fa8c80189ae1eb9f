package screen

import (
	"testing"

	tea "charm.land/bubbletea/v2"
)

func TestFrameString(t *testing.T) {
	f := Frame{W: 12, H: 3, Panes: []Pane{
		{X: 6, Y: 0, W: 6, H: 2, Rows: []string{"right", "\x1b[1mbold\x1b[m"}},
		{X: 0, Y: 0, W: 4, H: 3, Rows: []string{"left", "", "世界wide"}},
		{X: 20, Y: 0, W: 4, H: 3, Rows: []string{"outside"}},
	}}
	if got, want := f.String(), "left  right\n      \x1b[1mbold\x1b[m\n世界"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
}

func TestFrameStringOverlap(t *testing.T) {
	f := Frame{W: 8, H: 1, Panes: []Pane{
		{X: 0, W: 8, H: 1, Rows: []string{"abcdefgh"}},
		{X: 2, W: 2, H: 1, Rows: []string{"XYZ"}},
	}}
	if got, want := f.String(), "abXY"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	if d := diff(draw(f).text(), plainText(f)); d != "" {
		t.Error(d)
	}
}

func TestFrameView(t *testing.T) {
	f := Frame{W: 4, H: 1, Cursor: Cursor{X: 2, Shown: true}, Title: "t", Mouse: true}
	v := f.View()
	if !v.AltScreen || !v.ReportFocus || v.WindowTitle != "t" || v.MouseMode != tea.MouseModeCellMotion {
		t.Errorf("View() = %+v", v)
	}
	if v.Cursor == nil || v.Cursor.X != 2 || v.Cursor.Y != 0 {
		t.Errorf("cursor = %+v", v.Cursor)
	}
	f.Cursor.Shown = false
	if v := f.View(); v.Cursor != nil {
		t.Errorf("hidden cursor = %+v", v.Cursor)
	}
}

func TestSizeWithin(t *testing.T) {
	old := Size{80, 24}
	for _, c := range []struct{ size, want Size }{
		{Size{120, 40}, Size{120, 40}},
		{Size{1, 1}, Size{1, 1}},
		{Size{0, 0}, Size{80, 24}},
		{Size{0, 30}, Size{80, 30}},
		{Size{-5, 30}, Size{80, 30}},
		{Size{1 << 30, 1 << 30}, Size{MaxWidth, MaxHeight}},
	} {
		if got := c.size.within(old); got != c.want {
			t.Errorf("%v.within(%v) = %v, want %v", c.size, old, got, c.want)
		}
	}
}
