// Package vp8l decodes lossless WebP images (RFC 9649, section 3) within a bound of memory.
// Decoders for general use take a hundred megabytes for some images of a few kilobytes, since
// the format allows thousands of prefix codes.
package vp8l

import (
	"errors"
	"io"
)

const (
	colours     = 256 // of a channel
	lengthCodes = 24
	distances   = 40
	// maxGroups is how many groups of prefix codes an image may have. Encoders make fewer.
	maxGroups = 2600
)

// decoder decodes one image.
type decoder struct {
	bits
	spend   func(bytes int) error // asks for memory
	lengths [colours + lengthCodes + 1<<11]uint8
}

// Size reads the header of an image: the signature, and how many pixels it is wide and high.
func Size(header [5]byte) (w, h int, err error) {
	v := uint32(header[1]) | uint32(header[2])<<8 | uint32(header[3])<<16 | uint32(header[4])<<24
	if header[0] != 0x2f || v>>29 != 0 {
		return 0, 0, errInvalid
	}
	return int(v&0x3fff) + 1, int(v>>14&0x3fff) + 1, nil
}

// Decode decodes an image of w by h pixels, without its header. It returns red, green, blue and
// alpha of each pixel. It calls spend before it takes memory, and gives up if that returns an
// error.
func Decode(r io.ByteReader, w, h int, spend func(bytes int) error) ([]byte, error) {
	d := &decoder{bits: bits{r: r}, spend: spend}
	var transforms []transform
	width := w
	for d.flag() {
		t, narrow, err := d.transform(width, h, transforms)
		if err != nil {
			return nil, err
		}
		transforms, width = append(transforms, t), narrow
	}
	pix, err := d.image(width, h, true)
	for i := len(transforms) - 1; i >= 0 && err == nil; i-- {
		pix, err = transforms[i].undo(d, pix, h)
	}
	return pix, err
}

// group is the prefix codes of a part of an image: green, lengths and the cache; red; blue;
// alpha; distances.
type group [5]*tree

// groups is the prefix codes of an image, by its tiles.
type groups struct {
	all  []group
	tile uint   // a tile is 1<<tile pixels wide and high; 0 if there is only one group
	wide int    // tiles in a row
	of   []byte // four bytes for each tile: the first two are the number of its group
}

// at returns the group of a pixel.
func (g *groups) at(x, y int) *group {
	if g.tile == 0 {
		return &g.all[0]
	}
	i := 4 * (y>>g.tile*g.wide + x>>g.tile)
	return &g.all[int(g.of[i])<<8|int(g.of[i+1])]
}

// tiles is how many tiles cover so many pixels.
func tiles(pixels int, tile uint) int { return (pixels + 1<<tile - 1) >> tile }

// groups reads the prefix codes of an image. Only the image itself has several groups, and not
// those that it is made of. Codes that no tile uses are read but not kept.
func (d *decoder) groups(w, h int, whole bool, cache int) (g groups, err error) {
	used := []bool{true}
	if whole && d.flag() {
		g.tile = uint(d.read(3)) + 2
		g.wide = tiles(w, g.tile)
		if g.of, err = d.image(g.wide, tiles(h, g.tile), false); err != nil {
			return g, err
		}
		used = make([]bool, maxGroups)
		most := 0
		for i := 0; i < len(g.of); i += 4 {
			n := int(g.of[i])<<8 | int(g.of[i+1])
			if n >= maxGroups {
				return g, errInvalid
			}
			used[n], most = true, max(most, n)
		}
		used = used[:most+1]
	}
	g.all = make([]group, len(used))
	for i := range used {
		for j, symbols := range [...]int{colours + lengthCodes + cache, colours, colours, colours, distances} {
			if err := d.code(symbols); err != nil {
				return g, err
			}
			if !used[i] {
				continue
			}
			t, err := newTree(d.lengths[:symbols])
			if err != nil {
				return g, err
			}
			if err := d.spend(t.size()); err != nil {
				return g, err
			}
			g.all[i][j] = t
		}
	}
	return g, nil
}

