package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"

	"confab/app/hook"
	"confab/app/service"
	"confab/app/sshd"
	"confab/app/web"
	"confab/app/web/page"
	"confab/cmd/confab/console"
	"confab/cmd/confab/machine"
	"confab/cmd/confab/newcomer"
)

// webFlags are the settings of the server for HTTP.
type webFlags struct {
	HTTP    machine.HTTPAddress `name:"http" help:"Serve the page for newcomers and accept webhooks over HTTP on this address; :8080 listens on the machine itself only, for a proxy with TLS." env:"CONFAB_HTTP" placeholder:"ADDR"`
	HTTPURL machine.WebURL      `name:"http-url" help:"The address at which others reach --http, such as https://chat.example.org. People who make a webhook see it." env:"CONFAB_HTTP_URL" placeholder:"URL"`
	TLSCert console.Path        `name:"tls-cert" help:"Use HTTPS on the address of --http, with the certificate in this file. A new one is used as soon as the file changes." env:"CONFAB_TLS_CERT" placeholder:"FILE"`
	TLSKey  console.Path        `name:"tls-key" help:"The private key of --tls-cert." env:"CONFAB_TLS_KEY" placeholder:"FILE"`

	newcomer.AddressFlag
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
// and a function that stops it. listens are the addresses of the server for ssh.
func (f webFlags) serveWeb(s *service.Service, server *sshd.Server, listens []net.Addr, log *slog.Logger) (at string, stop func(), err error) {
	if f.HTTP == "" {
		return "", func() {}, nil
	}
	secure, err := f.certificate()
	if err != nil {
		return "", nil, err
	}
	reached, err := f.Reached(f.HTTPURL, texts(listens))
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
		log.Warn("webhooks are accepted and the page is served without TLS, so everybody on the way can read and change them: use --tls-cert and --tls-key, or let a proxy with TLS connect to a loopback address", "http", f.HTTP)
	}
	programs := service.ProgramsOf(s)
	if f.HTTPURL != "" {
		programs.ServesWeb(string(f.HTTPURL))
	} else {
		programs.ServesWeb(at)
	}
	about := func(ctx context.Context) (page.Server, error) {
		return newcomer.About(ctx, s, reached, server.Host().PublicKeys())
	}
	handler := web.New(web.Options{Inbox: hook.NewInbox(s), About: about, Now: s.Now, Log: log, Refusals: s.Refusals()})
	return at, machine.ServeHTTP(l, handler, secure, log), nil
}
