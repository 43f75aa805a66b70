package server

import (
	"bytes"
	"crypto/tls"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/parleyhq/parley/engine"
)

// TestLineWatch: whatever pieces bytes come in, a bare LF behind a request line is found if it is there.
func TestLineWatch(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	words := []string{"HTTP/1.1\n", "HTTP/1.1\r\n", "HTTP/1.1", "\n", "HTTP/1.", "1", "GET / ", "\r\n", "H", "HTTP/1.HTTP/1.1"}
	both := [2]int{}
	for range 3000 {
		var all []byte
		for range random.IntN(8) {
			all = append(all, words[random.IntN(len(words))]...)
		}
		var w lineWatch
		for rest := all; len(rest) > 0; {
			n := 1 + random.IntN(min(len(rest), 12))
			w.look(rest[:n])
			rest = rest[n:]
		}
		want := bytes.Contains(all, bareEnd)
		if w.bareLine() != want {
			t.Fatalf("seed %d: %q: found %t", seed, all, w.found)
		}
		if want {
			both[1]++
		} else {
			both[0]++
		}
	}
	if both[0] < 300 || both[1] < 300 {
		t.Errorf("%v", both)
	}
}

// TestBareLineWithinTLS: what comes out of TLS is looked at, not what goes into it.
func TestBareLineWithinTLS(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	certFile, keyFile, pool := certFiles(t, t.TempDir(), 1, testKeys().p256, time.Now().Add(time.Hour))
	cert, err := LoadCertificate(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	w.server.certificate, w.server.exposed = cert, true
	conn, err := tls.Dial("tcp", w.listenTCP(), &tls.Config{RootCAs: pool, ServerName: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("GET /healthz HTTP/1.1\nHost: localhost\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if got := answersOn(conn); len(got) != 1 || got[0].StatusCode != 400 || !got[0].Close {
		t.Errorf("answered %v", got)
	}
}
