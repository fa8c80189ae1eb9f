package screen

// The largest screen that a model has to lay out, in cells. A client may claim any size, so
// these bound the work and the memory that it can cause.
const (
	MaxWidth  = 500
	MaxHeight = 300
)

// The size that is assumed for a terminal that does not know its own.
const (
	defaultWidth  = 80
	defaultHeight = 24
)

// Size is the size of a terminal in cells.
type Size struct{ W, H int }

// within returns the size to lay out: at most [MaxWidth] by [MaxHeight] and at least 1 by
// 1. A dimension of zero means "unknown" (RFC 4254, 6.2: zero dimensions are ignored), so
// the old one stays. The same goes for a negative one.
func (z Size) within(old Size) Size {
	if z.W <= 0 {
		z.W = old.W
	}
	if z.H <= 0 {
		z.H = old.H
	}
	return Size{min(z.W, MaxWidth), min(z.H, MaxHeight)}
}
