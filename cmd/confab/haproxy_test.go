package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/testkit"
	"confab/cmd/confab-load/testbed"
)

// quietAddresses returns different loopback addresses for programs that start later. Their ports
// are outside the range that the kernel gives to connections and to the servers of other tests.
func quietAddresses(t *testing.T, count int) []string {
	t.Helper()
	addresses, err := testbed.QuietAddrs(count, rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())))
	if err != nil {
		t.Fatal(err)
	}
	return addresses
}

// balancer starts HAProxy with the file of the packages in front of servers, and returns
// its address.
func balancer(t *testing.T, servers ...*server) string {
	t.Helper()
	haproxy := "/usr/sbin/haproxy" // Debian's, which is not in the path of all users
	if _, err := os.Stat(haproxy); err != nil {
		haproxy = needs(t, "haproxy")
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "packaging", "haproxy.cfg"))
	if err != nil {
		t.Fatal(err)
	}
	address := quietAddresses(t, 1)[0]
	config := strings.Replace(string(text), "bind :2222", "bind "+address, 1)
	for i, s := range servers {
		name := fmt.Sprintf("confab%d", i+1)
		config = strings.Replace(config, name+":2222 port 9222", s.addr+" port "+metricsPort(t, s), 1)
	}
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	var said testkit.Log
	c := exec.Command(haproxy, "-db", "-f", file)
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
		if t.Failed() {
			t.Logf("HAProxy says:\n%s", said.String())
		}
	})
	testkit.Eventually(t, "HAProxy to send people to a server", func() bool {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return false
		}
		defer conn.Close()
		greeting := make([]byte, len("SSH-2.0-confab"))
		_, err = conn.Read(greeting)
		return err == nil && string(greeting) == "SSH-2.0-confab"
	})
	return address
}

var metricsAt = regexp.MustCompile(`metrics +http://127\.0\.0\.1:(\d+)/metrics`)

func metricsPort(t *testing.T, s *server) string {
	t.Helper()
	at := metricsAt.FindStringSubmatch(s.said)
	if at == nil {
		t.Fatalf("where the metrics are is not said:\n%s", s.said)
	}
	return at[1]
}

// Behind HAProxy, the servers of one chat know the addresses of their clients. When one stops, its
// people are told to connect again, and reach another one. Nobody is refused meanwhile.
func TestThreeMachinesBehindHAProxy(t *testing.T) {
	onPostgres(t)
	dir := t.TempDir()
	key := enrol(t, dir, "ann")
	args := []string{"--metrics", ":0", "--proxy-protocol", "127.0.0.1", "--drain-time", "5s"}
	two := twoServers(t, dir, args...)
	machines := append(two[:], secondServer(t, dir, args...))
	address := balancer(t, machines...)
	var from string
	ssh := func(command string) *client {
		return machines[0].ssh(options{keys: []gossh.Signer{key}, exec: command, dial: func(string) (net.Conn, error) {
			conn, err := net.DialTimeout("tcp", address, testkit.Patience)
			if err == nil {
				from = conn.LocalAddr().String()
			}
			return conn, err
		}})
	}
	c := ssh("")
	c.shows("#general")
	c.opened()
	c.say("before the stop")
	c.showsSent("before the stop")
	hostKey := c.hostKey
	where := func() int {
		return slices.IndexFunc(machines, func(s *server) bool { return strings.Contains(s.log.String(), `"remote":"`+from+`"`) })
	}
	testkit.Eventually(t, "a server to know the address of the client", func() bool { return where() >= 0 })
	here := machines[where()]
	here.signal(syscall.SIGTERM)
	for stopping := true; stopping; {
		select {
		case <-c.ended:
			stopping = false
		default:
		}
		if again := ssh("whoami"); again.status() != 0 {
			t.Error("somebody is turned away while a machine stops")
		}
	}
	c.isRestored()
	if !strings.Contains(c.text(), movingReason) {
		t.Errorf("the screen shows:\n%s", c.text())
	}
	again := ssh("")
	again.shows("before the stop")
	if again.hostKey != hostKey {
		t.Errorf("the host key was %s and is %s", hostKey, again.hostKey)
	}
	if status := here.exitStatus(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	testkit.Eventually(t, "another server to know the address of the client", func() bool { return where() >= 0 && machines[where()] != here })
}
