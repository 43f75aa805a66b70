package server

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A path that is taken means the same to every reader: it decodes to itself and is clean.
func FuzzTarget(f *testing.F) {
	for _, s := range []string{"/", "/v1/holds/a", "/v1/../x", "//a", "/a%2fb", "/a;b", "/a?b=c", "/a?b=%41&c=d+e", "http://x/y", "/a#b", "/a\\b", "/é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, target string) {
		got, _, no := splitTarget(target)
		if no != nil {
			if code := no.problem.code; code != codeInvalidTarget && code != codeTargetTooLong {
				t.Fatalf("%q: %s", target, code)
			}
			return
		}
		u, err := url.ParseRequestURI(got)
		if err != nil || u.Path != got || u.EscapedPath() != got || path.Clean(got) != got {
			t.Fatalf("%q: path %q is %v to net/url, %v", target, got, u, err)
		}
	})
}

// A query that is taken has the same values for net/url.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{"", "a=1", "a=1&b=2", "a=1&a=2", "a=%2B", "a=b+c", "a=%ff", "a", "=", "a=1;b=2", "%61=1", "a=%E2%82%AC"} {
		f.Add(s)
	}
	names := []string{"a", "b", "limit"}
	f.Fuzz(func(t *testing.T, raw string) {
		got, no := readQuery(raw, names)
		if no != nil {
			if no.problem.code != codeInvalidQuery || strings.Contains(string(no.problem.document()), "Zebra") {
				t.Fatalf("%q: %s", raw, no.problem.document())
			}
			return
		}
		want, err := url.ParseQuery(raw)
		if err != nil || len(want) != len(got) {
			t.Fatalf("%q: %v, net/url has %v %v", raw, got, want, err)
		}
		for name, value := range got {
			if !slices.Contains(names, name) || !slices.Equal(want[name], []string{value}) {
				t.Fatalf("%q: %s is %q, net/url has %q", raw, name, value, want[name])
			}
		}
	})
}

// Whatever bytes arrive, the server answers whole HTTP answers, never with 500, each problem as a problem document,
// and runs no more handlers than it gives answers.
func FuzzRequest(f *testing.F) {
	var ran atomic.Int64
	h := newHarness(f, echoRows(&ran))
	h.server.http.ReadTimeout = 50 * time.Millisecond
	f.Add([]byte(endOK))
	f.Add([]byte(head("POST /echo HTTP/1.1", "Content-Type: application/json", "Content-Length: 2") + "{}" + endOK))
	f.Add([]byte(head("POST /echo HTTP/1.1", "Content-Type: application/json", "Content-Length: 5", "Transfer-Encoding: chunked") + "0\r\n\r\n" + endOK))
	f.Add([]byte(head("POST /v1/import HTTP/1.1", "Content-Type: application/x-ndjson", "Idempotency-Key: k", "Content-Length: 3", "Expect: 100-continue") + "a\nb"))
	f.Add([]byte("GET /things/a%00 HTTP/9.9\r\nHost: [::1\r\n folded\r\n\r\n"))
	f.Fuzz(func(t *testing.T, request []byte) {
		before := ran.Load()
		conn, err := h.listen.DialWithLocalAddr(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4243})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		go func() {
			_, _ = conn.Write(request)
			_, _ = io.WriteString(conn, endOK)
		}()
		answers := readAnswers(t, conn)
		if runs := ran.Load() - before; runs > int64(answers) {
			t.Fatalf("%q: %d handlers ran for %d answers", request, runs, answers)
		}
	})
}

func readAnswers(t *testing.T, conn net.Conn) (answers int) {
	in := bufio.NewReader(conn)
	for {
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			return answers
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatalf("half an answer: %v", err)
		}
		switch {
		case res.StatusCode == http.StatusContinue:
			continue
		case res.StatusCode >= 500 && res.StatusCode != http.StatusHTTPVersionNotSupported && !bytes.Contains(body, []byte("/problems/internal")),
			res.StatusCode >= 400 && res.Header.Get("Content-Type") != typeProblem:
			t.Fatalf("answered %d %s", res.StatusCode, body)
		}
		if answers++; res.Close {
			return answers
		}
	}
}
