package tui

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/app/picture"
	"confab/tui/screen"
)

// Picture returns a picture of 120 by 60 pixels that is red at the left, green at the right,
// dark at the top, and transparent in a corner.
func (c *fakeChat) Picture(_ context.Context, id chat.ConversationID, seq chat.Seq, most image.Point) (*image.RGBA, error) {
	img := image.NewRGBA(image.Rect(0, 0, 120, 60))
	for y := range 60 {
		for x := range 120 {
			if x+y > 20 {
				img.SetRGBA(x, y, color.RGBA{uint8((119 - x) * 2 * y / 60), uint8(x * 2 * y / 60), uint8(2 * y), 255})
			}
		}
	}
	return picture.Shrink(img, most), c.ask("picture %d %d", id, seq)
}

// postFile adds a message with a file.
func (c *fakeChat) postFile(name string, at time.Time) *chat.Message {
	m := c.post(2, "bob", "", at)
	m.File = &chat.Attachment{Name: name, Size: 12345}
	return m
}

// pictured is a conversation with a picture between messages.
func pictured() *fakeChat {
	c := &fakeChat{}
	c.post(2, "bob", "Look:", start)
	c.postFile("sunset.png", start.Add(time.Minute))
	c.post(2, "bob", "Nice?", start.Add(2*time.Minute))
	return c
}

func TestGoldenPictures(t *testing.T) {
	for _, o := range []struct {
		name          string
		width, height int
		environ       []string
	}{
		{"rgb", 80, 24, []string{"COLORTERM=truecolor"}},
		{"256", 80, 24, nil},
		{"16", 40, 16, []string{"TERM=xterm"}},
		{"nocolor", 40, 16, []string{"NO_COLOR=1"}},
		{"ascii", 40, 16, []string{"LANG=C"}},
		{"tiny", 20, 6, []string{"NO_COLOR=1"}},
	} {
		t.Run(o.name, func(t *testing.T) {
			s := newScreen(t, pictured(), o.width, o.height, o.environ...)
			s.typeText("/view")
			s.enter()
			golden(t, "picture-"+o.name, s.model.Frame().String())
		})
	}
}

// v shows and closes the picture of the selected message, and leaves the screen as it was.
func TestViewing(t *testing.T) {
	c := pictured()
	c.postFile("notes.txt", start.Add(3*time.Minute))
	s := newScreen(t, c, 80, 24)
	before := s.text()
	s.press(esc)
	s.hasNot("v: ")
	s.press(up)
	s.hasNot("v: ")
	s.press(up)
	s.has("v: picture")
	s.typeText("v")
	s.has("▀▀▀")
	s.has("Nice?")
	s.typeText("v")
	s.hasNot("▀")
	s.typeText("v")
	s.has("▀▀▀")
	s.press(esc)
	s.hasNot("▀")
	s.has("v: picture") // the message stays selected
	s.press(esc)
	if got := s.text(); got != before {
		t.Errorf("afterwards it is\n%s\nwant\n%s", got, before)
	}

	// It stays while its user writes, and Esc closes it.
	s.typeText("/view")
	s.enter()
	s.typeText("Well")
	s.has("▀▀▀")
	s.press(esc)
	s.hasNot("▀")
	s.hasNot("Selecting")

	// Other messages have none.
	s.press(esc)
	s.typeText("v") // not a picture by its name: the server decides
	if !slices.Contains(c.asked, "picture 7 4") {
		t.Errorf("asked was %v", c.asked)
	}
	s.press(esc, up)
	s.typeText("v")
	s.has("This message has no picture.")
}

