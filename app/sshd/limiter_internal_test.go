package sshd

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/testkit"
)

// from is a connection from an address. It does nothing.
type from struct {
	net.Conn
	address string
	closed  chan struct{}
}

func (f from) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(f.address))
}
func (f from) Close() error { close(f.closed); return nil }

// testLimiter is a connection limiter whose clock stands still.
type testLimiter struct {
	*connLimiter
	t   *testing.T
	now time.Time
}

func newTestLimiter(t *testing.T, limits Limits) *testLimiter {
	d := &testLimiter{t: t, now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	d.connLimiter = newConnLimiter(limits, func() time.Time { return d.now }, func(netip.Addr) string { return "" })
	return d
}

func (d *testLimiter) in(address string) *conn {
	d.t.Helper()
	d.now = d.now.Add(time.Millisecond)
	c, why := d.admit(from{address: address, closed: make(chan struct{})})
	if c == nil {
		d.t.Fatalf("%s is refused: %s", address, why)
	}
	return c
}

func (d *testLimiter) refused(address, want string) {
	d.t.Helper()
	c, why := d.admit(from{address: address, closed: make(chan struct{})})
	if c != nil || !strings.Contains(why, want) {
		d.t.Errorf("%s is refused with %q (let in: %t), want %q", address, why, c != nil, want)
	}
}

func TestConnectionsOfAnAddressAndANetwork(t *testing.T) {
	t.Parallel()
	d := newTestLimiter(t, Limits{PerAddress: 2, PerNetwork: 3, Trusted: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}})
	first := d.in("192.0.2.1:1000")
	d.in("192.0.2.1:1001")
	d.refused("192.0.2.1:1002", "Your address has reached this server's limit of connections (2).")
	d.refused("[::ffff:192.0.2.1]:1002", "Your address has reached this server's limit of connections (2).")
	d.in("192.0.2.2:1000")
	d.refused("192.0.2.3:1000", "Your network has reached this server's limit of connections (3).")
	d.in("192.0.3.1:1000")
	d.in("[2001:db8::1]:1000")
	d.in("[2001:db8::1]:1001")
	d.refused("[2001:db8::1]:1002", "Your address has reached this server's limit")
	d.in("[2001:db8::2]:1000")
	d.refused("[2001:db8::3]:1000", "Your network has reached this server's limit")
	d.in("[2001:db8:0:1::3]:1000")
	for i := range 5 { // trusted networks, and the machine itself
		d.in(fmt.Sprint("203.0.113.7:", 1000+i))
		d.in(fmt.Sprint("127.0.0.1:", 1000+i))
		d.in(fmt.Sprintf("[::1]:%d", 1000+i))
	}
	d.member(first, 1)
	d.refused("192.0.2.1:1003", "Your address has reached this server's limit") // members count too
	_ = first.Close()
	_ = first.Close()
	d.in("192.0.2.1:1004")
	d.refused("192.0.2.1:1005", "Your address has reached this server's limit")
}

func TestFailuresOfAnAddress(t *testing.T) {
	t.Parallel()
	d := newTestLimiter(t, Limits{Failures: 3, Trusted: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}})
	for range 10 { // a client that is let in has not failed
		c := d.in("192.0.2.1:1000")
		d.member(c, 1)
		_ = c.Close()
		c = d.in("192.0.2.1:1000")
		d.letIn(c, true)
		_ = c.Close()
		_ = d.in("203.0.113.1:1000").Close()
		_ = d.in("127.0.0.1:1000").Close()
	}
	for range 3 {
		_ = d.in("192.0.2.1:1000").Close()
	}
	d.refused("192.0.2.1:1000", "have failed. Try again in 4 minutes.")
	d.in("192.0.2.2:1000") // its neighbours are not affected
	// After a while one more is let in, and in the end all failures are forgotten.
	d.now = d.now.Add(failuresIn / 3)
	_ = d.in("192.0.2.1:1000").Close()
	d.refused("192.0.2.1:1000", "Too many attempts to log in from your address have failed")
	d.now = d.now.Add(failuresIn)
	d.forgive()
	if n := len(d.failures); n != 0 {
		t.Errorf("failures of %d addresses are remembered", n)
	}
	_ = d.in("192.0.2.1:1000").Close()
}

