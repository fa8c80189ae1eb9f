package testbed

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"golang.org/x/crypto/ssh"

	"confab/app/live"
	"confab/app/service"
	"confab/db/sqlite"
	"confab/keys"
)

// These files of a data folder are created here, with the names that cmd/confab
// uses.
const (
	DatabaseFile = "confab.db"
	hostKeyFile  = "host_key"
)

// enrolAtOnce is how many accounts are created at once. The service commits them
// together, because the flush is the expensive part.
const enrolAtOnce = 256

// Account is someone whom the server knows.
type Account struct {
	Name        string
	Signer      ssh.Signer
	Private     ed25519.PrivateKey // the signer's
	Fingerprint string
}

// Enrol creates a data folder with a host key and n accounts. If furnish is not
// nil, it adds more. enrol opens the store itself; "confab keys add" would open it
// again for each account.
func Enrol(ctx context.Context, dir string, n int, furnish Furnish) (_ []Account, hostKey ssh.PublicKey, err error) {
	host, err := keys.LoadOrCreateHostKey(filepath.Join(dir, hostKeyFile), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	store, err := sqlite.Open(ctx, filepath.Join(dir, DatabaseFile))
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	service, err := service.New(ctx, store, live.New(), service.Options{Now: time.Now, NewID: uuid.NewV7, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, nil, err
	}
	defer service.Close("")
	accounts := make([]Account, n)
	enrol := func(ctx context.Context, i int) error {
		a, key, err := NewAccount(i)
		if err != nil {
			return err
		}
		accounts[i] = a
		_, err = service.Accounts().AddKeys(ctx, a.Name, []keys.Key{key})
		return err
	}
	if n > 0 { // the first one, which becomes the owner
		err = enrol(ctx, 0)
	}
	if err == nil {
		err = Each(ctx, max(n-1, 0), enrolAtOnce, func(ctx context.Context, i int) error { return enrol(ctx, i+1) })
	}
	if err != nil {
		return nil, nil, fmt.Errorf("enrolling accounts: %w", err)
	}
	if furnish != nil {
		if err := furnish(ctx, store, service, accounts); err != nil {
			return nil, nil, err
		}
	}
	return accounts, host.PublicKey(), nil
}

// AccountName returns the name of an account by its number.
func AccountName(i int) string { return fmt.Sprintf("load%04d", i) }

// NewAccount creates an account's name and key.
func NewAccount(i int) (Account, keys.Key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Account{}, keys.Key{}, err
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return Account{}, keys.Key{}, err
	}
	key, err := keys.FromPublicKey(signer.PublicKey())
	return Account{AccountName(i), signer, private, key.Fingerprint()}, key, err
}
