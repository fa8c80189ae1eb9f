package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
)

// decode decodes a picture of any format. It knows what that takes before it begins.
func (s *source) decode() (image.Image, error) {
	head := make([]byte, 32)
	n, _ := s.file.ReadAt(head, 0) // an error is remembered
	head = head[:n]
	begins := func(with string) bool { return bytes.HasPrefix(head, []byte(with)) }
	switch {
	case begins("\x89PNG\r\n\x1a\n"):
		return s.png(head)
	case begins("\xff\xd8"):
		return s.jpeg()
	case begins("GIF8"):
		return s.gif(head)
	case begins("RIFF") && n >= 12 && string(head[8:12]) == "WEBP":
		return s.webp()
	}
	return nil, ErrFormat
}

// png decodes a PNG.
func (s *source) png(head []byte) (image.Image, error) {
	if len(head) < 29 || string(head[12:16]) != "IHDR" {
		return nil, ErrBroken
	}
	const palette = 3
	w, h := binary.BigEndian.Uint32(head[16:]), binary.BigEndian.Uint32(head[20:])
	depth, kind, interlaced := head[24], head[25], head[28] != 0
	if w > maxSide || h > maxSide {
		return nil, ErrTooLarge
	}
	if err := fits(int(w), int(h)); err != nil {
		return nil, err
	}
	pixel := 4 // bytes; grey ones are decoded as others if some are transparent
	switch {
	case depth > 8:
		pixel = 8
	case kind == palette:
		pixel = 1
	}
	pixels := int(w) * int(h)
	if interlaced {
		pixels *= 2 // each pass is an image of its own
	}
	if err := s.spend(pixel * pixels); err != nil {
		return nil, err
	}
	return png.Decode(s.part(0, s.size))
}

// gif decodes the first frame of a GIF.
func (s *source) gif(head []byte) (image.Image, error) {
	if len(head) < 10 {
		return nil, ErrBroken
	}
	w, h := int(binary.LittleEndian.Uint16(head[6:])), int(binary.LittleEndian.Uint16(head[8:]))
	if err := fits(w, h); err != nil {
		return nil, err
	}
	// The decoder refuses frames that are larger than the picture. It copies an interlaced
	// frame, so the memory counts twice.
	if err := s.spend(2 * w * h); err != nil {
		return nil, err
	}
	return gif.Decode(s.part(0, s.size))
}

// The markers of a JPEG that matter here.
const (
	startBaseline, startProgressive = 0xc0, 0xc2
	restart, lastRestart            = 0xd0, 0xd7
	endOfImage, startOfScan         = 0xd9, 0xda
	app0, app14, comment            = 0xe0, 0xee, 0xfe
)

// jpeg decodes a JPEG.
func (s *source) jpeg() (image.Image, error) {
	r := &counting{r: s.part(0, s.size)}
	bytes, err := r.header()
	if err != nil {
		return nil, err
	}
	if err := s.spend(bytes); err != nil {
		return nil, err
	}
	scans := int64(r.n)
	return jpeg.Decode(io.MultiReader(s.part(0, scans), &scanReader{r: s.part(scans, s.size-scans)}))
}

// counting reads the segments of a JPEG before the first scan.
type counting struct {
	r   io.Reader
	n   int
	one [1]byte
}

func (c *counting) byte() (byte, error) {
	_, err := io.ReadFull(c.r, c.one[:])
	c.n++
	return c.one[0], err
}

// marker finds the next marker. It skips all other bytes, as the decoder does.
func (c *counting) marker() (byte, error) {
	before := byte(0)
	for {
		b, err := c.byte()
		if err != nil {
			return 0, err
		}
		if before == 0xff && b != 0 && b != 0xff && (b < restart || b > lastRestart) {
			return b, nil
		}
		before = b
	}
}

// header returns how many bytes of memory it takes to decode the image.
func (c *counting) header() (memory int, err error) {
	if _, err := io.ReadFull(c.r, make([]byte, 2)); err != nil {
		return 0, err
	}
	c.n = 2
	rgb, pixels, components := false, 0, 0
	for {
		marker, err := c.marker()
		if err != nil {
			return 0, err
		}
		if marker == endOfImage {
			return 0, ErrBroken
		}
		length := make([]byte, 2)
		if _, err := io.ReadFull(c.r, length); err != nil {
			return 0, err
		}
		n := int(binary.BigEndian.Uint16(length)) - 2
		if n < 0 {
			return 0, ErrBroken
		}
		segment := make([]byte, min(n, 20))
		if _, err := io.ReadFull(c.r, segment); err != nil {
			return 0, err
		}
		if _, err := io.CopyN(io.Discard, c.r, int64(n-len(segment))); err != nil {
			return 0, err
		}
		c.n += 2 + n
		switch {
		case marker >= startBaseline && marker <= startProgressive:
			if pixels > 0 {
				return 0, ErrBroken
			}
			if memory, pixels, err = frame(segment, marker == startProgressive); err != nil {
				return 0, err
			}
			components = int(segment[5])
			rgb = rgb || components == 4 || segment[6] == 'R'
		case marker == app14 && len(segment) >= 12 && string(segment[:5]) == "Adobe":
			rgb = rgb || segment[11] == 0
		case marker == startOfScan:
			if pixels == 0 {
				return 0, ErrBroken
			}
			if rgb && components > 1 { // they are put together
				memory += 4 * pixels
			}
			return memory, nil
		}
	}
}

// frame returns how many bytes of memory the components of an image take, and how many pixels
// it has, from the segment that describes them.
func frame(b []byte, progressive bool) (memory, pixels int, err error) {
	if len(b) < 9 || len(b) < 6+3*int(b[5]) {
		return 0, 0, ErrBroken
	}
	h, w := int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
	if err := fits(w, h); err != nil {
		return 0, 0, err
	}
	// A block has 64 pixels of a component. The blocks of several components are grouped, so
	// that a narrow image has more of them than of pixels.
	wide, high, inGroup := 1, 1, 0
	for i := range int(b[5]) {
		across, down := int(b[7+3*i]>>4), int(b[7+3*i]&15)
		if b[5] == 1 {
			across, down = 1, 1
		}
		if i == 0 {
			wide, high = max(1, across), max(1, down)
		}
		inGroup += across * down
	}
	blocks := inGroup * ((w + 8*wide - 1) / (8 * wide)) * ((h + 8*high - 1) / (8 * high))
	memory = 64 * blocks
	if progressive {
		memory += 64 * 4 * blocks // the coefficients are kept to the end
	}
	return memory, w * h, nil
}

// scanReader is the part of a JPEG from the first scan on. It makes comments of the segments
// that would change the colours: these decide how much memory the image takes, which is known
// from the segments before.
type scanReader struct {
	r      io.Reader
	before byte
}

// Read implements io.Reader.
func (s *scanReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	for i, b := range p[:n] {
		if s.before == 0xff && (b == app0 || b == app14) {
			p[i] = comment
		}
		s.before = b
	}
	return n, err
}
