// Package disktest has a disk for tests whose power can fail. It remembers everything that
// SQLite writes, and makes the files as they may be after a power cut at any moment: what was
// synced is there, and of each later write some sectors are there, or all, or none.
package disktest

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// sector is how many bytes a disk writes together.
const sector = 512

// kind says what an operation does to a file.
type kind int

const (
	writes kind = iota
	truncates
	syncs
	removes
)

// operation is something that SQLite did to a file.
type operation struct {
	kind
	file string // its name, without the folder
	at   int64  // the place of a write, or the new size
	data []byte
}

// Disk is the record of a folder. Several goroutines may call its methods.
type Disk struct {
	mu   sync.Mutex
	done []operation
}

func (d *Disk) add(o operation) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done = append(d.done, o)
}

// Moments returns how many operations there were. A moment is between two of them, from 0
// to this number.
func (d *Disk) Moments() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.done)
}

// LastSync returns the latest moment up to another one at which everything written to a file
// was synced, or 0.
func (d *Disk) LastSync(file string, moment int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := moment; i > 0; i-- {
		if o := d.done[i-1]; o.kind == syncs && o.file == file {
			return i
		}
	}
	return 0
}

// file is what is known of a file at a moment.
type file struct {
	synced  bool   // it was synced at least once, and so was its name in the folder
	removed bool   // but the folder was not synced since
	content []byte // as of the last sync
	later   []operation
}

// Kill writes the files into a folder as they are if only the process ends at a moment: the
// kernel keeps all that it was given.
func (d *Disk) Kill(moment int, to string) error {
	return d.make(moment, to, func(f *file) ([]byte, bool) {
		for _, o := range f.later {
			f.content = o.onto(f.content)
		}
		return f.content, true
	}, func() bool { return true })
}

// Cut writes the files into a folder as a power cut at a moment may leave them.
func (d *Disk) Cut(moment int, chance *rand.Rand, to string) error {
	return d.make(moment, to, func(f *file) ([]byte, bool) {
		if !f.synced && chance.IntN(3) == 0 {
			return nil, false // its name was not on the disk either
		}
		for _, o := range f.later {
			switch chance.IntN(3) {
			case 0: // it is lost
			case 1:
				f.content = o.onto(f.content)
			case 2:
				f.content = o.torn(f.content, chance)
			}
		}
		return f.content, true
	}, func() bool { return chance.IntN(2) == 0 })
}

// make writes the files into a folder. left returns the content of a file and whether there
// is one, and gone whether a removal has reached the disk.
func (d *Disk) make(moment int, to string, left func(*file) ([]byte, bool), gone func() bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	files := make(map[string]*file)
	for _, o := range d.done[:moment] {
		f := files[o.file]
		if f == nil || f.removed && o.kind != removes {
			f = &file{} // a file of this name is made
			files[o.file] = f
		}
		switch o.kind {
		case syncs:
			for _, before := range f.later {
				f.content = before.onto(f.content)
			}
			if !f.synced { // SQLite syncs the folder with the first sync of a new file
				maps.DeleteFunc(files, func(_ string, o *file) bool { return o.removed })
			}
			f.synced, f.later = true, nil
		case removes:
			f.removed = true
		default:
			f.later = append(f.later, o)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) { // in a fixed order, so that a seed repeats a cut
		if files[name].removed && gone() {
			continue
		}
		if content, is := left(files[name]); is {
			if err := os.WriteFile(filepath.Join(to, name), content, 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

// onto returns the content of a file after the operation.
func (o operation) onto(content []byte) []byte {
	if o.kind == truncates {
		return resized(content, o.at)
	}
	if end := o.at + int64(len(o.data)); end > int64(len(content)) {
		content = resized(content, end)
	}
	copy(content[o.at:], o.data)
	return content
}

// torn returns the content of a file if only some sectors of a write reached the disk.
func (o operation) torn(content []byte, chance *rand.Rand) []byte {
	if o.kind == truncates {
		return o.onto(content)
	}
	for begin := 0; begin < len(o.data); begin += sector {
		if chance.IntN(2) == 0 {
			part := o.data[begin:min(begin+sector, len(o.data))]
			content = operation{kind: writes, at: o.at + int64(begin), data: part}.onto(content)
		}
	}
	return content
}

// resized returns a content cut off or filled with zeros.
func resized(content []byte, size int64) []byte {
	if size <= int64(len(content)) {
		return content[:size]
	}
	return append(content, make([]byte, size-int64(len(content)))...)
}
