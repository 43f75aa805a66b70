package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// traceSink takes whatever an exporter sends.
type traceSink struct {
	*httptest.Server
	mu      sync.Mutex
	bodies  [][]byte
	headers []http.Header
}

func newTraceSink(t *testing.T) *traceSink {
	s := &traceSink{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.bodies, s.headers = append(s.bodies, body), append(s.headers, r.Header)
	}))
	t.Cleanup(s.Close)
	return s
}

// sent is all that was sent so far, heads and bodies.
func (s *traceSink) sent() (spans []*tracepb.Span, raw []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all bytes.Buffer
	for i, body := range s.bodies {
		var data tracepb.TracesData
		if err := proto.Unmarshal(body, &data); err != nil {
			return nil, nil, err
		}
		for _, of := range data.ResourceSpans {
			for _, scope := range of.ScopeSpans {
				spans = append(spans, scope.Spans...)
			}
		}
		all.Write(body)
		_ = s.headers[i].Write(&all) // a buffer takes everything
	}
	return spans, all.Bytes(), nil
}

// TestTraces: a collector sees the requests of a server that is told to send them, after a stop all of them, and of another one
// nothing. One that is not there changes nothing.
func TestTraces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sink := newTraceSink(t)
	headers := filepath.Join(dir, "headers")
	if err := os.WriteFile(headers, []byte("# of the collector\nX-Api-Key: s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	drive := func(name string, args ...string) (metrics string) {
		t.Helper()
		p := serve(t, filepath.Join(dir, name), append([]string{"--demo=deck"}, args...)...)
		p.must(201, "POST", "/v1/appointments", "one", booking("1004567", "rev-bryce", "2020-05-19T15:00:00-04:00"))
		p.must(200, "GET", "/v1/cases/1004567", "", "")
		metrics = string(p.must(200, "GET", "/metrics", "", "").body)
		if code := p.stop(); code != 0 {
			t.Errorf("%v: exit code %d\n%s", args, code, p.stderr)
		}
		if strings.Contains(p.stderr.String(), "s3cret") {
			t.Error("the log tells the secret")
		}
		return metrics
	}
	if metrics := drive("quiet"); !strings.Contains(metrics, `parley_traces_total{result="exported"} 0`) {
		t.Error("no counter of traces")
	}
	drive("dead", "--otlp-endpoint=http://"+freeAddress(t), "--otlp-sample=1")
	if _, raw, _ := sink.sent(); len(raw) != 0 {
		t.Fatal("a collector was found that nobody had named")
	}
	drive("traced", "--otlp-endpoint="+sink.URL, "--otlp-sample=1", "--otlp-headers="+headers)
	spans, _, err := sink.sent()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, span := range spans {
		names = append(names, span.Name)
	}
	for _, want := range []string{"POST /v1/import", "POST /v1/appointments", "write", "GET /v1/cases/{id}", "GET /metrics"} {
		if !slices.Contains(names, want) {
			t.Errorf("no span %s in %q", want, names)
		}
	}
	if sink.headers[0].Get("X-Api-Key") != "s3cret" {
		t.Errorf("headers %v", sink.headers[0])
	}
}

// TestTraceFlags: what would send traces or secrets to where they must not go is refused before anything is opened.
func TestTraceFlags(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		return "--otlp-headers=" + writeFileMode(t, filepath.Join(dir, name), text, mode)
	}
	const here = "--otlp-endpoint=https://collector.example"
	f := func(want string, args ...string) {
		t.Helper()
		_, errs, code := parley(t, "", append([]string{"serve", "--listen=127.0.0.1:0", "--data=" + filepath.Join(dir, "store")}, args...)...)
		if code != exitUsage || !strings.Contains(errs, want) || strings.Contains(errs, "s3cret") {
			t.Errorf("%v: exit code %d\n%s", args, code, errs)
		}
	}
	f("https only", "--otlp-endpoint=http://collector.example")
	f("address alone", "--otlp-endpoint=https://me:s3cret@collector.example")
	f("address alone", "--otlp-endpoint=https://collector.example?key=s3cret")
	f("http(s) URL", "--otlp-endpoint=collector.example:4318")
	f("0 to 1", here, "--otlp-sample=1.5")
	f("0 to 1", here, "--otlp-sample=NaN")
	f("chmod 600", here, file("open", "A: s3cret\n", 0o644))
	f("line 2", here, file("odd", "A: s3cret\ns3cret\n", 0o600))
	f("line 1", here, file("name", "A B: s3cret\n", 0o600))
	f("line 1", here, file("control", "A: s3cret\x00\n", 0o600))
	f("no such file", here, "--otlp-headers="+dir+"/none")
	if _, err := os.Stat(filepath.Join(dir, "store")); !os.IsNotExist(err) {
		t.Errorf("a refused start left a directory behind: %v", err)
	}
}
