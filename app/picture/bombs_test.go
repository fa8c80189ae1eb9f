package picture_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"io"
	"slices"
	"testing"

	"confab/app/picture"
)

// bomb is a picture that takes much for its size, and the error that it ends with, nil for none.
type bomb struct {
	file []byte
	err  error
}

// bombs are pictures of all formats, made to cost as much as can be.
func bombs(t testing.TB) map[string]bomb {
	palette := color.Palette{color.Black, color.White}
	large := encode(t, func(w io.Writer) error {
		return gif.Encode(w, image.NewPaletted(image.Rect(0, 0, 5000, 5000), palette), nil)
	})
	interlaced := slices.Clone(large)
	interlaced[bytes.LastIndex(interlaced[:60], []byte{0x2c})+9] |= 0x40
	short := slices.Clone(large[:len(large)/2])
	return map[string]bomb{
		"png 50000x50000":             {pngOf(50000, 50000, 8, 2, 0, zeros(t, 1<<20)), picture.ErrTooLarge},
		"png 4294967295x4294967295":   {pngOf(1<<32-1, 1<<32-1, 16, 6, 1, nil), picture.ErrTooLarge},
		"png 1x4294967295":            {pngOf(1, 1<<32-1, 8, 6, 0, nil), picture.ErrTooLarge},
		"png of the most pixels":      {pngOf(4000, 4000, 8, 2, 0, zeros(t, 4000*(1+3*4000))), nil},
		"png with little data":        {pngOf(4000, 4000, 8, 6, 0, zeros(t, 1000)), picture.ErrBroken},
		"png of 16 bits":              {pngOf(2800, 2800, 16, 6, 0, zeros(t, 2800*(1+8*2800))), nil},
		"png of 16 bits, interlaced":  {pngOf(1900, 1900, 16, 6, 1, zeros(t, 1900*1900*8+4*1900)), picture.ErrBroken},
		"png of 16 bits, too large":   {pngOf(2900, 2900, 16, 6, 0, zeros(t, 1000)), picture.ErrTooLarge},
		"png with more than it needs": {pngOf(100, 100, 8, 2, 0, zeros(t, 100<<20)), picture.ErrBroken},
		"png that begins otherwise":   {append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x00tEXt\xa3\x1d\x1f\x11"), pngOf(9, 9, 8, 2, 0, nil)[8:]...), picture.ErrBroken},
		"gif 65535x65535":             {append([]byte("GIF89a\xff\xff\xff\xff\x00\x00\x00"), large[13:]...), picture.ErrTooLarge},
		"gif of the most pixels":      {large, nil},
		"gif, interlaced":             {interlaced, nil},
		"gif, cut off":                {short, picture.ErrBroken},
		"gif of many frames":          {manyFrames(t, palette), nil},
		"jpeg 65500x65500":            {jpegOf(0xc0, 65500, 65500, 0x22, 3, nil), picture.ErrTooLarge},
		"jpeg 1x65500":                {jpegOf(0xc2, 1, 65500, 0x42, 3, nil), picture.ErrBroken},
		"jpeg, progressive, CMYK":     {jpegOf(0xc2, 1600, 1600, 0x11, 4, nil), picture.ErrBroken},
		"jpeg, progressive, larger":   {jpegOf(0xc2, 1800, 1800, 0x11, 4, nil), picture.ErrTooLarge},
		"jpeg of many scans":          {jpegOf(0xc2, 8*217, 8*151, 0x11, 1, scans(1_000_000)), picture.ErrSlow},
		"jpeg without an image":       {[]byte("\xff\xd8\xff\xd9"), picture.ErrBroken},
		"webp 16383x16383":            {webpOf("VP8 ", []byte("\x10\x02\x00\x9d\x01\x2a\xff\x3f\xff\x3f")), picture.ErrTooLarge},
		"webp, lossless, 16384x16384": {webpOf("VP8L", append([]byte("\x2f\xff\xff\xff\x0f"), make([]byte, 1000)...)), picture.ErrTooLarge},
		"webp with a length":          {[]byte("RIFF\xff\xff\xff\x7fWEBPVP8 \xff\xff\xff\x07\x10\x02\x00\x9d\x01\x2a\x64\x00\x64\x00"), picture.ErrBroken},
		"webp of many codes":          {webpOf("VP8L", manyCodes()), picture.ErrBroken},
		"webp of many chunks":         {append([]byte("RIFF\xff\xff\xff\x7fWEBP"), bytes.Repeat([]byte("JUNK\x00\x00\x00\x00"), 1000)...), picture.ErrBroken},
		"another file":                {[]byte("#!/bin/sh\n"), picture.ErrFormat},
		"nothing":                     {nil, picture.ErrFormat},
		"a large file":                {make([]byte, 25<<20), picture.ErrTooLarge},
	}
}

// zeros are so many zeros, compressed.
func zeros(t testing.TB, n int) []byte {
	return encode(t, func(w io.Writer) error {
		z := zlib.NewWriter(w)
		chunk := make([]byte, 1<<16)
		for n > 0 {
			m, err := z.Write(chunk[:min(n, len(chunk))])
			if err != nil {
				return err
			}
			n -= m
		}
		return z.Close()
	})
}

func manyFrames(t testing.TB, palette color.Palette) []byte {
	frame := image.NewPaletted(image.Rect(0, 0, 1000, 1000), palette)
	all := &gif.GIF{}
	for range 100 {
		all.Image, all.Delay = append(all.Image, frame), append(all.Delay, 1)
	}
	return encode(t, func(w io.Writer) error { return gif.EncodeAll(w, all) })
}

// jpegOf is a JPEG of so many components, the first of which has these factors. It has a scan
// of all components without any data, or other scans.
func jpegOf(frame byte, w, h int, factors byte, components int, scans []byte) []byte {
	b := []byte{0xff, 0xd8, 0xff, 0xee, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0}
	b = append(b, 0xff, 0xdb, 0, 67, 0)
	b = append(b, bytes.Repeat([]byte{1}, 64)...)
	b = append(b, 0xff, frame, 0, byte(8+3*components), 8, byte(h>>8), byte(h), byte(w>>8), byte(w), byte(components))
	for i := range components {
		if i > 0 {
			factors = 0x11
		}
		b = append(b, byte(i+1), factors, 0)
	}
	// Codes of one bit: of DC, no difference; of AC, 16384 empty blocks or more.
	for class, symbol := range []byte{0, 0xe0} {
		b = append(b, 0xff, 0xc4, 0, 20, byte(class)<<4, 1)
		b = append(append(b, make([]byte, 15)...), symbol)
	}
	if scans != nil {
		return append(append(b, scans...), 0xff, 0xd9)
	}
	b = append(b, 0xff, 0xda, 0, byte(6+2*components), byte(components))
	for i := range components {
		b = append(b, byte(i+1), 0)
	}
	return append(b, 0, 0, 0)
}

// scans are n scans of an image of 217 by 151 blocks. Each goes through all of them in two bytes:
// there are as many as one code can stand for.
func scans(n int) []byte {
	return bytes.Repeat([]byte{0xff, 0xda, 0, 8, 1, 1, 0, 1, 1, 0, 0x7f, 0xff, 0}, n)
}

// webpOf is a WebP of one chunk.
func webpOf(name string, data []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(data)+12))
	b = binary.LittleEndian.AppendUint32(append(b, "WEBP"+name...), uint32(len(data)))
	return append(b, data...)
}

