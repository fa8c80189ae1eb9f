package main

import (
	"net"
	"sync"

	"confab/app/testkit"
)

// stuckConn is a connection from which nothing is read between stick and free.
type stuckConn struct {
	net.Conn
	mu    sync.Mutex
	stuck chan struct{} // nil unless stuck
}

func (c *stuckConn) dial(addr string) (net.Conn, error) {
	conn, err := net.DialTimeout("tcp", addr, testkit.Patience)
	c.Conn = conn
	return c, err
}

func (c *stuckConn) stick() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stuck = make(chan struct{})
}

func (c *stuckConn) free() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stuck != nil {
		close(c.stuck)
		c.stuck = nil
	}
}

func (c *stuckConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	stuck := c.stuck
	c.mu.Unlock()
	if stuck != nil {
		<-stuck
	}
	return c.Conn.Read(p)
}
