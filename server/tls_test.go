package server

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parleyhq/parley/engine"
)

// certFiles writes a certificate for localhost that signs itself, and returns its files and a pool that trusts it.
func certFiles(t *testing.T, dir string, serial int64, signer any, until time.Time) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	return certFilesFrom(t, dir, serial, signer, time.Now().Add(-2*time.Hour), until)
}

func certFilesFrom(t *testing.T, dir string, serial int64, signer any, from, until time.Time) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: from, NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature, IsCA: true, BasicConstraintsValid: true,
	}
	public := func() any {
		switch k := signer.(type) {
		case *rsa.PrivateKey:
			return &k.PublicKey
		case *ecdsa.PrivateKey:
			return &k.PublicKey
		}
		return nil
	}()
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, signer)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(signer)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool = x509.NewCertPool()
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(leaf)
	return certFile, keyFile, pool
}

// TestTLS: TLS 1.3 and nothing before it, and a new certificate for new connections without a stop.
func TestTLS(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	desk := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	dir, soon := t.TempDir(), time.Now().Add(time.Hour)
	certFile, keyFile, pool := certFiles(t, dir, 1, testKeys().p256, soon)
	cert, err := LoadCertificate(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	w.server.certificate, w.server.exposed = cert, true
	address := w.listenTCP()
	ask := func(pool *x509.CertPool, config *tls.Config) (serial int64, err error) {
		config.RootCAs, config.ServerName = pool, "localhost"
		transport := &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}
		defer transport.CloseIdleConnections()
		req, err := http.NewRequest("GET", "https://"+address+"/v1/cases/1004567", nil)
		if err != nil {
			return 0, err
		}
		req.Header.Set("Authorization", "Bearer "+desk)
		res, err := transport.RoundTrip(req)
		if err != nil {
			return 0, err
		}
		defer res.Body.Close()
		if body, err := io.ReadAll(res.Body); err != nil || res.StatusCode != 200 || res.TLS.Version != tls.VersionTLS13 ||
			res.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("answered %d %s %v, %v", res.StatusCode, body, res.Header, err)
		}
		return res.TLS.PeerCertificates[0].SerialNumber.Int64(), nil
	}
	if serial, err := ask(pool, &tls.Config{}); err != nil || serial != 1 {
		t.Fatal(serial, err)
	}
	if _, err := ask(pool, &tls.Config{MaxVersion: tls.VersionTLS12}); err == nil {
		t.Error("TLS 1.2 is spoken")
	}
	if got := raw(t, address, head("GET /healthz HTTP/1.1")); len(got) > 0 && got[0].StatusCode < 400 {
		t.Errorf("plain HTTP is answered: %v", got)
	}
	_, _, next := certFiles(t, dir, 2, testKeys().p384, soon)
	tick, done := make(chan time.Time), make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer close(done)
		cert.follow(ctx, w.server.log, tick)
	}()
	tick <- time.Time{}
	tick <- time.Time{} // taken when the first was done
	if serial, err := ask(next, &tls.Config{}); err != nil || serial != 2 {
		t.Fatal(serial, err)
	}
	certFilesFrom(t, dir, 3, testKeys().p256, soon, soon.Add(time.Hour)) // put there too early: no client would take it yet
	tick <- time.Time{}
	tick <- time.Time{}
	if serial, err := ask(next, &tls.Config{}); err != nil || serial != 2 {
		t.Fatal(serial, err)
	}
	if err := os.WriteFile(keyFile, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	tick <- time.Time{}
	cancel()
	<-done
	if serial, err := ask(next, &tls.Config{}); err != nil || serial != 2 {
		t.Fatal(serial, err)
	}
}

