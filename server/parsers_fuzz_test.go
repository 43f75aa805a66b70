package server

import (
	"bufio"
	"encoding/json"
	"net"
	"net/textproto"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// The router finds the row that a dumb reading of the table finds.
func FuzzRouter(f *testing.F) {
	rows := routes()
	r := newRouter(rows)
	var shapes []*regexp.Regexp
	for _, row := range rows {
		shapes = append(shapes, regexp.MustCompile("^"+strings.ReplaceAll(regexp.QuoteMeta(row.path), `\{id\}`, `([^/]*)`)+"$"))
		f.Add(row.method, strings.Replace(row.path, "{id}", "a-1", 1))
	}
	f.Add("PATCH", "/v1/cases/lookup")
	f.Add("GET", "v1/me")
	f.Fuzz(func(t *testing.T, method, path string) {
		if strings.Contains(path, "\n") { // no path that gets this far has one, and a dot of the shapes would miss it
			return
		}
		want, wantID := (*route)(nil), ""
		for i := range rows {
			if hit := shapes[i].FindStringSubmatch(path); hit != nil && rows[i].method == method && want == nil {
				want = &rows[i]
				wantID = strings.Join(hit[1:], "")
			}
		}
		row, id, allow := r.find(method, path)
		if (row == nil) != (want == nil) || row != nil && (row.name != want.name || id != wantID || allow != "") {
			t.Fatalf("%s %q: %+v %q, want %+v %q", method, path, row, id, want, wantID)
		}
		if exact := r.exact[methodIndex([]byte(method))][path]; exact != nil && exact != row {
			t.Fatalf("%s %q: exactly %s, by walking %+v", method, path, exact.name, row)
		}
	})
}

// A header section that is taken has the same fields for net/textproto.
func FuzzHead(f *testing.F) {
	for _, s := range []string{"Host: localhost\r\n\r\n", "Content-Length: 2\r\nContent-Type: application/json; charset=utf-8\r\n\r\n", "If-Match: \"1\"\r\nIdempotency-Key: k\r\n\r\n",
		"X A: b\r\n\r\n", "A: b\n\r\n", " a: b\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n", "Host:a\r\nhost:b\r\n\r\n", "Accept: a\r\nAccept: b\r\n\r\n", "\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, no := readFields([]byte(raw))
		if no != nil {
			if len(no.problem.document()) > 4<<10 || !no.close {
				t.Fatalf("%q: %s, closed %v", raw, no.problem.document(), no.close)
			}
			return
		}
		raw, _, found := strings.Cut(raw, "\r\n\r\n")
		if !found || strings.ContainsAny(raw, "\x00") { // the transport ends the section and refuses NUL
			return
		}
		want, err := textproto.NewReader(bufio.NewReader(strings.NewReader(raw + "\r\n\r\n"))).ReadMIMEHeader()
		if err != nil {
			return // net/textproto bounds values further
		}
		for name, value := range map[string]string{"Host": got.host, "Content-Type": got.contentType, "Content-Encoding": got.contentEncoding,
			"Idempotency-Key": got.key, "If-Match": got.ifMatch} {
			if strings.TrimSpace(want.Get(name)) != strings.TrimSpace(value) || len(want[name]) > 1 {
				t.Fatalf("%q: %s is %q, net/textproto has %q", raw, name, value, want[name])
			}
		}
		if want.Get("Transfer-Encoding") != "" || got.hasLength != (want["Content-Length"] != nil) {
			t.Fatalf("%q: %+v, net/textproto has %v", raw, got, want)
		}
	})
}

// The readers of single header values take what they say and nothing else.
func FuzzHeaderValues(f *testing.F) {
	for _, s := range []string{`"1"`, `"18446744073709551615"`, "*", `W/"1"`, "localhost:80", "[::1]:80", "application/json;q=0.5, */*;q=0", "k", "text/html"} {
		f.Add(s)
	}
	version := regexp.MustCompile(`^"[1-9][0-9]{0,19}"$`)
	f.Fuzz(func(t *testing.T, s string) {
		if n, no := readIfMatch(s); no == nil && (versionTag(n) != s || !version.MatchString(s)) {
			t.Fatalf("If-Match %q is %d", s, n)
		}
		if name, ok := splitHost(s); ok {
			u, err := url.Parse("http://" + s + "/")
			if err != nil || u.Hostname() != name || u.User != nil || u.Path != "/" {
				t.Fatalf("Host %q is %q, net/url has %v, %v", s, name, u, err)
			}
			if isLoopbackName(name) && net.ParseIP(name) != nil && !net.ParseIP(name).IsLoopback() {
				t.Fatalf("Host %q is no loopback address", s)
			}
		}
		fields := headFields{key: s, hasKey: true, contentType: s}
		if checkKey(&fields) == nil && (s == "" || len(s) > 255 || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })) {
			t.Fatalf("key %q is taken", s)
		}
		if checkMedia(&route{}, &fields) == nil && !strings.HasPrefix(strings.ToLower(s), "application/json") {
			t.Fatalf("media type %q is taken", s)
		}
		if acceptable(s, typeJSON) && s != "" && !strings.Contains(s, "*") && !strings.Contains(strings.ToLower(s), "json") && strings.Trim(s, " \t,") != "" {
			t.Fatalf("Accept %q leaves room for JSON", s)
		}
	})
}

// A cursor that is taken is the one that its list writes.
func FuzzCursor(f *testing.F) {
	s := newDeck(f).server
	c := &call{server: s, actor: s.localActor()}
	f.Add(c.writeCursor("a", position{start: 5, id: "x"}), "a")
	f.Add(c.writeCursor("a", position{id: "x"}), "b")
	f.Add("AAAA", "")
	f.Fuzz(func(t *testing.T, cursor, list string) {
		c := &call{server: s, actor: s.localActor(), query: map[string]string{"cursor": cursor}}
		p, no := c.readCursor(list)
		if no == nil && c.writeCursor(list, p) != cursor {
			t.Fatalf("%q of %q is %+v", cursor, list, p)
		}
		other := &call{server: s, actor: c.actor, query: c.query}
		other.actor.Tenant += "2"
		if _, refused := other.readCursor(list); refused == nil {
			t.Fatalf("%q is taken of another tenant", cursor)
		}
	})
}

// Two bodies have one fingerprint if they are the same document, and only then.
func FuzzFingerprint(f *testing.F) {
	f.Add([]byte(`{"a":1,"b":[2]}`), []byte(` {"b" : [2], "a": 1}`))
	f.Add([]byte(`{"a":1}`), []byte(`{"a":"1"}`))
	f.Add([]byte(`{"a":"\u0041"}`), []byte(`{"a":"A"}`))
	r := &route{name: "createHold"}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		same := fingerprint(r, "x", a) == fingerprint(r, "x", b)
		if string(a) == string(b) && !same {
			t.Fatalf("%q differs from itself", a)
		}
		var x, y any
		if same && string(a) != string(b) && (json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil || !reflect.DeepEqual(x, y)) {
			t.Fatalf("%q and %q have one fingerprint", a, b)
		}
		if fingerprint(r, "x", a) == fingerprint(r, "y", a) {
			t.Fatalf("%q has one fingerprint for two ids", a)
		}
	})
}
