// Package page is the page for newcomers: what the server is, where it is, how to recognize
// it, and how to join it. The page has no scripts and loads nothing, and it says nothing of
// the people who are here.
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // for the template and the style
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"confab/app/chat"
	"confab/keys"
)

var (
	//go:embed page.css
	style string
	//go:embed page.html
	source string

	layout = template.Must(template.New("page").Parse(source))
)

// Server is what the page says of a server.
type Server struct {
	Address  keys.Address // at which people reach it
	HostKeys []ssh.PublicKey
	Join     chat.JoinMode
	Rules    string // clean text, or ""
}

// Policy is the content security policy of the page: it may do nothing but use its own style.
func Policy() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}

// key is a host key as the page shows it.
type key struct{ Type, Fingerprint, KnownHosts string }

// HTML returns the page.
func (s Server) HTML() ([]byte, error) {
	list := make([]key, len(s.HostKeys))
	for i, k := range s.HostKeys {
		list[i] = key{typeName(k), ssh.FingerprintSHA256(k), knownhosts.Line([]string{s.Address.String()}, k)}
	}
	var b bytes.Buffer
	err := layout.Execute(&b, struct {
		Server
		Policy, Host, Port                 string
		Command, CodeCommand, PlainCommand string
		Style                              template.CSS
		Keys                               []key
	}{s, Policy(), s.Address.Host, s.Address.Port, s.Address.Command("", ""), s.Address.Command("", "CODE@"), s.Address.Command("-t ", "") + " plain", template.CSS(style), list})
	if err != nil {
		return nil, fmt.Errorf("writing the page for newcomers: %w", err)
	}
	return b.Bytes(), nil
}

// typeName returns the type of a key as ssh calls it when it shows a fingerprint.
func typeName(k ssh.PublicKey) string {
	switch kind := k.Type(); {
	case strings.HasPrefix(kind, "ecdsa-"):
		return "ECDSA"
	case kind == ssh.KeyAlgoRSA:
		return "RSA"
	default:
		return "ED25519"
	}
}
