package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"confab/cmd/confab-load/testbed"
	"confab/db/postgres/pgcluster"
)

// node is one of the servers, with its way to the database.
type node struct {
	site     *testbed.Site
	name     string
	addr     string // where it listens, also after it was started again
	data     string
	log      string
	database string // its address, through the proxy
	proxy    *pgcluster.Proxy
	bus      *pgcluster.Proxy // before NATS; nil without
	program  string           // what it runs
	server   *testbed.Server  // nil while it does not run
}

// hostKeyFile is what the nodes of a chat have in common.
const hostKeyFile = "host_key"

// newNode makes a node that runs a program, with the host key of a site. Without NATS, nats is "".
func newNode(s *testbed.Site, program string, number int, database *pgcluster.Server, nats string) (*node, error) {
	n := &node{site: s, program: program, name: fmt.Sprintf("node %d", number+1)}
	var err error
	if n.data, err = nodeFolder(s, fmt.Sprintf("node-%d", number+1)); err != nil {
		return nil, err
	}
	n.log = n.data + ".log"
	if n.proxy, err = pgcluster.NewProxy("unix", database.Socket()); err != nil {
		return nil, err
	}
	n.database = database.AddressAt(n.proxy.Addr(), databaseName)
	if nats != "" {
		n.bus, err = pgcluster.NewProxy("tcp", nats)
	}
	return n, err
}

// nodeFolder makes the data folder of a node, with the host key of a site.
func nodeFolder(s *testbed.Site, name string) (folder string, err error) {
	folder = filepath.Join(s.Dir, name)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	key, err := os.ReadFile(filepath.Join(s.Data, hostKeyFile))
	if err != nil {
		return "", err
	}
	return folder, os.WriteFile(filepath.Join(folder, hostKeyFile), key, 0o600)
}

// start starts the server, on the port that it had before.
func (n *node) start(ctx context.Context) (err error) {
	flags := []string{"--database", n.database, "--max-per-account=0", "--max-per-address=0"} // a flood is one account
	if n.bus != nil {
		flags = append(flags, "--bus", "nats://"+n.bus.Addr())
	}
	n.server, err = testbed.StartServerAt(ctx, n.addr, n.program, n.data, n.log, flags...)
	if err != nil {
		n.server = nil
		return fmt.Errorf("starting %s: %w", n.name, err)
	}
	return nil
}

func (n *node) kill() {
	if n.server != nil {
		n.server.Kill()
		n.server = nil
	}
}

// stop ends the server as a host does.
func (n *node) stop() error {
	if n.server == nil {
		return nil
	}
	err := n.server.Stop()
	n.server = nil
	return err
}

// close ends everything of the node.
func (n *node) close() error {
	n.kill()
	err := n.proxy.Close()
	if n.bus != nil {
		err = errors.Join(err, n.bus.Close())
	}
	return err
}
