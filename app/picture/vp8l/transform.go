package vp8l

// The kinds of transforms.
const (
	predictor = iota
	crossColour
	subtractGreen
	colourIndexing
)

// transform is a change that the encoder has made to all pixels, and that is undone at the end.
type transform struct {
	kind, width int
	tile        uint   // for each tile of 1<<tile pixels there is a pixel in pix; of indexes: how many are in a byte
	pix         []byte // of tiles, or the table of colours
}

// transform reads a transform of an image of this size, which must not be of a kind that there
// has been before. It returns how wide the image is after it.
func (d *decoder) transform(w, h int, before []transform) (t transform, narrow int, err error) {
	t = transform{kind: d.read(2), width: w}
	for _, b := range before {
		if b.kind == t.kind {
			return t, 0, errInvalid
		}
	}
	switch t.kind {
	case predictor, crossColour:
		t.tile = uint(d.read(3)) + 2
		t.pix, err = d.image(tiles(w, t.tile), tiles(h, t.tile), false)
	case colourIndexing:
		n := d.read(8) + 1
		switch {
		case n <= 2:
			t.tile = 3
		case n <= 4:
			t.tile = 2
		case n <= 16:
			t.tile = 1
		}
		table, err := d.image(n, 1, false)
		if err != nil {
			return t, 0, err
		}
		for i := 4; i < len(table); i++ {
			table[i] += table[i-4]
		}
		t.pix = make([]byte, 4*colours) // an index beyond the table is transparent
		copy(t.pix, table)
		w = tiles(w, t.tile)
	}
	return t, w, err
}

// undo changes all pixels back.
func (t *transform) undo(d *decoder, pix []byte, h int) ([]byte, error) {
	switch t.kind {
	case predictor:
		t.predict(pix, h)
	case crossColour:
		t.mix(pix, h)
	case subtractGreen:
		for i := 0; i < len(pix); i += 4 {
			pix[i] += pix[i+1]
			pix[i+2] += pix[i+1]
		}
	case colourIndexing:
		if t.tile == 0 {
			for i := 0; i < len(pix); i += 4 {
				copy(pix[i:i+4], t.pix[4*int(pix[i+1]):])
			}
			return pix, nil
		}
		if err := d.spend(4 * t.width * h); err != nil {
			return nil, err
		}
		return t.unpack(pix, h), nil
	}
	return pix, nil
}

// unpack takes the indexes apart that share a byte, and looks the colours up.
func (t *transform) unpack(pix []byte, h int) []byte {
	all := make([]byte, 0, 4*t.width*h)
	bits := uint(8) >> t.tile
	at := -4
	for range h {
		packed := byte(0)
		for x := range t.width {
			if x&(1<<t.tile-1) == 0 {
				at += 4
				packed = pix[at+1]
			}
			i := 4 * int(packed&(1<<bits-1))
			all = append(all, t.pix[i:i+4]...)
			packed >>= bits
		}
	}
	return all
}

// mix adds to red and blue what was taken from them of green and red.
func (t *transform) mix(pix []byte, h int) {
	part := func(of, colour byte) byte { return byte(int32(int8(of)) * int32(int8(colour)) >> 5) }
	wide := tiles(t.width, t.tile)
	at := 0
	for y := range h {
		for x := range t.width {
			i := 4 * (y>>t.tile*wide + x>>t.tile)
			of, p := t.pix[i:i+3], pix[at:at+3]
			p[0] += part(of[2], p[1])
			p[2] += part(of[1], p[1]) + part(of[0], p[0])
			at += 4
		}
	}
}

// predict adds to each pixel what was expected from those before it.
func (t *transform) predict(pix []byte, h int) {
	wide, row := tiles(t.width, t.tile), 4*t.width
	pix[3] += 0xff
	for i := 4; i < row; i++ {
		pix[i] += pix[i-4]
	}
	for y := 1; y < h; y++ {
		at := y * row
		for i := at; i < at+4; i++ {
			pix[i] += pix[i-row]
		}
		for x := 1; x < t.width; x++ {
			at += 4
			how := t.pix[4*(y>>t.tile*wide+x>>t.tile)+1] & 15
			if how == 0 {
				pix[at+3] += 0xff
				continue
			}
			if how == 11 {
				how = 1
				if nearerTop(pix[at-row-4:at-row], pix[at-row:at-row+4], pix[at-4:at]) {
					how = 2
				}
			}
			for i := at; i < at+4; i++ {
				pix[i] += expected(how, pix[i-4], pix[i-row], pix[i-row+4], pix[i-row-4])
			}
		}
	}
}

// expected is what was expected of a channel, from the pixels at the left, above, and above at
// the right and the left.
func expected(how, l, t, tr, tl byte) byte {
	switch how {
	case 1:
		return l
	case 2:
		return t
	case 3:
		return tr
	case 4:
		return tl
	case 5:
		return mean(mean(l, tr), t)
	case 6:
		return mean(l, tl)
	case 7:
		return mean(l, t)
	case 8:
		return mean(tl, t)
	case 9:
		return mean(t, tr)
	case 10:
		return mean(mean(l, tl), mean(t, tr))
	case 12:
		return clamped(int(l) + int(t) - int(tl))
	case 13:
		m := int(mean(l, t))
		return clamped(m + (m-int(tl))/2)
	default:
		return 0
	}
}

func mean(a, b byte) byte { return byte((int(a) + int(b)) / 2) }

func clamped(v int) byte { return byte(max(0, min(v, 255))) }

// nearerTop reports whether a pixel is expected to be as the one above it, and not as the one at
// the left.
func nearerTop(topLeft, top, left []byte) bool {
	toLeft, toTop := 0, 0
	for i := range 4 {
		toLeft += far(topLeft[i], top[i])
		toTop += far(topLeft[i], left[i])
	}
	return toLeft >= toTop
}

func far(a, b byte) int { return max(int(a)-int(b), int(b)-int(a)) }
