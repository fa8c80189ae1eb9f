package testbed

import "time"

// SampleEvery is how often memory is read.
const SampleEvery = 250 * time.Millisecond

// Memory records the memory of a process over time.
type Memory struct {
	pid           int
	Before        Usage
	ended, closed chan struct{}
	Peak          int64 // read it only after closed
}

// WatchMemory records a process's memory until stop.
func WatchMemory(pid int) *Memory {
	m := &Memory{pid: pid, Before: UsageOf(pid), ended: make(chan struct{}), closed: make(chan struct{})}
	go func() {
		defer close(m.closed)
		ticker := time.NewTicker(SampleEvery)
		defer ticker.Stop()
		for {
			m.Peak = max(m.Peak, UsageOf(pid).Resident)
			select {
			case <-ticker.C:
			case <-m.ended:
				return
			}
		}
	}()
	return m
}

// Stop ends the recording. It may be called twice.
func (m *Memory) Stop() {
	select {
	case <-m.ended:
	default:
		close(m.ended)
	}
	<-m.closed
}

// Ratio returns the present memory as a multiple of the memory before.
func (m *Memory) Ratio() float64 {
	return float64(UsageOf(m.pid).Resident) / float64(max(m.Before.Resident, 1))
}
