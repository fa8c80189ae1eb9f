package service

import (
	"testing"

	"pgregory.net/rapid"
)

// parts knows which parts of a file have arrived, in any order, and accepts no part twice.
func TestPartsKnowWhatHasCome(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const size = 40
		var p parts
		var come [size]bool
		for range rapid.IntRange(1, 60).Draw(t, "pieces") {
			from := rapid.IntRange(0, size-1).Draw(t, "from")
			to := rapid.IntRange(from+1, min(size, from+8)).Draw(t, "to")
			twice := false
			for i := from; i < to; i++ {
				twice = twice || come[i]
			}
			if p.add(int64(from), int64(to)) == twice {
				t.Fatalf("%d to %d is taken: %t, twice: %t; there are %v", from, to, !twice, twice, p)
			}
			all := true
			for i := range come {
				come[i] = come[i] || !twice && i >= from && i < to
				all = all && come[i]
			}
			for i := range p {
				if p[i].from >= p[i].to || i > 0 && p[i].from <= p[i-1].to {
					t.Fatalf("the pieces are %v", p)
				}
			}
			if p.whole(size) != all {
				t.Fatalf("it is whole: %t; the pieces are %v", !all, p)
			}
		}
	})
}

func TestPartsAreBounded(t *testing.T) {
	t.Parallel()
	var p parts
	for i := range int64(maxParts) {
		if !p.add(2*i, 2*i+1) {
			t.Fatalf("the piece %d is refused", i)
		}
	}
	if p.add(2*maxParts, 2*maxParts+1) {
		t.Error("there are too many pieces")
	}
	for i := range int64(maxParts) {
		if !p.add(2*i+1, 2*i+2) {
			t.Fatalf("the message that closes the gap %d is refused", i)
		}
	}
	if !p.whole(2 * maxParts) {
		t.Errorf("the pieces are %v", p)
	}
}
