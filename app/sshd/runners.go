package sshd

import "sync"

// maxIdle is how many goroutines wait for work: about as many as write frames at
// the same time while no connection is full.
const maxIdle = 16

// runners are goroutines for short tasks of all sessions, such as writing a frame.
// Writing through SSH needs a larger stack than a new goroutine has, so a new
// goroutine for every frame would have to grow its stack by copying each time.
// There are far fewer waiting goroutines than sessions.
type runners struct {
	mu      sync.Mutex
	idle    []chan func() // of the goroutines that wait; each takes one task
	stopped bool
}

// run runs f in another goroutine, at once.
func (r *runners) run(f func()) {
	r.mu.Lock()
	last := len(r.idle) - 1
	if last < 0 {
		r.mu.Unlock()
		go r.loop(f)
		return
	}
	next := r.idle[last] // its stack and its memory are the most likely to be in the cache
	r.idle = r.idle[:last]
	r.mu.Unlock()
	next <- f
}

func (r *runners) loop(f func()) {
	next := make(chan func(), 1) // so that run never waits
	for f != nil {
		f()
		if !r.rest(next) {
			return
		}
		f = <-next
	}
}

// rest makes a goroutine wait for work. It reports false if the goroutine is not needed.
func (r *runners) rest(next chan func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped || len(r.idle) == maxIdle {
		return false
	}
	r.idle = append(r.idle, next)
	return true
}

// stop ends the goroutines that wait, and from then on each one after its task. Tasks can
// still be run.
func (r *runners) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
	for _, next := range r.idle {
		close(next)
	}
	r.idle = nil
}
