package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// No limit of the library is left at its default.
func TestEveryLimitIsSet(t *testing.T) {
	t.Parallel()
	s := newHarness(t, nil).server.http
	want := map[string]any{
		"Concurrency": maxConnections + roomSpare, "MaxRequestsPerConn": maxRequestsPerConnection,
		"ReadBufferSize": readBufferBytes, "WriteBufferSize": writeBufferBytes, "ReadTimeout": 5 * time.Second,
		"WriteTimeout": 10 * time.Second, "IdleTimeout": 60 * time.Second, "MaxIdleWorkerDuration": maxIdleWorker,
		"TCPKeepalive": true, "TCPKeepalivePeriod": tcpKeepAlive, "MaxRequestBodySize": 64 << 10,
		"SleepWhenConcurrencyLimitsExceeded": acceptPause, "DisablePreParseMultipartForm": true, "SecureErrorLogMessage": true,
		"NoDefaultServerHeader": true, "NoDefaultContentType": true, "CloseOnShutdown": true,
	}
	// What stays at zero stays so on purpose: connections per peer are bounded by our listener, no body streaming, no hijacking, keep-alive on, no TLS of our own,
	// normalised header names, and no deprecated option.
	zero := map[string]bool{"MaxConnsPerIP": true, "Name": true, "DisableKeepalive": true, "ReduceMemoryUsage": true, "GetOnly": true, "LogAllErrors": true,
		"DisableHeaderNamesNormalizing": true, "NoDefaultDate": true, "KeepHijackedConns": true, "StreamRequestBody": true,
		"MaxKeepaliveDuration": true, "TLSConfig": true, "FormValueFunc": true, "ConnState": true, "ContinueHandler": true}
	hooks := map[string]bool{"Handler": true, "ErrorHandler": true, "HeaderReceived": true, "ExpectHandler": true, "Logger": true}
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		value := v.Field(i)
		switch {
		case zero[f.Name] && !value.IsZero(), hooks[f.Name] && value.IsZero():
			t.Errorf("%s is %v", f.Name, value)
		case zero[f.Name], hooks[f.Name]:
		case want[f.Name] == nil:
			t.Errorf("%s is an option that this test does not know", f.Name)
		case !reflect.DeepEqual(value.Interface(), want[f.Name]):
			t.Errorf("%s is %v, want %v", f.Name, value, want[f.Name])
		}
	}
}

// Nothing of a call belongs to the transport: what handlers kept is still right after the buffers were used again.
func TestNothingBleeds(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var kept []*call
	keep := func(c *call) answer {
		mu.Lock()
		defer mu.Unlock()
		kept = append(kept, c)
		return answer{status: http.StatusOK, body: encode(map[string]string{"body": string(c.body)})}
	}
	h := newHarness(t, []route{{method: "POST", path: "/things/{id}", name: "keep", handle: keep, changes: true, maxBody: maxBodyBytes, query: []string{"q"}}})
	const clients, each = 16, 40
	var group sync.WaitGroup
	for i := range clients {
		group.Go(func() {
			for k := range each {
				mark := fmt.Sprintf("m-%d-%d-%s", i, k, strings.Repeat("x", (i*37+k*11)%40))
				got := h.do("POST", "/things/"+mark+"?q="+mark, `{"m":"`+mark+`"}`, "Idempotency-Key", mark, "X-Request-Id", mark)
				if got.header.Get("X-Request-Id") != mark || got.text("body") != `{"m":"`+mark+`"}` {
					t.Errorf("%s: got %s, %s", mark, got.header, got.body)
				}
			}
		})
	}
	group.Wait()
	if len(kept) != clients*each {
		t.Errorf("%d calls", len(kept))
	}
	for _, c := range kept {
		if string(c.body) != `{"m":"`+c.id+`"}` || c.key != c.id || c.requestID != c.id || c.query["q"] != c.id || c.host != "localhost" ||
			c.accept != "" {
			t.Fatalf("a kept call shows another's bytes: %+v %s", c, c.body)
		}
	}
}