// code reads the lengths of a prefix code for so many symbols.
func (d *decoder) code(symbols int) error {
	lengths := d.lengths[:symbols]
	clear(lengths)
	if d.flag() { // one or two symbols
		two, first := d.flag(), uint(1)
		if d.flag() {
			first = 8
		}
		some := []int{d.read(first)}
		if two {
			some = append(some, d.read(8))
		}
		for _, symbol := range some {
			if symbol >= symbols {
				return errInvalid
			}
			lengths[symbol] = 1
		}
		return d.err
	}
	order := [...]uint8{17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	var of [len(order)]uint8 // how long the codes of the lengths are
	n := d.read(4) + 4
	if n > len(order) {
		return errInvalid
	}
	for _, length := range order[:n] {
		of[length] = uint8(d.read(3))
	}
	t, err := newTree(of[:])
	if err != nil {
		return errors.Join(d.err, err)
	}
	most := symbols
	if d.flag() {
		if most = 2 + d.read(2+2*uint(d.read(3))); most > symbols {
			return errInvalid
		}
	}
	before := uint8(8)
	for at := 0; at < symbols && most > 0 && d.err == nil; most-- {
		value := t.next(&d.bits)
		if value <= longest {
			lengths[at] = uint8(value)
			if at++; value > 0 {
				before = uint8(value)
			}
			continue
		}
		repeat, length := 0, uint8(0)
		switch value {
		case 16:
			repeat, length = 3+d.read(2), before
		case 17:
			repeat = 3 + d.read(3)
		default:
			repeat = 11 + d.read(7)
		}
		if at+repeat > symbols {
			return errInvalid
		}
		for ; repeat > 0; repeat-- {
			lengths[at] = length
			at++
		}
	}
	return d.err
}

// image reads an image: the whole one, or one that it is made of.
func (d *decoder) image(w, h int, whole bool) ([]byte, error) {
	var cache []uint32
	var shift uint
	if d.flag() {
		n := uint(d.read(4))
		if n < 1 || n > 11 {
			return nil, errInvalid
		}
		cache, shift = make([]uint32, 1<<n), 32-n
	}
	g, err := d.groups(w, h, whole, len(cache))
	if err != nil {
		return nil, err
	}
	if err := d.spend(4 * w * h); err != nil {
		return nil, err
	}
	pix := make([]byte, 4*w*h)
	cached := 0 // the pixels before it are in the cache
	var codes *group
	for at, x, y := 0, 0, 0; at < len(pix); {
		if codes == nil || g.tile > 0 && x&(1<<g.tile-1) == 0 {
			codes = g.at(x, y)
		}
		green := codes[0].next(&d.bits)
		n := 1 // pixels
		switch {
		case green < colours:
			pix[at+1] = byte(green)
			pix[at] = byte(codes[1].next(&d.bits))
			pix[at+2] = byte(codes[2].next(&d.bits))
			pix[at+3] = byte(codes[3].next(&d.bits))
		case green < colours+lengthCodes:
			n = d.extended(green - colours)
			back := 4 * distance(w, d.extended(codes[4].next(&d.bits)))
			if back > at || at+4*n > len(pix) {
				return nil, errors.Join(d.err, errInvalid)
			}
			for i := at; i < at+4*n; i++ {
				pix[i] = pix[i-back]
			}
			codes = nil
		default:
			for ; cached < at; cached += 4 {
				p := pix[cached : cached+4]
				argb := uint32(p[3])<<24 | uint32(p[0])<<16 | uint32(p[1])<<8 | uint32(p[2])
				cache[argb*0x1e35a7bd>>shift] = argb
			}
			argb := cache[green-colours-lengthCodes]
			pix[at], pix[at+1], pix[at+2], pix[at+3] = byte(argb>>16), byte(argb>>8), byte(argb), byte(argb>>24)
		}
		if d.err != nil {
			return nil, d.err
		}
		at += 4 * n
		for x += n; x >= w; x -= w {
			y++
		}
	}
	return pix, nil
}

// extended reads the rest of a length or a distance that begins with a symbol.
func (d *decoder) extended(symbol int) int {
	if symbol < 4 {
		return symbol + 1
	}
	more := uint(symbol-2) >> 1
	return (2+symbol&1)<<more + d.read(more) + 1
}

// near are the pixels around a pixel, the nearest first: how many rows above times 16, plus 8
// minus how many columns to the left.
const near = "\x18\x07\x17\x19\x28\x06\x27\x29\x16\x1a\x26\x2a\x38\x05\x37\x39\x15\x1b\x36\x3a" +
	"\x25\x2b\x48\x04\x47\x49\x14\x1c\x35\x3b\x46\x4a\x24\x2c\x58\x45\x4b\x34\x3c\x03" +
	"\x57\x59\x13\x1d\x56\x5a\x23\x2d\x44\x4c\x55\x5b\x33\x3d\x68\x02\x67\x69\x12\x1e" +
	"\x66\x6a\x22\x2e\x54\x5c\x43\x4d\x65\x6b\x32\x3e\x78\x01\x77\x79\x53\x5d\x11\x1f" +
	"\x64\x6c\x42\x4e\x76\x7a\x21\x2f\x75\x7b\x31\x3f\x63\x6d\x52\x5e\x00\x74\x7c\x41" +
	"\x4f\x10\x20\x62\x6e\x30\x73\x7d\x51\x5f\x40\x72\x7e\x61\x6f\x50\x71\x7f\x60\x70"

// distance returns how many pixels back a code for a distance goes.
func distance(w, code int) int {
	if code > len(near) {
		return code - len(near)
	}
	to := int(near[code-1])
	return max(1, to>>4*w+8-to&15)
}
