package sshd

import "sync/atomic"

// maxIdle is how many goroutines wait for work: about as many as write frames at
// once while nobody's connection is full.
const maxIdle = 16

// runners are goroutines for what all sessions do again and again, but only for
// a moment, as writing a frame. To write through SSH takes a stack that is larger
// than a new goroutine's, which would be grown, by copying, for every frame. The
// goroutines that wait are far fewer than the sessions.
type runners struct {
	work chan func()
	idle atomic.Int32
	done <-chan struct{} // ends those that wait
}

func newRunners(done <-chan struct{}) *runners {
	return &runners{work: make(chan func()), done: done}
}

// run runs f in another goroutine, at once.
func (r *runners) run(f func()) {
	select {
	case r.work <- f:
	default:
		go r.loop(f)
	}
}

func (r *runners) loop(f func()) {
	for {
		f()
		if r.idle.Add(1) > maxIdle {
			r.idle.Add(-1)
			return
		}
		select {
		case f = <-r.work:
			r.idle.Add(-1)
		case <-r.done:
			return
		}
	}
}
