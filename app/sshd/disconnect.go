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

// idle reports whether no session runs on the connection.
func (c *conn) idle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.running) == 0
}

// disconnect closes a connection on which no session runs, and tells its client why with a
// message of the SSH protocol. Without a session, clients show no other text.
func (c *conn) disconnect(why string) {
	c.mu.Lock()
	already := c.disconnecting
	c.disconnecting = true
	over := c.overSSHLocked()
	c.mu.Unlock()
	if already {
		return
	}
	if over != nil {
		late := time.AfterFunc(disconnectTime, func() { _ = c.Close() })
		defer late.Stop()
		disconnectSSH(over, why)
	}
	_ = c.Close()
}

// disconnectSSH sends SSH_MSG_DISCONNECT (RFC 4253, 11.1), which ssh shows as "Received
// disconnect from …". The library has no exported function for that, so disconnectSSH uses
// the unexported one that sends all its messages. If a new version of the library renames
// it, the program does not link, or nothing is sent and
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