// A panic in a handler is answered 500 and logged with its stack, but without the request's bytes; the process lives.
func TestPanicIsAnswered(t *testing.T) {
	t.Parallel()
	var ran atomic.Int64
	h := newHarness(t, echoRows(&ran))
	r := h.get("/panic", "X-Request-Id", "req-1").is(http.StatusInternalServerError, codeInternal)
	if r.header.Get("X-Request-Id") != "req-1" {
		t.Errorf("request id %q", r.header.Get("X-Request-Id"))
	}
	h.get("/ok").is(http.StatusOK, "")
	log := h.log.String()
	if !strings.Contains(log, "echoRows") || !strings.Contains(log, "req-1") || strings.Contains(log, "Zebra-Canary") {
		t.Errorf("log: %s", log)
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	var ran atomic.Int64
	h := newHarness(t, echoRows(&ran))
	f := func(sent string, kept bool) {
		t.Helper()
		r := h.get("/ok", "X-Request-Id", sent)
		got := r.header.Get("X-Request-Id")
		if (got == sent) != kept || !isRequestID(got) || r.text("requestId") != got {
			t.Errorf("%q: %q", sent, got)
		}
	}
	f("a.B_c-9", true)
	f(strings.Repeat("a", 64), true)
	f(strings.Repeat("a", 65), false)
	f("", false)
	f("a b", false)
	f("a/b", false)
}

// The log tells route, status and request id, never targets, headers, bodies or what the library complains about.
func TestLogTellsNothing(t *testing.T) {
	t.Parallel()
	var ran atomic.Int64
	h := newHarness(t, echoRows(&ran))
	const canary = "Zebra-Canary"
	h.get("/things/"+canary).is(http.StatusOK, "")
	h.get("/"+canary).is(http.StatusNotFound, codeRouteNotFound)
	h.get("/ok?name="+canary).is(http.StatusOK, "")
	h.get("/ok?"+canary+"=1").is(http.StatusBadRequest, codeInvalidQuery)
	h.post("/change", `{"a":"`+canary+`"}`, "Idempotency-Key", canary, "User-Agent", canary, "Authorization", canary).is(http.StatusOK, "")
	raw(t, h.listenTCP(), "GET /"+canary+" HTTP/1.1\r\nHost: "+canary+"\x00\r\n\r\n")
	raw(t, h.listenTCP(), canary+"\r\n\r\n")
	h.server.http.Logger.Printf("%s", canary)
	log := h.log.String()
	if strings.Contains(log, canary) || !strings.Contains(log, "route=getThing status=200") || !strings.Contains(log, "route=none status=404") {
		t.Errorf("log: %s", log)
	}
}

// Slow heads and slow bodies are cut by the deadline and answered 408; a client that goes away has no effect.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	var ran atomic.Int64
	h := newHarness(t, echoRows(&ran))
	h.server.http.ReadTimeout = 300 * time.Millisecond
	address := h.listenTCP()
	f := func(request string) {
		t.Helper()
		got := raw(t, address, request)
		if len(got) != 1 || got[0].StatusCode != http.StatusRequestTimeout || !got[0].Close {
			t.Errorf("%q: %v", request, got)
		}
	}
	f("GET /ok HTTP/1.1\r\nHost: loc")
	f(head("POST /echo HTTP/1.1", "Content-Type: application/json", "Content-Length: 10") + "{")
	f("GET /ok HTTP/1.1\nHost: localhost\n")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(conn, head("POST /echo HTTP/1.1", "Content-Type: application/json", "Content-Length: 10")+"{")
	if err = errors.Join(err, conn.Close()); err != nil {
		t.Fatal(err)
	}
	h.get("/ok").is(http.StatusOK, "")
	if n := ran.Load(); n != 1 {
		t.Errorf("%d handlers ran", n)
	}
}

// An import may be larger than other bodies, and the limit does not stick to the connection.
func TestImportLimit(t *testing.T) {
	t.Parallel()
	var ran atomic.Int64
	h := newHarness(t, echoRows(&ran))
	large := strings.Repeat("x", 1<<20)
	h.post("/v1/import", large, "Content-Type", typeNDJSON).is(http.StatusOK, "")
	h.post("/echo", large).is(http.StatusRequestEntityTooLarge, codeBodyTooLarge)
	head := fasthttp.RequestHeader{}
	head.SetMethod("POST")
	head.SetRequestURI("/v1/import")
	head.SetContentLength(maxImportBytes)
	if c := h.server.limitsOf(&head); c.MaxRequestBodySize != 64<<20 || c.ReadTimeout < 100*time.Second || c.ReadTimeout > importReadTimeout || c.WriteTimeout != importWriteTimeout {
		t.Errorf("limits of an import: %+v", c)
	}
	head.SetContentLength(1000)
	if c := h.server.limitsOf(&head); c.ReadTimeout < readTimeout || c.ReadTimeout > readTimeout+10*time.Millisecond {
		t.Errorf("a small import may take %v", c.ReadTimeout)
	}
	head.SetRequestURI("/echo")
	if c := h.server.limitsOf(&head); c != (fasthttp.RequestConfig{}) {
		t.Errorf("limits of others: %+v", c)
	}
}

// Only so many imports run at a time; others are refused, and everything else goes on.
func TestImportsAreBounded(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	h := newHarness(t, []route{
		{method: "POST", path: "/import", name: "import", maxBody: maxImportBytes, contentType: typeNDJSON, handle: func(*call) answer {
			entered <- struct{}{}
			<-release
			return answer{status: http.StatusOK, body: encode("done")}
		}},
		{method: "GET", path: "/ok", name: "ok", handle: func(*call) answer { return answer{status: http.StatusOK, body: encode("ok")} }},
	})
	var group sync.WaitGroup
	for range maxImports - 1 { // the last is for another tenant
		group.Go(func() { h.post("/import", "x", "Content-Type", typeNDJSON).is(http.StatusOK, "") })
		<-entered
	}
	r := h.post("/import", "x", "Content-Type", typeNDJSON).is(http.StatusServiceUnavailable, codeOverloaded)
	if r.header.Get("Retry-After") == "" {
		t.Errorf("headers %v", r.header)
	}
	h.get("/ok").is(http.StatusOK, "")
	close(release)
	group.Wait()
	go func() { <-entered }()
	h.post("/import", "x", "Content-Type", typeNDJSON).is(http.StatusOK, "")
}

