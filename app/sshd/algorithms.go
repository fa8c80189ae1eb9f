package sshd

import (
	gossh "golang.org/x/crypto/ssh"
)

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

// publicKeyAlgorithms are the signature algorithms that are accepted: those that
// OpenSSH still uses by default. The library passes certificates of such keys on to
// [login.verified]. There they count as keys without an account.
func publicKeyAlgorithms() []string {
	return []string{
		gossh.KeyAlgoED25519, gossh.KeyAlgoSKED25519,
		gossh.KeyAlgoECDSA256, gossh.KeyAlgoECDSA384, gossh.KeyAlgoECDSA521, gossh.KeyAlgoSKECDSA256,
		gossh.KeyAlgoRSASHA512, gossh.KeyAlgoRSASHA256,
	}
}