// A picture goes with its message, and with the conversation. What arrives for a message that
// is gone is not shown.
func TestAPictureGoes(t *testing.T) {
	shown := func(t *testing.T) (*fakeChat, *testScreen) {
		c := several()
		c.postFile("sunset.png", start.Add(time.Minute))
		s := newScreen(t, c, 80, 24)
		s.typeText("/view")
		s.enter()
		s.has("▀▀▀")
		return c, s
	}
	t.Run("deleted", func(t *testing.T) {
		c, s := shown(t)
		s.happen(c.gone(c.newest().Seq))
		s.hasNot("▀")
		if s.model.timeline.Pictured() != 0 {
			t.Error("it is kept")
		}
		s.typeText("/view")
		s.enter()
		s.has("There is no picture here.")
	})
	t.Run("another conversation", func(t *testing.T) {
		_, s := shown(t)
		s.typeText("/next")
		s.enter()
		s.hasNot("▀")
		s.typeText("/last")
		s.enter()
		s.hasNot("▀")
	})
	t.Run("refused", func(t *testing.T) {
		c, s := shown(t)
		s.typeText("/view")
		s.enter()
		c.refusal = chat.Refuse(chat.ErrNotFound, "This picture is gone.")
		s.typeText("/view")
		s.enter()
		s.has("This picture is gone.")
		s.hasNot("▀")
	})
	t.Run("late", func(t *testing.T) {
		c, s := shown(t)
		s.typeText("/view")
		s.enter()
		s.hold = true
		s.typeText("/view")
		s.enter()
		s.has("Reading the picture")
		s.hold = false
		s.happen(c.gone(c.newest().Seq))
		s.release()
		s.hasNot("▀")
		s.hasNot("Reading the picture")
	})
}

// A picture that is opened is shown as a whole, with its message. One that is laid out for
// another size is as before when the size is.
func TestThePlaceOfAPicture(t *testing.T) {
	c := pictured()
	for i := range 30 {
		c.post(2, "bob", fmt.Sprint("line ", i), start.Add(time.Hour))
	}
	s := newScreen(t, c, 80, 24)
	s.typeText("/view")
	s.enter() // of a message that is above the screen
	s.has("sunset.png")
	all := strings.Count(s.text(), "▀▀▀▀▀▀▀▀▀▀")
	whole := s.text()
	for _, size := range []struct{ w, h int }{{40, 12}, {20, 6}, {10, 3}, {120, 40}, {80, 24}} {
		s.update(tea.WindowSizeMsg{Width: size.w, Height: size.h})
		_ = s.text()
	}
	if got := strings.Count(s.text(), "▀▀▀▀▀▀▀▀▀▀"); got != all {
		t.Errorf("it has %d rows:\n%s\nand had %d:\n%s", got, s.text(), all, whole)
	}
	// What arrives moves nothing.
	before := s.text()
	s.arrive(c.post(2, "bob", "new", start.Add(2*time.Hour)))
	if got := s.text(); strings.Split(got, "\n")[3] != strings.Split(before, "\n")[3] {
		t.Errorf("a message moved it to\n%s", got)
	}
}

// The terminal draws the picture itself if it has answered and the user wants it to.
func TestGraphics(t *testing.T) {
	c := pictured()
	s := newScreen(t, c, 80, 24)
	s.update(screen.GraphicsMsg{})
	s.typeText("/view")
	s.enter()
	s.has("▀▀▀")
	s.typeText("/view")
	s.enter()
	if len(s.raw) > 0 {
		t.Errorf("it was asked for nothing, and got %v", s.raw)
	}

	s.typeText("/settings pictures kitty")
	s.enter()
	s.typeText("/view")
	s.enter()
	s.hasNot("▀")
	f := s.model.Frame()
	if f.Image != (screen.Image{X: f.Panes[1].X + 12, Y: f.Image.Y, W: 15, H: 4, Height: 60}) {
		t.Errorf("it is at %+v", f.Image)
	}
	if above := plain(strings.Join(f.Panes[1].Rows[:f.Image.Y-f.Panes[1].Y], "\n")); !strings.Contains(above, "sunset.png") {
		t.Errorf("above it is %q", above)
	}
	s.typeText("?")
	if f := s.model.Frame(); f.Image != (screen.Image{}) {
		t.Errorf("under the help it is at %+v", f.Image)
	}
	s.press(esc)
	s.typeText("/view")
	s.enter()
	if want := []string{"screen.AskGraphics", "screen.Picture", "screen.Picture"}; !slices.Equal(s.raw, want) {
		t.Errorf("the terminal got %v, want %v", s.raw, want)
	}

	// A terminal that has not answered gets blocks.
	s = newScreen(t, c, 80, 24)
	s.typeText("/view")
	s.enter()
	s.has("▀▀▀")
}
