package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxKeyFileBytes bounds a file with a key or a token.
const maxKeyFileBytes = 4 << 10

// credential is what a command that speaks to a server shows there.
type credential struct {
	KeyFile string `type:"path" placeholder:"FILE" env:"PARLEY_KEY_FILE" help:"File with the key or token to send, one line, readable by its owner alone (${env})."`
}

// client returns an HTTP client that sends the credential, if there is one, to the server at base and nowhere else.
func (c credential) client(base *url.URL, timeout time.Duration) (*http.Client, error) {
	client := &http.Client{Timeout: timeout}
	if c.KeyFile == "" {
		return client, nil
	}
	secret, err := readKeyFile(c.KeyFile)
	if err != nil {
		return nil, &failure{exitUsage, err}
	}
	if base.Scheme != "https" && !namesLoopback(base.Hostname()) {
		return nil, &failure{exitUsage, errors.New("a key is sent to other machines over https only")}
	}
	client.Transport = &bearing{secret: secret, scheme: base.Scheme, host: base.Host}
	return client, nil
}

func namesLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// bearing adds a credential to the requests to one host, by one scheme: a redirect to plain HTTP does not get it.
type bearing struct{ secret, scheme, host string }

// RoundTrip implements http.RoundTripper.
func (b *bearing) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme == b.scheme && req.URL.Host == b.host {
		req = req.Clone(req.Context())
		req.Header.Set("Authorization", "Bearer "+b.secret)
	}
	return http.DefaultTransport.RoundTrip(req)
}

// readKeyFile reads a credential. What others may read is none any more.
func readKeyFile(name string) (string, error) {
	text, err := readSecretFile(name, maxKeyFileBytes)
	if err != nil {
		return "", err
	}
	secret := strings.TrimSpace(string(text))
	if secret == "" || strings.ContainsAny(secret, " \t\r\n") {
		return "", fmt.Errorf("%s does not hold a key alone", name)
	}
	return secret, nil
}
