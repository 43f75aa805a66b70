package server

import (
	"fmt"
	"strings"
)

// Rows 1 to 10 and 64: what is wrong before the body is looked at.

// hidden is a request in the bytes of another one's body.
const hidden = "GET /v1/cases/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"

// framed is a POST of a hold whose fields about the body are the test's own.
func framed(body string, fields ...string) string {
	return ask("POST /v1/holds", append([]string{"Content-Type: application/json", "Idempotency-Key: " + canary}, fields...)...) + body
}

// 3: no Transfer-Encoding is taken, whatever it says; the library itself refuses some with 400.
var nastyFramingRows = join(
	one(1, "411 length_required", true, framed("0\r\n\r\n"+hidden, fmt.Sprintf("Content-Length: %d", 5+len(hidden)), "Transfer-Encoding: chunked")),
	one(1, "411 length_required", true, framed("0\r\n\r\n"+hidden, "Transfer-Encoding: chunked", "Content-Length: 6")),
	one(1, "411 length_required", true, framed("2\r\n{}\r\n0\r\n\r\n", "transfer-encoding: chunked")),
	one(1, "411 length_required", true, framed("{}", "Transfer-Encoding: identity", "Content-Length: 2")),
	one(1, "411 length_required", true, ask("GET /v1/me", "Transfer-Encoding: chunked")+"0\r\n\r\n"),
	one(2, "400 bad_request", true, framed("{}", "Content-Length: 2", "Content-Length: 2")),
	one(2, "400 bad_request", true, framed("{}", "Content-Length: 2", "Content-Length: 3")),
	each(2, "400 bad_request", true, []string{"4, 4", "+4", "-1", "0x4", "100000000000000000000000", "", "2 2", "２", "18446744073709551618", "1_0"},
		func(length string) string { return framed("{}", "Content-Length: "+length) }),
	each(3, "400 bad_request | 411 length_required", true, []string{"xchunked", "gzip, chunked", "chunked, identity", "\tchunked\v", "chunked\x00", "\"chunked\""},
		func(te string) string { return framed("2\r\n{}\r\n0\r\n\r\n", "Transfer-Encoding: "+te) }),
	one(3, "400 bad_request | 411 length_required", true, framed("ffffffffffffffffff\r\n{}", "Transfer-Encoding: chunked")),
	one(3, "400 bad_request | 505 http_version_not_supported", true, strings.Replace(framed("2\r\n{}\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), "HTTP/1.1", "HTTP/1.0", 1)),
	one(9, "413 body_too_large", true, framed(strings.Repeat("a", 64<<10+1), "Content-Length: 65537")),
	one(9, "413 body_too_large", true, framed(strings.Repeat("a", 4<<20), "Content-Length: 4194304")),
	one(9, "413 body_too_large", true, framed("", "Content-Length: 9223372036854775807")),
	each(9, "415 unsupported_media_type", false, []string{"gzip", "deflate", "br", "gzip, gzip", "x-" + canary},
		func(coding string) string {
			return framed("\x1f\x8b", "Content-Length: 2", "Content-Encoding: "+coding)
		}),
	one(10, "411 length_required", true, framed("{}")),
	each(10, "415 unsupported_media_type", false, []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=" + canary,
		"application/json; charset=utf-16", "application/json; charset=utf-8; v=1", "application/jsonx", "application/json;", "application/json, application/json", ""},
		func(media string) string {
			return ask("POST /v1/holds", "Idempotency-Key: "+canary, "Content-Type: "+media, "Content-Length: 2") + "{}"
		}),
	one(10, "415 unsupported_media_type", false, ask("POST /v1/holds", "Idempotency-Key: "+canary, "Content-Length: 2")+"{}"),
	one(10, "400 invalid_header", true, framed("{}", "Content-Type: text/plain", "Content-Length: 2")),
	one(10, "400 unexpected_body", true, ask("GET /v1/me", "Content-Length: 5")+"GET /"),
	one(10, "400 unexpected_body", true, ask("DELETE /v1/holds/"+canary, "Content-Length: 2")+"{}"),
	one(64, "413 body_too_large", true, framed("", "Content-Length: 1073741824", "Expect: 100-continue")),
	one(64, "200", false, ask("GET /v1/me", "Range: bytes=0-1", "If-Range: "+canary)),
	each(64, "406 not_acceptable", false, []string{"text/xml", "application/json;q=0", "*/*;q=0", "text/html, image/*", "application/json;q=" + canary},
		func(accept string) string { return ask("GET /v1/me", "Accept: "+accept) }),
)

// bad is a GET with one bad field.
func bad(field string) string { return ask("GET /v1/me", field) }

// withHost is a GET whose Host is the test's own.
func withHost(host string) string {
	return strings.Replace(bad("X-A: b"), "Host: localhost", "Host: "+host, 1)
}

var nastyHeadRows = join(
	each(4, "400 bad_request", true, []string{"Content-Length : 2", "X-A : b", "X-A: b\r\n " + canary, "X-A: b\r\n\t" + canary, "X-A: b\x00c", "X-A: b\rc", "X-A: b\r\r",
		canary, " X-A: b", ": b", "X A: b", "X-A\x00: b", "X-\xff: b"}, bad),
	one(4, "400 bad_request | 408 request_timeout", true, strings.ReplaceAll(bad("X-A: b"), "\r\n", "\n")),
	one(4, "400 bad_request | 408 request_timeout", true, strings.Replace(bad("X-A: b"), "localhost\r\n", "localhost\n", 1)),
	one(4, "400 bad_request", true, strings.Replace(bad("X-A: b"), "HTTP/1.1\r\n", "HTTP/1.1\n", 1)),
	one(4, "400 bad_request", true, strings.Replace(framed("{}", "Content-Length: 2"), "HTTP/1.1\r\n", "HTTP/1.1\n", 1)),
	each(5, "505 http_version_not_supported", true, []string{"HTTP/9.9", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0"},
		func(version string) string { return strings.Replace(bad("X-A: b"), "HTTP/1.1", version, 1) }),
	each(5, "400 bad_request | 505 http_version_not_supported", true, []string{"http/1.1", "HTTP/1.1 ", "HTTP/ 1.1", "HTTP/01.1", canary},
		func(version string) string { return strings.Replace(bad("X-A: b"), "HTTP/1.1", version, 1) }),
	one(5, "400 bad_request", true, "GET /v1/me?"+canary+"\r\n\r\n"),
	one(5, "400 bad_request | 505 http_version_not_supported", true, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+canary),
	each(6, "405 method_not_allowed", true, []string{"TRACE", "get", "Get", "FOO", "PATCH", "OPTIONS", "QUERY", canary},
		func(method string) string { return strings.Replace(bad("X-A: b"), "GET ", method+" ", 1) }),
	one(6, "405 method_not_allowed", true, "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\nUser-Agent: "+canary+"\r\n\r\n"),
	one(6, "405 method_not_allowed", true, ask("OPTIONS *")),
	one(6, "405 method_not_allowed", false, ask("DELETE /v1/me")),
	one(7, "400 bad_request", true, "GET /v1/me HTTP/1.1\r\nUser-Agent: "+canary+"\r\n\r\n"),
	one(7, "400 bad_request", true, bad("Host: localhost")),
	one(7, "400 bad_request", true, bad("host: "+canary)),
	each(7, "400 invalid_host", true, []string{"localhost/" + canary, "a b", canary + "@localhost", "[::1", "[::1]x", "localhost:", "localhost:x", "localhost:999999", "*", "localhost,localhost", "%6c"}, withHost),
	one(7, "400 bad_request | 400 invalid_host", true, withHost("")),
	each(7, "400 invalid_target | 400 bad_request", true, []string{"http://other.example/v1/me", "http://localhost/v1/me", "http://" + canary + "/v1/me", "*", "v1/me", "?limit=1"},
		func(target string) string { return ask("GET " + target) }),
	each(7, "403 loopback_only", true, []string{"parley.example", "127.0.0.1.example", "10.0.0.1", "[fe80::1]:80", canary}, withHost),
	each(8, "431 headers_too_large", true, []string{"X-Big: " + strings.Repeat("a", 8<<10), canary + ": " + strings.Repeat("a", 40<<10), strings.Repeat("a", 9<<10) + ": b",
		strings.TrimSuffix(strings.Repeat("X-A: b\r\n", 500), "\r\n"), strings.TrimSuffix(strings.Repeat("X-A: b\r\n", maxHeaderFields), "\r\n")}, bad),
)

// get is a GET of a target; a canary follows in it where there is room.
func get(target string) string { return ask("GET " + target) }

var nastyTargetRows = join(
	each(13, "400 invalid_target", false, []string{"/v1/../admin", "/v1/%2e%2e/me", "//v1/me", "/v1/me;x=1", "/./v1/me", "/v1/me/..", "/v1//me", "/v1/me/", "/v1/me#x", "/v1\\me",
		"/%76%31/me", "/v1/cases/../me", "/" + canary + "/../v1/me", "/v1/me;" + canary}, get),
	each(13, "404 route_not_found", false, []string{"/V1/me", "/v1/ME", "/v1", "/admin", "/" + canary, "/v1/cases/" + canary + "/x"}, get),
	each(14, "400 invalid_target", false, []string{"a%2fb", "a%00", "%zz", "%ff", "%2e", "a%", "%u0041", "a%252fb", canary + "%2f"},
		func(id string) string { return get("/v1/cases/" + id) }),
	each(15, "414 target_too_long", true, []string{"/" + strings.Repeat("a", 9<<10), "/v1/cases/" + strings.Repeat(canary, 90), "/v1/reviewers?limit=" + strings.Repeat("1", 9<<10)}, get),
	each(15, "400 invalid_query", false, []string{"limit=1&limit=9", "limit=1&limit=1", "limit=1&li%6dit=9", "Limit=1", canary + "=1", "Zebra=1", "limit", "limit=1&", "&", "limit=1;cursor=x", "limit=a|b",
		"limit={1}", "limit=1+1", "limit=%zz", "limit=%ff", "limit=%00", "limit=%0a" + canary, "limit=1=1", "limit=é", "limit=%E2%82", "limit=1#x", "=", "limit=%"},
		func(query string) string { return get("/v1/reviewers?" + query) }),
	each(16, "400 invalid_target", false, []string{"a:b", "a\\b", "a~b", "", ".", "a'b", "a,b", "a+b", "a@b", strings.Repeat("a", 65), strings.Repeat("Z", 1000), "\U0001f600", "\u202e" + canary, "a%20b", "\u00e4", "a\u0308"},
		func(id string) string { return get("/v1/cases/" + id) }),
	each(16, "400 bad_request", true, []string{"a b", "a\x00b", "a\tb"}, func(id string) string { return get("/v1/cases/" + id) }),
	each(16, "404 route_not_found", false, []string{"a/b"}, func(id string) string { return get("/v1/cases/" + id) }),
	each(16, "400 invalid_body", false, []string{"a:b", "a/b", "a b", "", " ", strings.Repeat("Z", 1000), "\U0001f600", "\u202e" + canary, "ä"},
		func(id string) string { return send("POST /v1/search", deckSearch.with("/caseIds/0", id).String()) }),
	// 18: ids are ASCII (16), so another Unicode form is no id at all.
	each(18, "404 not_found", false, []string{"/v1/reviewers/REV-AMES", "/v1/reviewers/Rev-Ames", "/v1/reviewers/rev-ames.", "/v1/cases/01004567", "/v1/cases/" + canary,
		"/v1/appointments/" + canary, "/v1/callback-requests/" + canary, "/v1/reviewers/" + canary + "/agenda?date=2020-05-18"}, get),
	each(18, "400 invalid_target", false, []string{"/v1/reviewers/rev-\uff41mes", "/v1/reviewers/rev-ame\u017f", "/v1/cases/100456\u0667"}, get),
	each(18, "404 not_found", false, []string{"REV-AMES", canary}, func(id string) string {
		return send("POST /v1/holds", deckHold.with("/slot/reviewerId", id).String())
	}),
	each(18, "404 not_found", false, []string{canary, "1004567x"}, func(id string) string {
		return send("POST /v1/search", deckSearch.with("/caseIds/0", id).String())
	}),
)
