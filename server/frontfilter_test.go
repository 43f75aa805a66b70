package server

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// echoRows are routes for tests of the transport: they count how often a handler ran.
func echoRows(ran *atomic.Int64) []route {
	ok := func(c *call) answer {
		ran.Add(1)
		return answer{status: http.StatusOK, body: encode(map[string]any{"id": c.id, "query": c.query, "body": string(c.body),
			"key": c.key, "ifMatch": c.ifMatch, "requestId": c.requestID})}
	}
	return []route{
		{method: "GET", path: "/ok", name: "ok", handle: ok, query: []string{"limit", "name"}},
		{method: "POST", path: "/echo", name: "echo", handle: ok, maxBody: maxBodyBytes, versioned: true},
		{method: "POST", path: "/change", name: "change", handle: ok, changes: true, maxBody: maxBodyBytes},
		{method: "GET", path: "/things/{id}", name: "getThing", handle: ok},
		{method: "DELETE", path: "/things/{id}", name: "deleteThing", handle: ok, versioned: true},
		{method: "POST", path: "/things/known", name: "postKnown", handle: ok, maxBody: maxBodyBytes},
		{method: "POST", path: "/v1/import", name: "import", handle: ok, changes: true, maxBody: maxImportBytes, contentType: typeNDJSON},
		{method: "GET", path: "/panic", name: "panic", handle: func(*call) answer { panic("Zebra-Canary") }},
	}
}

// head builds a request: lines end in CRLF, Host is added.
func head(line string, more ...string) string {
	return line + "\r\nHost: localhost\r\n" + strings.Join(append(more, "", ""), "\r\n")
}

const endOK = "GET /ok HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

// rawCase sends one nasty request over a socket. The answer has one of the statuses; shut says that the
// connection must be closed and nothing after the request be run, else a good request behind it is answered too.
func rawCase(t *testing.T, address string, ran *atomic.Int64, request string, shut bool, statuses ...int) {
	t.Helper()
	before := ran.Load()
	got := raw(t, address, request+endOK)
	name := request[:min(len(request), 60)]
	if len(got) == 0 {
		t.Errorf("%q: no answer", name)
		return
	}
	status := got[0].StatusCode
	found := false
	for _, s := range statuses {
		found = found || s == status
	}
	body, _ := io.ReadAll(got[0].Body)
	if !found {
		t.Errorf("%q: %d %s, want %d", name, status, body, statuses)
	}
	if kind := got[0].Header.Get("Content-Type"); status >= 400 && kind != typeProblem {
		t.Errorf("%q: %d with content type %q", name, status, kind)
	}
	if status >= 400 && got[0].Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%q: %d may be stored", name, status)
	}
	wantRuns, wantAnswers := int64(1), 2
	if shut {
		wantRuns, wantAnswers = 0, 1
	}
	if runs := ran.Load() - before; status >= 400 && (runs != wantRuns || len(got) != wantAnswers || got[0].Close != shut) {
		t.Errorf("%q: %d answers, %d handlers ran, closed %v; want %d, %d, %v", name, len(got), runs, got[0].Close, wantAnswers, wantRuns, shut)
	}
}

// Rows 1 to 18 and 53, 55, 64 of the list of nasty inputs, over a real socket. The rows run one after the other
// because each counts the handlers that ran.
func TestNastyRequests(t *testing.T) {
	t.Parallel()
	var ran atomic.Int64
	address := newHarness(t, echoRows(&ran)).listenTCP()
	f := func(request string, shut bool, statuses ...int) {
		t.Helper()
		rawCase(t, address, &ran, request, shut, statuses...)
	}
	nastyFraming(f)
	nastyHeads(f)
	nastyTargets(f)
	nastyFields(f)
}

type nasty func(request string, shut bool, statuses ...int)

