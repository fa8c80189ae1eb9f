package screen

import (
	"bytes"
	"encoding/base64"
	"strconv"
)

// Some terminals draw pictures themselves: those that know kitty's graphics protocol
// (https://sw.kovidgoyal.net/kitty/graphics-protocol/). A session has one picture at a time.

// MaxPicture is the longest PNG that is sent to a terminal, in bytes. It is sent at once, so on
// a slow connection the frames wait for it.
const MaxPicture = 192 << 10

// graphicsID is the number of the picture. Terminals keep those of different windows apart.
const graphicsID = "789419"

const (
	graphicsBegin = "\x1b_G"
	graphicsEnd   = "\x1b\\"

	// askGraphics asks with a picture of one pixel, which is not kept.
	askGraphics  = graphicsBegin + "i=" + graphicsID + ",a=q,s=1,v=1,t=d,f=24;AAAA" + graphicsEnd
	hasGraphics  = graphicsBegin + "i=" + graphicsID + ";OK"
	hidePicture  = graphicsBegin + "a=d,d=i,i=" + graphicsID + ",q=2" + graphicsEnd
	freePicture  = graphicsBegin + "a=d,d=I,i=" + graphicsID + ",q=2" + graphicsEnd
	pictureChunk = 4096
)

// AskGraphics is the message of a command that asks the terminal whether it draws pictures. If
// it does, the model gets a [GraphicsMsg], and otherwise nothing. tmux and screen, which would
// take the question for something else, are not asked.
type AskGraphics struct{}

// GraphicsMsg tells a model that the terminal draws pictures.
type GraphicsMsg struct{}

// Picture is the message of a command that gives the terminal a picture in place of the one
// before. Without a PNG it has no picture any longer.
type Picture struct{ PNG []byte }

// Image is where the frame shows the picture, in cells. It is hidden if W or H is 0.
type Image struct {
	X, Y, W, H  int
	Top, Height int // the part of the picture that is shown, in pixels
}

// graphicsAnswer reports whether a sequence says that the terminal draws pictures.
func graphicsAnswer(unit []byte) bool {
	return bytes.HasPrefix(unit, []byte(hasGraphics)) && len(unit) <= len(hasGraphics)+len(graphicsEnd)
}

// appendPicture appends what gives the terminal a picture, or takes it away.
func appendPicture(dst, png []byte) []byte {
	if len(png) == 0 || len(png) > MaxPicture {
		return append(dst, freePicture...)
	}
	data := base64.StdEncoding.EncodeToString(png)
	for first := true; first || data != ""; first = false {
		chunk := data[:min(len(data), pictureChunk)]
		data = data[len(chunk):]
		dst = append(dst, graphicsBegin...)
		if first {
			dst = append(dst, "i="+graphicsID+",a=t,t=d,f=100,"...)
		}
		more := "0"
		if data != "" {
			more = "1"
		}
		dst = append(dst, "q=2,m="+more+";"+chunk+graphicsEnd...)
	}
	return dst
}

// appendImage shows the picture at its place. A place that the terminal has already is not sent
// again, unless the frame has moved its lines.
func (w *Writer) appendImage(dst []byte, is Image, moved bool, drawn int) ([]byte, int) {
	if is.W <= 0 || is.H <= 0 {
		is = Image{}
	}
	if is == w.image && !(moved && is != Image{}) {
		return dst, drawn
	}
	w.image = is
	if (is == Image{}) {
		return append(dst, hidePicture...), drawn + 1
	}
	dst = w.pen.move(dst, is.X, is.Y)
	dst = append(dst, graphicsBegin+"i="+graphicsID+",p=1,a=p,C=1,q=2"...)
	for _, of := range [...]struct {
		key   string
		value int
	}{{",c=", is.W}, {",r=", is.H}, {",y=", is.Top}, {",h=", is.Height}} {
		dst = strconv.AppendInt(append(dst, of.key...), int64(of.value), 10)
	}
	return append(dst, graphicsEnd...), drawn + 1
}

// askGraphics asks the terminal whether it draws pictures. Nothing waits for the answer.
func (s *session) askGraphics() {
	if s.opts.Ask && s.names.multiplexer() == "" {
		s.raw = append(s.raw, askGraphics...)
		s.in.asked++
	}
}

// picture gives the terminal a picture, or takes it away. A client that takes no frames gets
// none: its place stays empty.
func (s *session) picture(is Picture) {
	if len(s.raw) < maxRaw {
		s.raw = appendPicture(s.raw, is.PNG)
		s.pictured, s.out.image = len(is.PNG) > 0, Image{}
	}
}
