package sshd_test

import "golang.org/x/crypto/ssh"

// offer is a signer whose key is offered, but never signs. When the client compares the key
// with the server's answer, the key has changed, so the client goes on to the next one.
type offer struct {
	ssh.Signer
	key *fickleKey
}

func newOffer(key ssh.Signer) offer {
	return offer{key, &fickleKey{PublicKey: key.PublicKey()}}
}

func (o offer) PublicKey() ssh.PublicKey { return o.key }

// fickleKey relies on how the client uses a key (x/crypto's validateKey and
// confirmKeyAck). The client marshals it for the offer, and again for the comparison with
// the answer. It asks for the type if the answer says that the key may sign.
type fickleKey struct {
	ssh.PublicKey
	marshalled int
	welcome    bool
}

func (k *fickleKey) Marshal() []byte {
	if k.marshalled++; k.marshalled == 1 {
		return k.PublicKey.Marshal()
	}
	return nil
}

func (k *fickleKey) Type() string {
	k.welcome = k.welcome || k.marshalled == 2
	return k.PublicKey.Type()
}

// forger shows one key and signs with another.
type forger struct {
	ssh.Signer
	shown ssh.PublicKey
}

func (f forger) PublicKey() ssh.PublicKey { return f.shown }