// A flood pushes out its own connections, and none from elsewhere.
func TestTheNetworkWithTheMostIsPushedOut(t *testing.T) {
	t.Parallel()
	d := newTestLimiter(t, Limits{Unauthenticated: 5})
	honest := d.in("198.51.100.1:1000")
	var flood []*conn
	for i := range 20 {
		flood = append(flood, d.in(fmt.Sprintf("192.0.2.%d:1000", i+1)))
	}
	late := d.in("198.51.100.2:1000")
	for i, c := range flood {
		select {
		case <-c.Conn.(from).closed:
			if i >= 17 {
				t.Errorf("connection %d of the flood is closed, which is among the newest", i)
			}
		case <-time.After(map[bool]time.Duration{true: testkit.Patience, false: 0}[i < 17]):
			if i < 17 {
				t.Errorf("connection %d of the flood is still open", i)
			}
		}
	}
	for _, c := range []*conn{honest, late} {
		select {
		case <-c.closed:
			t.Errorf("%s was pushed out", c.address)
		default:
		}
		if why := d.member(c, 1); why != "" {
			t.Errorf("%s is not let in: %s", c.address, why)
		}
	}
	if d.waits != 3 || len(d.failures) != 0 {
		t.Errorf("%d wait, want 3; failures of %d addresses, want none", d.waits, len(d.failures))
	}
	for _, c := range d.all() {
		_ = c.Close()
	}
	if len(d.conns)+len(d.addresses)+len(d.networks)+len(d.accounts)+len(d.waiting)+d.waits != 0 {
		t.Errorf("something is counted when all have gone: %+v", d.connLimiter)
	}
}

// A herd waits while the clients before it get on. It does not wait for strangers, who stay,
// nor for a flood of silent clients, and nobody waits later.
func TestAHerdWaits(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		do   func(d *testLimiter, waiting []*conn)
		want bool
	}{
		"handshakes":          {func(*testLimiter, []*conn) {}, true},
		"a place":             {func(d *testLimiter, w []*conn) { d.member(w[0], 1) }, false},
		"only strangers":      {func(d *testLimiter, w []*conn) { letIn(d, w...) }, false},
		"a stranger":          {func(d *testLimiter, w []*conn) { letIn(d, w[0]) }, true},
		"before a session":    {func(d *testLimiter, w []*conn) { d.letIn(w[0], false) }, true},
		"silent clients":      {func(d *testLimiter, _ []*conn) { d.now = d.now.Add(herdStuck + time.Second) }, false},
		"one that gets on":    {func(d *testLimiter, w []*conn) { d.now = d.now.Add(herdStuck + time.Second); hears(d, w[0]) }, false},
		"most of them get on": {func(d *testLimiter, w []*conn) { d.now = d.now.Add(herdStuck + time.Second); hears(d, w[:3]...) }, true},
		"after a minute":      {func(d *testLimiter, w []*conn) { d.now = d.now.Add(herdTime + time.Second); hears(d, w...) }, false},
		"members get in":      {func(d *testLimiter, _ []*conn) { d.now = d.now.Add(herdStuck + time.Second); gotIn(d, 4) }, true},
		"few members get in":  {func(d *testLimiter, _ []*conn) { d.now = d.now.Add(herdStuck + time.Second); gotIn(d, 3) }, false},
		"members got in":      {func(d *testLimiter, _ []*conn) { gotIn(d, 4); d.now = d.now.Add(herdStuck + time.Second) }, false},
		"a slow minute":       {func(d *testLimiter, _ []*conn) { d.now = d.now.Add(herdTime + time.Second); gotIn(d, 4) }, true},
		"a flood for long": {func(d *testLimiter, w []*conn) {
			d.now = d.now.Add(herdMost + time.Second)
			gotIn(d, 4)
			hears(d, w...)
		}, false},
	} {
		d := newTestLimiter(t, Limits{Unauthenticated: 4})
		if d.crowded() {
			t.Fatalf("%s: an empty server is crowded", name)
		}
		var waiting []*conn
		for i := range 4 {
			waiting = append(waiting, d.in(fmt.Sprintf("192.0.2.%d:1000", i+1)))
		}
		of.do(d, waiting)
		if got := d.crowded(); got != of.want {
			t.Errorf("%s: crowded is %t", name, got)
		}
	}
}