func nastyFraming(f nasty) {
	smuggled := "0\r\n\r\nGET /things/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
	f(head("POST /echo HTTP/1.1", "Content-Type: application/json", fmt.Sprintf("Content-Length: %d", len(smuggled)), "Transfer-Encoding: chunked")+smuggled, true, 411)
	f(head("POST /echo HTTP/1.1", "Transfer-Encoding: chunked", "Content-Length: 6", "Content-Type: application/json")+smuggled, true, 411)
	f(head("POST /echo HTTP/1.1", "Content-Type: application/json", "transfer-encoding: chunked")+"2\r\n{}\r\n0\r\n\r\n", true, 411)
	f(head("POST /echo HTTP/1.1", "Content-Type: application/json", "Transfer-Encoding: identity", "Content-Length: 2")+"{}", true, 411)
	f(head("GET /ok HTTP/1.1", "Transfer-Encoding: chunked")+"0\r\n\r\n", true, 411)
	for _, te := range []string{"xchunked", "gzip, chunked", "chunked, identity", "\tchunked\v"} {
		f(head("POST /echo HTTP/1.1", "Content-Type: application/json", "Transfer-Encoding: "+te)+"2\r\n{}\r\n0\r\n\r\n", true, 400, 411)
	}
	f(head("POST /echo HTTP/1.1", "Content-Type: application/json", "Transfer-Encoding: chunked")+"ffffffffffffffffff\r\n{}", true, 400, 411)
	f("POST /echo HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", true, 400)
	f(head("POST /echo HTTP/1.1", "Content-Type: application/json", "Content-Length: 2", "Content-Length: 2")+"{}", true, 400)
	for _, length := range []string{"4, 4", "+2", "-1", "0x2", "100000000000000000000000", "", "2 2", "２"} {
		f(head("POST /echo HTTP/1.1", "Content-Type: application/json", "Content-Length: "+length)+"{}", true, 400, 413)
	}
	f(head("POST /echo HTTP/1.1", "Content-Type: application/json", "Content-Length : 2")+"{}", true, 400)
	f(head("POST /echo HTTP/1.1", "Content-Type: application/json")+"{}", true, 411)
	f(head("POST /echo HTTP/1.1", "Content-Type: application/json", "Content-Length: 65537")+strings.Repeat("a", 65537), true, 413)
	f(head("POST /echo HTTP/1.1", "Content-Type: application/json", "Content-Length: 1073741824"), true, 413)
	f(head("POST /echo HTTP/1.1", "Content-Type: application/json", "Content-Length: 4194304")+strings.Repeat("a", 4<<20), true, 413)
	f(head("GET /ok HTTP/1.1", "Content-Length: 5")+"GET /", true, 400)
	f(head("DELETE /things/a HTTP/1.1", "Content-Length: 2")+"{}", true, 400)
	f(head("POST /none HTTP/1.1", "Content-Length: 2")+"{}", true, 404)
	f(head("GET /ok HTTP/1.1", "Content-Length: 0"), false, 200)
}

func nastyHeads(f nasty) {
	f(head("GET /ok HTTP/9.9"), true, 505)
	f(head("GET /ok HTTP/1.0"), true, 505)
	f("GET /ok\r\n\r\n", true, 400)
	f(head("GET /ok HTTP/1.1", "X-A: b\r\n folded: yes"), true, 400)
	f(head("GET /ok HTTP/1.1", "X-A: b\x00c"), true, 400)
	f(head("GET /ok HTTP/1.1", "X-A: b\rc"), true, 400)
	f("GET /ok HTTP/1.1\nHost: localhost\n\n", true, 400)
	f("GET /ok HTTP/1.1\r\nHost: localhost\nX-A: b\r\n\r\n", true, 400)
	f(head("GET /ok HTTP/1.1", "no colon"), true, 400)
	f(head("GET /ok HTTP/1.1", " X-A: b"), true, 400)
	for _, method := range []string{"TRACE", "get", "FOO", "PATCH", "OPTIONS", "QUERY"} {
		f(head(method+" /ok HTTP/1.1"), true, 405)
	}
	f(head("OPTIONS * HTTP/1.1"), true, 405)
	f("CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n", true, 405)
	f(head("DELETE /ok HTTP/1.1"), false, 405)
	f("GET /ok HTTP/1.1\r\n\r\n", true, 400)
	f("GET /ok HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", true, 400)
	for _, host := range []string{"", "localhost/x", "a b", "user@localhost", "[::1", "[::1]x", "localhost:", "localhost:x", "localhost:999999", "*"} {
		f("GET /ok HTTP/1.1\r\nHost: "+host+"\r\n\r\n", true, 400)
	}
	for _, host := range []string{"parley.example", "127.0.0.1.example", "10.0.0.1", "[fe80::1]:80"} {
		f("GET /ok HTTP/1.1\r\nHost: "+host+"\r\n\r\n", true, 403)
	}
	for _, host := range []string{"localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:65535", "demo.localhost"} {
		f("GET /ok HTTP/1.1\r\nHost: "+host+"\r\n\r\n", false, 200)
	}
	f(head("GET /ok HTTP/1.1", "X-Big: "+strings.Repeat("a", 9<<10)), true, 431)
	f(head("GET /ok HTTP/1.1", "X-Big: "+strings.Repeat("a", 40<<10)), true, 431)
	f(head("GET /ok HTTP/1.1", strings.TrimSuffix(strings.Repeat("X-A: b\r\n", 500), "\r\n")), true, 431)
	f(head("GET /ok HTTP/1.1", strings.TrimSuffix(strings.Repeat("X-A: b\r\n", maxHeaderFields), "\r\n")), true, 431)
	f(head("GET /ok HTTP/1.1", strings.TrimSuffix(strings.Repeat("X-A: b\r\n", maxHeaderFields-1), "\r\n")), false, 200)
}

