package server

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

// A proxy in front and the server behind it must never read two different requests in the same bytes. nginx is asked
// what it forwards of requests of all kinds; what that means here is compared with what the same bytes mean when they
// come directly. testdata/proxy.txt holds what nginx did, so that the comparison runs without it.

var (
	proxyNginx  = flag.String("proxy.nginx", "", "ask this nginx instead of the recording; a name is looked up on the path")
	proxyCases  = flag.Int("proxy.cases", 5000, "number of generated requests that the nginx is asked")
	proxySeed   = flag.Uint64("proxy.seed", 1, "seed of the generated requests")
	proxyRecord = flag.Bool("proxy.record", false, "write testdata/proxy.txt anew, with -proxy.nginx")
)

// recordedCases is the number of generated requests in the recording.
const recordedCases = 100

// exchange is what a proxy made of one connection's bytes.
type exchange struct {
	way  string // of the proxy: one of proxyWays
	sent string
	did  []deed
}

// deed is what a proxy did with one request: it sent bytes on, or answered by itself.
type deed struct {
	forwarded string
	status    int // of its own answer
}

// seen is what a handler was called with.
type seen struct {
	Route, ID, Body, Key, Accept string
	Query                        map[string]string
	IfMatch                      uint64
}

// outcome is what the server did with one request.
type outcome struct {
	seen *seen  // what ran
	code string // of the refusal
	shut bool   // nothing behind it is read
}

// proxyMay are the codes of requests that are refused here and pass in the form that nginx gives them, and why that is
// no danger: of such bytes there is only one reading that takes effect.
var proxyMay = map[string]string{
	codeInvalidTarget:      "nginx resolves escapes, dot segments and doubled slashes, drops fragments and takes the absolute form; paths as they came are the only ones here",
	codeLengthRequired:     "nginx reads a chunked body to its end and sends it with its length; no coding is taken here",
	codeVersionUnsupported: "nginx speaks HTTP/1.1 to the server whatever the client spoke",
	codeBadRequest:         "nginx ends a line at a bare LF too, and leaves out fields whose name it does not take",
	codeInvalidQuery:       "nginx drops a fragment from the target that it makes clean",
}

// proxied is a server whose handlers tell what they were called with.
type proxied struct {
	*harness
	address string
}

func newProxied(t *testing.T) proxied {
	rows := routes()
	for i := range rows {
		name := rows[i].name
		rows[i].handle = func(c *call) answer {
			return answer{status: http.StatusOK, body: encode(seen{Route: name, ID: c.id, Body: string(c.body), Key: c.key, Accept: c.accept,
				Query: c.query, IfMatch: c.ifMatch})}
		}
	}
	h := newHarness(t, rows)
	return proxied{h, h.listenTCP()}
}

// sameCall notes a request that runs, and runs as the same both ways.
const sameCall = "same call"

// last is sent behind everything, so that both sides come to an end.
const last = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

// read tells what the server does with a connection's bytes.
func (p proxied) read(t *testing.T, text string) (list []outcome) {
	t.Helper()
	conn, err := net.Dial("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(conn, text) // it may close before all is read
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.CloseWrite() // a body that is too short ends here
	}
	for in := bufio.NewReader(conn); ; {
		res, body, err := readAnswer(in)
		if err != nil {
			return list
		}
		o := outcome{shut: res.Close}
		var problem struct{ Code string }
		switch {
		case res.StatusCode == http.StatusContinue:
			continue
		case res.StatusCode == http.StatusOK:
			o.seen = new(seen)
			if err := json.Unmarshal(body, o.seen); err != nil {
				t.Fatalf("%q: %s", text, body)
			}
		case len(body) == 0:
			o.code = "refused HEAD"
		case json.Unmarshal(body, &problem) != nil || problem.Code == "":
			t.Fatalf("%q: %d %s", text, res.StatusCode, body)
		default:
			o.code = problem.Code
		}
		if list = append(list, o); o.shut {
			return list
		}
	}
}

// readAnswer reads an answer. That of a HEAD has no body, which the next answer or the end shows.
func readAnswer(in *bufio.Reader) (*http.Response, []byte, error) {
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		return nil, nil, err
	}
	if next, _ := in.Peek(5); len(next) < 5 || string(next) == "HTTP/" { // nothing, or the next answer
		return res, nil, nil
	}
	body, err := io.ReadAll(res.Body)
	return res, body, err
}

// differ compares an exchange with the direct way. reason is "" if there is nothing that could do harm; notes are the
// codes and answers that made use of an allowance.
func (p proxied) differ(t *testing.T, x exchange) (reason string, notes []string) {
	t.Helper()
	direct := p.read(t, x.sent+last)
	for i := range max(len(direct), len(x.did)) {
		var d outcome
		if i < len(direct) {
			d = direct[i]
		} else if n := len(direct); n > 0 && direct[n-1].shut {
			return "", notes // what stands behind is not run
		}
		if i >= len(x.did) {
			if d.seen != nil && !endedByProxy(x.did) {
				return fmt.Sprintf("request %d runs %s, and the proxy has seen only %d requests", i, d.seen.Route, len(x.did)), notes
			}
			continue
		}
		note, fault := p.compare(t, d, x.did[i])
		if fault != "" {
			return fmt.Sprintf("request %d: %s", i, fault), notes
		}
		if note != "" {
			notes = append(notes, note)
		}
	}
	return "", notes
}

