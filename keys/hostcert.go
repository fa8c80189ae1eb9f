package keys

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/crypto/ssh"
)

// LoadHostCertificate returns the certificate of the host key in a file. It is in the file
// beside it that ssh-keygen -s -h writes: host_key-cert.pub for host_key. Without such a
// file, the certificate is nil. The error is [ErrHostCertificateTime] if it is not valid now,
// and [ErrHostCertificate] if clients could never accept it.
func LoadHostCertificate(path string, key ssh.PublicKey, now time.Time) (*ssh.Certificate, error) {
	path += "-cert.pub"
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the certificate of the host key: %w", err)
	}
	wrong := func(what string) error {
		return refuse(ErrHostCertificate, "the certificate of the host key, %s, %s; make a new one with: ssh-keygen -s CA -h -I ID -n HOST, or remove it", path, what)
	}
	public, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		return nil, wrong("is damaged")
	}
	cert, ok := public.(*ssh.Certificate)
	switch {
	case !ok:
		return nil, wrong("is a public key and not a certificate")
	case cert.CertType != ssh.HostCert:
		return nil, wrong("is for a user and not for a host")
	case !bytes.Equal(cert.Key.Marshal(), key.Marshal()):
		return nil, wrong("is for another key")
	case len(cert.ValidPrincipals) == 0:
		return nil, wrong("names no host")
	}
	begins := time.Unix(int64(cert.ValidAfter), 0)
	if err := (&ssh.CertChecker{Clock: func() time.Time { return begins }}).CheckCert(cert.ValidPrincipals[0], cert); err != nil {
		return nil, wrong("is damaged")
	}
	at := uint64(now.Unix())
	switch {
	case at < cert.ValidAfter:
		return nil, refuse(ErrHostCertificateTime, "the certificate of the host key, %s, is valid only from %s", path, begins.UTC().Format(time.DateTime))
	case cert.ValidBefore != ssh.CertTimeInfinity && at >= cert.ValidBefore:
		return nil, refuse(ErrHostCertificateTime, "the certificate of the host key, %s, has expired; make a new one with: ssh-keygen -s CA -h -I ID -n HOST", path)
	}
	return cert, nil
}
