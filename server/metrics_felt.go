package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
)

// What offices feel of the engine: what a search finds, how far ahead it is, how calls are missed, and what is refused.

// Kinds of a search.
const (
	kindWeek = iota
	kindEarliest
)

// What a search found at best.
const (
	matchLawful = iota // an offer that no law's waiver is needed for
	matchWaiver        // only offers that need one
	matchNone          // no offer
)

var (
	searchKinds   = [...]string{kindWeek: "week", kindEarliest: "earliest"}
	searchMatches = [...]string{matchLawful: "lawful", matchWaiver: "waiver", matchNone: "none"}
	missedWords   = [...]string{"no", "yes"}
)

// waitBuckets are in seconds: an hour to four weeks.
var waitBuckets = []float64{3600, 2 * 3600, 4 * 3600, 8 * 3600, 86400, 2 * 86400, 3 * 86400, 5 * 86400, 7 * 86400, 14 * 86400, 28 * 86400}

// countSearches makes the series of all searches, which then are counted without a look-up.
func (m *Metrics) countSearches() {
	searches := prometheus.NewCounterVec(counter("parley_searches_total",
		"Searches answered, by kind and by the best that they found: lawful, only with a waiver, or none."), []string{"kind", "match"})
	first := prometheus.NewHistogramVec(histogram("parley_first_offer_wait_seconds",
		"From when a search may begin (now, or the range asked for if that is later) to the first slot that it offers.", waitBuckets), []string{"kind"})
	seconds := prometheus.NewHistogramVec(histogram("parley_search_duration_seconds",
		"Time of a search without decoding and encoding.", latencyBuckets), []string{"kind"})
	offers := prometheus.NewCounterVec(counter("parley_offers_total", "Slots offered in answers, by tier."), []string{"tier"})
	m.registry.MustRegister(searches, first, seconds, offers)
	for tier := matcher.TierFull; int(tier) < len(m.offers); tier++ {
		m.offers[tier] = offers.WithLabelValues(tier.String())
	}
	for kind, name := range searchKinds {
		m.searchSeconds[kind] = seconds.WithLabelValues(name)
		m.firstOffer[kind] = first.WithLabelValues(name)
		for match, word := range searchMatches {
			m.searches[kind][match] = searches.WithLabelValues(name, word)
		}
	}
}

// countProblems makes the series of all problems.
func (m *Metrics) countProblems() {
	problems := prometheus.NewCounterVec(counter("parley_problems_total", "Requests answered with a problem, by its code; connections that are turned away are in it."), []string{"code"})
	m.registry.MustRegister(problems)
	m.problems = make(map[string]prometheus.Counter, len(problemKinds))
	for code := range problemKinds { //order: each code gets a series of its own
		m.problems[code] = problems.WithLabelValues(code)
	}
}

// begin sets short lists of series to 0: of a series that begins with 1, no increase is seen.
func (m *Metrics) begin() {
	for _, tier := range tiers {
		m.bookings.WithLabelValues(tier)
	}
	for _, result := range attemptResults {
		for _, missed := range missedWords {
			m.attempts.WithLabelValues(result, missed)
		}
	}
	for _, by := range missedBy {
		m.noShows.WithLabelValues(by)
	}
	for _, code := range conflictLabels {
		m.conflicts.WithLabelValues(code)
	}
}

// finding is what one search has found.
type finding struct {
	offers tierCounts
	wait   int64 // seconds from when it may begin to the first offer; meaningless if there is none
}

// found counts one search that took some seconds; one without offers is counted by program and state.
func (m *Metrics) found(kind int, seconds float64, f *finding, program, state string) {
	m.searchSeconds[kind].Observe(seconds)
	match := matchNone
	for tier, n := range f.offers {
		if n == 0 {
			continue
		}
		m.offers[tier].Add(float64(n))
		if match == matchNone { // tiers come best first
			if match = matchWaiver; matcher.Tier(tier) <= matcher.TierSkilled {
				match = matchLawful
			}
		}
	}
	m.searches[kind][match].Inc()
	if match == matchNone {
		m.emptySearches.WithLabelValues(label(programLabels, program), label(states, state)).Inc()
		return
	}
	m.firstOffer[kind].Observe(float64(max(0, f.wait)))
}

// accepted counts what one command has done, once it is durable.
func (m *Metrics) accepted(p engine.Payload, o *engine.Outcome) {
	switch p := p.(type) {
	case engine.Book:
		m.bookings.WithLabelValues(o.Appointment.Match.Tier.String()).Inc()
	case engine.RecordAttempt:
		if n := len(o.Appointment.Attempts); n > 0 {
			try := &o.Appointment.Attempts[n-1]
			missed := missedWords[0]
			if try.Missed {
				missed = missedWords[1]
			}
			m.attempts.WithLabelValues(label(attemptResults, try.Result), missed).Inc()
		}
	case engine.NoShowCall:
		m.noShows.WithLabelValues(label(missedBy, p.By)).Inc()
	}
}

// problem counts one answer that is a problem.
func (m *Metrics) problem(code string) {
	if n := m.problems[code]; n != nil {
		n.Inc()
	}
}
