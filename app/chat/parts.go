package chat

import "slices"

// maxParts bounds how many pieces of a file may be there without the ones
// between them. Clients send a file from its start to its end, and the server
// takes a few of its pieces at the same time, so there are hardly ever ten.
const maxParts = 1000

// part is a piece of a file, from an offset up to another.
type part struct{ from, to int64 }

// parts are the pieces of a file that have come: in order, and those that touch
// each other are one.
type parts []part

// add notes that a piece comes. It reports false if some of that came before,
// or if there are too many pieces: neither is noted.
func (p *parts) add(from, to int64) bool {
	all := *p
	i, _ := slices.BinarySearchFunc(all, from, func(have part, at int64) int {
		if have.to < at {
			return -1
		}
		return 1
	})
	// all[i] is the first piece that ends at from or later.
	before := i < len(all) && all[i].to == from
	next := i
	if before {
		next++
	}
	if next < len(all) && all[next].from < to {
		return false
	}
	after := next < len(all) && all[next].from == to
	switch {
	case before && after:
		all[i].to = all[next].to
		*p = slices.Delete(all, next, next+1)
	case before:
		all[i].to = to
	case after:
		all[next].from = from
	case len(all) >= maxParts:
		return false
	default:
		*p = slices.Insert(all, i, part{from, to})
	}
	return true
}

// whole reports whether all of a file of a size has come.
func (p parts) whole(size int64) bool {
	return size == 0 || len(p) == 1 && p[0] == part{0, size}
}
