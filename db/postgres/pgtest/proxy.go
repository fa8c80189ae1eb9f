package pgtest

import (
	"net/url"
	"path/filepath"
	"testing"

	"confab/db/postgres/pgcluster"
)

// Through starts a proxy before the database at an address. It returns the proxy, which ends
// with the test, and the address of the database through it.
func Through(t testing.TB, address string) (*pgcluster.Proxy, string) {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pgcluster.NewProxy("unix", filepath.Join(at.Query().Get("host"), ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	at.Host, at.RawQuery = p.Addr(), "sslmode=disable"
	return p, at.String()
}
