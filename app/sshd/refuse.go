package sshd

import (
	"encoding/binary"
	"io"
	"net"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"confab/tui/screen"
)

// disconnectTime is how long a client may take to read why it is disconnected.
const disconnectTime = 2 * time.Second

// refusalPause is how long a refused client waits for its answer. Otherwise a client that
// keeps connecting would cost a core for accepting and closing its connections.
const refusalPause = 100 * time.Millisecond

// refuse closes a new connection before the handshake, and tells its client why after
// [refusalPause]. OpenSSH shows the reason as "Received disconnect from …". refuse returns
// at once.
func (l *connLimiter) refuse(tcp net.Conn, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		_ = tcp.Close()
		return
	}
	select {
	case l.refusing <- struct{}{}:
	default:
		_ = tcp.Close()
		return
	}
	l.refusals.Go(func() {
		defer func() { <-l.refusing }()
		defer tcp.Close()
		time.Sleep(refusalPause)
		_ = tcp.SetDeadline(time.Now().Add(disconnectTime))
		if _, err := tcp.Write(disconnectPacket(why)); err != nil {
			return
		}
		// The kernel throws the reason away unless the server reads what the client sent
		// meanwhile.
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

// disconnectPacket returns all that a refused client gets: the version line (RFC 4253,
// 4.2), and SSH_MSG_DISCONNECT (11.1) in a packet without encryption (6).
func disconnectPacket(why string) []byte {
	// The text is in ASCII, because the server does not know the client's terminal yet.
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
