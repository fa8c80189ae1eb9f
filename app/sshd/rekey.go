package sshd

import (
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// A client may ask for new keys whenever it likes, and each exchange costs the server
// about a millisecond. OpenSSH asks after a gigabyte. Those who ask more often than
// this wait for it, with all else that they send: a burst, and then one in a time.
const (
	memberRekeys       = 10
	memberRekeyEvery   = 5 * time.Second
	strangerRekeys     = 3 // the first is that of the handshake
	strangerRekeyEvery = 10 * time.Second
)

// connRand is the randomness of a connection. It is how a host key knows for which
// connection it signs.
type connRand struct {
	io.Reader
	conn *conn
}

func newConnRand(c *conn) connRand { return connRand{rand.Reader, c} }

// pacedKey is a host key that signs for a connection, as each key exchange needs, no
// more often than the connection may exchange keys.
type pacedKey struct{ gossh.MultiAlgorithmSigner }

// newPacedKey paces a host key that makes no SHA-1 signatures, which those of RSA
// would.
func newPacedKey(key gossh.Signer) (gossh.Signer, error) {
	signer, ok := key.(gossh.AlgorithmSigner)
	if !ok {
		return nil, fmt.Errorf("the host key cannot choose how it signs: use another")
	}
	algorithms := []string{key.PublicKey().Type()}
	if algorithms[0] == gossh.KeyAlgoRSA {
		algorithms = []string{gossh.KeyAlgoRSASHA512, gossh.KeyAlgoRSASHA256}
	}
	multi, err := gossh.NewSignerWithAlgorithms(signer, algorithms)
	return pacedKey{multi}, err
}

// Sign implements [gossh.Signer]. The library calls it where the key has one
// algorithm only, and SignWithAlgorithm otherwise.
func (k pacedKey) Sign(random io.Reader, data []byte) (*gossh.Signature, error) {
	if err := pace(random); err != nil {
		return nil, err
	}
	return k.MultiAlgorithmSigner.Sign(random, data)
}

// SignWithAlgorithm implements [gossh.AlgorithmSigner].
func (k pacedKey) SignWithAlgorithm(random io.Reader, data []byte, algorithm string) (*gossh.Signature, error) {
	if err := pace(random); err != nil {
		return nil, err
	}
	return k.MultiAlgorithmSigner.SignWithAlgorithm(random, data, algorithm)
}

// pace waits until the connection that the randomness is of may exchange keys.
func pace(random io.Reader) error {
	of, ok := random.(connRand)
	if !ok {
		return nil
	}
	now := time.Now()
	of.conn.pause(of.conn.rekeys.ReserveN(now, 1).DelayFrom(now))
	select {
	case <-of.conn.closed:
		return net.ErrClosed
	default:
		return nil
	}
}
