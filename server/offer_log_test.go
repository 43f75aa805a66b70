package server

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// recorded reads the export, a line each as "kind case offers".
func (w *world) recorded(query string) []string {
	w.t.Helper()
	var out []string
	for _, line := range strings.Split(strings.TrimSpace(string(w.get("/v1/offer-records"+query).is(200, "").body)), "\n") {
		if line == "" {
			continue
		}
		var r map[string]any
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			w.t.Fatalf("line %q: %v", line, err)
		}
		out = append(out, fmt.Sprint(r["kind"], " ", r["caseId"], " ", len(r["offers"].([]any))))
	}
	return out
}

// TestOffersGoOnRecord: what a search offers in Texas is on record before it is
// answered, once in ten minutes, and elsewhere nothing is written.
func TestOffersGoOnRecord(t *testing.T) {
	t.Parallel()
	x := &texas{world: newWorld(t, texasNow)}
	reviewerID, caseID := x.pair(nil, nil)
	_, elsewhere := x.pair(nil, []any{"/situsState", "MA", "/member/state", "MA"})
	search := doc{"caseIds": []string{caseID}, "timeZone": "America/Chicago", "days": []string{"tue"}, "hours": []int{9, 10}, "slotsPerDay": 3, "reviewersPerPriority": 1}
	ask := func(body doc) { x.do("POST", "/v1/search", body.String()).is(200, "") }
	seq := x.engine.Snapshot().Seq()
	ask(search.with("/caseIds/0", elsewhere))
	if x.engine.Snapshot().Seq() != seq {
		t.Error("a search without the duty has written")
	}
	ask(search)
	ask(search)
	if got := x.engine.Snapshot().Seq(); got != seq+1 {
		t.Errorf("%d entries for the same answer twice", got-seq)
	}
	ask(search.with("/week", "2026-11-09"))
	ask(search.with("/days", []string{"sun"}))
	x.do("POST", "/v1/search/earliest", doc{"caseIds": []string{elsewhere, caseID}, "timeZone": "UTC", "limit": 2}.String()).is(200, "")
	x.clock.set(t, "2026-11-02T08:11:00-06:00")
	ask(search)
	want := fmt.Sprintf("offered %[1]s 3, offered %[1]s 3, none_offered %[1]s 0, offered %[1]s 2, offered %[1]s 3", caseID)
	if got := strings.Join(x.recorded("?caseId="+caseID), ", "); got != want {
		t.Errorf("recorded %s, want %s", got, want)
	}
	if got := x.recorded("?caseId=" + elsewhere); len(got) != 0 {
		t.Errorf("recorded elsewhere %v", got)
	}
	x.get("/v1/cases/"+caseID+"/p2p-availability").is(200, "")
	body := deckBooking.with("/caseIds/0", caseID, "/slot", doc{"reviewerId": reviewerID, "start": tuesday}, "/timeZone", "America/Chicago")
	x.post("/v1/appointments", body.String()).is(201, "")
	if got := x.recorded(""); got[len(got)-1] != "booked "+caseID+" 0" {
		t.Errorf("after the booking %v", got)
	}
}

// TestRefusalsGoOnRecord: the alternatives beside a refusal are offers too.
func TestRefusalsGoOnRecord(t *testing.T) {
	t.Parallel()
	x := &texas{world: newWorld(t, texasNow)}
	reviewerID, caseID := x.pair(nil, nil)
	_, other := x.pair(nil, nil)
	body := deckBooking.with("/caseIds/0", caseID, "/slot", doc{"reviewerId": reviewerID, "start": tuesday}, "/timeZone", "America/Chicago")
	x.post("/v1/appointments", body.String()).is(201, "")
	x.post("/v1/appointments", body.with("/caseIds/0", other).String()).is(409, "slot_taken")
	if got := x.recorded("?caseId=" + other); strings.Join(got, ", ") != "offered "+other+" 5" {
		t.Errorf("alternatives %v", got)
	}
	x.post("/v1/appointments", body.with("/caseIds/0", other, "/slot/reviewerId", "rev-2", "/expect", doc{"tier": "similar"}).String()).is(409, "rules_changed")
	if got := x.recorded("?caseId=" + other); len(got) != 2 || got[1] != "offered "+other+" 1" {
		t.Errorf("the offer as it is now %v", got)
	}
}

// TestUnrecordedIsNotOffered: a store that takes no changes answers searches under
// the duty with 503, and others as ever.
func TestUnrecordedIsNotOffered(t *testing.T) {
	t.Parallel()
	x := &texas{world: newWorld(t, texasNow)}
	_, caseID := x.pair(nil, nil)
	_, elsewhere := x.pair(nil, []any{"/situsState", "MA", "/member/state", "MA"})
	x.store.SetReadOnly(true)
	for _, target := range []string{"/v1/search", "/v1/search/earliest"} {
		x.do("POST", target, doc{"caseIds": []string{caseID}, "timeZone": "UTC"}.String()).is(503, codeReadOnly)
		x.do("POST", target, doc{"caseIds": []string{elsewhere}, "timeZone": "UTC"}.String()).is(200, "")
	}
}

