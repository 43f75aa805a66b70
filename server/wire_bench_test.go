package server

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// wireLoad is one request that is asked again and again over connections that stay open.
type wireLoad struct {
	name, request string
	conns         []net.Conn
	answers       []*bufio.Reader
}

// newWireLoad opens connections to an address.
func newWireLoad(b *testing.B, address, name, request string, conns int) *wireLoad {
	b.Helper()
	l := &wireLoad{name: name, request: request}
	for range conns {
		c, err := net.Dial("tcp", address)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { c.Close() })
		l.conns = append(l.conns, c)
		l.answers = append(l.answers, bufio.NewReaderSize(c, 32<<10))
	}
	return l
}

// ask sends the request n times over every connection, all at once, and returns what one took of the whole.
func (l *wireLoad) ask(b *testing.B, n int) time.Duration {
	b.Helper()
	began := time.Now()
	var asking sync.WaitGroup
	for i := range l.conns {
		asking.Go(func() {
			for range n {
				if _, err := io.WriteString(l.conns[i], l.request); err != nil {
					b.Error(err)
					return
				}
				if err := skipAnswer(l.answers[i]); err != nil {
					b.Error(l.name, err)
					return
				}
			}
		})
	}
	asking.Wait()
	return time.Since(began) / time.Duration(n*len(l.conns))
}

// skipAnswer reads one answer of a 200 or a 304 away without keeping anything.
func skipAnswer(in *bufio.Reader) error {
	length := 0
	for first := true; ; first = false {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if first && string(line[9:12]) != "200" && string(line[9:12]) != "304" {
			return io.ErrUnexpectedEOF
		}
		const name = "Content-Length: "
		if len(line) > len(name) && string(line[:len(name)]) == name {
			if length, err = strconv.Atoi(strings.TrimSpace(string(line[len(name):]))); err != nil {
				return err
			}
		}
		if len(line) == 2 {
			_, err := in.Discard(length)
			return err
		}
	}
}

// bareOf serves, and does nothing but serve, what the product answered.
func bareOf(b *testing.B, r reply) string {
	b.Helper()
	var headers [][2]string
	for name, values := range r.header {
		if name != "Date" && name != "Content-Length" {
			headers = append(headers, [2]string{name, values[0]})
		}
	}
	s := &fasthttp.Server{NoDefaultServerHeader: true, Handler: func(ctx *fasthttp.RequestCtx) {
		for i := range headers {
			ctx.Response.Header.Set(headers[i][0], headers[i][1])
		}
		ctx.Response.SetBodyRaw(r.body)
	}}
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go s.Serve(listen) //nolint:errcheck // ends with the listener
	b.Cleanup(func() { listen.Close() })
	return listen.Addr().String()
}

// BenchmarkWire asks over a loopback socket, in turns with a bare handler of the HTTP library that answers with the
// same bytes. ratio is the bare handler's time for a request over the product's; the allocations are the product's, for the
// client makes none. The log goes nowhere but is written.
func BenchmarkWire(b *testing.B) {
	post := func(path, body string) string {
		return head("POST "+path+" HTTP/1.1", "Content-Type: application/json", "Content-Length: "+strconv.Itoa(len(body))) + body
	}
	w := newDeck(b)
	nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { nowhere.Close() })
	w.server.log = slog.New(slog.NewTextHandler(nowhere, nil))
	apt := w.book()
	address := w.listenTCP()
	week, first := deckSearch.String(), deckSearch.with("/week", absent{}).String()
	// front is all but the handler: the search's own route, answered with the bytes of its answer.
	answered := w.do("POST", "/v1/search", week)
	rows := routes()
	for i := range rows {
		if rows[i].name == "searchWeek" {
			rows[i].handle = func(*call) answer { return answer{status: 200, body: answered.body} }
		}
	}
	front := newHarness(b, rows)
	front.server.log = w.server.log
	for _, load := range []struct {
		name, request string
		r             reply
		of            string
	}{
		{"front", post("/v1/search", week), answered, front.listenTCP()},
		{"week", post("/v1/search", week), answered, address},
		{"first20", post("/v1/search/earliest", first), w.do("POST", "/v1/search/earliest", first), address},
		{"appointment", head("GET /v1/appointments/" + apt + " HTTP/1.1"), w.get("/v1/appointments/" + apt), address},
	} {
		b.Run(load.name, func(b *testing.B) {
			const conns, turn = 8, 50 // a turn is this many requests a connection
			load.r.is(200, "")
			product := newWireLoad(b, load.of, load.name, load.request, conns)
			bare := newWireLoad(b, bareOf(b, load.r), "bare", load.request, conns)
			product.ask(b, turn)
			bare.ask(b, turn)
			var ours, theirs time.Duration
			var before, after runtime.MemStats
			var allocated uint64
			for b.Loop() {
				runtime.ReadMemStats(&before)
				ours += product.ask(b, turn)
				runtime.ReadMemStats(&after)
				allocated += after.Mallocs - before.Mallocs
				theirs += bare.ask(b, turn)
			}
			b.ReportMetric(float64(allocated)/float64(b.N*turn*conns), "allocs/request")
			b.ReportMetric(0, "ns/op") // of both sides together
			b.ReportMetric(float64(theirs)/float64(ours), "ratio")
			b.ReportMetric(float64(ours.Nanoseconds())/float64(b.N), "ns/request")
			b.ReportMetric(float64(len(load.r.body)), "B/answer")
		})
	}
}
