package server

import (
	"bytes"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"github.com/parleyhq/parley/engine"
)

// getMetrics writes all collectors in the format that the client accepts: text, OpenMetrics or protocol buffers,
// of which only the last carries native histograms.
func getMetrics(c *call) answer {
	families, err := c.server.metrics.registry.Gather()
	if err != nil {
		c.server.log.Error("metrics cannot be gathered", "error", err)
		return refuse(&problem{code: codeInternal})
	}
	format := expfmt.NegotiateAccept(http.Header{"Accept": {c.accept}}, expfmt.DefaultOpenMetricsAcceptedFormats()...)
	var out bytes.Buffer
	e := expfmt.NewEncoder(&out, format)
	for _, f := range families {
		if err := e.Encode(f); err != nil {
			c.server.log.Error("metrics cannot be written", "error", err)
			return refuse(&problem{code: codeInternal})
		}
	}
	if closer, ok := e.(expfmt.Closer); ok {
		if err := closer.Close(); err != nil {
			return refuse(&problem{code: codeInternal})
		}
	}
	return answer{status: http.StatusOK, body: out.Bytes(), contentType: string(format)}
}

// stateCollector reads the sizes of the state when it is asked, from one snapshot.
type stateCollector struct {
	engine *engine.Engine
	sizes  *prometheus.Desc
	holds  *prometheus.Desc
	ready  *prometheus.Desc
}

func newStateCollector(e *engine.Engine) *stateCollector {
	return &stateCollector{
		engine: e,
		sizes:  prometheus.NewDesc("parley_entities", "Entities in the state, by kind.", []string{"kind"}, nil),
		holds:  prometheus.NewDesc("parley_holds", "Holds in the state.", nil, nil),
		ready:  prometheus.NewDesc("parley_ready", "1 if commands are accepted.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (s *stateCollector) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(s, out) }

// Collect implements prometheus.Collector.
func (s *stateCollector) Collect(out chan<- prometheus.Metric) {
	n := s.engine.Snapshot().Counts()
	size := func(kind string, v int) {
		out <- prometheus.MustNewConstMetric(s.sizes, prometheus.GaugeValue, float64(v), kind)
	}
	size("reviewer", n.Reviewers)
	size("case", n.Cases)
	size("appointment", n.Appointments)
	size("idempotency_key", n.Keys)
	out <- prometheus.MustNewConstMetric(s.holds, prometheus.GaugeValue, float64(n.Holds))
	ready := 0.0
	if h := s.engine.Health(); h.Ready && h.Writable == nil {
		ready = 1
	}
	out <- prometheus.MustNewConstMetric(s.ready, prometheus.GaugeValue, ready)
}
