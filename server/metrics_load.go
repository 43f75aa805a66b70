package server

import "github.com/prometheus/client_golang/prometheus"

// loadMetrics tell what is kept out, and why.
type loadMetrics struct {
	limitedBy        map[string]prometheus.Counter
	turnedAway       [rankCount]prometheus.Counter
	pressure, waited prometheus.Gauge
}

// limitNames are the limits of requests, as headers name them.
var limitNames = []string{"principal", "tenant", "address", "failures", limitOffice}

// countLoad makes the series of limits and of the gate.
func (m *Metrics) countLoad() {
	limited := prometheus.NewCounterVec(counter("parley_limited_total", "Requests answered 429 because a limit of requests is reached, by limit."), []string{"limit"})
	turned := prometheus.NewCounterVec(counter("parley_turned_away_total", "Requests answered 503 before anything but their first line was looked at, by rank."), []string{"rank"})
	l := &m.load
	l.limitedBy = make(map[string]prometheus.Counter, len(limitNames))
	for _, name := range limitNames {
		l.limitedBy[name] = limited.WithLabelValues(name)
	}
	for r := range rankCount {
		l.turnedAway[r] = turned.WithLabelValues(rankNames[r])
	}
	l.pressure = gauge("parley_gate_pressure", "How far the gate is closed: 0 open, 1 nothing but the first rank.")
	l.waited = gauge("parley_gate_wait_seconds", "How long goroutines waited for a processor when the gate last looked, the slowest quarter apart.")
	m.registry.MustRegister(limited, turned, l.pressure, l.waited)
}

// limited counts a request that was refused for a limit.
func (m *Metrics) limited(name string) { m.load.limitedBy[name].Inc() }

// measured takes what the gate saw and did.
func (l *loadMetrics) measured(wait, pressure float64) {
	l.waited.Set(wait)
	l.pressure.Set(pressure)
}
