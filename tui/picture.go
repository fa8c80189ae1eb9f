package tui

import (
	"bytes"
	"context"
	"image"
	"image/png"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/app/picture"
	"confab/tui/ask"
	"confab/tui/command"
	"confab/tui/screen"
	"confab/tui/setting"
	"confab/tui/timeline"
)

// The most pixels of a picture that the terminal draws itself.
const graphicsWidth, graphicsHeight = 480, 320

// pictures is how the pictures of a session are shown.
type pictures struct {
	reading bool // one is being read
	asked   bool // the terminal has been asked whether it draws pictures
	drawn   bool // it does
	wanted  bool // and the user wants it to
	sent    bool // it has one
	height  int  // of that, in pixels
}

// ask makes the command that asks the terminal whether it draws pictures, if the user wants it
// to and it has not been asked.
func (p *pictures) ask(how string) tea.Cmd {
	if p.wanted = how == setting.PicturesKitty; !p.wanted || p.asked {
		return nil
	}
	p.asked = true
	return func() tea.Msg { return screen.AskGraphics{} }
}

// place is where the terminal draws a picture.
func (p *pictures) place(t *timeline.Timeline, in rect) screen.Image {
	is, ok := t.Image()
	if !ok || !p.sent {
		return screen.Image{}
	}
	return screen.Image{
		X: in.X + is.X, Y: in.Y + is.Y, W: is.W, H: is.H,
		Top: is.Cut * p.height / is.Rows, Height: max(1, is.H*p.height/is.Rows),
	}
}

// free makes the command that has the terminal forget the picture that is no longer shown.
func (p *pictures) free(t *timeline.Timeline) tea.Cmd {
	if !p.sent || t.Pictured() != 0 {
		return nil
	}
	p.sent = false
	return func() tea.Msg { return screen.Picture{} }
}

// viewable reports whether the selected message has a picture, by its name.
func (s *selection) viewable() bool {
	msg := s.selected()
	return msg != nil && msg.File != nil && picture.Named(msg.File.Name)
}

// pictureMsg has a picture that was asked for.
type pictureMsg struct {
	timeline.Picture
	png    []byte // for a terminal that draws it itself
	height int    // of that, in pixels
	err    error
}

// view carries out /view: it shows the picture of the selected message, or of the newest that
// has one, or closes it.
func view(m *Model, _ string) tea.Cmd {
	msg, ok := m.timeline.Message(func(o *chat.Message) bool { return o.File != nil && picture.Named(o.File.Name) })
	switch {
	case !ok:
		return m.perform(command.Refuse("There is no picture here."))
	case msg.Deleted():
		return m.perform(command.Refuse("This message is deleted, and so is its file."))
	case msg.File == nil:
		return m.perform(command.Refuse("This message has no picture."))
	case m.timeline.Pictured() == msg.Seq:
		m.timeline.ClosePicture()
		return nil
	case m.pictures.reading:
		return m.perform(command.Refuse("A picture is being read: wait a moment."))
	}
	m.pictures.reading = true
	m.notice = "Reading the picture" + m.theme.Ellipsis
	is := pictureMsg{Picture: timeline.Picture{Conversation: msg.Conversation, Message: msg.Seq}}
	drawn, from := m.pictures.wanted && m.pictures.drawn, m.chat().Pictures
	most := image.Pt(timeline.PictureWidth, timeline.PictureHeight)
	if drawn {
		most = image.Pt(graphicsWidth, graphicsHeight)
	}
	return func() tea.Msg {
		small, err := ask.For(func(ctx context.Context) (*image.RGBA, error) {
			return from.Picture(ctx, is.Conversation, is.Message, most)
		})
		if is.err = err; err != nil {
			return is
		}
		if is.Copy, is.Size = small, small.Rect.Size(); drawn {
			is.png, is.height, is.err = encoded(small)
			is.Copy = nil
		}
		return is
	}
}

// encoded returns a picture as the terminal takes it, made smaller if it is too long, and how
// high it is in pixels.
func encoded(small *image.RGBA) ([]byte, int, error) {
	for {
		var b bytes.Buffer
		err := png.Encode(&b, small)
		size := small.Rect.Size()
		if err != nil || b.Len() <= screen.MaxPicture {
			return b.Bytes(), size.Y, err
		}
		small = picture.Shrink(small, image.Pt(max(1, size.X*3/4), max(1, size.Y*3/4)))
	}
}

// viewed shows a picture that was asked for.
func (m *Model) viewed(msg pictureMsg) tea.Cmd {
	m.pictures.reading, m.notice = false, ""
	if msg.err != nil {
		m.fail("reading a picture", msg.err)
		return nil
	}
	m.relayout() // the notice has gone
	m.timeline.ShowPicture(msg.Picture)
	if m.timeline.Pictured() != msg.Message || msg.png == nil {
		return nil
	}
	m.pictures.sent, m.pictures.height = true, msg.height
	return func() tea.Msg { return screen.Picture{PNG: msg.png} }
}
