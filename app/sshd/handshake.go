package sshd

import (
	"errors"
	"log/slog"
	"net"
	"strings"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/text"
)

// maxOffer bounds how much of a client's offer the log shows, in characters.
const maxOffer = 500

// handshakeFailed logs why a handshake failed. If the client and the server have no
// algorithm in common, the host sees it in the log, because the client's user can
// hardly find out what is missing.
func (s *Server) handshakeFailed(tcp net.Conn, err error) {
	log := s.log.With("remote", tcp.RemoteAddr().String())
	if negotiation, ok := errors.AsType[*gossh.AlgorithmNegotiationError](err); ok {
		log.Warn("the client and the server have no algorithm in common", missing(negotiation)...)
		return
	}
	log.Debug("not let in", "err", err)
}

// missing says which kind of algorithm was not agreed on, and what the client
// offered.
func missing(err *gossh.AlgorithmNegotiationError) []any {
	offered := text.CleanLine(strings.Join(err.RequestedAlgorithms, ","), maxOffer)
	return []any{slog.String("for", err.What), slog.String("offered", offered)}
}
