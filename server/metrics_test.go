package server

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
)

// values reads the metrics of the text format: series by name and labels.
func (w *world) values() map[string]float64 {
	w.t.Helper()
	r := w.get("/metrics").is(http.StatusOK, "")
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(r.body))
	if err != nil {
		w.t.Fatalf("metrics: %v", err)
	}
	out := map[string]float64{}
	for name, f := range families {
		for _, m := range f.Metric {
			series := name
			for _, l := range m.Label {
				series += " " + l.GetName() + "=" + l.GetValue()
			}
			switch {
			case m.Counter != nil:
				out[series] = m.Counter.GetValue()
			case m.Gauge != nil:
				out[series] = m.Gauge.GetValue()
			case m.Histogram != nil:
				out[series] = float64(m.Histogram.GetSampleCount())
			}
		}
	}
	return out
}

// A hold, a booking, a lost race and an empty search are counted where they belong.
func TestMetricsCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	w.seed(ames, winter, summer)
	w.do("POST", "/v1/search", deckSearch.String()).is(http.StatusOK, "")
	w.do("POST", "/v1/search/earliest", `{"caseIds":["1004567"],"timeZone":"US/Eastern"}`).is(http.StatusOK, "")
	w.do("POST", "/v1/search", deckSearch.with("/week", "2020-05-25").String()).is(http.StatusOK, "")
	w.post("/v1/holds", deckHold.String()).is(http.StatusCreated, "")
	w.post("/v1/appointments", deckBooking.String()).is(http.StatusCreated, "")
	w.post("/v1/appointments", deckBooking.with("/caseIds/0", "1004568").String()).is(http.StatusConflict, "slot_taken")
	w.get("/nothing").is(http.StatusNotFound, codeRouteNotFound)
	text := string(w.get("/metrics").body)
	for _, secret := range []string{"Winter", "1982-06", "Ames", "Doe", "1004567", "rev-ames", "+1212555"} {
		if strings.Contains(text, secret) {
			t.Errorf("the metrics tell %s", secret)
		}
	}
	got := w.values()
	f := func(series string, want float64) {
		t.Helper()
		if v, ok := got[series]; !ok || v != want {
			t.Errorf("%s is %v %v, want %v", series, v, ok, want)
		}
	}
	f("parley_http_requests_total route=putCase status=201", 2)
	f("parley_http_requests_total route=createAppointment status=201", 1)
	f("parley_http_requests_total route=createAppointment status=409", 1)
	f("parley_http_requests_total route=none status=404", 1)
	f("parley_http_request_duration_seconds route=searchWeek", 2)
	f("parley_search_duration_seconds kind=week", 2)
	f("parley_search_duration_seconds kind=earliest", 1)
	f("parley_offers_total tier=full", 6)
	f("parley_empty_searches_total program=msk-spine-surgery state=TX", 1)
	f("parley_bookings_total tier=full", 1)
	f("parley_searches_total kind=week match=lawful", 1)
	f("parley_searches_total kind=week match=none", 1)
	f("parley_searches_total kind=earliest match=lawful", 1)
	f("parley_searches_total kind=earliest match=waiver", 0)
	f("parley_first_offer_wait_seconds kind=week", 1)
	f("parley_first_offer_wait_seconds kind=earliest", 1)
	f("parley_problems_total code=slot_taken", 1)
	f("parley_problems_total code=route_not_found", 1)
	f("parley_problems_total code=outcome_unknown", 0)
	f("parley_conflicts_total code=slot_taken", 1)
	f("parley_decisions_total kind=book outcome=ok", 1)
	f("parley_decisions_total kind=book outcome=slot_taken", 1)
	f("parley_decisions_total kind=hold outcome=ok", 1)
	f("parley_entities kind=reviewer", 1)
	f("parley_entities kind=case", 2)
	f("parley_entities kind=appointment", 1)
	f("parley_holds", 0)
	f("parley_ready", 1)
	f("parley_store_poisoned", 0)
	f("parley_queue_depth", 0)
	f("parley_handler_panics_total", 0)
	f("parley_log_sequence", w.get("/readyz").at("sequence").(float64))
	if got["parley_commit_duration_seconds"] == 0 || got["parley_commit_entries"] == 0 {
		t.Error("no commit was measured")
	}
}

// Names and help texts follow the conventions of Prometheus.
func TestMetricNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	m := w.server.metrics
	m.found(kindWeek, 1, &finding{}, "none such", "ZZ")
	m.found(kindEarliest, 1, &finding{offers: tierCounts{matcher.TierFull: 1}}, "", "")
	m.conflict("none such")
	m.Observer().Decided(engine.Kind(999), engine.StatusOK)
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	var build bool
	for _, f := range families {
		name := f.GetName()
		build = build || name == "parley_build_info"
		if !strings.HasPrefix(name, "parley_") && !strings.HasPrefix(name, "go_") && !strings.HasPrefix(name, "process_") {
			t.Errorf("%s has no prefix of its own", name)
		}
		for _, m := range f.Metric {
			if h := m.Histogram; h != nil && (len(h.Bucket) == 0 || h.Schema == nil) && strings.HasPrefix(name, "parley_") {
				t.Errorf("%s lacks classic or native buckets", name)
			}
		}
	}
	if !build {
		t.Error("no build info")
	}
	got := w.values()
	if got["parley_empty_searches_total program=other state=other"] != 1 || got["parley_conflicts_total code=other"] != 1 ||
		got["parley_decisions_total kind=other outcome=ok"] != 1 {
		t.Errorf("unknown labels: %v", got)
	}
}

// The closed label sets are those of the rooms below.
func TestLabelSets(t *testing.T) {
	t.Parallel()
	var want []string
	for tier := matcher.TierFull; tier <= matcher.TierBothWaived; tier++ {
		want = append(want, tier.String())
	}
	if !slices.Equal(tiers, want) {
		t.Errorf("tiers %v, want %v", tiers, want)
	}
	for _, code := range conflictLabels {
		if s := problemKinds[code].status; s != http.StatusConflict && s != http.StatusPreconditionFailed && s != http.StatusTooManyRequests {
			t.Errorf("%s is no conflict", code)
		}
	}
	for k := engine.KindLoadRules; k <= engine.KindReseal; k++ {
		if kindLabel(k) == "" || kindLabel(k) == "other" {
			t.Errorf("kind %d has no label", k)
		}
	}
}

// The client picks the format; only protocol buffers carry native histograms.
func TestMetricFormats(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	f := func(accept, media string) {
		t.Helper()
		if got := w.get("/metrics", "Accept", accept).is(http.StatusOK, "").header.Get("Content-Type"); !strings.HasPrefix(got, media) {
			t.Errorf("%s: %s", accept, got)
		}
	}
	f("", "text/plain")
	f("*/*", "text/plain")
	f("application/openmetrics-text;version=1.0.0,text/plain;q=0.5", "application/openmetrics-text")
	f("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited", "application/vnd.google.protobuf")
}
