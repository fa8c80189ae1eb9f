package sshd_test

import "golang.org/x/crypto/ssh"

// offer is a signer whose key is offered and who then does not sign: the key
// says another thing of itself when the client compares it with the server's
// answer, so that the client goes on.
type offer struct {
	ssh.Signer
	key *fickleKey
}

func newOffer(key ssh.Signer) offer {
	return offer{key, &fickleKey{PublicKey: key.PublicKey()}}
}

func (o offer) PublicKey() ssh.PublicKey { return o.key }

// fickleKey knows what the client does with a key (x/crypto's validateKey and
// confirmKeyAck): it is marshalled for the offer, again when the answer is
// awaited, and asked for its type if the answer is that it may sign.
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