// Expect: 100-continue is answered, and a body that would be too large is refused.
func TestExpectContinue(t *testing.T) {
	t.Parallel()
	var ran atomic.Int64
	address := newHarness(t, echoRows(&ran)).listenTCP()
	fields := []string{"Content-Type: application/json", "Expect: 100-continue"}
	got := raw(t, address, head("POST /echo HTTP/1.1", append(fields, "Content-Length: 1073741824")...))
	if last := got[len(got)-1]; last.StatusCode != http.StatusRequestEntityTooLarge || !last.Close {
		t.Errorf("1 GiB: %v", got)
	}
	got = raw(t, address, head("POST /echo HTTP/1.1", append(fields, "Content-Length: 2", "Connection: close")...)+"{}")
	if len(got) != 2 || got[0].StatusCode != http.StatusContinue || got[1].StatusCode != http.StatusOK {
		t.Errorf("2 bytes: %v", got)
	}
}

// A thousand pipelined requests are answered in order on one connection.
func TestPipeline(t *testing.T) {
	t.Parallel()
	var ran atomic.Int64
	address := newHarness(t, echoRows(&ran)).listenTCP()
	var request bytes.Buffer
	for i := range 1000 {
		fmt.Fprintf(&request, "GET /things/%d HTTP/1.1\r\nHost: localhost\r\n\r\n", i)
	}
	got := raw(t, address, request.String()+endOK)
	if len(got) != 1001 {
		t.Fatalf("%d answers", len(got))
	}
	for i, r := range got[:1000] {
		if body, _ := io.ReadAll(r.Body); !strings.Contains(string(body), fmt.Sprintf(`"id":"%d"`, i)) {
			t.Fatalf("answer %d: %s", i, body)
		}
	}
}

// Shutdown lets what is under way finish and then closes everything.
func TestShutdownDrains(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	h := newHarness(t, []route{{method: "GET", path: "/slow", name: "slow", handle: func(c *call) answer {
		close(entered)
		<-release
		if c.wait().Err() != nil {
			return refuse(&problem{code: codeShuttingDown})
		}
		return answer{status: http.StatusOK, body: encode("done")}
	}}})
	got := make(chan reply, 1)
	go func() { got <- h.get("/slow") }()
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- h.server.Shutdown(context.Background()) }()
	for { // the listener is closed before the drain begins
		if conn, err := h.listen.Dial(); err != nil {
			break
		} else if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
	}
	close(release)
	if r := <-got; r.status != http.StatusOK || string(r.body) != `"done"` {
		t.Errorf("answered %d %s", r.status, r.body)
	}
	if err := <-stopped; err != nil {
		t.Errorf("shutdown: %v", err)
	}
}

// Without credentials nobody but this machine is let in, and nothing but a loopback address is listened on.
func TestLoopbackOnly(t *testing.T) {
	t.Parallel()
	var ran atomic.Int64
	h := newHarness(t, echoRows(&ran))
	for _, peer := range []net.Addr{&net.TCPAddr{IP: net.IPv4(10, 0, 0, 1)}, &net.TCPAddr{IP: net.ParseIP("2001:db8::1")}, nil, &net.UnixAddr{Name: "x"}} {
		conn, err := h.listen.DialWithLocalAddr(peer)
		if err != nil {
			t.Fatal(err)
		}
		client := fasthttp.HostClient{Addr: "localhost", Dial: func(string) (net.Conn, error) { return conn, nil }}
		status, body, err := client.Get(nil, "http://localhost/ok")
		if err != nil || status != http.StatusForbidden || !bytes.Contains(body, []byte(codeLoopbackOnly)) {
			t.Errorf("peer %v: %d %s %v", peer, status, body, err)
		}
	}
	if ran.Load() != 0 {
		t.Error("a handler ran")
	}
	for _, address := range []string{"0.0.0.0:80", ":80", "[::]:80", "10.0.0.1:80", "example.com:80", "localhost.example:80"} {
		if err := CheckListen(address, false); !errors.Is(err, ErrNotLoopback) {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{"127.0.0.1:80", "[::1]:0", "localhost:8080", "127.8.8.8:1"} {
		if err := CheckListen(address, false); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	if err := CheckListen("127.0.0.1", false); err == nil {
		t.Error("an address without a port is taken")
	}
	if l, err := net.Listen("tcp", "0.0.0.0:0"); err == nil {
		defer l.Close()
		if err := h.server.Serve(l); !errors.Is(err, ErrNotLoopback) {
			t.Errorf("served %s: %v", l.Addr(), err)
		}
	}
}