func nastyTargets(f nasty) {
	for _, target := range []string{"http://other.example/ok", "http://localhost/ok", "*", "ok", "?limit=1"} {
		f(head("GET "+target+" HTTP/1.1"), true, 400)
	}
	for _, target := range []string{"/v1/../ok", "/%2e%2e/ok", "//ok", "/ok//", "/ok/", "/ok;x=1", "/./ok", "/ok/..", "/ok#x",
		"/things/a%2fb", "/things/a%00", "/things/%zz", "/things/%ff", "/things/a:b", "/things/a\\b", "/things/a~b", "/things/", "/things/.",
		"/things/" + strings.Repeat("a", 65), "/things/\u202e", "/things/\U0001f600", "/things/a%20b", "/things/a'b", "/things/a,b"} {
		f(head("GET "+target+" HTTP/1.1"), false, 400)
	}
	f(head("GET /ok x HTTP/1.1"), true, 400)
	f(head("GET /things/a/b HTTP/1.1"), false, 404)
	f(head("GET /none HTTP/1.1"), false, 404)
	f(head("GET /OK HTTP/1.1"), false, 404)
	f(head("GET /things/"+strings.Repeat("a", 64)+" HTTP/1.1"), false, 200)
	f(head("GET /"+strings.Repeat("a", 1<<10)+" HTTP/1.1"), true, 414)
	f(head("GET /"+strings.Repeat("a", 9<<10)+" HTTP/1.1"), true, 414)
	f(head("GET /ok?limit="+strings.Repeat("1", 9<<10)+" HTTP/1.1"), true, 414)
	for _, query := range []string{"limit=1&limit=9", "Limit=1", "unknown=1", "limit", "limit=1&", "&", "limit=1;name=x", "name=a;b", "name=a|b", "name={a}", "name=a+b", "name=%zz",
		"name=%ff", "name=%00", "name=%0a", "name=a=b", "name=é", "name=%E2%82", "limit=1#x", "=", "name=%"} {
		f(head("GET /ok?"+query+" HTTP/1.1"), false, 400)
	}
	for _, query := range []string{"", "limit=", "limit=1&name=a%2Bb%20c%C3%A9", "name=a/b:c?d"} {
		f(head("GET /ok?"+query+" HTTP/1.1"), false, 200)
	}
	f(head("POST /echo?limit=1 HTTP/1.1", "Content-Type: application/json", "Content-Length: 2")+"{}", false, 400)
}

func nastyFields(f nasty) {
	body := func(line string, fields ...string) string {
		return head(line, append(fields, "Content-Length: 2")...) + "{}"
	}
	for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "application/json; charset=utf-16",
		"application/json; charset=utf-8; v=1", "application/jsonx", "application/json;", "application/json, application/json"} {
		f(body("POST /echo HTTP/1.1", "Content-Type: "+media), false, 415)
	}
	f(body("POST /echo HTTP/1.1"), false, 415)
	f(body("POST /echo HTTP/1.1", "Content-Type: application/json", "Content-Type: application/json"), true, 400)
	f(body("POST /echo HTTP/1.1", "Content-Type: application/json", "Content-Encoding: gzip"), false, 415)
	for _, media := range []string{"application/json", "Application/JSON", "application/json; charset=utf-8", `application/json;charset="UTF-8"`} {
		f(body("POST /echo HTTP/1.1", "Content-Type: "+media, "Content-Encoding: identity"), false, 200)
	}
	for _, accept := range []string{"text/xml", "application/json;q=0", "*/*;q=0", "application/*;q=0.0, */*", "text/html, image/*", "application/json;q=x"} {
		f(head("GET /ok HTTP/1.1", "Accept: "+accept), false, 406)
	}
	for _, accept := range []string{"*/*", "application/json", "text/html, application/*;q=0.1", "", "text/xml, */*;q=0.1", "application/json;v=1;q=1"} {
		f(head("GET /ok HTTP/1.1", "Accept: "+accept, "Range: bytes=0-1"), false, 200)
	}
	for _, connection := range []string{"close", "Close", "keep-alive, close", "close\r\nConnection: keep-alive", "close\r\nConnection: X-A", " close ,x"} {
		f(head("GET /none HTTP/1.1", "Connection: "+connection), true, 404)
	}
	f(head("GET /none HTTP/1.1", "Connection: closed, x-close"), false, 404)
	json := "Content-Type: application/json"
	for _, key := range []string{"", strings.Repeat("k", 256), "a b", "é"} {
		f(body("POST /change HTTP/1.1", json, "Idempotency-Key: "+key), false, 400)
	}
	f(body("POST /change HTTP/1.1", json, "Idempotency-Key: a\x7fb"), true, 400)
	f(body("POST /change HTTP/1.1", json), false, 400)
	f(body("POST /change HTTP/1.1", json, "Idempotency-Key: a", "Idempotency-Key: b"), true, 400)
	f(body("POST /change HTTP/1.1", json, "Idempotency-Key: "+strings.Repeat("k", 255)), false, 200)
	f(body("POST /echo HTTP/1.1", json, "Idempotency-Key: a b"), false, 200)
	for _, tag := range []string{"*", `W/"1"`, `"1", "2"`, "17", `"0"`, `"-1"`, `"+1"`, `"01"`, `"1`, `1"`, `""`, `"x"`, `"18446744073709551616"`, ""} {
		f(head("DELETE /things/a HTTP/1.1", "If-Match: "+tag), false, 400)
	}
	f(head("GET /things/a HTTP/1.1", `If-Match: "1"`), false, 400)
	f(head("DELETE /things/a HTTP/1.1", `If-Match: "18446744073709551615"`), false, 200)
}
