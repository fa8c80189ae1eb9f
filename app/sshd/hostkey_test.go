package sshd_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"net"
	"slices"
	"testing"

	"golang.org/x/crypto/ssh"

	"confab/app/sshd"
	"confab/app/testkit"
)

// keyList is a list of keys, or of signatures, in a request of OpenSSH's.
func keyList(items ...[]byte) []byte {
	var list []byte
	for _, item := range items {
		list = append(list, ssh.Marshal(struct{ Item []byte }{item})...)
	}
	return list
}

// Clients are told about all host keys when they have logged in, and get a proof that the
// server has them, once.
func TestHostKeysAreProvedOnce(t *testing.T) {
	t.Parallel()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	first, next := testkit.Signer(t), testkit.Signer(t)
	all := []ssh.Signer{first, next}
	for _, k := range []any{private, curve} {
		signer, err := ssh.NewSignerFromKey(k)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, signer)
	}
	h := serveWith(t, sshd.Limits{}, first)
	ann := h.member("ann")
	var hostKeys []sshd.HostKey
	var blobs [][]byte
	for _, k := range all {
		hostKeys, blobs = append(hostKeys, sshd.HostKey{Signer: k}), append(blobs, k.PublicKey().Marshal())
	}
	if err := h.server.Host().SetKeys(); err == nil {
		t.Error("a server can have no host key")
	}
	if err := h.server.Host().SetKeys(hostKeys...); err != nil {
		t.Fatal(err)
	}
	if got, want := offered(t, h)["host key"], []string{"ssh-ed25519", "rsa-sha2-256", "rsa-sha2-512", "ecdsa-sha2-nistp384"}; !slices.Equal(got, want) {
		t.Errorf("the server offers %q, want %q", got, want)
	}

	tcp, err := net.Dial("tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	conn, channels, requests, err := ssh.NewClientConn(tcp, h.addr, &ssh.ClientConfig{
		User: "ann", Auth: []ssh.AuthMethod{ssh.PublicKeys(ann)}, HostKeyCallback: ssh.FixedHostKey(first.PublicKey()), HostKeyAlgorithms: []string{ssh.KeyAlgoED25519},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go func() {
		for c := range channels {
			_ = c.Reject(ssh.Prohibited, "")
		}
	}()
	const prove = "hostkeys-prove-00@openssh.com"
	if ok, _, err := conn.SendRequest(prove, true, keyList(blobs...)); err != nil || ok {
		t.Errorf("before it was told, a client gets a proof: %v, %v", ok, err)
	}
	channel, channelRequests, err := conn.OpenChannel("session", nil)
	if err != nil {
		t.Fatal(err)
	}
	go ssh.DiscardRequests(channelRequests)
	defer channel.Close()
	announced := <-requests
	if announced.Type != "hostkeys-00@openssh.com" || announced.WantReply || !slices.Equal(announced.Payload, keyList(blobs...)) {
		t.Errorf("the first request is %q, %v, with %q", announced.Type, announced.WantReply, announced.Payload)
	}
	go ssh.DiscardRequests(requests)
	ok, answer, err := conn.SendRequest(prove, true, keyList(blobs[1:]...))
	if err != nil || !ok {
		t.Fatalf("no proof: %v, %v", ok, err)
	}
	for _, key := range all[1:] {
		var next struct {
			Signature []byte
			Rest      []byte `ssh:"rest"`
		}
		var signature ssh.Signature
		if err := ssh.Unmarshal(answer, &next); err != nil {
			t.Fatal(err)
		}
		if err := ssh.Unmarshal(next.Signature, &signature); err != nil {
			t.Fatal(err)
		}
		signed := keyList([]byte(prove), conn.SessionID(), key.PublicKey().Marshal())
		if err := key.PublicKey().Verify(signed, &signature); err != nil {
			t.Errorf("%s: %v", key.PublicKey().Type(), err)
		}
		answer = next.Rest
	}
	if len(answer) > 0 {
		t.Errorf("the answer goes on with %q", answer)
	}
	if ok, _, err := conn.SendRequest(prove, true, keyList(blobs...)); err != nil || ok {
		t.Errorf("a second proof: %v, %v", ok, err)
	}
}
