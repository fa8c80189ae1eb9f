package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"confab/app/hook"
	"confab/app/service"
	"confab/app/web"
	"confab/cmd/confab/console"
	"confab/cmd/confab/machine"
)

// webFlags are the settings of the server for HTTP.
type webFlags struct {
	HTTP    machine.HTTPAddress `name:"http" help:"Accept webhooks over HTTP on this address; :8080 listens on the machine itself only, for a proxy with TLS." env:"CONFAB_HTTP" placeholder:"ADDR"`
	HTTPURL webURL              `name:"http-url" help:"The address at which others reach --http, such as https://chat.example.org. People who make a webhook see it." env:"CONFAB_HTTP_URL" placeholder:"URL"`
	TLSCert console.Path        `name:"tls-cert" help:"Use HTTPS on the address of --http, with the certificate in this file. A new one is used as soon as the file changes." env:"CONFAB_TLS_CERT" placeholder:"FILE"`
	TLSKey  console.Path        `name:"tls-key" help:"The private key of --tls-cert." env:"CONFAB_TLS_KEY" placeholder:"FILE"`
}

// webURL is the beginning of web addresses, without a slash at its end, as a setting.
type webURL string

// UnmarshalText implements encoding.TextUnmarshaler.
func (u *webURL) UnmarshalText(text []byte) error {
	given := strings.TrimRight(string(text), "/")
	*u = webURL(given)
	if given == "" {
		return nil
	}
	parsed, err := url.Parse(given)
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Host == "" || parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
		return fmt.Errorf("%q is not a web address: write one such as https://chat.example.org", text)
	}
	return nil
}

// certificate returns the configuration for TLS, nil for plain HTTP.
func (f webFlags) certificate() (*tls.Config, error) {
	switch {
	case f.TLSCert == "" && f.TLSKey == "":
		return nil, nil
	case f.TLSCert == "" || f.TLSKey == "":
		return nil, errors.New("--tls-cert and --tls-key belong together: give both")
	}
	return machine.Certificate(string(f.TLSCert), string(f.TLSKey))
}

// serveWeb begins to answer requests over HTTP. It returns the address, "" if that is off,
// and a function that stops it.
func (f webFlags) serveWeb(s *service.Service, log *slog.Logger) (at string, stop func(), err error) {
	if f.HTTP == "" {
		return "", func() {}, nil
	}
	secure, err := f.certificate()
	if err != nil {
		return "", nil, err
	}
	l, err := f.HTTP.Listen("http")
	if err != nil {
		return "", nil, err
	}
	at = "http://" + l.Addr().String()
	if secure != nil {
		at = "https://" + l.Addr().String()
	} else if f.HTTP.Public() {
		log.Warn("webhooks are accepted without TLS, so everybody on the way can read them: use --tls-cert and --tls-key, or let a proxy with TLS connect to a loopback address", "http", f.HTTP)
	}
	programs := service.ProgramsOf(s)
	if f.HTTPURL != "" {
		programs.ServesWeb(string(f.HTTPURL))
	} else {
		programs.ServesWeb(at)
	}
	handler := web.New(web.Options{Inbox: hook.NewInbox(s), Log: log, Refusals: s.Refusals()})
	return at, machine.ServeHTTP(l, handler, secure, log), nil
}
