package sshd

import (
	"errors"
	"fmt"
	"net"
	"strings"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/refusal"
	"confab/app/text"
)

// maxOffer bounds how much of a client's offer the log shows, in characters.
const maxOffer = 500

// handshakeFailed logs why a handshake failed. If the client and the server have no
// algorithm in common, the host sees it in the log, because the client's user can
// hardly find out what is missing.
func (s *Server) handshakeFailed(tcp net.Conn, err error) {
	negotiation, ok := errors.AsType[*gossh.AlgorithmNegotiationError](err)
	if !ok {
		s.log.Debug("the handshake failed", "remote", tcp.RemoteAddr().String(), "err", err)
		return
	}
	from, offered := addressOf(tcp), text.CleanLine(strings.Join(negotiation.RequestedAlgorithms, ","), maxOffer)
	s.limiter.refused.Note(refusal.Refusal{
		Reason: refusal.Algorithms, Who: fmt.Sprint(chat.Vicinity(from), negotiation.What, offered), Why: "the client and the server have no algorithm in common",
		Do: "the user needs a newer ssh client, or other settings in it", About: []any{"address", from.String(), "for", negotiation.What, "offered", offered},
	})
}

// algorithms are the algorithms that the server offers. docs/security.md lists them
// too. OpenSSH has had all of them since 6.5 (2014), apart from the first key
// exchange, which came with 9.9.
//
// The list leaves out SHA-1 and CBC, which are broken. It leaves out finite-field
// Diffie-Hellman, which costs the server a hundred times as much as X25519 before
// it knows anything about the client. It leaves out the curves P-384 and P-521,
// which cost several times as much and which no client needs. The library provides
// strict key exchange (against CVE-2023-48795).
func algorithms() gossh.Config {
	return gossh.Config{
		KeyExchanges: []string{gossh.KeyExchangeMLKEM768X25519, gossh.KeyExchangeCurve25519, gossh.KeyExchangeECDHP256},
		Ciphers: []string{
			gossh.CipherAES128GCM, gossh.CipherAES256GCM, gossh.CipherChaCha20Poly1305,
			gossh.CipherAES256CTR, gossh.CipherAES128CTR,
		},
		// Only CTR needs a MAC; the other ciphers have their own. The last two are
		// computed over the plain text. libssh2 up to 1.10, which curl and PHP of
		// Debian 12 use, has no others.
		MACs: []string{gossh.HMACSHA256ETM, gossh.HMACSHA512ETM, gossh.HMACSHA256, gossh.HMACSHA512},
	}
}

// publicKeyAlgorithms are the signature algorithms that the server accepts: those that
// OpenSSH still uses by default. The library also accepts certificates of such keys, about
// which [login.signed] decides.
func publicKeyAlgorithms() []string {
	return []string{
		gossh.KeyAlgoED25519, gossh.KeyAlgoSKED25519,
		gossh.KeyAlgoECDSA256, gossh.KeyAlgoECDSA384, gossh.KeyAlgoECDSA521, gossh.KeyAlgoSKECDSA256,
		gossh.KeyAlgoRSASHA512, gossh.KeyAlgoRSASHA256,
	}
}
