package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/valyala/fasthttp/fasthttputil"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// harness is a running server for tests: an in-memory listener on a loopback address, a client, and the log.
// Every answer of the real table that comes through do is held to the served OpenAPI document.
type harness struct {
	t      testing.TB
	server *Server
	listen *fasthttputil.InmemoryListener
	client *http.Client
	log    *logBuffer
	served []chan error // of each listener
	own    bool         // the table is a test's own: answers are not held to the document
}

// logBuffer keeps what the server logs.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// newHarness serves rows without an engine: for tests of the transport alone.
func newHarness(t testing.TB, rows []route) *harness {
	t.Helper()
	h := &harness{t: t, log: &logBuffer{}, own: true}
	for i := range rows {
		rows[i].allow = &forEverybody
	}
	h.server = newServer(Options{Tenant: "test", Version: "test", Logger: h.logger()}, rows)
	h.server.read = func() (*engine.Snapshot, slots.Instant) { return nil, 0 }
	h.start()
	return h
}

func (h *harness) logger() *slog.Logger { return slog.New(slog.NewTextHandler(h.log, nil)) }

// start serves h.server in memory and makes the client.
func (h *harness) start() {
	h.listen = fasthttputil.NewInmemoryListener()
	h.listen.SetLocalAddr(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80})
	h.serve(h.listen)
	transport := &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			return h.listen.DialWithLocalAddr(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4242})
		},
		DisableCompression: true, MaxIdleConnsPerHost: 64,
	}
	h.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	h.t.Cleanup(func() {
		transport.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := h.server.Shutdown(ctx); err != nil {
			h.t.Errorf("shutdown: %v", err)
		}
		for _, served := range h.served {
			if err := <-served; err != nil {
				h.t.Errorf("serve: %v", err)
			}
		}
	})
}

func (h *harness) serve(l net.Listener) {
	served := make(chan error, 1)
	h.served = append(h.served, served)
	go func() { served <- h.server.Serve(l) }()
}

// reply is an answer as a client sees it.
type reply struct {
	t      testing.TB
	status int
	header http.Header
	body   []byte
}

// do sends a request. Headers come as name, value pairs; a body goes as JSON unless they say otherwise.
func (h *harness) do(method, target, body string, headers ...string) reply {
	h.t.Helper()
	req, err := http.NewRequest(method, "http://localhost"+target, nil)
	if err != nil {
		h.t.Fatalf("%s %s: %v", method, target, err)
	}
	if body != "" {
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader([]byte(body))), int64(len(body))
		req.Header.Set("Content-Type", typeJSON)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return h.send(req, []byte(body))
}

func (h *harness) send(req *http.Request, body []byte) reply {
	h.t.Helper()
	res, err := h.client.Do(req)
	if err != nil {
		h.t.Fatalf("%s %s: %v", req.Method, req.URL.Path, err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatalf("%s %s: %v", req.Method, req.URL.Path, err)
	}
	r := reply{t: h.t, status: res.StatusCode, header: res.Header, body: got}
	if !h.own {
		validate(h.t, req, body, r)
	}
	return r
}

// get, post and put are do for the common cases; post adds a fresh Idempotency-Key.
func (h *harness) get(target string, headers ...string) reply {
	h.t.Helper()
	return h.do("GET", target, "", headers...)
}

func (h *harness) post(target, body string, headers ...string) reply {
	h.t.Helper()
	return h.do("POST", target, body, append([]string{"Idempotency-Key", newID("key")}, headers...)...)
}

func (h *harness) put(target, body string, headers ...string) reply {
	h.t.Helper()
	return h.do("PUT", target, body, headers...)
}

// is fails the test unless the answer has a status and, for a problem, a code.
func (r reply) is(status int, code string) reply {
	r.t.Helper()
	if r.status != status || (code != "" && r.text("code") != code) {
		r.t.Fatalf("answered %d %s, want %d %s", r.status, r.body, status, code)
	}
	return r
}

// json is the body as a map.
func (r reply) json() map[string]any {
	r.t.Helper()
	var m map[string]any
	if err := json.Unmarshal(r.body, &m); err != nil {
		r.t.Fatalf("body %q: %v", r.body, err)
	}
	return m
}

// text is a string member of the body, "" if there is none.
func (r reply) text(name string) string {
	r.t.Helper()
	s, _ := r.json()[name].(string)
	return s
}

// listenTCP serves h.server on a real loopback socket as well and returns its address.
func (h *harness) listenTCP() string {
	h.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	h.serve(l)
	return l.Addr().String()
}

// raw sends bytes as they are over a real socket and reads all answers until the server closes the connection
// or, if it keeps it open, until a final GET /ok with Connection: close has been answered as well.
func raw(t testing.TB, address, request string) []*http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte(request)); err != nil {
		t.Fatalf("write: %v", err)
	}
	return answersOn(conn)
}

// answersOn reads whole answers until one closes the connection or none comes any more.
func answersOn(conn net.Conn) (out []*http.Response) {
	in := bufio.NewReader(conn)
	for {
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			return out
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return out
		}
		res.Body = io.NopCloser(bytes.NewReader(body))
		out = append(out, res)
		if res.Close {
			return out
		}
	}
}
