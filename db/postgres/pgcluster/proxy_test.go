package pgcluster_test

import (
	"bufio"
	"net"
	"path/filepath"
	"testing"
	"time"

	"confab/app/testkit"
	"confab/db/postgres/pgcluster"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// A direction that is cut loses nothing, and the other one goes on.
func TestProxy(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p, err := pgcluster.NewProxy("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	client, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	atClient, atServer := bufio.NewReader(client), bufio.NewReader(server)
	say := func(to net.Conn, words string) {
		t.Helper()
		if _, err := to.Write([]byte(words + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	hear := func(r *bufio.Reader, at net.Conn, want string) {
		t.Helper()
		if err := at.SetReadDeadline(time.Now().Add(testkit.Patience)); err != nil {
			t.Fatal(err)
		}
		if got, err := r.ReadString('\n'); err != nil || got != want+"\n" {
			t.Fatalf("%q, %v; want %q", got, err, want)
		}
	}
	p.Up.Set(false)
	say(client, "one")
	say(server, "two")
	hear(atClient, client, "two")
	if err := server.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if got, err := server.Read(make([]byte, 1)); err == nil {
		t.Fatalf("%d bytes have passed a closed direction", got)
	}
	p.Up.Set(true)
	hear(atServer, server, "one")
	p.Sever()
	if _, err := atClient.ReadString('\n'); err == nil {
		t.Error("the connection is still there")
	}
}