// TestCertificatesRefused: what is not served with.
func TestCertificatesRefused(t *testing.T) {
	t.Parallel()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	small, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	soon := time.Now().Add(time.Hour)
	f := func(want string, signer any, until time.Time, spoil func(certFile, keyFile string)) {
		t.Helper()
		certFile, keyFile, _ := certFiles(t, t.TempDir(), 1, signer, until)
		spoil(certFile, keyFile)
		if _, err := LoadCertificate(certFile, keyFile); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	same := func(string, string) {}
	f("1024 bits", weak, soon, same)
	f("less than 256", small, soon, same)
	f("it ended", testKeys().p256, time.Now().Add(-time.Hour), same)
	f("everybody may read", testKeys().p256, soon, func(_, keyFile string) { _ = os.Chmod(keyFile, 0o644) })
	f("it begins at", testKeys().p256, soon, func(certFile, _ string) { // tomorrow
		certFilesFrom(t, filepath.Dir(certFile), 2, testKeys().p256, time.Now().Add(24*time.Hour), time.Now().Add(48*time.Hour))
	})
	f("no such file", testKeys().p256, soon, func(certFile, _ string) { _ = os.Remove(certFile) })
	f("certificate", testKeys().p256, soon, func(certFile, _ string) { _ = os.WriteFile(certFile, []byte("x"), 0o600) })
}

// TestExposure: what other machines can reach takes credentials, and a certificate or a proxy.
func TestExposure(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	cert := &Certificate{}
	f := func(want bool, o Options) {
		t.Helper()
		o.Engine, o.Tenant = w.engine, "test"
		s, err := New(o)
		if err == nil {
			defer s.stop()
		}
		if (err == nil) != want || err != nil && !errors.Is(err, ErrNotLoopback) && !errors.Is(err, errProxyOpen) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	f(true, Options{Listen: "127.0.0.1:0"})
	f(false, Options{Listen: "0.0.0.0:0"})
	f(false, Options{Listen: "0.0.0.0:0", BehindProxy: true})
	f(false, Options{Listen: "127.0.0.1:0", BehindProxy: true}) // what a proxy sends comes from this machine
	w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	f(false, Options{Listen: "0.0.0.0:0"})
	f(true, Options{Listen: "0.0.0.0:0", BehindProxy: true})
	f(true, Options{Listen: ":8443", Certificate: cert})
	if _, err := NewAdmin(Options{Engine: w.engine, Tenant: "test", Listen: "0.0.0.0:0"}); !errors.Is(err, ErrNotLoopback) {
		t.Errorf("the operator's listener: %v", err)
	}
}

// TestAdmin: metrics and profiles for whoever is on the machine, on a listener of their own, and on no other then.
func TestAdmin(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	admin, err := NewAdmin(Options{Engine: w.engine, Tenant: "test", Version: "test", Logger: w.logger(), Metrics: w.server.metrics})
	if err != nil {
		t.Fatal(err)
	}
	h := &harness{t: t, server: admin, log: w.log, own: true}
	h.start()
	if r := h.get("/metrics").is(200, ""); !strings.Contains(string(r.body), "parley_") {
		t.Errorf("metrics %s", r.body)
	}
	if r := h.get("/readyz").is(200, ""); r.at("queue") != 0.0 {
		t.Errorf("ready %s", r.body)
	}
	for _, name := range []string{"heap", "goroutine", "allocs", "block", "mutex", "threadcreate"} {
		if r := h.get("/debug/pprof/"+name).is(200, ""); len(r.body) < 2 || r.body[0] != 0x1f || r.body[1] != 0x8b {
			t.Errorf("%s: %.20q", name, r.body)
		}
	}
	h.get("/debug/pprof/cmdline").is(404, codeNotFound)
	h.get("/debug/pprof/heap?seconds=1").is(404, codeNotFound)
	h.get("/debug/pprof/profile?seconds=31").is(422, codeInvalidValue)
	h.get("/debug/pprof/profile?seconds=x").is(400, codeInvalidQuery)
	h.get("/v1/cases/1004567").is(404, codeRouteNotFound)
	public, err := New(Options{Engine: w.engine, Tenant: "test", Admin: true})
	if err != nil {
		t.Fatal(err)
	}
	defer public.stop()
	if row, _, _ := public.router.find("GET", "/metrics"); row != nil {
		t.Error("metrics are on the public listener too")
	}
}
