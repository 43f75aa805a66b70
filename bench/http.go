package bench

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/parleyhq/parley/slots"
)

// Names of the targets that are not URLs.
const (
	TargetInProcess = "inprocess"
	TargetHTTP      = "http"
)

// Limits of the HTTP target.
const (
	importPartLines = 1000
	importPartBytes = 4 << 20
	answerTimeout   = 30 * time.Second
	importTimeout   = 5 * time.Minute // one part
	clientBuffer    = 32 << 10        // bytes, each way
)

// ErrNotLoopback is returned for the URL of another machine, unless that is allowed.
var ErrNotLoopback = errors.New("bench: the target is not on loopback")

// HTTP is a server behind a URL. Clients keep their connections.
type HTTP struct {
	url    string // as named
	host   string // host:port
	now    slots.Instant
	run    string // makes the keys of one run distinct
	next   atomic.Int64
	served *Served // nil = somebody else's server
	dir    string  // of its store
}

// NewHTTP returns the server at a URL. Without anyHost it must be on loopback: a
// load on somebody else's machine is never an accident.
func NewHTTP(target string, anyHost bool) (*HTTP, error) {
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "http" || u.Host == "" {
		return nil, fmt.Errorf("bench: %q is no URL such as http://127.0.0.1:8080", target)
	}
	if ip := net.ParseIP(u.Hostname()); !anyHost && (ip == nil || !ip.IsLoopback()) && u.Hostname() != "localhost" {
		return nil, fmt.Errorf("%w: %s", ErrNotLoopback, u.Host)
	}
	t := &HTTP{url: target, host: u.Host, run: rand.Text()}
	if u.Port() == "" {
		t.host += ":80"
	}
	return t, t.readClock()
}

// StartHTTP starts a server of its own, on loopback, with a new store in a temporary
// directory and a clock that starts at now. profile is the file of a profile that may be
// begun, "" = none.
func StartHTTP(ctx context.Context, w Wiring, now slots.Instant, profile string) (*HTTP, error) {
	dir, err := os.MkdirTemp("", "parley-bench-")
	if err != nil {
		return nil, err
	}
	served, err := w.Serve(ctx, dir+"/store", now, profile)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	t, err := NewHTTP(served.URL, false)
	if err != nil {
		return nil, errors.Join(err, served.Stop(), os.RemoveAll(dir))
	}
	t.url, t.served, t.dir = TargetHTTP, served, dir
	return t, nil
}

// readClock asks the server for its present.
func (t *HTTP) readClock() error {
	s := t.session()
	defer func() { _ = s.Close() }() // nothing is lost with it
	if r := s.do("GET", "/readyz", "", nil, answerTimeout); r.Class != OK {
		return fmt.Errorf("bench: %s is not ready: %s", t.url, r.Detail)
	}
	now, _, err := slots.ParseInstant(string(member(s.answer.Body(), `"now":"`)))
	t.now = now
	return err
}

// Name implements Target.
func (t *HTTP) Name() string { return t.url }

// Now implements Target.
func (t *HTTP) Now() slots.Instant { return t.now }

// Memory implements Target: what the server's process has in memory, if it is the
// suite's own.
func (t *HTTP) Memory() int64 {
	if t.served == nil || t.served.Memory == nil {
		return 0
	}
	return t.served.Memory()
}

// Close implements Target.
func (t *HTTP) Close() error {
	if t.served == nil {
		return nil
	}
	return errors.Join(t.served.Stop(), os.RemoveAll(t.dir))
}

// Load implements Target, by import.
func (t *HTTP) Load(ctx context.Context, w *World, report func(done, total uint64)) error {
	s := t.session()
	defer func() { _ = s.Close() }() // nothing is lost with it
	var all bytes.Buffer
	if err := w.WriteLines(&all); err != nil {
		return err
	}
	total := uint64(all.Len())
	var part []byte
	lines := 0
	flush := func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := s.do("POST", "/v1/import", "application/x-ndjson", part, importTimeout)
		if body := s.answer.Body(); r.Class != OK || !bytes.Contains(body, []byte(`"refusedCount":0`)) {
			return fmt.Errorf("bench: import: %s %.300s", r.Detail, body)
		}
		part, lines = part[:0], 0
		if report != nil {
			report(total-uint64(all.Len()), total)
		}
		return nil
	}
	for all.Len() > 0 {
		line, err := all.ReadBytes('\n')
		if err != nil {
			return err
		}
		part = append(part, line...)
		if lines++; lines == importPartLines || len(part) > importPartBytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if lines > 0 {
		return flush()
	}
	return nil
}

// Session implements Target.
func (t *HTTP) Session() (Session, error) { return t.session(), nil }

func (t *HTTP) session() *httpSession { return &httpSession{target: t} }

// maxRest is how long a connection may be silent before it is dialled anew: a server ends
// what is silent for longer than its limits, by default 5 s before the first request.
const maxRest = 3 * time.Second

// httpSession is one connection, dialled with the first request, when the server has
// closed it, and after a rest.
type httpSession struct {
	target  *HTTP
	conn    net.Conn
	used    time.Time // when it was last written to
	in      *bufio.Reader
	request []byte
	body    []byte
	answer  fasthttp.Response
}

