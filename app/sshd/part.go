package sshd

import (
	"reflect"
	"time"
	"unsafe"

	gossh "golang.org/x/crypto/ssh"

	"confab/tui/screen"
)

// byApplication is SSH_DISCONNECT_BY_APPLICATION (RFC 4250, 4.2.2).
const byApplication = 11

// idle reports whether nothing runs on the connection.
func (c *conn) idle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.running) == 0
}

// part closes a connection on which no session runs, and tells why: with no session
// there is nothing else that clients show.
func (c *conn) part(why string) {
	c.mu.Lock()
	parting := c.parting
	c.parting = true
	over := c.overSSH()
	c.mu.Unlock()
	if parting {
		return
	}
	if over != nil {
		late := time.AfterFunc(partingWords, func() { _ = c.Close() })
		defer late.Stop()
		disconnectSSH(over, why)
	}
	_ = c.Close()
}

// disconnectSSH sends SSH_MSG_DISCONNECT (RFC 4253, 11.1), which ssh shows as "Received
// disconnect from …". The library exports no way to send it, so
// this goes by the one that all its messages go. If a new version has that under
// another name, this does not link, or nothing is sent and the test
// TestAConnectionWithoutASessionIsClosed fails.
func disconnectSSH(over *gossh.ServerConn, why string) {
	conn := reflect.Indirect(reflect.ValueOf(over.Conn))
	if conn.Kind() != reflect.Struct {
		return
	}
	if mux := conn.FieldByName("mux"); mux.Kind() == reflect.Pointer {
		_ = sendMessage(mux.UnsafePointer(), &disconnectMessage{byApplication, screen.ToASCII(why), "en"})
	}
}

//go:linkname sendMessage golang.org/x/crypto/ssh.(*mux).sendMessage
func sendMessage(mux unsafe.Pointer, message any) error
