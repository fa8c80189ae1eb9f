package sshd

import (
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// A client can ask for new keys at any time, and each exchange costs the server
// about a millisecond. OpenSSH asks after a gigabyte. A client may make some
// exchanges at once, and then one in each interval. A client that asks more often
// waits, with everything else that it sends.
const (
	memberRekeys       = 10
	memberRekeyEvery   = 5 * time.Second
	strangerRekeys     = 3 // the first is that of the handshake
	strangerRekeyEvery = 10 * time.Second
)

// connRand is the random source of a connection. It tells a host key which
// connection it signs for.
type connRand struct {
	io.Reader
	conn *conn
}

func newConnRand(c *conn) connRand { return connRand{rand.Reader, c} }

// pacedKey is a host key. Every key exchange needs its signature, so it limits how
// often a connection can exchange keys.
type pacedKey struct{ gossh.MultiAlgorithmSigner }

// restricted returns a host key with the algorithms that it may sign with. An RSA key must
// not sign with SHA-1, so it is limited to the other algorithms.
func restricted(key gossh.Signer) (gossh.MultiAlgorithmSigner, error) {
	signer, ok := key.(gossh.AlgorithmSigner)
	if !ok {
		return nil, fmt.Errorf("the host key cannot choose how it signs: use another")
	}
	algorithms := []string{key.PublicKey().Type()}
	if algorithms[0] == gossh.KeyAlgoRSA {
		algorithms = []string{gossh.KeyAlgoRSASHA512, gossh.KeyAlgoRSASHA256}
	}
	return gossh.NewSignerWithAlgorithms(signer, algorithms)
}

// Sign implements [gossh.Signer]. The library calls it for keys with only one
// algorithm, and SignWithAlgorithm for others.
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

// pace waits until the connection with this random source may exchange keys.
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