func (s *httpSession) dial() error {
	conn, err := net.DialTimeout("tcp", s.target.host, answerTimeout)
	if err != nil {
		return err
	}
	s.conn, s.in = conn, bufio.NewReaderSize(conn, clientBuffer)
	return nil
}

// Close implements Session.
func (s *httpSession) Close() error {
	if s.conn == nil {
		return nil
	}
	err := s.conn.Close()
	s.conn = nil
	return err
}

// do sends one request and reads its answer. Each POST carries a key of its own.
func (s *httpSession) do(method, path, media string, body []byte, timeout time.Duration) Reply {
	if s.conn != nil && time.Since(s.used) > maxRest {
		_ = s.Close() // nobody waits for what it would say
	}
	if s.conn == nil {
		if err := s.dial(); err != nil {
			return Reply{Class: Failed, Detail: err.Error()}
		}
	}
	b := s.request[:0]
	b = append(append(append(b, method...), ' '), path...)
	b = append(append(append(b, " HTTP/1.1\r\nHost: "...), s.target.host...), "\r\n"...)
	if method == "POST" {
		b = append(append(append(b, "Content-Type: "...), media...), "\r\nIdempotency-Key: "...)
		b = strconv.AppendInt(append(append(b, s.target.run...), '-'), s.target.next.Add(1), 10)
		b = append(b, "\r\nContent-Length: "...)
		b = append(strconv.AppendInt(b, int64(len(body)), 10), "\r\n"...)
	}
	s.request = append(append(b, "\r\n"...), body...)
	if err := s.exchange(timeout); err != nil {
		_ = s.Close() // the connection is of no use any more
		return Reply{Class: Failed, Detail: err.Error()}
	}
	r := classify(s.answer.StatusCode(), s.answer.Body())
	if s.answer.ConnectionClose() {
		_ = s.Close() // as the server wishes
	}
	return r
}

func (s *httpSession) exchange(timeout time.Duration) error {
	s.used = time.Now()
	if err := s.conn.SetDeadline(s.used.Add(timeout)); err != nil {
		return err
	}
	if _, err := s.conn.Write(s.request); err != nil {
		return err
	}
	s.answer.Reset()
	return s.answer.Read(s.in)
}

// classify tells the class of an answer by its status.
func classify(status int, body []byte) Reply {
	r := Reply{Bytes: len(body)}
	switch {
	case status >= 200 && status < 300:
		return r
	case status == 409:
		r.Class = Conflict
	case status == 429 || status == 503 && !bytes.Contains(body, []byte(`"outcome_unknown"`)):
		r.Class = Overloaded
	case status >= 400 && status < 500:
		r.Class = Refused
	default:
		r.Class = Failed
	}
	r.Detail = strconv.Itoa(status) + " " + string(member(body, `"code":"`))
	return r
}

// member returns the text that follows an opening, up to the next quote; nil if
// the opening is not there.
func member(body []byte, opening string) []byte {
	i := bytes.Index(body, []byte(opening))
	if i < 0 {
		return nil
	}
	text, _, _ := bytes.Cut(body[i+len(opening):], []byte{'"'})
	return text
}

func (s *httpSession) post(path string, body []byte) Reply {
	return s.do("POST", path, "application/json", body, answerTimeout)
}

// searched reads what a search has offered.
func (s *httpSession) searched(r Reply) Reply {
	if r.Class != OK {
		return r
	}
	body := s.answer.Body()
	const opening = `"explanation":{"offered":`
	i := bytes.LastIndex(body, []byte(opening))
	if i < 0 {
		return Reply{Class: Failed, Detail: "an answer without explanation", Bytes: len(body)}
	}
	digits, rest, _ := bytes.Cut(body[i+len(opening):], []byte{','})
	r.Offered, _ = strconv.Atoi(string(digits))
	r.Explained = !bytes.HasPrefix(rest, []byte(`"nothingBecause":[]`))
	return r
}

// Week implements Session.
func (s *httpSession) Week(q *Search) Reply { return s.searched(s.post("/v1/search", q.week)) }

// Earliest implements Session.
func (s *httpSession) Earliest(q *Search) Reply {
	return s.searched(s.post("/v1/search/earliest", q.earliest))
}

// made reads the id of what was made.
func (s *httpSession) made(r Reply) Reply {
	if r.Class == OK {
		r.ID = string(member(s.answer.Body(), `"id":"`))
	}
	return r
}

// Hold implements Session.
func (s *httpSession) Hold(c *Claim) Reply { return s.made(s.post("/v1/holds", c.hold)) }

// Book implements Session.
func (s *httpSession) Book(c *Claim, holdID string) Reply {
	s.body = c.appendBooking(s.body[:0], holdID)
	return s.made(s.post("/v1/appointments", s.body))
}

// Cancel implements Session.
func (s *httpSession) Cancel(appointmentID string) Reply {
	return s.post("/v1/appointments/"+appointmentID+"/cancel", []byte(cancelBody))
}
