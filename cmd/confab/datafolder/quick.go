package datafolder

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	gossh "golang.org/x/crypto/ssh"

	"confab/cmd/confab/console"
	"confab/keys"
)

// quick returns an error unless a server uses the folder and people can log in on all of its
// addresses. It reads nothing of the database, so health checks can make it often.
func (c *DoctorCmd) quick(ctx context.Context, dir string, out console.Streams) error {
	server, err := lookForServer(dir)
	switch {
	case err != nil:
		return err
	case server == nil:
		return errors.New("no server is using this folder: start it with confab serve" + c.Option())
	case len(server.addrs) == 0:
		return errors.New("the server is just starting, and does not listen yet")
	}
	hostKey, err := keys.LoadHostKey(filepath.Join(dir, HostKeyFile))
	if err != nil {
		return err
	}
	for _, addr := range server.addrs {
		if err := server.letsIn(ctx, addr, hostKey); err != nil {
			return fmt.Errorf("the server on %s does not answer as it should: look at its log (%w)", addr, err)
		}
	}
	fmt.Fprintf(out.Out, "the server answers on %s\n", strings.Join(server.addrs, " and "))
	return nil
}

// letsIn returns an error unless the server with a host key lets a stranger in, who asks for
// nothing and leaves. A client that leaves earlier counts as a failed login.
func (r *running) letsIn(ctx context.Context, addr string, hostKey gossh.Signer) error {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	stranger, err := gossh.NewSignerFromKey(private)
	if err != nil {
		return err
	}
	conn, err := r.dial(ctx, addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	client, _, _, err := gossh.NewClientConn(conn, addr, &gossh.ClientConfig{
		User:              "doctor",
		HostKeyAlgorithms: preferring(hostKey),
		HostKeyCallback:   gossh.FixedHostKey(hostKey.PublicKey()),
		Auth: []gossh.AuthMethod{gossh.PublicKeys(stranger), gossh.KeyboardInteractive(func(string, string, []string, []bool) ([]string, error) {
			return nil, nil
		})},
	})
	if err != nil {
		return err
	}
	return client.Close()
}
