package keys

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/crypto/ssh"
)

// maxHostKey is the longest host key file that is read, in bytes. An ed25519 key
// takes about 400.
const maxHostKey = 64 << 10

// LoadOrCreateHostKey returns the server's host key, which is stored at path, unencrypted. It
// is an ed25519 key, an RSA key of 2048 to 8192 bits, or an ECDSA key. If there is no such
// file, it creates an ed25519 key from 32 bytes of random (crypto/rand.Reader, except in
// tests) and stores it in OpenSSH's format, with mode 0600. The folder must exist. The key is
// stored completely or not at all. If several processes or goroutines do this at once, all
// get the key that was stored first.
//
// It never replaces an existing file. If the file is damaged, encrypted, of another type
// or, except on Windows, open to group or others, the error is [ErrHostKey] and says what to
// do. Every client remembers the host key and warns when it changes (RFC 4251, section 4.1),
// so only the host may decide that.
func LoadOrCreateHostKey(path string, random io.Reader) (ssh.Signer, error) {
	signer, err := LoadHostKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return signer, err
	}
	if err := createHostKey(path, random); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("making a host key: %w", err)
	}
	// A new key is read back too. So clients always see the key on the disk,
	// whichever process stored it first.
	return LoadHostKey(path)
}

// LoadHostKey is [LoadOrCreateHostKey] for a host key that must exist. If it is
// missing, the error is fs.ErrNotExist.
func LoadHostKey(path string) (ssh.Signer, error) {
	return loadHostKey(path, fmt.Sprintf("or move it away and run  confab accept --data %s  to create a new one; every client will then warn that the host key has changed", filepath.Dir(path)))
}

// LoadMoreHostKey is [LoadHostKey] for a key that the server has besides the one in its data
// folder.
func LoadMoreHostKey(path string) (ssh.Signer, error) {
	return loadHostKey(path, "or remove it from the setting host-key")
}

func loadHostKey(path, otherwise string) (ssh.Signer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the host key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("reading the host key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, refuseHostKey(path, otherwise, "is not a file")
	}
	// Windows has no such permission bits: there the folder's access list protects
	// the file.
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, refuse(ErrHostKey, "other users can read the host key %s; fix it with: chmod 600 %s", path, path)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxHostKey+1))
	if err != nil {
		return nil, fmt.Errorf("reading the host key: %w", err)
	}
	return parseHostKey(path, otherwise, data)
}

func parseHostKey(path, otherwise string, data []byte) (ssh.Signer, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, refuseHostKey(path, otherwise, "is empty")
	}
	if len(data) > maxHostKey {
		return nil, refuseHostKey(path, otherwise, "is too long to be a key")
	}
	raw, err := ssh.ParseRawPrivateKey(data)
	if _, ok := errors.AsType[*ssh.PassphraseMissingError](err); ok {
		return nil, refuse(ErrHostKey, "the host key %s has a passphrase, which nobody can type when the server starts; remove it with: ssh-keygen -p -N \"\" -f %s", path, path)
	}
	if err != nil {
		return nil, refuseHostKey(path, otherwise, "is damaged")
	}
	if what := unfitHostKey(raw); what != "" {
		return nil, refuseHostKey(path, otherwise, what)
	}
	signer, err := ssh.NewSignerFromKey(raw)
	if err != nil {
		return nil, fmt.Errorf("using the host key: %w", err)
	}
	return signer, nil
}

// unfitHostKey says why a private key cannot be a host key, or returns "".
func unfitHostKey(raw any) string {
	switch k := raw.(type) {
	case *ed25519.PrivateKey:
		return unfitHostKey(*k)
	case ed25519.PrivateKey:
		// The file also holds the public half. If the two did not match, clients would
		// see a key that the server cannot sign with. The library checks this for the
		// other types.
		if !k.Equal(ed25519.NewKeyFromSeed(k.Seed())) {
			return "is damaged"
		}
	case *rsa.PrivateKey:
		if bits := k.N.BitLen(); bits < MinRSABits || bits > MaxRSABits {
			return fmt.Sprintf("is an RSA key of %d bits, and RSA keys need %d to %d bits", bits, MinRSABits, MaxRSABits)
		}
	case *ecdsa.PrivateKey:
		if size := k.Curve.Params().BitSize; size != 256 && size != 384 && size != 521 {
			return "is an ECDSA key on another curve than P-256, P-384 and P-521"
		}
	default:
		return "is not an ed25519, RSA or ECDSA key"
	}
	return ""
}

func refuseHostKey(path, otherwise, what string) error {
	return refuse(ErrHostKey, "the host key %s %s; restore it from a backup, %s", path, what, otherwise)
}

// createHostKey stores a new key at path. If another one exists by now, that one
// stays and the error is fs.ErrExist.
func createHostKey(path string, random io.Reader) error {
	text, err := newHostKey(random)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	temp, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*.tmp") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	if err := writeSynced(temp, text); err != nil {
		return err
	}
	// Creating a link, unlike a rename, fails if the name exists.
	err = os.Link(temp.Name(), path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		// Some file systems have no links (FAT, some mounts of containers). There,
		// a crash during the write leaves a damaged file, which is refused later.
		err = writeExclusive(path, text)
	}
	if err != nil {
		return err
	}
	return syncFolder(dir)
}

func newHostKey(random io.Reader) ([]byte, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, fmt.Errorf("reading random bytes: %w", err)
	}
	block, err := ssh.MarshalPrivateKey(ed25519.NewKeyFromSeed(seed), "confab host key")
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(block), nil
}

func writeExclusive(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := writeSynced(f, text); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// writeSynced writes text, waits until it is on the disk, and closes the file.
func writeSynced(f *os.File, text []byte) error {
	_, err := f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncFolder waits until the folder's new entry is on the disk.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // Windows cannot sync a folder and need not
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
