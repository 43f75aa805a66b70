package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/parleyhq/parley/server"
)

// tlsFlags say how other machines may reach a server.
type tlsFlags struct {
	TLSCert     string `name:"tls-cert" type:"path" placeholder:"FILE" env:"PARLEY_TLS_CERT" help:"Speak TLS 1.3 with this certificate chain (PEM); read again when it changes, or on SIGHUP (${env})."`
	TLSKey      string `name:"tls-key" type:"path" placeholder:"FILE" env:"PARLEY_TLS_KEY" help:"Key of the certificate (PEM), not readable by everybody (${env})."`
	BehindProxy bool   `env:"PARLEY_BEHIND_PROXY" help:"A proxy on the way here speaks TLS: listen in plain HTTP on an address that other machines can reach, and believe the last item of X-Forwarded-For, which the proxy has to set (${env})."`
	AdminListen string `placeholder:"ADDRESS" env:"PARLEY_ADMIN_LISTEN" help:"Loopback address and port for metrics, profiles, health and backups, without credentials; the public listener has no metrics then (${env})."`
}

// certificate reads the certificate, nil if there is none, and follows SIGHUP until ctx ends.
func (f *tlsFlags) certificate(ctx context.Context, log *slog.Logger) (*server.Certificate, error) {
	if f.TLSCert == "" && f.TLSKey == "" {
		return nil, nil
	}
	if f.TLSCert == "" || f.TLSKey == "" {
		return nil, errors.New("--tls-cert and --tls-key go together")
	}
	cert, err := server.LoadCertificate(f.TLSCert, f.TLSKey)
	if err != nil {
		return nil, err
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGHUP)
	go func() {
		defer signal.Stop(asked)
		for {
			select {
			case <-ctx.Done():
				return
			case <-asked:
			}
			if err := cert.Reload(); err != nil {
				log.Error("the certificate cannot be read again; the one of before stays", "error", err.Error())
				continue
			}
			log.Info("the certificate was read again")
		}
	}()
	return cert, nil
}

// scheme is how clients come.
func (f *tlsFlags) scheme() string {
	if f.TLSCert != "" {
		return "https"
	}
	return "http"
}

// serveAdmin serves the operator's listener, if there is one, and returns what stops it and waits.
func (f *tlsFlags) serveAdmin(o server.Options, s streams) (stop func() error, err error) {
	if f.AdminListen == "" {
		return func() error { return nil }, nil
	}
	o.Listen = f.AdminListen
	admin, err := server.NewAdmin(o)
	if err != nil {
		return nil, &failure{exitUsage, err}
	}
	l, err := net.Listen("tcp", f.AdminListen)
	if err != nil {
		return nil, fmt.Errorf("cannot listen: %w", err)
	}
	served := make(chan error, 1)
	go func() { served <- admin.Serve(l) }()
	fmt.Fprintf(s.out, "Metrics and profiles are on http://%s\n", l.Addr())
	return func() error { return errors.Join(shutdown(admin), <-served) }, nil
}
