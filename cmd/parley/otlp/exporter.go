package otlp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/parleyhq/parley/server"
)

// Limits of an export.
const (
	queueTraces  = 2048             // that wait; what comes on top is dropped
	batchTraces  = 512              // in one message
	batchWait    = 2 * time.Second  // of a trace for others
	sendTimeout  = 10 * time.Second // of one try
	sendTries    = 4                // for one batch
	sendPause    = time.Second      // after the first try, then twice as long each time
	maxAnswer    = 64 << 10         // bytes of a collector's answer that are read
	tellFailures = time.Minute      // at most one line of the log in this time
)

// What becomes of a trace.
const (
	Exported = "exported" // the collector has taken it
	Dropped  = "dropped"  // the queue was full
	Failed   = "failed"   // the collector was not there, or refused it
)

// Results are all that may become of a trace.
var Results = []string{Exported, Dropped, Failed}

// Options say which requests are traced and where their traces go.
type Options struct {
	Endpoint *url.URL    // the collector's base URL; /v1/traces is added
	Header   http.Header // sent with each message; may hold secrets
	// Sample is the share of requests that are traced, 0 to 1.
	Sample float64
	// TrustParent lets a valid traceparent header decide whether its request is traced, and in which trace; otherwise the
	// header is not looked at.
	TrustParent bool
	Version     string                     // of the program
	Logger      *slog.Logger               // told of failures, at most once a minute
	Count       func(result string, n int) // told what became of traces; called by many goroutines at once
	Pause       time.Duration              // after a failed try, doubled each time; 0 = 1 s
	Wait        time.Duration              // of a trace for others to share its message; 0 = 2 s
}

// Exporter samples requests and sends their traces. It implements server.Tracer.
type Exporter struct {
	o       Options
	url     string
	client  *http.Client
	queue   chan *server.Trace
	closing chan struct{} // closed: send what there is, and try nothing again
	ended   chan struct{} // closed: everything was sent or given up
	ctx     context.Context
	cancel  context.CancelFunc // gives up
	told    time.Time          // when a failure was last logged
	silent  int                // failures since then that were not
}

// New starts an exporter, which runs until Close.
func New(o Options) *Exporter {
	if o.Pause == 0 {
		o.Pause = sendPause
	}
	if o.Wait == 0 {
		o.Wait = batchWait
	}
	e := &Exporter{
		o: o, url: o.Endpoint.JoinPath("/v1/traces").String(),
		// A redirect would take the headers elsewhere.
		client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		queue:  make(chan *server.Trace, queueTraces), closing: make(chan struct{}), ended: make(chan struct{}),
	}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	go e.run()
	return e
}

// Begin implements server.Tracer.
func (e *Exporter) Begin(traceparent []byte) *server.Trace {
	var p parent
	trusted := false
	if e.o.TrustParent {
		p, trusted = parseTraceparent(traceparent)
	}
	if trusted && !p.sampled || !trusted && rand.Float64() >= e.o.Sample {
		return nil
	}
	t := &server.Trace{ID: p.trace, Parent: p.span}
	if !trusted {
		random(t.ID[:0], len(t.ID))
	}
	random(t.Span[:0], len(t.Span))
	return t
}

// End implements server.Tracer.
func (e *Exporter) End(t *server.Trace) {
	select {
	case e.queue <- t:
	default:
		e.o.Count(Dropped, 1)
	}
}

// Close sends what waits, each batch once, gives up when ctx ends, and returns then. No request may be under way any more.
func (e *Exporter) Close(ctx context.Context) {
	defer context.AfterFunc(ctx, e.cancel)()
	close(e.closing)
	<-e.ended
	e.cancel()
	e.client.CloseIdleConnections()
}

func (e *Exporter) isClosing() bool {
	select {
	case <-e.closing:
		return true
	default:
		return false
	}
}

// run sends batch after batch until nothing is left after Close.
func (e *Exporter) run() {
	defer close(e.ended)
	for {
		batch := e.gather()
		if len(batch) == 0 {
			return
		}
		result := Exported
		if err := e.deliver(batch); err != nil {
			result = Failed
			e.tell(err)
		}
		e.o.Count(result, len(batch))
	}
}

// gather waits for a trace and a while for others; it returns none if there is none and none will come.
func (e *Exporter) gather() (batch []*server.Trace) {
	select {
	case t := <-e.queue:
		batch = append(batch, t)
	case <-e.closing:
	}
	full := time.NewTimer(e.o.Wait)
	defer full.Stop()
	for len(batch) < batchTraces {
		select {
		case t := <-e.queue: // first, also when it is time
			batch = append(batch, t)
			continue
		default:
		}
		select {
		case t := <-e.queue:
			batch = append(batch, t)
		case <-full.C:
			return batch
		case <-e.closing:
			return batch
		}
	}
	return batch
}

// deliver sends a batch, again after failures that may pass.
func (e *Exporter) deliver(batch []*server.Trace) error {
	body, err := message(e.o.Version, batch)
	if err != nil {
		return err
	}
	pause := e.o.Pause
	for try := 1; ; try++ {
		again, err := e.send(body)
		if err == nil || !again || try == sendTries || e.isClosing() {
			return err
		}
		select {
		case <-time.After(pause):
		case <-e.closing:
		}
		pause *= 2
	}
}

// send sends a message once; again tells whether the failure may pass.
func (e *Exporter) send(body []byte) (again bool, err error) {
	ctx, cancel := context.WithTimeout(e.ctx, sendTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	if e.o.Header != nil {
		req.Header = e.o.Header.Clone()
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("User-Agent", "parley/"+e.o.Version)
	res, err := e.client.Do(req)
	if err != nil {
		if inner := new(url.Error); errors.As(err, &inner) {
			err = inner.Err // without the address, which may be private
		}
		return true, err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer)); err != nil {
		return true, err
	}
	switch res.StatusCode {
	case http.StatusOK, http.StatusAccepted, http.StatusNoContent:
		return false, nil
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		again = true
	}
	return again, fmt.Errorf("the collector answered %d", res.StatusCode)
}

// tell logs a failure, if none was logged lately.
func (e *Exporter) tell(err error) {
	if !e.told.IsZero() && time.Since(e.told) < tellFailures {
		e.silent++
		return
	}
	e.o.Logger.Warn("traces cannot be sent and are dropped", "error", err.Error(), "suppressed", e.silent)
	e.told, e.silent = time.Now(), 0
}