// endedByProxy says whether the proxy refused the last request that it saw, and so read nothing behind it.
func endedByProxy(did []deed) bool { return len(did) == 0 || did[len(did)-1].forwarded == "" }

// compare compares one request, direct and by way of the proxy.
func (p proxied) compare(t *testing.T, d outcome, by deed) (note, fault string) {
	t.Helper()
	if by.forwarded == "" {
		if d.seen != nil { // none of what nginx refuses is taken here
			return "", fmt.Sprintf("runs %s, the proxy answers %d", d.seen.Route, by.status)
		}
		return "", ""
	}
	list := p.read(t, by.forwarded+last)
	if len(list) > 2 || len(list) == 2 && (list[1].seen == nil || list[1].seen.Route != "getHealth") {
		return "", fmt.Sprintf("what the proxy sent as one request is %d here", len(list)-1)
	}
	if len(list) == 0 {
		return "", "what the proxy sent has no answer"
	}
	switch through := list[0]; {
	case through.seen == nil:
		return "", ""
	case d.seen == nil && proxyMay[d.code] == "":
		return "", fmt.Sprintf("directly %s, by the proxy it runs %s", d.code, through.seen.Route)
	case d.seen == nil:
		return d.code, ""
	case !reflect.DeepEqual(through.seen, d.seen):
		return "", fmt.Sprintf("directly %+v, by the proxy %+v", *d.seen, *through.seen)
	}
	if d.seen.Route == "getHealth" { // the last one
		return "", ""
	}
	return sameCall, ""
}

// What nginx forwards and what would be taken directly is the same call, or one of the two is refused.
func TestProxyReadsTheSame(t *testing.T) {
	t.Parallel()
	p := newProxied(t)
	list := recordedExchanges(t)
	if *proxyNginx != "" {
		list = askNginx(t, *proxyNginx, proxyCorpus(*proxySeed, *proxyCases))
		if *proxyRecord {
			recordExchanges(t, askNginx(t, *proxyNginx, proxyCorpus(*proxySeed, recordedCases)))
		}
	}
	used := map[string]int{}
	for _, x := range list {
		reason, notes := p.differ(t, x)
		if reason != "" {
			t.Errorf("%s %q: %s\n%+v", x.way, x.sent, reason, x.did)
		}
		for _, n := range notes {
			used[n]++
		}
	}
	t.Logf("%d exchanges, allowances used: %v", len(list), used)
	for code, why := range proxyMay {
		if *proxyNginx != "" && *proxyCases >= 1500 && used[code] == 0 {
			t.Errorf("no request needs the allowance for %s: %s", code, why)
		}
	}
	if len(list) < 2*recordedCases || used[codeInvalidTarget] == 0 || used[codeLengthRequired] == 0 || used[sameCall] < recordedCases/4 {
		t.Errorf("only %d exchanges, allowances used: %v", len(list), used)
	}
}

// What would be a hole is seen as one.
func TestProxyDifferencesAreSeen(t *testing.T) {
	t.Parallel()
	p := newProxied(t)
	me, health := "GET /v1/me HTTP/1.1\r\nHost: localhost\r\n\r\n", deed{forwarded: last}
	f := func(want, sent string, did ...deed) {
		t.Helper()
		if got, _ := p.differ(t, exchange{sent: sent, did: did}); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%q, %+v: %q, want %q", sent, did, got, want)
		}
	}
	f("", me, deed{forwarded: me}, health)
	f("the proxy answers 400", me, deed{status: 400})
	f("", strings.Replace(me, "GET", "get", 1), deed{status: 400})
	f("by the proxy", me, deed{forwarded: strings.Replace(me, "/v1/me", "/v1/rules", 1)}, health)
	f("by the proxy", "GET /v1/cases/a HTTP/1.1\r\nHost: localhost\r\n\r\n", deed{forwarded: "GET /v1/cases/A HTTP/1.1\r\nHost: localhost\r\n\r\n"}, health)
	f("has seen only 1", me+me, deed{forwarded: me})
	f("by the proxy", me, deed{forwarded: me}, deed{forwarded: me}, health)
	f("refused HEAD", strings.Replace(me, "GET", "HEAD", 1), deed{forwarded: me}, health)
	f("as one request", me, deed{forwarded: me + me}, health)
	f("the proxy answers 502", me, deed{status: 502}, health)
	f("directly route_not_found", strings.Replace(me, "/v1/me", "/V1/me", 1), deed{forwarded: me}, health)
	f("", strings.Replace(me, "/v1/me", "/v1/../v1/me", 1), deed{forwarded: me}, health)
}
