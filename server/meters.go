package server

import (
	"maps"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// meter counts the answers of one route. It looks its series up once, when the first of them is counted, so that
// what never happened has none.
type meter struct {
	metrics *Metrics
	route   string

	mu      sync.Mutex // of the writers of known
	known   atomic.Pointer[map[int]prometheus.Counter]
	seconds atomic.Pointer[prometheus.Observer]
}

func newMeter(m *Metrics, route string) *meter {
	r := &meter{metrics: m, route: route}
	r.known.Store(&map[int]prometheus.Counter{})
	return r
}

// answered counts one answer with an HTTP status that took some seconds.
func (r *meter) answered(status int, seconds float64) {
	answers, found := (*r.known.Load())[status]
	if !found {
		answers = r.learn(status)
	}
	answers.Inc()
	(*r.seconds.Load()).Observe(seconds)
}

// learn looks up the series of a status that has not been met before.
func (r *meter) learn(status int) prometheus.Counter {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seconds.Load() == nil {
		o := r.metrics.requestSeconds.WithLabelValues(r.route)
		r.seconds.Store(&o)
	}
	known := maps.Clone(*r.known.Load())
	known[status] = r.metrics.requests.WithLabelValues(r.route, strconv.Itoa(status))
	r.known.Store(&known)
	return known[status]
}