// manyCodes is a lossless image with as many prefix codes as there can be, each of as many
// symbols.
func manyCodes() []byte {
	b := []byte{0x2f}
	bits, have := 0, 0
	put := func(value, length int) { // the lowest bit first
		for i := range length {
			bits |= value >> i & 1 << have
			if have++; have == 8 {
				b = append(b, byte(bits))
				bits, have = 0, 0
			}
		}
	}
	single := func() { put(1, 4) } // one symbol, 0, of one bit
	even := func(length int) {     // as many symbols as there can be with codes of this length
		order := []int{17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11}
		at := slices.Index(order, length)
		put(0, 1)
		put(max(0, at-3), 4)
		for i := range max(4, at+1) {
			if i == at {
				put(1, 3)
			} else {
				put(0, 3)
			}
		}
		put(1, 1) // only so many lengths follow, of no bits
		put(5, 3)
		put(1<<length-2, 12)
	}
	const side, tiles, groups = 208, 52, 2600
	put(side-1, 14)
	put(side-1, 14)
	put(0, 4) // no alpha, version 0
	put(0, 1) // no transforms
	put(1, 1) // a cache of 2048 colours
	put(11, 4)
	put(1, 1) // several groups, in tiles of 4x4
	put(0, 3)
	put(0, 1) // their image: no cache
	even(8)
	even(8)
	single()
	single()
	single()
	for i := range tiles * tiles {
		n := min(i, groups-1)
		for _, v := range []int{n & 255, n >> 8} {
			for bit := 7; bit >= 0; bit-- {
				put(v>>bit&1, 1)
			}
		}
	}
	for range groups {
		even(11)
		even(8)
		even(8)
		even(8)
		even(5)
	}
	put(0, 7)
	return b
}
