package picture

import (
	"bufio"
	"encoding/binary"
	"image"

	"golang.org/x/image/vp8"

	"confab/app/picture/vp8l"
)

// chunk is a part of a WebP.
type chunk struct{ off, size int64 }

// webp decodes a WebP. Of an animation it takes the first frame.
func (s *source) webp() (image.Image, error) {
	var alpha chunk
	for off := int64(12); ; {
		head, err := s.bytes(off, 8)
		if err != nil {
			return nil, err
		}
		off += 8
		c := chunk{off, int64(binary.LittleEndian.Uint32(head[4:]))}
		if c.size > s.size-off {
			return nil, ErrBroken
		}
		switch string(head[:4]) {
		case "ALPH":
			alpha = c
		case "VP8 ":
			return s.lossy(c, alpha)
		case "VP8L":
			return s.lossless(c)
		case "ANMF": // a frame: a header of its own, and chunks
			off += 16
			continue
		}
		off += c.size + c.size&1
	}
}

// lossless decodes a lossless image.
func (s *source) lossless(c chunk) (image.Image, error) {
	head, err := s.bytes(c.off, 5)
	if err != nil {
		return nil, err
	}
	w, h, err := vp8l.Size([5]byte(head))
	if err != nil {
		return nil, err
	}
	pix, err := s.vp8l(chunk{c.off + 5, c.size - 5}, w, h)
	if err != nil {
		return nil, err
	}
	return &image.NRGBA{Pix: pix, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}, nil
}

func (s *source) vp8l(c chunk, w, h int) ([]byte, error) {
	if err := fits(w, h); err != nil {
		return nil, err
	}
	return vp8l.Decode(bufio.NewReader(s.part(c.off, c.size)), w, h, s.spend)
}

// lossy decodes a lossy image, whose transparency is in a chunk of its own, if it has any.
func (s *source) lossy(c, alpha chunk) (image.Image, error) {
	d := vp8.NewDecoder()
	d.Init(s.part(c.off, c.size), int(c.size))
	head, err := d.DecodeFrameHeader()
	switch {
	case err != nil:
		return nil, err
	case !head.KeyFrame:
		return nil, ErrBroken
	}
	w, h := head.Width, head.Height
	if err := fits(w, h); err != nil {
		return nil, err
	}
	// The pixels are grouped in blocks of 16 by 16, and all the data is in memory.
	blocks := (w + 15) / 16 * ((h + 15) / 16)
	if err := s.spend(blocks*(256+128+4) + (w+15)/16*8 + int(c.size) + 1<<19); err != nil {
		return nil, err
	}
	full, err := d.DecodeFrame()
	if err != nil || alpha.size == 0 {
		return full, err
	}
	a, err := s.alpha(alpha, w, h)
	return &image.NYCbCrA{YCbCr: *full, A: a, AStride: w}, err
}

// alpha decodes the transparency of a lossy image.
func (s *source) alpha(c chunk, w, h int) ([]byte, error) {
	head, err := s.bytes(c.off, 1)
	if err != nil {
		return nil, err
	}
	if err := s.spend(w * h); err != nil {
		return nil, err
	}
	a := make([]byte, w*h)
	switch data := (chunk{c.off + 1, c.size - 1}); head[0] & 3 {
	case 0:
		if data.size < int64(len(a)) {
			return nil, ErrBroken
		}
		if _, err := s.file.ReadAt(a, data.off); err != nil {
			return nil, err
		}
	case 1:
		pix, err := s.vp8l(data, w, h)
		if err != nil {
			return nil, err
		}
		for i := range a {
			a[i] = pix[4*i+1]
		}
	default:
		return nil, ErrBroken
	}
	unfilter(a, w, head[0]>>2&3)
	return a, nil
}

// unfilter adds to each value what was expected from those at its left and above it.
func unfilter(a []byte, w int, filter byte) {
	if filter == 0 {
		return
	}
	for i := 1; i < len(a); i++ {
		switch {
		case i < w:
			a[i] += a[i-1]
		case i%w == 0 || filter == 2:
			a[i] += a[i-w]
		case filter == 1:
			a[i] += a[i-1]
		default:
			a[i] += byte(max(0, min(int(a[i-1])+int(a[i-w])-int(a[i-w-1]), 255)))
		}
	}
}