// gotIn lets members connect and get a session, without pushing out others.
func gotIn(d *testLimiter, n int) {
	limits := d.limited.Swap(&Limits{})
	defer d.limited.Store(limits)
	for i := range n {
		d.member(d.in(fmt.Sprintf("192.0.2.1%d:1000", i)), chat.UserID(i+1))
	}
}

func letIn(d *testLimiter, all ...*conn) {
	for _, c := range all {
		d.letIn(c, true)
	}
}

func hears(d *testLimiter, all ...*conn) {
	for _, c := range all {
		c.heard.Store(d.now.UnixNano())
	}
}

func TestConnectionsOfAnAccount(t *testing.T) {
	t.Parallel()
	d := newTestLimiter(t, Limits{PerAccount: 1})
	first, second := d.in("192.0.2.1:1000"), d.in("192.0.2.2:1000")
	if why := d.member(first, 7); why != "" {
		t.Error(why)
	}
	if why := d.member(second, 7); !strings.Contains(why, "Your account has reached this server's limit of connections (1).") {
		t.Errorf("a second one is answered %q", why)
	}
	if why := d.member(d.in("192.0.2.3:1000"), 8); why != "" {
		t.Error(why)
	}
	_ = first.Close()
	d.elsewhere = func(user chat.UserID) int { return int(user - 7) }
	if why := d.member(d.in("192.0.2.4:1000"), 9); !strings.Contains(why, "limit of connections (1)") {
		t.Errorf("with connections to other servers, one more is answered %q", why)
	}
	if why := d.member(second, 7); why != "" {
		t.Error(why)
	}
}

// A client from a banned address is told so before the handshake.
func TestABannedAddressIsToldWhy(t *testing.T) {
	t.Parallel()
	const why = "Connections from your address are banned from this server: ask its host about it."
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := newConnLimiter(Limits{}, time.Now, func(a netip.Addr) string {
		if a == netip.MustParseAddr("127.0.0.1") {
			return why
		}
		return ""
	})
	accepted := make(chan error, 1)
	go func() {
		_, err := limitedListener{tcp, g}.Accept()
		accepted <- err
	}()
	for range 3 {
		c, err := net.Dial("tcp", tcp.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(testkit.Patience))
		_, _, _, err = gossh.NewClientConn(c, "", &gossh.ClientConfig{HostKeyCallback: gossh.InsecureIgnoreHostKey()})
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("it is told %v", err)
		}
	}
	_ = tcp.Close()
	if err := testkit.Within(t, "the listener to end", accepted); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	g.stop()
}

// A connection that changes to another account counts only for the new one.
func TestAConnectionIsOneAccounts(t *testing.T) {
	g := newConnLimiter(Limits{PerAccount: 1}, time.Now, func(netip.Addr) string { return "" })
	ours, theirs := net.Pipe()
	defer theirs.Close()
	c, why := g.admit(ours)
	if c == nil {
		t.Fatal(why)
	}
	for _, account := range []chat.UserID{1, 2} {
		if why := g.member(c, account); why != "" {
			t.Error(why)
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if len(g.accounts) != 0 {
		t.Errorf("still counted: %v", g.accounts)
	}
}
