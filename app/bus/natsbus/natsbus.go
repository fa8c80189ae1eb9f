// Package natsbus carries what servers tell each other over NATS (https://nats.io), without
// JetStream: a message that nobody hears is gone.
package natsbus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"confab/app/bus"
)

// The times of a connection. A server that does not answer is given up after two questions.
const (
	patient = 3 * time.Second // to connect, and to send something
	ask     = 4 * time.Second // without an answer for so long, the connection is checked
	again   = 100 * time.Millisecond
)

// waiting bounds what has been received and not heard yet.
const (
	waitingTexts = 4096
	waitingBytes = 1 << 20
)

// Options say where NATS is.
type Options struct {
	Address     string // one or more addresses with commas between them, see [Check]
	Credentials string // file of credentials, "" for none
	CA          string // file of certificates that sign those of the NATS servers, "" for the machine's
}

// Check returns an error if a connection with these options cannot be tried. No error has a
// password.
func (o Options) Check() error {
	for _, one := range strings.Split(o.Address, ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		if err != nil || u.Hostname() == "" || u.Path != "" || u.Scheme != "nats" && u.Scheme != "tls" {
			return errors.New("an address of NATS is nats://HOST:PORT or, encrypted, tls://HOST:PORT, with USER:PASSWORD@ before HOST if it needs them and with commas between several")
		}
	}
	if o.Credentials != "" {
		var read nats.Options
		err := nats.UserCredentials(o.Credentials)(&read)
		if err == nil {
			_, unread := read.UserJWT()
			_, unsigned := read.SignatureCB(nil)
			err = cmp.Or(unread, unsigned)
		}
		if err != nil {
			return fmt.Errorf("reading the credentials for NATS from %s: %w", o.Credentials, err)
		}
	}
	if o.CA != "" {
		if err := nats.RootCAs(o.CA)(new(nats.Options)); err != nil {
			return fmt.Errorf("reading the certificates for NATS: %w", err)
		}
	}
	return nil
}

// Carrier is bus.Carrier over NATS. Servers with the same id hear each other.
type Carrier struct {
	options  []nats.Option
	address  string
	serverID func(context.Context) (string, error)
	open     atomic.Pointer[connection] // nil without one
}

// connection is a connection that listens.
type connection struct {
	*nats.Conn
	subject string
}

var _ bus.Carrier = (*Carrier)(nil)

// New returns a carrier. A function returns the id of the server, which is "" until it has one.
func New(o Options, serverID func(context.Context) (string, error)) *Carrier {
	c := &Carrier{address: o.Address, serverID: serverID}
	c.options = []nats.Option{
		nats.Name("confab"), nats.NoReconnect(), nats.NoEcho(), nats.Timeout(patient), nats.FlusherTimeout(patient),
		nats.PingInterval(ask), nats.MaxPingsOutstanding(2), nats.PermissionErrOnSubscribe(true),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}), // Listen and Send return it
	}
	if o.Credentials != "" {
		c.options = append(c.options, nats.UserCredentials(o.Credentials))
	}
	if o.CA != "" {
		c.options = append(c.options, nats.RootCAs(o.CA))
	}
	return c
}

// Listen implements bus.Carrier.
func (c *Carrier) Listen(ctx context.Context, ready func(), hear func(text []byte)) error {
	subject, err := c.subject(ctx)
	if err != nil {
		return err
	}
	conn, err := nats.Connect(c.address, c.options...)
	if err != nil {
		return fmt.Errorf("connecting to NATS: %w", err)
	}
	defer conn.Close()
	texts, err := conn.SubscribeSync(subject)
	if err == nil {
		err = texts.SetPendingLimits(waitingTexts, waitingBytes)
	}
	if err == nil {
		err = conn.FlushTimeout(patient) // NATS knows of the subscription now
	}
	if err != nil {
		return fmt.Errorf("subscribing at NATS: %w", err)
	}
	c.open.Store(&connection{conn, subject})
	defer c.open.Store(nil)
	ready()
	for {
		text, err := texts.NextMsgWithContext(ctx)
		switch {
		case err == nil:
			hear(text.Data)
		case errors.Is(err, nats.ErrSlowConsumer):
			ready() // some were lost
		default:
			return fmt.Errorf("listening at NATS: %w", errors.Join(err, conn.LastError()))
		}
	}
}

// subject returns where the servers of a chat meet. Several chats may share NATS.
func (c *Carrier) subject(ctx context.Context) (string, error) {
	for {
		id, err := c.serverID(ctx)
		if err != nil || id != "" {
			return "confab." + id, err
		}
		select { // the first server is making it
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(again):
		}
	}
}

// Send implements bus.Carrier.
func (c *Carrier) Send(_ context.Context, text []byte) error {
	conn := c.open.Load()
	if conn == nil {
		return bus.ErrAway
	}
	if err := conn.LastError(); errors.Is(err, nats.ErrPermissionViolation) {
		return err
	}
	if err := conn.Publish(conn.subject, text); err != nil {
		return fmt.Errorf("%w: %w", bus.ErrAway, err)
	}
	return nil
}
