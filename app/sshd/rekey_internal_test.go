package sshd

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/time/rate"

	"confab/app/testkit"
)

// A client may exchange keys a few times at once, and then has to wait for each exchange.
// Members may do so more often than others.
func TestKeyExchangesArePaced(t *testing.T) {
	t.Parallel()
	g := newConnLimiter(Limits{Input: 1}, time.Now, func(netip.Addr) string { return "" })
	ours, theirs := net.Pipe()
	defer theirs.Close()
	c, why := g.admit(ours)
	if c == nil {
		t.Fatal(why)
	}
	now := time.Now()
	wait := func() time.Duration { return c.rekeys.ReserveN(now, 1).DelayFrom(now).Round(time.Second) }
	for range strangerRekeys {
		if w := wait(); w != 0 {
			t.Errorf("one of the first waits for %s", w)
		}
	}
	if w := wait(); w != strangerRekeyEvery {
		t.Errorf("the next waits for %s", w)
	}
	if burst := c.input.Burst(); burst != strangerBurst {
		t.Errorf("%d bytes may come at once", burst)
	}
	if why := g.member(c, 1); why != "" {
		t.Fatal(why)
	}
	if burst := c.input.Burst(); burst != inputBurst {
		t.Errorf("%d bytes of a member may come at once", burst)
	}
	now = now.Add(memberRekeys*memberRekeyEvery + strangerRekeyEvery)
	for range memberRekeys {
		if w := wait(); w != 0 {
			t.Errorf("one of a member's first waits for %s", w)
		}
	}
	if w := wait(); w != memberRekeyEvery {
		t.Errorf("a member's next waits for %s", w)
	}

}

// With every kind of host key, the library signs each key exchange for its connection. A
// waiting exchange ends with the connection.
func TestAClientThatExchangesKeysWaits(t *testing.T) {
	t.Parallel()
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	old, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, private := range []any{edwards, old} {
		key, err := gossh.NewSignerFromKey(private)
		if err != nil {
			t.Fatal(err)
		}
		limited, err := restricted(key)
		if err != nil {
			t.Fatal(err)
		}
		g := newConnLimiter(Limits{}, time.Now, func(netip.Addr) string { return "" })
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		ours, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		c, why := g.admit(ours)
		if c == nil {
			t.Fatal(why)
		}
		c.rekeys.SetLimit(rate.Every(time.Hour)) // as good as never again
		agreed := algorithms()
		agreed.Rand = newConnRand(c)
		config := &gossh.ServerConfig{Config: agreed, NoClientAuth: true}
		config.AddHostKey(pacedKey{limited})
		served := make(chan error, 1)
		go func() {
			conn, _, requests, err := gossh.NewServerConn(c, config)
			if err == nil {
				go gossh.DiscardRequests(requests)
				err = conn.Wait()
			}
			served <- err
		}()
		client, channels, requests, err := gossh.NewClientConn(theirs, "", &gossh.ClientConfig{
			Config: gossh.Config{RekeyThreshold: 256}, HostKeyCallback: gossh.InsecureIgnoreHostKey(),
		})
		if err != nil {
			t.Fatal(err)
		}
		go gossh.DiscardRequests(requests)
		go func() {
			for range channels { // there are none
			}
		}()
		stopped := make(chan struct{})
		go func() { // each request is longer than what may be sent under one key
			defer close(stopped)
			for {
				if _, _, err := client.SendRequest("x", true, make([]byte, 300)); err != nil {
					return
				}
			}
		}()
		if !testkit.Soon(func() bool { return c.rekeys.Tokens() <= -0.5 }) {
			t.Fatalf("%s: %g more exchanges may come at once", key.PublicKey().Type(), c.rekeys.Tokens())
		}
		// Nobody waits for a connection that is closed.
		_ = c.Close()
		<-served
		<-stopped
		_ = theirs.Close()
		_ = listener.Close()
	}
}

// Input on a held connection is not read before the hold is over. If the hold takes long,
// little is read at a time.
func TestAHeldConnectionIsNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newConnLimiter(Limits{}, time.Now, func(netip.Addr) string { return "" })
		ours, theirs := net.Pipe()
		c, why := g.admit(ours)
		if c == nil {
			t.Fatal(why)
		}
		read := make(chan time.Duration)
		begun := time.Now()
		go func() {
			defer close(read)
			for {
				if _, err := c.Read(make([]byte, 1)); err != nil {
					return
				}
				read <- time.Since(begun)
			}
		}()
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			_, _ = theirs.Write(make([]byte, 10))
		}()
		if at := <-read; at != 0 {
			t.Errorf("a byte is read after %s", at)
		}
		synctest.Wait()
		c.hold(true)
		c.hold(true)
		if at := <-read; at != 0 { // on its way when the hold began
			t.Errorf("a byte is read after %s", at)
		}
		time.Sleep(longestHold / 2)
		c.hold(false)
		if at := <-read; at != longestHold {
			t.Errorf("a byte is read after %s", at)
		}
		time.Sleep(longestHold / 2)
		c.hold(false)
		if at := <-read; at != longestHold*3/2 {
			t.Errorf("a byte is read after %s", at)
		}
		c.hold(true)
		_ = c.Close()
		for range read {
		}
		_ = theirs.Close()
		<-sent
	})
}

// Input beyond a first burst has to wait. It waits less while files are copied.
func TestInputIsSlowed(t *testing.T) {
	t.Parallel()
	g := newConnLimiter(Limits{Input: 1000, FileInput: 100_000}, time.Now, func(netip.Addr) string { return "" })
	ours, theirs := net.Pipe()
	defer theirs.Close()
	c, why := g.admit(ours)
	if c == nil {
		t.Fatal(why)
	}
	now := time.Now()
	wait := func(n int) time.Duration { return c.input.ReserveN(now, n).DelayFrom(now).Round(time.Second) }
	if first, next := wait(strangerBurst), wait(5000); first != 0 || next != 5*time.Second {
		t.Errorf("the first bytes wait for %s and 5,000 more for %s", first, next)
	}
	now = now.Add(time.Hour)
	done, ok := c.transfer()
	if !ok {
		t.Fatal("the first session that copies files is refused")
	}
	if first, next := wait(strangerBurst), wait(50_000); first != 0 || next > time.Second {
		t.Errorf("of a file the first bytes wait for %s and others for %s", first, next)
	}
	if got := c.input.Limit(); got != 100_000 {
		t.Errorf("%v bytes a second are taken of a file", got)
	}
	done()
	if got := c.input.Limit(); got != 1000 {
		t.Errorf("%v bytes a second are taken afterwards", got)
	}
}
