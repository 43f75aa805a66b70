package server

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// proxyCorpus is a number of connections' bytes, drawn from what clients, proxies and attackers write.
func proxyCorpus(seed uint64, cases int) (list []string) {
	list = append(list, proxyClassics...)
	c := corpus{rand.New(rand.NewPCG(seed, 64))}
	for len(list) < cases {
		text := c.request()
		if c.IntN(4) == 0 {
			text += c.request()
		}
		list = append(list, text)
	}
	return list
}

// proxyClassics are the requests by which proxies were got around before.
var proxyClassics = []string{
	"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
	"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
	"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\nX-A: b\r\n\r\n",
	"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
	"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 45\r\n\r\n{}GET /v1/rules HTTP/1.1\r\nHost: localhost\r\n\r\n",
	"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2, 2\r\n\r\n{}",
	"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length : 45\r\n\r\nGET /v1/rules HTTP/1.1\r\nHost: localhost\r\n\r\n",
	"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent_Length: 45\r\nContent-Length: 2\r\n\r\n{}",
	"GET /v1/me HTTP/1.1\r\nHost: localhost\r\nContent-Length: 45\r\n\r\nGET /v1/rules HTTP/1.1\r\nHost: localhost\r\n\r\n",
	"GET /v1/me HTTP/1.1\nHost: localhost\n\n",
	"GET /v1/me HTTP/1.1\r\nHost: localhost\r\nX-A: b\n\r\nGET /v1/rules HTTP/1.1\r\nHost: localhost\r\n\r\n",
	"GET /v1/me HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n folded: c\r\n\r\n",
	"GET /docs/../v1/rules HTTP/1.1\r\nHost: localhost\r\n\r\n",
	"GET /docs/..%2fv1/rules HTTP/1.1\r\nHost: localhost\r\n\r\n",
	"GET /docs/%2e%2e/v1/rules HTTP/1.1\r\nHost: localhost\r\n\r\n",
	"GET //v1//rules HTTP/1.1\r\nHost: localhost\r\n\r\n",
	"GET /v1/%72ules HTTP/1.1\r\nHost: localhost\r\n\r\n",
	"GET /v1/rules;/../me HTTP/1.1\r\nHost: localhost\r\n\r\n",
	"GET /v1/rules#/../me HTTP/1.1\r\nHost: localhost\r\n\r\n",
	"GET /v1/me%3flimit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
	"GET http://localhost/v1/me HTTP/1.1\r\nHost: other.example\r\n\r\n",
	"GET http://other.example/v1/me HTTP/1.1\r\nHost: localhost\r\n\r\n",
	"GET /v1/me HTTP/1.1\r\nHost: localhost\r\nHost: other.example\r\n\r\n",
	"GET /v1/me HTTP/1.0\r\nHost: localhost\r\n\r\n",
	"GET /v1/me\r\n\r\n",
	"\r\nGET /v1/me HTTP/1.1\r\nHost: localhost\r\n\r\n",
	"POST /v1/holds HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nIdempotency_Key: b\r\nIdempotency-Key: a\r\nContent-Length: 2\r\n\r\n{}",
	"POST /v1/holds HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nIdempotency-Key: a\r\nContent-Length: 2\r\n\r\n{}",
}

// corpus draws requests.
type corpus struct{ *rand.Rand }

func (c corpus) one(list ...string) string { return list[c.IntN(len(list))] }

// mostly is the common thing, or one time in n something else.
func (c corpus) mostly(n int, common string, others ...string) string {
	if c.IntN(n) > 0 {
		return common
	}
	return c.one(others...)
}

