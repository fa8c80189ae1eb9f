package sshd

import (
	"bytes"
	"errors"
	"fmt"
	"sync/atomic"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"

	"confab/app/principal"
	"confab/keys"
)

// Host has what the host of a server decides. All of it can change while the server runs,
// and applies to later connections, unless a method says otherwise. Several goroutines may
// call its methods. See [Server.Host].
type Host struct{ server *Server }

// decided is what the host of a server has decided.
type decided struct {
	option      string                           // see [Host.CommandsNeed]
	address     keys.Address                     // see [Host.ReachedAt]
	keys        atomic.Pointer[hostKeys]         // never nil
	authorities atomic.Pointer[[]string]         // fingerprints of the keys whose certificates the server accepts
	revoked     atomic.Pointer[keys.Revoked]     // nil for none
	groups      atomic.Pointer[principal.Groups] // whose members the certificates decide on; nil for none
}

// Host returns what the host decides.
func (s *Server) Host() Host { return Host{s} }

// CommandsNeed sets what a command line of the host's needs after the command to work on
// this server, such as " --data DIR". Call it before [Server.Serve].
func (h Host) CommandsNeed(option string) { h.server.host.option = option }

// ReachedAt sets the address at which people reach the server, for the lines that tell them
// how to connect. Without one, and for a part that is "", the lines have the address that a
// client has used, unless that is of no use elsewhere. Call it before [Server.Serve].
func (h Host) ReachedAt(a keys.Address) { h.server.host.address = a }

// Trust makes the server accept the user certificates that these keys have signed, and no
// others.
func (h Host) Trust(authorities []keys.Key) {
	fingerprints := make([]string, len(authorities))
	for i, k := range authorities {
		fingerprints[i] = k.Fingerprint()
	}
	h.server.host.authorities.Store(&fingerprints)
}

// FollowCertificates makes the members of these groups as the certificates say with which they
// log in. It replaces the groups from before, whose members stay.
func (h Host) FollowCertificates(groups principal.Groups) {
	h.server.host.groups.Store(&groups)
}

// revokedText tells a client that its key is in the host's list of revoked keys.
const revokedText = "The host of this server has revoked the key that you use. Connect with another key, or ask the host about it."

// Revoke makes the server refuse these keys and certificates, and none that it has refused
// before. Connections that one of them has opened end.
func (h Host) Revoke(revoked *keys.Revoked) {
	h.server.host.revoked.Store(revoked)
	for _, c := range h.server.limiter.all() {
		if c.openedBy(revoked) {
			c.endSessions(revokedText)
		}
	}
}

// SetLimits sets the limits on clients. Limits on one connection apply to open ones too.
func (h Host) SetLimits(limits Limits) {
	h.server.limiter.setLimits(limits)
}

// HostKey is a key by which clients know the server, with its certificate or nil.
type HostKey struct {
	gossh.Signer
	Certificate *gossh.Certificate
}

// hostKeys are the host keys of a server.
type hostKeys struct {
	agreed       []ssh.Signer                 // those for key exchanges, at most one of each type
	all          []gossh.MultiAlgorithmSigner // all, without their certificates
	announcement []byte                       // tells clients about all of them
}

// SetKeys sets the keys by which clients know the server. For key exchanges, the server uses
// the first key of each type, and its certificate. It tells clients about all of the keys
// when they have logged in. OpenSSH remembers keys that it is told about (UpdateHostKeys),
// and forgets others. So a key can be replaced without a warning if clients are told about
// the next one for some time.
func (h Host) SetKeys(all ...HostKey) error {
	made := &hostKeys{}
	types := map[string]bool{}
	for _, k := range all {
		key, err := restricted(k.Signer)
		if err != nil {
			return err
		}
		made.all = append(made.all, key)
		made.announcement = append(made.announcement, gossh.Marshal(struct{ Key []byte }{key.PublicKey().Marshal()})...)
		if types[key.PublicKey().Type()] {
			continue
		}
		types[key.PublicKey().Type()] = true
		paced := pacedKey{key}
		made.agreed = append(made.agreed, paced)
		if k.Certificate != nil {
			certified, err := gossh.NewCertSigner(k.Certificate, paced)
			if err != nil {
				return fmt.Errorf("using the certificate of the host key: %w", err)
			}
			made.agreed = append(made.agreed, certified)
		}
	}
	if len(made.all) == 0 {
		return errors.New("the server has no host key")
	}
	h.server.host.keys.Store(made)
	return nil
}

// PublicKeys returns the keys of the last [Host.SetKeys], in its order.
func (h Host) PublicKeys() []gossh.PublicKey {
	var public []gossh.PublicKey
	for _, k := range h.server.host.keys.Load().all {
		public = append(public, k.PublicKey())
	}
	return public
}

// The requests with which OpenSSH's clients learn host keys (PROTOCOL of OpenSSH, 2.5).
const (
	announceKeys = "hostkeys-00@openssh.com"
	proveKeys    = "hostkeys-prove-00@openssh.com"
)

// announceHostKeys tells a client that has logged in about all host keys, once. A client
// that gets it twice ends the connection.
func (c *conn) announceHostKeys(keys *hostKeys, to *gossh.ServerConn) {
	if c.announced.CompareAndSwap(nil, keys) {
		_, _, _ = to.SendRequest(announceKeys, false, keys.announcement) // if it fails, the connection has ended
	}
}

// proveHostKeys answers a client that asks for a proof that the server has the keys that it
// was told about. It answers once, because each signature costs the server as much as a
// login. It is a handler of global requests.
func proveHostKeys(ctx ssh.Context, _ *ssh.Server, r *gossh.Request) (ok bool, answer []byte) {
	c := connOf(ctx)
	to, known := ctx.Value(ssh.ContextKeyConn).(*gossh.ServerConn)
	announced := c.announced.Load()
	if !known || announced == nil || !c.announced.CompareAndSwap(announced, &hostKeys{}) {
		return false, nil
	}
	rest := r.Payload
	for n := 0; len(rest) > 0; n++ {
		var asked struct {
			Key  []byte
			Rest []byte `ssh:"rest"`
		}
		if gossh.Unmarshal(rest, &asked) != nil || n == len(announced.all) {
			return false, nil
		}
		rest = asked.Rest
		signature, err := announced.prove(c, to, asked.Key)
		if err != nil {
			return false, nil
		}
		answer = append(answer, gossh.Marshal(struct{ Signature []byte }{gossh.Marshal(signature)})...)
	}
	return true, answer
}

// prove signs for one of the keys. OpenSSH expects the algorithm of the key exchange, if that
// used an RSA key too.
func (k *hostKeys) prove(c *conn, to *gossh.ServerConn, public []byte) (*gossh.Signature, error) {
	for _, key := range k.all {
		if !bytes.Equal(key.PublicKey().Marshal(), public) {
			continue
		}
		algorithm := key.Algorithms()[0]
		if meta, ok := to.Conn.(gossh.AlgorithmsConnMetadata); ok && algorithm == gossh.KeyAlgoRSASHA512 && meta.Algorithms().HostKey == gossh.KeyAlgoRSASHA256 {
			algorithm = gossh.KeyAlgoRSASHA256
		}
		signed := gossh.Marshal(struct {
			Request      string
			Session, Key []byte
		}{proveKeys, to.SessionID(), public})
		return key.SignWithAlgorithm(newConnRand(c).Reader, signed, algorithm)
	}
	return nil, errors.New("the server has no such host key")
}
