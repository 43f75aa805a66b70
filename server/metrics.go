package server

import (
	"runtime"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
)

// Metrics are the collectors of the program, on a registry of their own. They are made before the engine, which
// reports into them through Observer. Labels come from closed sets; what is not in a set is counted as "other".
type Metrics struct {
	registry *prometheus.Registry

	requests       *prometheus.CounterVec
	requestSeconds *prometheus.HistogramVec
	searchSeconds  *prometheus.HistogramVec
	commitSeconds  prometheus.Histogram
	commitEntries  prometheus.Histogram
	decisions      *prometheus.CounterVec
	offers         *prometheus.CounterVec
	emptySearches  *prometheus.CounterVec
	bookings       prometheus.Counter
	conflicts      *prometheus.CounterVec
	queueDepth     prometheus.Gauge
	logSequence    prometheus.Gauge
	poisoned       prometheus.Gauge
	handlerPanics  prometheus.Counter
}

// latencyBuckets are in seconds; beside them there are native buckets with a growth factor of at most 1.1.
var latencyBuckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

func histogram(name, help string, buckets []float64) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160}
}

func counter(name, help string) prometheus.CounterOpts {
	return prometheus.CounterOpts{Name: name, Help: help}
}

func gauge(name, help string) prometheus.Gauge {
	return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
}

// NewMetrics makes the collectors; version is the program's.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		registry:       prometheus.NewRegistry(),
		requests:       prometheus.NewCounterVec(counter("parley_http_requests_total", "Requests answered, by route and HTTP status."), []string{"route", "status"}),
		requestSeconds: prometheus.NewHistogramVec(histogram("parley_http_request_duration_seconds", "Time from the head of a request to its answer.", latencyBuckets), []string{"route"}),
		searchSeconds:  prometheus.NewHistogramVec(histogram("parley_search_duration_seconds", "Time of a search without decoding and encoding.", latencyBuckets), []string{"kind"}),
		commitSeconds:  prometheus.NewHistogram(histogram("parley_commit_duration_seconds", "Time of one durable batch.", latencyBuckets)),
		commitEntries:  prometheus.NewHistogram(histogram("parley_commit_entries", "Entries in one durable batch.", []float64{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024})),
		decisions:      prometheus.NewCounterVec(counter("parley_decisions_total", "Commands judged, by kind and outcome."), []string{"kind", "outcome"}),
		offers:         prometheus.NewCounterVec(counter("parley_offers_total", "Slots offered in answers, by tier."), []string{"tier"}),
		emptySearches:  prometheus.NewCounterVec(counter("parley_empty_searches_total", "Searches without any offer, by program and state of the member."), []string{"program", "state"}),
		bookings:       prometheus.NewCounter(counter("parley_bookings_total", "Appointments booked.")),
		conflicts:      prometheus.NewCounterVec(counter("parley_conflicts_total", "Requests refused because of the state of the moment, by code."), []string{"code"}),
		queueDepth:     gauge("parley_queue_depth", "Commands that wait for the writer."),
		logSequence:    gauge("parley_log_sequence", "Position of the last durable entry."),
		poisoned:       gauge("parley_store_poisoned", "1 if a commit failed and nothing is accepted any more."),
		handlerPanics: prometheus.NewCounter(counter("parley_handler_panics_total",
			"Requests answered 500 because a handler panicked.")),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "parley_build_info", Help: "Always 1; the labels tell the build."}, []string{"version", "go_version"})
	build.WithLabelValues(version, runtime.Version()).Set(1)
	m.registry.MustRegister(m.requests, m.requestSeconds, m.searchSeconds, m.commitSeconds, m.commitEntries, m.decisions,
		m.offers, m.emptySearches, m.bookings, m.conflicts, m.queueDepth, m.logSequence, m.poisoned, m.handlerPanics, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Register adds a collector of another room, for example of the store's disk numbers.
func (m *Metrics) Register(c prometheus.Collector) error { return m.registry.Register(c) }

// Observer reports the writer's work into the metrics. The caller may fill in Logf.
func (m *Metrics) Observer() engine.Observer {
	return engine.Observer{
		Committed: func(entries int, seconds float64, last engine.Seq) {
			m.commitSeconds.Observe(seconds)
			m.commitEntries.Observe(float64(entries))
			m.logSequence.Set(float64(last))
		},
		Decided: func(k engine.Kind, s engine.Status) {
			m.decisions.WithLabelValues(kindLabel(k), s.String()).Inc()
		},
		Queue:    func(depth int) { m.queueDepth.Set(float64(depth)) },
		Poisoned: func(error) { m.poisoned.Set(1) },
	}
}

// searched counts one search: kind is week or earliest; a search without offers is counted by program and state.
func (m *Metrics) searched(kind string, seconds float64, offersByTier *tierCounts, program, state string) {
	m.searchSeconds.WithLabelValues(kind).Observe(seconds)
	total := 0
	for tier, n := range offersByTier {
		if n > 0 {
			m.offers.WithLabelValues(matcher.Tier(tier).String()).Add(float64(n))
			total += n
		}
	}
	if total == 0 {
		m.emptySearches.WithLabelValues(label(programLabels, program), label(states, state)).Inc()
	}
}

// booked counts one new appointment.
func (m *Metrics) booked() { m.bookings.Inc() }

// conflict counts one refusal that came from the state of the moment.
func (m *Metrics) conflict(code string) {
	m.conflicts.WithLabelValues(label(conflictLabels, code)).Inc()
}

func label(set []string, value string) string {
	if slices.Contains(set, value) {
		return value
	}
	return "other"
}

func kindLabel(k engine.Kind) string {
	if int(k) < len(kindLabels) {
		return kindLabels[k]
	}
	return "other"
}
