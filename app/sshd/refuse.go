package sshd

import (
	"encoding/binary"
	"io"
	"net"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"confab/tui/screen"
)

// partingWords is how long a client that is refused may take to read why.
const partingWords = 2 * time.Second

// refuse closes a connection on which nothing has been said yet, and tells
// why: ssh shows it as "Received disconnect from …". It returns at once.
func (g *gate) refuse(tcp net.Conn, why string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped {
		_ = tcp.Close()
		return
	}
	select {
	case g.parting <- struct{}{}:
	default:
		_ = tcp.Close()
		return
	}
	g.parted.Go(func() {
		defer func() { <-g.parting }()
		defer tcp.Close()
		_ = tcp.SetDeadline(time.Now().Add(partingWords))
		if _, err := tcp.Write(disconnect(why)); err != nil {
			return
		}
		// What the client sent meanwhile has to be read, else the kernel throws
		// away what it was told.
		if half, ok := tcp.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
		_, _ = io.CopyN(io.Discard, tcp, 64<<10)
	})
}

// disconnectMessage is SSH_MSG_DISCONNECT.
type disconnectMessage struct {
	Reason   uint32 `sshtype:"1"`
	Text     string
	Language string
}

// tooManyConnections is SSH_DISCONNECT_TOO_MANY_CONNECTIONS (RFC 4250, 4.2.2).
const tooManyConnections = 12

// disconnect is a server's first and only words: the version line (RFC 4253,
// 4.2) and SSH_MSG_DISCONNECT (11.1) in a packet without encryption (6).
func disconnect(why string) []byte {
	// In ASCII, since nothing is known of the terminal.
	payload := gossh.Marshal(disconnectMessage{tooManyConnections, screen.ToASCII(why), "en"})
	const block = 8
	padding := block - (5+len(payload))%block
	if padding < 4 {
		padding += block
	}
	out := []byte("SSH-2.0-" + serverVersion + "\r\n")
	out = binary.BigEndian.AppendUint32(out, uint32(1+len(payload)+padding))
	out = append(out, byte(padding))
	out = append(out, payload...)
	return append(out, make([]byte, padding)...)
}
