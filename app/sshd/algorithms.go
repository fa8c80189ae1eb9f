package sshd

import (
	gossh "golang.org/x/crypto/ssh"
)

// algorithms is what the server agrees on with clients; docs/security.md lists it
// too. OpenSSH has all of it since 6.5 (2014), apart from the first key exchange,
// which came with 9.9.
//
// It leaves out SHA-1 and CBC, which are broken, Diffie-Hellman over numbers, which
// costs the server a hundred times what X25519 costs before it knows anything of a
// client, and the curves P-384 and P-521, which cost it several times as much and
// which no client needs. The library provides strict key exchange (against
// CVE-2023-48795).
func algorithms() gossh.Config {
	return gossh.Config{
		KeyExchanges: []string{gossh.KeyExchangeMLKEM768X25519, gossh.KeyExchangeCurve25519, gossh.KeyExchangeECDHP256},
		Ciphers: []string{
			gossh.CipherAES128GCM, gossh.CipherAES256GCM, gossh.CipherChaCha20Poly1305,
			gossh.CipherAES256CTR, gossh.CipherAES128CTR,
		},
		// Only CTR needs a MAC; the other ciphers have their own. The last two come
		// over the plain text. libssh2 up to 1.10, which curl and PHP of Debian 12
		// use, has no others.
		MACs: []string{gossh.HMACSHA256ETM, gossh.HMACSHA512ETM, gossh.HMACSHA256, gossh.HMACSHA512},
	}
}

// publicKeyAlgorithms are the signatures that are taken: those that OpenSSH
// still makes by default. The library lets certificates of such keys come as far
// as [login.verified], where they are what no account has: another key.
func publicKeyAlgorithms() []string {
	return []string{
		gossh.KeyAlgoED25519, gossh.KeyAlgoSKED25519,
		gossh.KeyAlgoECDSA256, gossh.KeyAlgoECDSA384, gossh.KeyAlgoECDSA521, gossh.KeyAlgoSKECDSA256,
		gossh.KeyAlgoRSASHA512, gossh.KeyAlgoRSASHA256,
	}
}
