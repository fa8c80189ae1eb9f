package sshd

import (
	"errors"
	"log/slog"
	"net"
	"strings"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/text"
)

// maxOffer bounds how much of a client's offer goes to the log, in characters.
const maxOffer = 500

// handshakeFailed logs why a connection got no further than its handshake. The
// host learns of a client with which the server has no algorithm in common, since
// the client's user can hardly tell what is missing.
func (s *Server) handshakeFailed(tcp net.Conn, err error) {
	log := s.log.With("remote", tcp.RemoteAddr().String())
	if negotiation, ok := errors.AsType[*gossh.AlgorithmNegotiationError](err); ok {
		log.Warn("the client and the server have no algorithm in common", missing(negotiation)...)
		return
	}
	log.Debug("not let in", "err", err)
}

// missing says what could not be agreed on, and what the client offered for it.
func missing(err *gossh.AlgorithmNegotiationError) []any {
	offered := text.CleanLine(strings.Join(err.RequestedAlgorithms, ","), maxOffer)
	return []any{slog.String("for", err.What), slog.String("offered", offered)}
}
