package natsbus_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"confab/app/bus"
	"confab/app/bus/natsbus"
	"confab/app/bus/natsbus/natstest"
	"confab/app/testkit"
)

func id(context.Context) (string, error) { return "id", nil }

// start starts NATS for a test, and returns its host and port.
func start(t *testing.T, o *server.Options) string {
	t.Helper()
	s := natstest.New(o)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s.Addr()
}

// listens listens until it is ready or fails, and returns the error.
func listens(t *testing.T, o natsbus.Options) error {
	t.Helper()
	ctx, cancel := context.WithCancel(testkit.AtOnce(t))
	defer cancel()
	ready := false
	err := natsbus.New(o, id).Listen(ctx, func() { ready = true; cancel() }, func([]byte) {})
	if ready {
		return nil
	}
	return err
}

// certificate makes a certificate for this machine, signed by itself, and a file of it.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, of, of, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file(t, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func file(t *testing.T, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEncrypted(t *testing.T) {
	own, ca := certificate(t)
	_, other := certificate(t)
	at := start(t, &server.Options{TLS: true, TLSTimeout: 60, TLSConfig: &tls.Config{Certificates: []tls.Certificate{own}}})
	if err := listens(t, natsbus.Options{Address: "tls://" + at, CA: ca}); err != nil {
		t.Errorf("with its authority: %v", err)
	}
	for _, o := range []natsbus.Options{{Address: "tls://" + at}, {Address: "tls://" + at, CA: other}, {Address: "nats://" + at}} {
		if err := listens(t, o); err == nil {
			t.Errorf("a certificate of somebody else is accepted with %+v", o)
		}
	}
	plain := start(t, nil)
	if err := listens(t, natsbus.Options{Address: "tls://" + plain, CA: ca}); err == nil {
		t.Error("tls:// connects without encryption")
	}
}

func TestPasswords(t *testing.T) {
	at := start(t, &server.Options{Username: "chat", Password: "sesame"})
	if err := listens(t, natsbus.Options{Address: "nats://127.0.0.1:1,nats://chat:sesame@" + at}); err != nil {
		t.Errorf("with the password, at the second address: %v", err)
	}
	for _, address := range []string{"nats://" + at, "nats://chat:wrong@" + at} {
		if err := listens(t, natsbus.Options{Address: address}); err == nil || strings.Contains(err.Error(), "wrong") {
			t.Errorf("with another password: %v", err)
		}
	}
}

// credentials makes an account of NATS with one user, and a file with the user's credentials.
func credentials(t *testing.T) (*server.Options, string) {
	t.Helper()
	pair := func(make func() (nkeys.KeyPair, error)) (nkeys.KeyPair, string) {
		kp, err := make()
		if err != nil {
			t.Fatal(err)
		}
		public, err := kp.PublicKey()
		if err != nil {
			t.Fatal(err)
		}
		return kp, public
	}
	operator, operatorName := pair(nkeys.CreateOperator)
	account, accountName := pair(nkeys.CreateAccount)
	user, userName := pair(nkeys.CreateUser)
	byOperator, err1 := jwt.NewAccountClaims(accountName).Encode(operator)
	byAccount, err2 := jwt.NewUserClaims(userName).Encode(account)
	seed, err3 := user.Seed()
	text, err4 := jwt.FormatUserConfig(byAccount, seed)
	resolver := &server.MemAccResolver{}
	if err := errors.Join(err1, err2, err3, err4, resolver.Store(accountName, byOperator)); err != nil {
		t.Fatal(err)
	}
	return &server.Options{TrustedKeys: []string{operatorName}, AccountResolver: resolver}, file(t, text)
}

func TestCredentials(t *testing.T) {
	options, path := credentials(t)
	_, other := credentials(t)
	at := "nats://" + start(t, options)
	with := natsbus.Options{Address: at, Credentials: path}
	if err := errors.Join(with.Check(), listens(t, with)); err != nil {
		t.Errorf("with the credentials: %v", err)
	}
	for _, o := range []natsbus.Options{{Address: at}, {Address: at, Credentials: other}} {
		if err := listens(t, o); err == nil {
			t.Errorf("without its credentials, %+v connects", o)
		}
	}
}

// Somebody who may not listen or say something learns of it.
func TestPermissions(t *testing.T) {
	may := func(publish, subscribe string) natsbus.Options {
		user := &server.User{Username: "chat", Password: "x", Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Allow: []string{publish}}, Subscribe: &server.SubjectPermission{Allow: []string{subscribe}},
		}}
		return natsbus.Options{Address: "nats://chat:x@" + start(t, &server.Options{Users: []*server.User{user}})}
	}
	if err := listens(t, may("confab.>", "confab.>")); err != nil {
		t.Errorf("with what it needs: %v", err)
	}
	ctx, cancel := context.WithCancel(testkit.AtOnce(t))
	defer cancel()
	if err := natsbus.New(may("confab.>", "other"), id).Listen(ctx, func() {}, func([]byte) {}); err == nil || ctx.Err() != nil {
		t.Errorf("one who may not listen: %v", err)
	}
	c := natsbus.New(may("other", "confab.>"), id)
	ready := make(chan struct{})
	go func() { _ = c.Listen(ctx, func() { close(ready) }, func([]byte) {}) }()
	testkit.Within(t, "the connection", ready)
	testkit.Eventually(t, "an error", func() bool {
		err := c.Send(ctx, []byte("x"))
		return err != nil && !errors.Is(err, bus.ErrAway)
	})
}

// The servers of several chats may share NATS. A new chat has no id yet.
func TestChatsAreApart(t *testing.T) {
	at := "nats://" + start(t, nil)
	ctx, cancel := context.WithCancel(testkit.AtOnce(t))
	defer cancel()
	heard := make(chan string, 10)
	begin := func(ids ...string) *natsbus.Carrier {
		own := ids[len(ids)-1]
		c := natsbus.New(natsbus.Options{Address: at}, func(context.Context) (string, error) {
			next := ids[0]
			ids = ids[1:]
			return next, nil
		})
		ready := make(chan struct{})
		go func() {
			_ = c.Listen(ctx, func() { close(ready) }, func(text []byte) { heard <- own + " " + string(text) })
		}()
		testkit.Within(t, "the connection", ready)
		return c
	}
	one, two := begin("", "", "one"), begin("two")
	begin("two")
	if err := errors.Join(one.Send(ctx, []byte("1")), two.Send(ctx, []byte("2"))); err != nil {
		t.Fatal(err)
	}
	if got := testkit.Within(t, "the second", heard); got != "two 2" {
		t.Errorf("heard %s", got)
	}
	if err := natsbus.New(natsbus.Options{Address: at}, id).Send(ctx, nil); !errors.Is(err, bus.ErrAway) {
		t.Errorf("without a connection: %v", err)
	}
}
