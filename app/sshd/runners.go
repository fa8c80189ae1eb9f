package sshd

import "sync/atomic"

// maxIdle is how many goroutines wait for work: about as many as write frames at
// the same time while no connection is full.
const maxIdle = 16

// runners are goroutines for short tasks of all sessions, such as writing a frame.
// Writing through SSH needs a larger stack than a new goroutine has, so a new
// goroutine for every frame would have to grow its stack by copying each time.
// There are far fewer waiting goroutines than sessions.
type runners struct {
	work chan func()
	idle atomic.Int32
	done <-chan struct{} // ends the waiting goroutines
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
