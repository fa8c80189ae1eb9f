package vp8l

import (
	"errors"
	"io"
)

// errInvalid is the error of an image that breaks the rules of the format.
var errInvalid = errors.New("vp8l: invalid image")

// bits reads numbers from a stream, the lowest bit first. After an error it returns zeros.
type bits struct {
	r    io.ByteReader
	have uint64 // bits that were read and not used, the next one lowest
	n    uint   // how many these are
	end  error  // what the stream ended with
	err  error  // more bits were asked for than there are
}

// fill reads ahead, so that at least 32 bits are there unless the stream has ended.
func (b *bits) fill() {
	for b.n < 32 && b.end == nil {
		c, err := b.r.ReadByte()
		if err != nil {
			if b.end = err; errors.Is(err, io.EOF) {
				b.end = io.ErrUnexpectedEOF
			}
			return
		}
		b.have |= uint64(c) << b.n
		b.n += 8
	}
}

// skip uses up n bits.
func (b *bits) skip(n uint) {
	if n > b.n {
		b.err, b.have, b.n = b.end, 0, 0
		return
	}
	b.have >>= n
	b.n -= n
}

// read returns the next n bits, at most 32.
func (b *bits) read(n uint) int {
	if b.n < n {
		b.fill()
	}
	v := b.have & (1<<n - 1)
	b.skip(n)
	return int(v)
}

// flag returns the next bit.
func (b *bits) flag() bool { return b.read(1) != 0 }

// longest is the longest code of a tree, in bits, and quickBits how many bits of it are
// looked up at once.
const (
	longest   = 15
	quickBits = 7
)

// tree is a canonical prefix code. It takes two bytes for each symbol that it has, so that an
// image with thousands of them stays small.
type tree struct {
	only    int                    // the symbol of a code without bits; -1 if there are several
	quick   [1 << quickBits]uint16 // by the next bits: a symbol times 16, plus its length; 0 for longer codes
	counts  [longest + 1]uint16    // codes of each length
	symbols []uint16               // ordered by their codes
}

// newTree makes the tree of symbols with codes of these lengths, 0 for none.
func newTree(lengths []uint8) (*tree, error) {
	t := &tree{only: -1}
	used, last := 0, 0
	for symbol, n := range lengths {
		if n > 0 {
			t.counts[n]++
			used, last = used+1, symbol
		}
	}
	if used == 0 {
		return nil, errInvalid
	}
	if used == 1 {
		t.only = last
		return t, nil
	}
	var next, at [longest + 1]int // the next code of each length, and its place among the symbols
	code, place := 0, 0
	for n := 1; n <= longest; n++ {
		code <<= 1
		next[n], at[n] = code, place
		code += int(t.counts[n])
		place += int(t.counts[n])
		if code > 1<<n {
			return nil, errInvalid // more codes than there can be
		}
	}
	if code != 1<<longest {
		return nil, errInvalid // some bits would mean nothing
	}
	t.symbols = make([]uint16, used)
	for symbol, n := range lengths {
		if n == 0 {
			continue
		}
		t.symbols[at[n]] = uint16(symbol)
		if n <= quickBits {
			for i := reversed(next[n], int(n)); i < 1<<quickBits; i += 1 << n {
				t.quick[i] = uint16(symbol)<<4 | uint16(n)
			}
		}
		next[n]++
		at[n]++
	}
	return t, nil
}

// reversed returns the lowest n bits of a number in the other order.
func reversed(code, n int) (r int) {
	for range n {
		r, code = r<<1|code&1, code>>1
	}
	return r
}

// next reads the next symbol.
func (t *tree) next(b *bits) int {
	if t.only >= 0 {
		return t.only
	}
	if b.n < longest {
		b.fill()
	}
	if q := t.quick[b.have&(1<<quickBits-1)]; q != 0 {
		b.skip(uint(q & 15))
		return int(q >> 4)
	}
	code, first, place := 0, 0, 0
	for n := 1; n <= longest; n++ {
		code |= int(b.have>>(n-1)) & 1
		count := int(t.counts[n])
		if code-first < count {
			b.skip(uint(n))
			return int(t.symbols[place+code-first])
		}
		place += count
		first = (first + count) << 1
		code <<= 1
	}
	b.err = errInvalid
	return 0
}

// size is about how many bytes the tree takes.
func (t *tree) size() int { return 1<<quickBits*2 + 100 + 2*len(t.symbols) }
