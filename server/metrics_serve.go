package server

import (
	"bytes"
	"net/http"

	"github.com/prometheus/common/expfmt"
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
