package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parleyhq/parley/engine"
)

// countJournal makes the counters of the access journal.
func (m *Metrics) countJournal() {
	records := prometheus.NewCounterVec(counter("parley_journal_records_total", "Records of the access journal that are durable, by kind."), []string{"kind"})
	for kind := engine.AccessRead; kind <= engine.AccessSeal; kind++ {
		m.journalRecords[kind] = records.WithLabelValues(kind.String())
	}
	m.journalFailures = prometheus.NewCounter(counter("parley_journal_failures_total", "Times that the access journal, or its anchor in the log, could not be written."))
	m.journalWithheld = prometheus.NewCounter(counter("parley_journal_withheld_total", "Answers that were not given because there could be no record of them."))
	m.journalWaiting = gauge("parley_journal_waiting", "Refusals and failed authentications whose record, or count, is not durable yet: they are in memory alone.")
	m.registry.MustRegister(records, m.journalFailures, m.journalWithheld, m.journalWaiting)
}
