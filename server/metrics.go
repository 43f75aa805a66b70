package server

import (
	"runtime"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/parleyhq/parley/engine"
)

// Metrics are the collectors of the program, on a registry of their own. They are made before the engine, which
// reports into them through Observer. Labels come from closed sets; what is not in a set is counted as "other".
type Metrics struct {
	registry *prometheus.Registry

	requests       *prometheus.CounterVec
	requestSeconds *prometheus.HistogramVec
	searchSeconds  [2]prometheus.Observer
	commitSeconds  prometheus.Histogram
	commitEntries  prometheus.Histogram
	decisions      *prometheus.CounterVec
	offers         [len(tierCounts{})]prometheus.Counter
	searches       [2][matchNone + 1]prometheus.Counter
	firstOffer     [2]prometheus.Observer
	emptySearches  *prometheus.CounterVec
	bookings       *prometheus.CounterVec
	attempts       *prometheus.CounterVec
	noShows        *prometheus.CounterVec
	conflicts      *prometheus.CounterVec
	problems       map[string]prometheus.Counter
	poisoned       prometheus.Gauge
	handlerPanics  prometheus.Counter

	journalRecords  [engine.AccessSeal + 1]prometheus.Counter // by kind
	journalFailures prometheus.Counter
	journalWithheld prometheus.Counter
	journalWaiting  prometheus.Gauge
	load            loadMetrics
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
		commitSeconds:  prometheus.NewHistogram(histogram("parley_commit_duration_seconds", "Time of one durable batch.", latencyBuckets)),
		commitEntries:  prometheus.NewHistogram(histogram("parley_commit_entries", "Entries in one durable batch.", []float64{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024})),
		decisions:      prometheus.NewCounterVec(counter("parley_decisions_total", "Commands judged, by kind and outcome."), []string{"kind", "outcome"}),
		emptySearches:  prometheus.NewCounterVec(counter("parley_empty_searches_total", "Searches without any offer, by program and state of the member."), []string{"program", "state"}),
		bookings:       prometheus.NewCounterVec(counter("parley_bookings_total", "Appointments booked, by tier of the match."), []string{"tier"}),
		attempts:       prometheus.NewCounterVec(counter("parley_attempts_total", "Tries of a call on record, by result and whether they count as a miss by the payer's row."), []string{"result", "missed"}),
		noShows:        prometheus.NewCounterVec(counter("parley_no_shows_total", "Calls ended because somebody was not there, by who it was."), []string{"by"}),
		conflicts:      prometheus.NewCounterVec(counter("parley_conflicts_total", "Requests refused because of the state of the moment, by code."), []string{"code"}),
		poisoned:       gauge("parley_store_poisoned", "1 if a commit failed and nothing is accepted any more."),
		handlerPanics: prometheus.NewCounter(counter("parley_handler_panics_total",
			"Requests answered 500 because a handler panicked.")),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "parley_build_info", Help: "Always 1; the labels tell the build."}, []string{"version", "go_version"})
	build.WithLabelValues(version, runtime.Version()).Set(1)
	m.registry.MustRegister(m.requests, m.requestSeconds, m.commitSeconds, m.commitEntries, m.decisions,
		m.emptySearches, m.bookings, m.attempts, m.noShows, m.conflicts, m.poisoned, m.handlerPanics, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.countJournal()
	m.countSearches()
	m.countProblems()
	m.countLoad()
	m.begin()
	return m
}

// Register adds a collector of another room, for example of the store's disk numbers.
func (m *Metrics) Register(c prometheus.Collector) error { return m.registry.Register(c) }

// Observer reports the writer's work into the metrics. The caller may fill in Logf.
func (m *Metrics) Observer() engine.Observer {
	return engine.Observer{
		Committed: func(entries int, seconds float64, _ engine.Seq) {
			m.commitSeconds.Observe(seconds)
			m.commitEntries.Observe(float64(entries))
		},
		Decided: func(k engine.Kind, s engine.Status) {
			m.decisions.WithLabelValues(kindLabel(k), s.String()).Inc()
		},
		Poisoned: func(error) { m.poisoned.Set(1) },
	}
}

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
