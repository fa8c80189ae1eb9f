package picture

import (
	"context"
	"image"
	"image/draw"
)

// Fit returns the size of a picture of w by h pixels that is made to fit. Small ones stay as they
// are.
func Fit(w, h int, most image.Point) image.Point {
	to := image.Pt(w, h)
	if to.X > most.X {
		to = image.Pt(most.X, (h*most.X+w/2)/w)
	}
	if to.Y > most.Y {
		to = image.Pt((w*most.Y+h/2)/h, most.Y)
	}
	return image.Pt(max(1, min(to.X, most.X)), max(1, min(to.Y, most.Y)))
}

// Shrink returns a copy of a picture that fits.
func Shrink(full image.Image, most image.Point) *image.RGBA {
	small, _ := shrink(context.Background(), full, most)
	return small
}

// shrink returns a copy of a picture that fits, each pixel of which is the mean of those that it
// stands for. It looks at one row of the picture at a time.
func shrink(ctx context.Context, full image.Image, most image.Point) (*image.RGBA, error) {
	b := full.Bounds()
	if b.Empty() {
		return nil, ErrBroken
	}
	size := Fit(b.Dx(), b.Dy(), most)
	small := image.NewRGBA(image.Rectangle{Max: size})
	row := image.NewRGBA(image.Rect(0, 0, b.Dx(), 1))
	sums := make([]uint64, 4*size.X)
	for y := range size.Y {
		from, to := y*b.Dy()/size.Y, (y+1)*b.Dy()/size.Y
		clear(sums)
		for at := from; at < to; at++ {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			draw.Draw(row, row.Rect, full, image.Pt(b.Min.X, b.Min.Y+at), draw.Src)
			add(sums, row.Pix, size.X)
		}
		for x := range size.X {
			pixels := uint64((x+1)*b.Dx()/size.X-x*b.Dx()/size.X) * uint64(to-from)
			for i := 4 * x; i < 4*x+4; i++ {
				small.Pix[y*small.Stride+i] = byte((sums[i] + pixels/2) / pixels)
			}
		}
	}
	return small, nil
}

// add adds the pixels of a row to the sums of so many columns.
func add(sums []uint64, row []byte, columns int) {
	wide := len(row) / 4
	for x := range columns {
		var r, g, b, a uint64
		for i := 4 * (x * wide / columns); i < 4*((x+1)*wide/columns); i += 4 {
			r += uint64(row[i])
			g += uint64(row[i+1])
			b += uint64(row[i+2])
			a += uint64(row[i+3])
		}
		sums[4*x] += r
		sums[4*x+1] += g
		sums[4*x+2] += b
		sums[4*x+3] += a
	}
}
