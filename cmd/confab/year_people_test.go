//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/testkit"
)

// keygen makes the key of a person.
func (y *year) keygen(name string) {
	y.t.Helper()
	file := filepath.Join(y.root, name, ".ssh", "id_ed25519")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name+"@laptop", "-f", file).CombinedOutput(); err != nil {
		y.t.Fatalf("ssh-keygen: %v %s", err, out)
	}
}

// addresses are those of the people who do not have the usual one.
var addresses = map[string]string{"mallory": "198.51.100.66"}

// throughProxy is the address from which the connections of people come here. The server takes
// their own addresses from the headers.
const throughProxy = "127.0.0.2"

// resolves gives a person's ssh the address of chat.example.org, which is the server that
// listens. The way there is a proxy that adds the person's address.
func (y *year) resolves(name string) {
	y.t.Helper()
	address := addresses[name]
	if address == "" {
		address = "192.0.2.10"
	}
	m := y.machines[name]
	if m.way == nil {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			y.t.Fatal(err)
		}
		m.way = l
		y.carrying.Go(func() {
			for {
				from, err := l.Accept()
				if err != nil {
					return
				}
				y.carrying.Go(func() { y.carry(from, address) })
			}
		})
	}
	_, port, _ := net.SplitHostPort(m.way.Addr().String())
	home := filepath.Join(m.dir, ".ssh")
	y.writes(name+"/.ssh/config", "Host chat.example.org\nHostName 127.0.0.1\nPort "+port+"\nHostKeyAlias chat.example.org\nUser "+name+
		"\nIdentityFile "+home+"/id_ed25519\nIdentityAgent none\nIdentitiesOnly yes\nUserKnownHostsFile "+home+
		"/known_hosts\nGlobalKnownHostsFile /dev/null\nStrictHostKeyChecking accept-new\nPasswordAuthentication no\n", 0o600)
}

// carry carries a connection of a person to the server that listens.
func (y *year) carry(from net.Conn, address string) {
	defer from.Close()
	listening, _ := y.listening.Load().(string)
	to, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(throughProxy)}, Timeout: testkit.Patience}).Dial("tcp", listening)
	if err != nil {
		return
	}
	defer to.Close()
	if _, err := fmt.Fprintf(to, "PROXY TCP4 %s 203.0.113.1 50022 2222\r\n", address); err != nil {
		return
	}
	go func() { _, _ = io.Copy(to, from); _ = to.(*net.TCPConn).CloseWrite() }()
	_, _ = io.Copy(from, to)
}

// signer returns the key of a person.
func (y *year) signer(name string) gossh.Signer {
	y.t.Helper()
	text, err := os.ReadFile(filepath.Join(y.machine(name).dir, ".ssh", "id_ed25519"))
	if err != nil {
		y.t.Fatal(err)
	}
	key, err := gossh.ParsePrivateKey(text)
	if err != nil {
		y.t.Fatal(err)
	}
	return key
}

// codes connects a person with a code as the login name.
func (y *year) codes(name, code string) *client {
	y.t.Helper()
	key := y.signer(name)
	s := &server{t: y.t, addr: y.machine(name).way.Addr().String()}
	return s.ssh(options{user: code, keys: []gossh.Signer{key}})
}