func (c corpus) request() string {
	method := c.one("GET", "GET", "GET", "POST", "POST", "POST", "PUT", "PUT", "DELETE", c.one("HEAD", "get", "TRACE", "OPTIONS", "PATCH", "PURGE", "G\x00T"))
	end := c.mostly(60, "\r\n", "\n", "\r", "\r\r\n")
	line := method + c.mostly(60, " ", "  ", "\t") + c.target(method) + " " + c.mostly(30, "HTTP/1.1", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1", "HTTP/1.1 ", "HTTP/01.1")
	body := c.one("{}", `{"caseIds":["a"]}`, "GET /v1/rules HTTP/1.1\r\nHost: localhost\r\n\r\n", "")
	fields := []string{"Host: " + c.mostly(30, "localhost", "LOCALHOST:80", "localhost:x", "", "a b", "127.0.0.1", "other.example", "localhost, localhost")}
	if method == "POST" || method == "PUT" || c.IntN(10) == 0 {
		fields, body = c.framing(fields, body)
		fields = append(fields, "Content-Type: "+c.mostly(20, "application/json", "application/x-ndjson", "text/plain", "application/json; charset=utf-8", "application/json;charset=utf-16"))
	} else {
		body = ""
	}
	if method == "POST" || c.IntN(6) == 0 {
		fields = append(fields, c.mostly(20, "Idempotency-Key: ", "idempotency-key:", "Idempotency_Key: ", "Idempotency-Key : ", "Idempotency-Key:\t")+c.mostly(20, "key-1", "", "a b", "é", "k\x7f", "\"k\""))
	}
	for range c.IntN(3) {
		fields = append(fields, c.field())
	}
	c.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	return line + end + strings.Join(fields, end) + end + end + body
}

// framing adds the fields that say where the body ends, rightly or not, and writes the body so.
func (c corpus) framing(fields []string, body string) ([]string, string) {
	length := fmt.Sprintf("Content-Length: %d", len(body))
	chunked := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body)
	if body == "" {
		chunked = "0\r\n\r\n"
	}
	switch c.IntN(20) {
	case 0:
		return append(fields, c.one("Transfer-Encoding: chunked", "transfer-encoding:chunked", "Transfer-Encoding: Chunked", "Transfer-Encoding:\tchunked")), chunked
	case 1:
		return append(fields, c.one("Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, identity", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding : chunked",
			"Transfer_Encoding: chunked", "Transfer-Encoding: chunked\x0b", " Transfer-Encoding: chunked", "X: y\nTransfer-Encoding: chunked")), chunked
	case 2:
		return append(fields, length, "Transfer-Encoding: "+c.one("chunked", "identity", "x")), c.one(body, chunked)
	case 3:
		return append(fields, length, fmt.Sprintf("Content-Length: %d", c.IntN(60))), body
	case 4:
		return append(fields, c.one("Content-Length: +2", "Content-Length: 0x2", "Content-Length: 2, 2", "Content-Length: 2 2", "Content-Length: ", "Content-Length: 00002", "Content_Length: 2", "Content-Length : 2")), body
	}
	return append(fields, length), body
}

func (c corpus) field() string {
	if c.IntN(3) > 0 {
		return c.one("User-Agent: x", "X-Request-Id: abc", "Accept: application/json", "accept:*/*", "Cookie: a=b", "X-Forwarded-For: 10.0.0.1", "Range: bytes=0-1")
	}
	return c.one("Accept: application/json", "Accept: text/html", "Accept: */*;q=0", "accept:application/json", "If-Match: \"1\"", "If-Match: *", "If-Match: \"1\"\r\nIf-Match: \"2\"", "User-Agent: x", "X-Request-Id: abc",
		"Connection: close", "Connection: keep-alive", "Connection: Idempotency-Key", "Connection: Content-Length", "Expect: 100-continue", "Content-Encoding: gzip", "Content-Encoding: identity",
		"X-Forwarded-For: 10.0.0.1", "X-Original-URL: /v1/rules", "X-HTTP-Method-Override: DELETE", "Range: bytes=0-1", "Upgrade: h2c", "X-A: b\r\n c: d", "X A: b", "X(A): b", ": b", "X-A", "X-A:\x01", "X-A: \xff",
		"X-A: b\x00", "Keep-Alive: timeout=5", "Cookie: a=b", "Content-Type: text/plain", "Trailer: Host", "TE: trailers")
}

// target is a path that exists or one like it, and a query.
func (c corpus) target(method string) string {
	var fits []string
	for _, r := range routes() {
		if r.method == method || c.IntN(12) == 0 {
			fits = append(fits, r.path)
		}
	}
	fits = append(fits, "/v1/me", "/")
	path := strings.Replace(c.one(fits...), "{id}", c.mostly(8, "a-1", "A.b", "a%2fb", "a~b", "..", ".", "%2e%2e", "a;b", "a:b", "", "a%00", "é", "a b", "a\\b", "a'b", "%61", "a+b", "a%20b", "a%25b"), 1)
	if c.IntN(6) == 0 {
		at := c.IntN(len(path))
		at = max(strings.LastIndexByte(path[:at+1], '/'), 0)
		path = path[:at] + c.one("/.", "/x/..", "/", "/%2e", "/x/%2E%2e", "/..", "/%2f", "/;a", "/x/..;", "\\", "/%5c..", "/\t", "/*") + path[at:]
	}
	switch c.IntN(24) {
	case 0:
		path = strings.Replace(path, "v", "%76", 1)
	case 1:
		path = c.one("http://localhost", "http://other.example", "https://localhost:443", "//localhost", "localhost", "http:/", "HTTP://LOCALHOST") + path
	case 2:
		path += c.one("/", "#a", "%23a", "%3fa=b", ".", "%20", "%0d%0aX-A: b", "//")
	case 3:
		path = strings.ToUpper(path)
	}
	if c.IntN(5) == 0 {
		path += "?" + c.one("limit=1", "timeZone=UTC", "limit=1&limit=2", "limit=%31", "li%6dit=1", "limit=1#x", "timeZone=US/Eastern", "timeZone=US%2FEastern", "cursor=a+b", "cursor=a%2Bb",
			"cursor=a b", "", "?", "limit=1;cursor=2", "cursor=é", "cursor=%E9", "cursor=%00", "date=2020-05-18", "cursor=../../x", "cursor=//x/..", "view=mine&limit=2")
	}
	return path
}
