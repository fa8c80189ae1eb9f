package sshd_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"confab/app/sshd"
	"confab/app/testkit"
)

// abroad is a listener whose clients seem to come from an address that can be banned. The
// machine's own address cannot.
type abroad struct{ net.Listener }

func (l abroad) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return abroadConn{c}, err
}

type abroadConn struct{ net.Conn }

func (c abroadConn) RemoteAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1000}
}

// rekeying makes a connection that only exchanges keys. The server soon makes it wait for
// the next exchange.
func (h *host) rekeying(method ssh.AuthMethod) *ssh.Client {
	h.t.Helper()
	client, err := h.client(h.tcp(), &ssh.ClientConfig{
		User: "somebody", Auth: []ssh.AuthMethod{method}, Config: ssh.Config{RekeyThreshold: 256},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	go func() {
		for {
			if _, _, err := client.SendRequest("x", false, make([]byte, 300)); err != nil {
				return
			}
		}
	}()
	return client
}

// A ban, a revoked key and a disabled or deleted account end all connections of that
// account or key, even those without a session, and no others.
func TestConnectionsWithoutASessionEnd(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ca := testkit.Signer(t)
	h := serveOn(t, abroad{listener}, sshd.Limits{}, nil, ca)
	h.member("root")
	host := h.service.Host()
	kept := h.connect(ssh.PublicKeys(h.member("kept")))
	var late *ssh.Client
	for name, c := range map[string]struct {
		bar  func(name, fingerprint string) error
		told string
	}{
		"banned": {func(name, _ string) error {
			_, err := host.Ban(testkit.AtOnce(t), "@"+name, time.Hour, "spam")
			return err
		}, "You are banned from this server until "},
		"keybanned": {func(_, fingerprint string) error {
			_, err := host.Ban(testkit.AtOnce(t), fingerprint, time.Hour, "spam")
			return err
		}, "This key is banned from this server until "},
		"disabled": {func(name, _ string) error {
			return host.SetDisabled(testkit.AtOnce(t), name, true, "")
		}, "This account is disabled"},
		"revoked": {func(_, fingerprint string) error {
			_, err := h.service.Accounts().RevokeKey(testkit.AtOnce(t), fingerprint)
			return err
		}, "This key no longer opens an account."},
		"gone": {func(name, _ string) error {
			_, err := host.DeleteUser(testkit.AtOnce(t), name, false)
			return err
		}, "This key no longer opens an account."},
	} {
		key := h.member(name)
		unused := h.connect(ssh.PublicKeys(key))
		busy := h.rekeying(ssh.PublicKeys(key))
		used := h.connect(ssh.PublicKeys(key)) // with a session, which ends too
		if got := who(t, used); got != name {
			t.Fatalf("it is %s, want %s", got, name)
		}
		if err := c.bar(name, ssh.FingerprintSHA256(key.PublicKey())); err != nil {
			t.Fatal(err)
		}
		for what, client := range map[string]*ssh.Client{"unused": unused, "used before": used} {
			if err := client.Wait(); err == nil || !strings.Contains(err.Error(), c.told) {
				t.Errorf("%s: the connection that is %s ends with %v, want %q", name, what, err, c.told)
			}
		}
		_ = busy.Wait()
		if name == "banned" { // then a new connection without a session
			late = h.connect(ssh.PublicKeys(key))
		}
	}
	if err := late.Wait(); err == nil || !strings.Contains(err.Error(), "You are banned from this server until ") {
		t.Errorf("a connection after the ban ends with %v", err)
	}
	// Revoking the key of an authority ends the connections of all certificates that it has signed.
	h.member("ann")
	certified := h.connect(ssh.PublicKeys(certify(t, ca, testkit.Signer(t), nil)))
	busy := h.rekeying(ssh.PublicKeys(certify(t, ca, testkit.Signer(t), nil)))
	if _, err := h.service.Accounts().RevokeKey(testkit.AtOnce(t), ssh.FingerprintSHA256(ca.PublicKey())); err != nil {
		t.Fatal(err)
	}
	if err := certified.Wait(); err == nil || !strings.Contains(err.Error(), "This key no longer opens an account.") {
		t.Errorf("a certificate's connection ends with %v", err)
	}
	_ = busy.Wait()
	// Strangers have keys, but no account.
	key := testkit.Signer(t)
	unknown := h.connect(ssh.PublicKeys(key), asStranger())
	if _, err := host.Ban(testkit.AtOnce(t), ssh.FingerprintSHA256(key.PublicKey()), time.Hour, ""); err != nil {
		t.Fatal(err)
	}
	if err := unknown.Wait(); err == nil || !strings.Contains(err.Error(), "This key is banned") {
		t.Errorf("a stranger's connection ends with %v", err)
	}
	// A kick ends only sessions. People may come back, even on a connection that is still open.
	if err := host.Kick(testkit.AtOnce(t), "kept", ""); err != nil {
		t.Fatal(err)
	}
	if got := who(t, kept); got != "kept" {
		t.Errorf("it is %s", got)
	}
	// The ban of a network ends its connections, even those that have not logged in yet.
	silent := h.tcp()
	if _, err := host.Ban(testkit.AtOnce(t), "192.0.2.0/24", time.Hour, "spam"); err != nil {
		t.Fatal(err)
	}
	if err := kept.Wait(); err == nil || !strings.Contains(err.Error(), "Connections from your address are banned from this server") {
		t.Errorf("a connection from a banned network ends with %v", err)
	}
	closes(t, silent)
}
