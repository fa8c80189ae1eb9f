package sshd

import (
	"crypto/ed25519"
	"crypto/rand"
	"net"
	"net/netip"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// A client may exchange keys a few times at once, a member more often than others,
// and then waits for each.
func TestKeyExchangesArePaced(t *testing.T) {
	t.Parallel()
	g := newGate(Limits{Input: 1}, time.Now, func(netip.Addr) string { return "" })
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

	// Those who wait do not wait for a connection that has gone.
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := gossh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	paced, err := newPacedKey(key)
	if err != nil {
		t.Fatal(err)
	}
	c.rekeys.SetLimit(0)
	signed := make(chan error, 1)
	go func() {
		_, err := paced.(gossh.AlgorithmSigner).SignWithAlgorithm(newConnRand(c), []byte("x"), gossh.KeyAlgoED25519)
		signed <- err
	}()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-signed:
		if err == nil {
			t.Error("it signs for a connection that has gone")
		}
	case <-time.After(30 * time.Second):
		t.Fatal("it still waits")
	}
}

// What comes beyond a first part waits, and less long while files are copied.
func TestInputIsSlowed(t *testing.T) {
	t.Parallel()
	g := newGate(Limits{Input: 1000, FileInput: 100_000}, time.Now, func(netip.Addr) string { return "" })
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
	done := c.transfer()
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
