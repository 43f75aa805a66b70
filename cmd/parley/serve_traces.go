package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parleyhq/parley/cmd/parley/otlp"
	"github.com/parleyhq/parley/server"
)

// flushTimeout bounds how long a stop waits for the traces that are left.
const flushTimeout = 5 * time.Second

// maxTraceHeaderBytes bounds the file of a collector's headers.
const maxTraceHeaderBytes = 16 << 10

// traceFlags say where traces of requests go. Without an endpoint there are none.
type traceFlags struct {
	OTLPEndpoint    string  `name:"otlp-endpoint" placeholder:"URL" env:"PARLEY_OTLP_ENDPOINT" help:"Send traces of requests to this OpenTelemetry collector: OTLP over HTTP, e.g. http://127.0.0.1:4318; to another machine over https only (${env})."`
	OTLPSample      float64 `name:"otlp-sample" default:"0.01" placeholder:"SHARE" env:"PARLEY_OTLP_SAMPLE" help:"Share of requests that are traced, 0 to 1 (${env})."`
	OTLPHeaders     string  `name:"otlp-headers" type:"path" placeholder:"FILE" env:"PARLEY_OTLP_HEADERS" help:"File with headers to send to the collector, one NAME: VALUE a line, readable by its owner alone (${env})."`
	OTLPTrustParent bool    `name:"otlp-trust-parent" env:"PARLEY_OTLP_TRUST_PARENT" help:"Let traceparent headers of requests decide what is traced: only where nobody but a proxy of yours can send one (${env})."`
}

// options are those of an exporter, nil if there is none.
func (f *traceFlags) options() (*otlp.Options, error) {
	if f.OTLPEndpoint == "" {
		if f.OTLPHeaders != "" || f.OTLPTrustParent {
			return nil, errors.New("--otlp-headers and --otlp-trust-parent need --otlp-endpoint")
		}
		return nil, nil
	}
	u, err := baseURL(f.OTLPEndpoint)
	switch {
	case err != nil:
		return nil, fmt.Errorf("--otlp-endpoint: %w", err)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("--otlp-endpoint holds an address alone; secrets go into --otlp-headers")
	case u.Scheme != "https" && !namesLoopback(u.Hostname()):
		return nil, errors.New("--otlp-endpoint: traces are sent to other machines over https only")
	case !(f.OTLPSample >= 0 && f.OTLPSample <= 1):
		return nil, errors.New("--otlp-sample must be 0 to 1")
	}
	o := &otlp.Options{Endpoint: u, Sample: f.OTLPSample, TrustParent: f.OTLPTrustParent, Version: version}
	if f.OTLPHeaders == "" {
		return o, nil
	}
	text, err := readSecretFile(f.OTLPHeaders, maxTraceHeaderBytes)
	if err == nil {
		o.Header, err = parseHeaders(text)
	}
	if err != nil {
		return nil, fmt.Errorf("--otlp-headers: %w", err)
	}
	return o, nil
}

// parseHeaders reads lines of a header's name and value; empty lines and those that begin with # are passed over. Errors tell
// no value.
func parseHeaders(text []byte) (http.Header, error) {
	headers := http.Header{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if value = strings.TrimSpace(value); !ok || strings.ContainsFunc(name, notInHeaderName) || name == "" || strings.ContainsFunc(value, isControl) {
			return nil, fmt.Errorf("line %d is not NAME: VALUE", n)
		}
		headers.Set(name, value)
	}
	return headers, lines.Err()
}

func notInHeaderName(r rune) bool {
	return !(r == '-' || r == '_' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z')
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// tracer starts what takes traces, nil if nothing does, and returns what stops it and waits, for some seconds at most. Its
// counters are there in any case.
func (f *traceFlags) tracer(log *slog.Logger, metrics *server.Metrics) (t server.Tracer, stop func(), err error) {
	count := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "parley_traces_total", Help: "Traces of requests, by what became of them: exported, dropped since too many waited, or failed."}, []string{"result"})
	for _, result := range otlp.Results {
		count.WithLabelValues(result)
	}
	if err := metrics.Register(count); err != nil {
		return nil, nil, err
	}
	o, err := f.options()
	if o == nil || err != nil {
		return nil, func() {}, err
	}
	o.Logger = log
	o.Count = func(result string, n int) { count.WithLabelValues(result).Add(float64(n)) }
	e := otlp.New(*o)
	return e, func() {
		ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
		defer cancel()
		e.Close(ctx)
	}, nil
}