// TestOfferExport: the same records as NDJSON and as CSV, in pages and in ranges.
func TestOfferExport(t *testing.T) {
	t.Parallel()
	x := &texas{world: newWorld(t, texasNow)}
	x.seed(texasReviewer.with("/id", "rev-1"), texasCase.with("/id", "-cmd"))
	search := doc{"caseIds": []string{"-cmd"}, "timeZone": "America/Chicago", "slotsPerDay": 1, "days": []string{"tue", "wed"}}
	for i := range 5 {
		x.do("POST", "/v1/search", search.with("/hours", []int{9 + i}).String()).is(200, "")
		x.clock.set(t, fmt.Sprintf("2026-11-02T08:0%d:00-06:00", i+1))
	}
	all := x.recorded("")
	if len(all) != 5 || all[0] != "offered -cmd 2" {
		t.Fatalf("recorded %v", all)
	}
	if got := x.recorded("?from=2026-11-02T08:01:00-06:00&to=2026-11-02T08:03:00-06:00"); len(got) != 2 {
		t.Errorf("range %v", got)
	}
	var lines int
	cursor := ""
	for pages := 1; ; pages++ {
		r := x.get("/v1/offer-records?limit=2"+cursor, "Accept", "application/x-ndjson").is(200, "")
		lines += strings.Count(string(r.body), "\n")
		next := r.header.Get("Next-Cursor")
		if next == "" {
			if pages != 3 || lines != 5 {
				t.Errorf("%d lines on %d pages", lines, pages)
			}
			break
		}
		cursor = "&cursor=" + next
	}
	r := x.get("/v1/offer-records?timeZone=America/Chicago", "Accept", "text/csv").is(200, "")
	rows, err := csv.NewReader(strings.NewReader(string(r.body))).ReadAll()
	if err != nil || len(rows) != 11 || !strings.HasPrefix(r.header.Get("Content-Type"), "text/csv") {
		t.Fatalf("%d rows of %s: %v", len(rows), r.header.Get("Content-Type"), err)
	}
	if rows[0][0] != "seq" || rows[1][3] != "'-cmd" || rows[1][14] != "2026-11-03T09:00:00-06:00" || rows[1][15] != "full" || rows[2][14] != "2026-11-04T09:00:00-06:00" {
		t.Errorf("rows %q", rows[:3])
	}
	x.get("/v1/offer-records", "Accept", "text/csv;q=0, application/x-ndjson").is(200, "")
	x.get("/v1/offer-records", "Accept", "text/html").is(406, codeNotAcceptable)
	x.get("/v1/offer-records?caseId=nope").is(404, "not_found")
	x.get("/v1/offer-records?caseId=a%20b").is(400, "invalid_query")
	x.get("/v1/offer-records?from=yesterday").is(400, "invalid_query")
	x.get("/v1/offer-records?limit=0").is(422, "invalid_value")
	x.get("/v1/offer-records?to=2026-11-02T08:01:00-06:00&from=2026-11-02T08:01:00-06:00").is(422, "invalid_value")
	x.get("/v1/offer-records?limit=2&to=2026-11-03T00:00:00Z"+cursor).is(400, "invalid_cursor")
}

// TestExportIsBounded: what is more than an answer takes is refused, not cut.
func TestExportIsBounded(t *testing.T) {
	t.Parallel()
	x := export{zone: slots.UTC(), rows: newExportRows(false)}
	record := engine.OfferRecord{Kind: engine.OfferNone, CaseID: "c"}
	for i := range maxExport {
		record.Seq = engine.Seq(i/2 + 1)
		if !x.take(record) {
			t.Fatalf("ended after %d records", i)
		}
	}
	if record.Seq++; x.take(record) || !x.more || x.taken != maxExport {
		t.Errorf("%d taken, more %v", x.taken, x.more)
	}
	rest := export{zone: slots.UTC(), rows: newExportRows(false), limit: 1, after: exportPlaceOf(exportPlace{at: 7, seq: 3, number: 1}.position())}
	for i := range 8 {
		record.Seq = engine.Seq(i/2 + 1)
		rest.take(record)
	}
	if rest.last.seq != 3 || rest.last.number != 2 {
		t.Errorf("after record 1 of entry 3 came %+v", rest.last)
	}
	large := export{zone: slots.UTC(), rows: newExportRows(true)}
	record.Kind, record.Offers = engine.OfferMade, many(engine.MaxOffers, engine.OfferedSlot{ReviewerID: "=1+1", Start: 1, Tier: 1})
	taken := 0
	for record.Seq = 1; large.take(record); record.Seq++ {
		taken++
	}
	if size := large.rows.size(); !large.more || size < maxExportBytes || size > 2*maxExportBytes {
		t.Errorf("%d records of %d bytes", taken, size)
	}
	if !strings.Contains(string(large.rows.bytes()[:4096]), ",'=1+1,") {
		t.Errorf("a formula stands in %s", large.rows.bytes()[:400])
	}
}
