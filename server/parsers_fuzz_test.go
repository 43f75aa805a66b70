package server

import (
	"bufio"
	"bytes"
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
		"X A: b\r\n\r\n", "A: b\n\r\n", " a: b\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n", "Host:a\r\nhost:b\r\n\r\n", "Accept: a\r\nAccept: b\r\n\r\n", "\r\n", "o:\r\n\r\nhost:b\r", "\r\nhost:b\r\n\r\n", "a:b\r\n\nhost:b\r\n\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		raw, ended := headSection(raw)
		got, no := readFields([]byte(raw))
		if no != nil {
			if len(no.problem.document()) > 4<<10 || !no.close {
				t.Fatalf("%q: %s, closed %v", raw, no.problem.document(), no.close)
			}
			return
		}
		if !ended || strings.ContainsAny(raw, "\x00") { // the transport wants more, or refuses NUL
			return
		}
		want, err := textproto.NewReader(bufio.NewReader(strings.NewReader(raw))).ReadMIMEHeader()
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

// headSection returns what the transport takes for the header section: raw up to its first empty line, if there is one.
func headSection(raw string) (section string, ended bool) {
	at := 0
	for line := range strings.Lines(raw) {
		at += len(line)
		if line == "\n" || line == "\r\n" {
			return raw[:at], true
		}
	}
	return raw, false
}

// The readers of single header values take what they say and nothing else.
func FuzzHeaderValues(f *testing.F) {
	for _, s := range []string{`"1"`, `"18446744073709551615"`, "*", `W/"1"`, "localhost:80", "[::1]:80", "[0.7.0.1]", "application/json;q=0.5, */*;q=0", "k", "text/html"} {
		f.Add(s)
	}
	version := regexp.MustCompile(`^"[1-9][0-9]{0,19}"$`)
	f.Fuzz(func(t *testing.T, s string) {
		if n, no := readIfMatch(s); no == nil && (versionTag(n) != s || !version.MatchString(s)) {
			t.Fatalf("If-Match %q is %d", s, n)
		}
		if name, ok := splitHost(s); ok {
			plain := s
			if ip := net.ParseIP(name); ip != nil && !strings.Contains(name, ":") {
				plain = strings.NewReplacer("[", "", "]", "").Replace(s) // 10.0.0.1 is taken in brackets, too; net/url has them for IPv6 alone
			}
			u, err := url.Parse("http://" + plain + "/")
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
	broken := c.writeCursor("a", position{start: 5, id: "x"})
	f.Add(broken[:4]+"\n\r\n\n"+broken[4:], "a")
	f.Fuzz(func(t *testing.T, cursor, list string) {
		if strings.ContainsAny(cursor, "\r\n") { // which a query may not hold, and base64 passes over
			return
		}
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

// What a body is ranked by is in it, as a member of a document has it; and the hold of a booking that a handler would read is found.
func FuzzHeldBooking(f *testing.F) {
	for _, s := range []string{`{"holdId":"h"}`, "{\"holdId\" :\t\"h\"}", `{"holdId":null}`, `{"a":"holdId"}`, `{"h\u006fldId":"h"}`, `"holdId"holdId":"`, `{"a":"\"holdId","holdId":"h"}`, `"holdId":`} {
		f.Add([]byte(s))
	}
	member := regexp.MustCompile(`"holdId"[ \t\r\n]*:[ \t\r\n]*"`)
	f.Fuzz(func(t *testing.T, body []byte) {
		found := heldBooking(body)
		if found && !member.Match(body) {
			t.Fatalf("%q speaks of no hold", body)
		}
		var d map[string]any
		if json.Unmarshal(body, &d) != nil || bytes.ContainsRune(body, '\\') {
			return
		}
		if _, named := d["holdId"].(string); named && !found {
			t.Fatalf("%q speaks of a hold", body)
		}
	})
}

// Of an Authorization header a token, and of a key its id, are taken as they stand; what is written down is no secret, and none that is longer than an id.
func FuzzCredential(f *testing.F) {
	_, secret, _ := NewKey()
	for _, s := range []string{"Bearer " + secret, "bearer parley_a_b", "Bearer parley_", "Bearer parley__x", "Bearer a.b.c", "Basic parley_a_b", "Bearer ", "", "Bearer parley_" + strings.Repeat("x", maxSegmentBytes+1)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		token := tokenIn(value)
		if token != nil && (len(value) > maxCredentialBytes || !strings.EqualFold(string(value), "Bearer "+string(token))) {
			t.Fatalf("the token of %q is %q", value, token)
		}
		id, isKey := keyIDIn(token)
		if isKey != strings.HasPrefix(string(token), "parley_") || isKey && id == nil {
			t.Fatalf("%q: is it a key: %t", token, isKey)
		}
		if isKey && (bytes.ContainsRune(id, '_') || string(token) != "parley_"+string(id) && !strings.HasPrefix(string(token), "parley_"+string(id)+"_")) {
			t.Fatalf("the id of %q is %q", token, id)
		}
		if shown := keyShownIn(value); shown != "" && (shown != string(id) || !isKey || len(shown) > maxSegmentBytes) {
			t.Fatalf("of %q is shown %q", value, shown)
		}
	})
}

// What counts as one client is told by the last item alone, if a proxy says it, and is what package net reads there.
func FuzzOrigin(f *testing.F) {
	for _, s := range []string{"203.0.113.9", "6.6.6.6, 7.7.7.7,198.51.100.1", "2001:db8::1", "::ffff:192.0.2.7", "fe80::1%eth0", "", ",", "198.51.100.1:80", "::ffff:192.0.2.7%a", "1.2.3.04"} {
		f.Add([]byte(s))
	}
	peer := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1}
	direct, proxied := newLimiter(Rates{}, false), newLimiter(Rates{}, true)
	plain := direct.origin(peer, nil)
	f.Fuzz(func(t *testing.T, forwarded []byte) {
		if direct.origin(peer, forwarded) != plain {
			t.Fatalf("%q moves a client that is not behind a proxy", forwarded)
		}
		items := strings.Split(string(forwarded), ",")
		last := strings.Trim(items[len(items)-1], " \t")
		got := proxied.origin(peer, forwarded)
		if got != proxied.origin(peer, []byte("6.6.6.6, "+last)) {
			t.Fatalf("what stands before the last item of %q moves the client", forwarded)
		}
		address, zone, zoned := strings.Cut(last, "%")
		ip := net.ParseIP(address)
		want := plain
		if ip != nil && (!zoned || zone != "" && strings.Contains(address, ":")) {
			want = [16]byte(ip.To16())
			if ip.To4() == nil {
				clear(want[8:])
			}
		}
		if got != want {
			t.Fatalf("%q is %x, package net has %x", forwarded, got, want)
		}
	})
}
