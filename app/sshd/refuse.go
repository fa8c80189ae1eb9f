package sshd

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/refusal"
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

// tell tells the host that a connection was refused.
func (l *connLimiter) tell(c *conn, reason refusal.Reason, why string) {
	do := "raise --" + strings.ReplaceAll(string(reason), "_", "-") + " if more people need to connect at once, or ban the address"
	switch reason {
	case refusal.Ban:
		do = "lift the ban with confab bans remove{data} if it hits the wrong people"
	case refusal.MaxFailures:
		do = "close the firewall to the address, or add its network to --trust-network if people share it"
	}
	l.refused.Note(refusal.Refusal{
		Reason: reason, Who: chat.Vicinity(c.address).String(), Why: refusedFor[reason], Do: do,
		About: []any{"address", c.address.String(), "told", why},
	})
}

// refusedFor says for the host why connections are refused. The sentences for their users
// have times in them, which would make each a cause of its own.
var refusedFor = map[refusal.Reason]string{
	refusal.Ban:                "the address is banned",
	refusal.MaxConnections:     "the server is full",
	refusal.MaxPerAddress:      "the address has too many connections",
	refusal.MaxPerNetwork:      "the network has too many connections",
	refusal.MaxFailures:        "the address has too many failed logins",
	refusal.MaxUnauthenticated: "too many connections are waiting to log in",
}

// left forgets a connection that was closed. It tells the host of one without a login.
func (l *connLimiter) left(c *conn) {
	if !l.forget(c) {
		return
	}
	switch proved, _ := c.Proved(); {
	case proved.Key != "":
		c.tell(refusal.Login, proved.Key, "no key of the client opens an account", "add the key with confab keys add{data}, or have its user connect with ssh -t to ask to be let in")
	case l.limits().AuthTime > 0 && l.now().Sub(c.since) >= l.limits().AuthTime:
		c.tell(refusal.Login, "", "the client did not log in within --auth-time", "nothing, unless a user complains: scanners do this")
	default:
		c.tell(refusal.Login, "", "the client left without a key", "nothing, unless a user complains: scanners do this")
	}
}

// addressOf returns the address of a client, or the zero address without TCP.
func addressOf(tcp net.Conn) netip.Addr {
	if a, ok := tcp.RemoteAddr().(*net.TCPAddr); ok {
		return a.AddrPort().Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
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
