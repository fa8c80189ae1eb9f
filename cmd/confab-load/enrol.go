package main

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
	databaseFile = "confab.db"
	hostKeyFile  = "host_key"
)

// enrolAtOnce is how many accounts are created at once. The service commits them
// together, because the flush is the expensive part.
const enrolAtOnce = 256

// account is someone whom the server knows.
type account struct {
	name        string
	signer      ssh.Signer
	private     ed25519.PrivateKey // the signer's
	fingerprint string
}

// enrol creates a data folder with a host key and n accounts. If furnish is not
// nil, it adds more. enrol opens the store itself; "confab keys add" would open it
// again for each account.
func enrol(ctx context.Context, dir string, n int, furnish furnish) (_ []account, hostKey ssh.PublicKey, err error) {
	host, err := keys.LoadOrCreateHostKey(filepath.Join(dir, hostKeyFile), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	store, err := sqlite.Open(ctx, filepath.Join(dir, databaseFile))
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	service, err := service.New(ctx, store, live.New(), service.Options{Now: time.Now, NewID: uuid.NewV7, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, nil, err
	}
	defer service.Close("")
	accounts := make([]account, n)
	err = each(ctx, n, enrolAtOnce, func(ctx context.Context, i int) error {
		a, key, err := newAccount(i)
		if err != nil {
			return err
		}
		accounts[i] = a
		_, err = service.Accounts().AddKeys(ctx, a.name, []keys.Key{key})
		return err
	})
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

// accountName returns the name of an account by its number.
func accountName(i int) string { return fmt.Sprintf("load%04d", i) }

// newAccount creates an account's name and key.
func newAccount(i int) (account, keys.Key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return account{}, keys.Key{}, err
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return account{}, keys.Key{}, err
	}
	key, err := keys.FromPublicKey(signer.PublicKey())
	return account{accountName(i), signer, private, key.Fingerprint()}, key, err
}
