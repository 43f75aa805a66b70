package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// stateFigure is one gauge read from the state.
type stateFigure struct {
	desc *prometheus.Desc
	read func(*stateReading) float64
}

// stateReading is what one scrape sees.
type stateReading struct {
	counts engine.Counts
	owed   engine.Owed
	health engine.Health
	swept  *engine.SweepReport
	now    slots.Instant
	age    float64 // of the oldest open callback request, in seconds; 0 if there is none
}

// stateCollector reads the sizes of the state, and what is owed by it, when it is asked, from one snapshot.
type stateCollector struct {
	engine  *engine.Engine
	sizes   *prometheus.Desc
	figures []stateFigure
}

func newStateCollector(e *engine.Engine) *stateCollector {
	f := func(name, help string, read func(*stateReading) float64) stateFigure {
		return stateFigure{prometheus.NewDesc("parley_"+name, help, nil, nil), read}
	}
	return &stateCollector{
		engine: e,
		sizes:  prometheus.NewDesc("parley_entities", "Entities in the state, by kind.", []string{"kind"}, nil),
		figures: []stateFigure{
			f("clock_step_seconds", "How far the machine's clock is ahead of the time that counts, after a step that is being made up for; 0 if there was none.",
				func(r *stateReading) float64 { return r.health.ClockStep }),
			f("self_check_failed", "1 if the state was found to contradict itself; nothing is accepted then.", func(r *stateReading) float64 {
				if r.swept != nil && r.swept.Fault != nil {
					return 1
				}
				return 0
			}),
			f("self_check_age_seconds", "How long ago the state was checked last, by the time that counts; -1 if it was not yet.", func(r *stateReading) float64 {
				if r.swept == nil {
					return -1
				}
				return float64(max(0, r.now-r.swept.At))
			}),
			f("self_check_seconds", "Time that the last check of the state took beside everything else.", func(r *stateReading) float64 {
				if r.swept == nil {
					return 0
				}
				return r.swept.Seconds
			}),
			f("holds", "Holds in the state.", func(r *stateReading) float64 { return float64(r.counts.Holds) }),
			f("ready", "1 if commands are accepted.", func(r *stateReading) float64 {
				if r.health.Ready && r.health.Writable == nil {
					return 1
				}
				return 0
			}),
			f("log_sequence", "Position of the last durable entry.", func(r *stateReading) float64 { return float64(r.health.Seq) }),
			f("queue_depth", "Commands that wait for the writer, or for a write before their own.", func(r *stateReading) float64 { return float64(r.health.Queue) }),
			f("queue_limit", "Commands that may wait for the writer; one more is refused.", func(r *stateReading) float64 { return float64(r.health.Room) }),
			f("callbacks_open", "Callback requests that have no call.", func(r *stateReading) float64 { return float64(r.owed.CallbacksOpen) }),
			f("callbacks_past", "Open callback requests whose last window is over: nobody called.", func(r *stateReading) float64 { return float64(r.owed.CallbacksPast) }),
			f("callbacks_stranded", "Callback requests whose reviewer is lost and whom nobody can replace.", func(r *stateReading) float64 { return float64(r.owed.CallbacksStranded) }),
			f("callbacks_oldest_seconds", "How long the oldest open callback request has waited; 0 if there is none.", func(r *stateReading) float64 { return r.age }),
			f("calls_unreported", "Booked calls of the last day that should have begun an hour ago and of which nothing is on record.", func(r *stateReading) float64 { return float64(r.owed.CallsUnreported) }),
			f("results_awaited", "Calls after which a result is due.", func(r *stateReading) float64 { return float64(r.owed.ResultsAwaited) }),
			f("results_overdue", "Calls whose result is due by a rule and late.", func(r *stateReading) float64 { return float64(r.owed.ResultsOverdue) }),
		},
	}
}

// Describe implements prometheus.Collector.
func (s *stateCollector) Describe(out chan<- *prometheus.Desc) {
	out <- s.sizes
	for _, f := range s.figures {
		out <- f.desc
	}
}

// Collect implements prometheus.Collector.
func (s *stateCollector) Collect(out chan<- prometheus.Metric) {
	snap, now := s.engine.Snapshot(), s.engine.Now()
	r := stateReading{counts: snap.Counts(), owed: snap.Owed(now), health: s.engine.Health(), swept: s.engine.LastSweep(), now: now}
	if r.owed.CallbacksOldest != 0 {
		r.age = float64(max(0, now-r.owed.CallbacksOldest))
	}
	size := func(kind string, v int) {
		out <- prometheus.MustNewConstMetric(s.sizes, prometheus.GaugeValue, float64(v), kind)
	}
	size("reviewer", r.counts.Reviewers)
	size("case", r.counts.Cases)
	size("appointment", r.counts.Appointments)
	size("idempotency_key", r.counts.Keys)
	for _, f := range s.figures {
		out <- prometheus.MustNewConstMetric(f.desc, prometheus.GaugeValue, f.read(&r))
	}
}
