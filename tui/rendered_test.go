package tui

import (
	"testing"
	"unsafe"

	tea "charm.land/bubbletea/v2"
)

// Screens that show a message alike hold its rows once; what differs is
// rendered apart.
func TestScreensShareWhatTheyShowAlike(t *testing.T) {
	chat := everything()
	shared := NewRendered()
	first := func(environ ...string) *byte {
		s := newScreen(t, chat, 120, 40, environ...)
		s.model.timeline.o.Rendered, s.model.timeline.style, s.model.timeline.open.rows = shared, nil, rowCache{}
		s.update(tea.WindowSizeMsg{Width: 120, Height: 40})
		return unsafe.StringData(s.model.timeline.canvas().rowsOf(0)[1])
	}
	one := first()
	if two := first(); one != two {
		t.Error("two screens that are alike have rendered a message twice")
	}
	for _, environ := range []string{"NO_COLOR=1", "TERM=linux", "TZ=Asia/Tokyo"} {
		if other := first(environ); other == one {
			t.Errorf("with %s a screen shows the rows of another kind", environ)
		}
	}
}
