package sshd

import (
	"fmt"

	gossh "golang.org/x/crypto/ssh"
)

// What is agreed on with clients; docs/security.md lists it too. All of it is in
// OpenSSH since 6.5 (2014) but for the first key exchange, which is in 9.9. Left
// out is what is broken or on its way out: SHA-1, CBC, MACs over the plain text,
// and Diffie-Hellman over numbers, which costs the server a hundred times what
// it costs on curves, before it knows anything of a client. Strict key exchange
// (against CVE-2023-48795) is x/crypto's.
func algorithms() gossh.Config {
	return gossh.Config{
		KeyExchanges: []string{
			gossh.KeyExchangeMLKEM768X25519,
			gossh.KeyExchangeCurve25519,
			gossh.KeyExchangeECDHP256, gossh.KeyExchangeECDHP384, gossh.KeyExchangeECDHP521,
		},
		Ciphers: []string{
			gossh.CipherAES128GCM, gossh.CipherAES256GCM, gossh.CipherChaCha20Poly1305,
			gossh.CipherAES256CTR, gossh.CipherAES128CTR,
		},
		// For CTR; the other ciphers have their own.
		MACs: []string{gossh.HMACSHA256ETM, gossh.HMACSHA512ETM},
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

// withoutSHA1 is a host key that makes no SHA-1 signatures, which those of RSA
// would.
func withoutSHA1(key gossh.Signer) (gossh.Signer, error) {
	if key.PublicKey().Type() != gossh.KeyAlgoRSA {
		return key, nil
	}
	signer, ok := key.(gossh.AlgorithmSigner)
	if !ok {
		return nil, fmt.Errorf("the host key makes SHA-1 signatures only: use another")
	}
	return gossh.NewSignerWithAlgorithms(signer, []string{gossh.KeyAlgoRSASHA512, gossh.KeyAlgoRSASHA256})
}
