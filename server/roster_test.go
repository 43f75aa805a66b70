package server

import (
	"strings"
	"testing"
)

// TestReviewerRoundTrip: what was written is given back, and given back again
// changes nothing.
func TestReviewerRoundTrip(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	full := ames.with("/healthPlans", []string{"hne"}, "/modalities", []string{"mri"}, "/timeZone", "America/Chicago",
		"/weeklyHours", []doc{{"days": []string{"mon", "sun"}, "start": "08:00", "end": "24:00"}},
		"/blocks", []doc{{"start": "2026-12-01T20:00:00Z", "end": "2026-12-01T21:00:00Z"}},
		"/boardCertifications", []doc{{"specialty": "207XS0117X", "from": "2015-01-01", "to": "2025-12-31"}, {"specialty": "207X00000X", "from": "1999-01-01", "to": nil}},
		"/experience", []doc{{"specialty": "207T00000X", "until": "2018-06-30"}, {"specialty": "208100000X", "until": nil}},
		"/bufferBeforeMinutes", 5, "/bufferAfterMinutes", 10, "/maxPerDay", 8)
	first := w.put("/v1/reviewers/rev-ames", full.String()).is(201, "")
	want := full.with("/version", 1, "/blocks/0/start", "2026-12-01T14:00:00-06:00", "/blocks/0/end", "2026-12-01T15:00:00-06:00")
	if got := parseDoc(string(first.body)).String(); got != want.String() {
		t.Errorf("written\n%s\nwant\n%s", got, want)
	}
	got := w.get("/v1/reviewers/rev-ames").is(200, "")
	if string(got.body) != string(first.body) || got.header.Get("ETag") != `"1"` || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("read %s %v", got.body, got.header)
	}
	back := w.put("/v1/reviewers/rev-ames", string(got.body)).is(200, "")
	if string(back.body) != string(first.body) {
		t.Errorf("written back %s", back.body)
	}
	zoned := w.get("/v1/reviewers/rev-ames?timeZone=Asia/Kolkata").is(200, "")
	if zoned.at("blocks", 0, "start") != "2026-12-02T01:30:00+05:30" {
		t.Errorf("in another zone %s", zoned.body)
	}
	w.get("/v1/reviewers/rev-ames?timeZone=EST").is(422, "invalid_value")
	w.get("/v1/reviewers/rev-nobody").is(404, "not_found")
}

func TestCaseRoundTrip(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	provider := winter["providers"].(map[string]any)["requesting"].(map[string]any)
	full := winter.with(
		"/determination/decidedAt", "2020-05-11T10:00:00-04:00",
		"/postDecision", doc{"delegated": true, "reconsideration": "open", "until": "2020-06-11T10:00:00-04:00"},
		"/planType", "ppo", "/decisionDue", "2020-05-30T10:00:00-04:00", "/appealFiledAt", "2020-05-13T10:00:00-04:00",
		"/servicePerformedOn", "2020-05-10", "/dischargedAt", "2020-05-14T10:00:00-04:00",
		"/authorizationRequestedAt", "2020-05-01T10:00:00-04:00", "/informationCompleteAt", "2020-05-02T10:00:00-04:00",
		"/p2pRequestedAt", "2020-05-14T11:00:00-04:00", "/involvedReviewerIds", []string{"rev-lee", "rev-kim"},
		"/providers/ordering", provider, "/providers/rendering", provider,
		"/providers/rendering/extension", "12", "/providers/rendering/cellPhone", "+12125550101",
		"/providers/rendering/fax", "+12125550102", "/providers/rendering/email", "a@example.com",
		"/service/drug", "retail", "/service/modality", "mri",
		"/outreach", doc{
			"origin": "payer_required", "callBy": "2020-05-20T17:00:00-04:00", "instructions": "Ring twice", "phones": []string{"+12125550103"},
			"windows": []doc{{"start": "2020-05-19T10:00:00-04:00", "end": "2020-05-19T12:00:00-04:00"}},
		})
	first := w.put("/v1/cases/1004567", full.String()).is(201, "")
	want := full.with("/version", 1)
	for _, p := range []string{"requesting", "ordering"} {
		for _, f := range []string{"extension", "cellPhone", "fax", "email"} {
			want = want.with("/providers/"+p+"/"+f, nil)
		}
	}
	if got := parseDoc(string(first.body)).String(); got != want.String() {
		t.Errorf("written\n%s\nwant\n%s", got, want)
	}
	if back := w.put("/v1/cases/1004567", string(first.body)).is(200, ""); string(back.body) != string(first.body) {
		t.Errorf("written back %s", back.body)
	}
	bare := w.put("/v1/cases/1004568", summer.String()).is(201, "")
	if back := w.put("/v1/cases/1004568", string(bare.body)).is(200, ""); string(back.body) != string(bare.body) {
		t.Errorf("written back %s", back.body)
	}
	if w.get("/v1/cases/1004568?timeZone=UTC").is(200, "").at("version") != 1.0 {
		t.Error("a case written back as it is got a new version")
	}
	w.get("/v1/cases/1").is(404, "not_found")
}

// TestVersions: If-Match and the body's version are honoured, one or both.
func TestVersions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	w.seed(ames, winter)
	f := func(status int, d doc, headers ...string) {
		t.Helper()
		target := "/v1/cases/1004567"
		if _, ok := d["licenses"]; ok {
			target = "/v1/reviewers/rev-ames"
		}
		code := ""
		if status == 412 {
			code = "stale_version"
		}
		w.put(target, d.String(), headers...).is(status, code)
	}
	f(200, ames.with("/name", "B", "/version", 1), "If-Match", `"1"`)
	f(412, ames.with("/name", "C", "/version", 1))
	f(412, ames.with("/name", "C"), "If-Match", `"1"`)
	f(412, ames.with("/name", "C", "/version", 2), "If-Match", `"1"`)
	f(412, ames.with("/name", "C", "/version", 1), "If-Match", `"2"`)
	f(200, ames.with("/name", "C", "/version", 2))
	f(412, winter.with("/expedited", true), "If-Match", `"2"`)
	f(200, winter.with("/expedited", true), "If-Match", `"1"`)
	w.do("DELETE", "/v1/reviewers/rev-ames", "", "If-Match", `"2"`).is(412, "stale_version")
	w.do("DELETE", "/v1/reviewers/rev-ames", "", "If-Match", `"3"`).is(204, "")
}

// TestDeactivation: a reviewer who is taken out is not offered, and stays.
func TestDeactivation(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	booked := w.post("/v1/appointments", deckBooking.String()).is(201, "")
	w.do("DELETE", "/v1/reviewers/rev-ames", "").is(204, "")
	w.do("DELETE", "/v1/reviewers/rev-ames", "").is(204, "")
	w.do("DELETE", "/v1/reviewers/rev-nobody", "").is(404, "not_found")
	if got := w.get("/v1/reviewers/rev-ames").is(200, ""); got.at("active") != false || got.at("version") != 2.0 {
		t.Errorf("deactivated %s", got.body)
	}
	if grid := w.do("POST", "/v1/search", deckSearch.with("/caseIds/0", "1004568").String()).is(200, "").grid(); strings.Contains(grid, "Ames") {
		t.Errorf("still offered\n%s", grid)
	}
	if got := w.get("/v1/appointments/"+booked.text("id")).is(200, ""); got.at("status") != "booked" {
		t.Errorf("the call is gone: %s", got.body)
	}
	w.post("/v1/holds", deckHold.with("/caseIds/0", "1004568", "/slot/start", "2020-05-18T18:15:00-04:00").String()).is(422, "reviewer_not_qualified")
}

// TestReviewerPages walks the roster page by page.
func TestReviewerPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	var ids []string
	for _, id := range []string{"a", "b", "b.1", "b-", "c", "C", "z"} {
		w.seed(ames.with("/id", id))
	}
	target, pages := "/v1/reviewers?limit=3", 0
	for cursor := ""; ; pages++ {
		r := w.get(target+cursor).is(200, "")
		for _, v := range r.json()["reviewers"].([]any) {
			ids = append(ids, v.(map[string]any)["id"].(string))
		}
		next := r.text("nextCursor")
		if next == "" {
			break
		}
		cursor = "&cursor=" + next
	}
	if got := strings.Join(ids, " "); got != "C a b b- b.1 c z" || pages != 2 {
		t.Errorf("%s on %d pages", got, pages+1)
	}
	f := func(status int, query string) {
		t.Helper()
		if r := w.get("/v1/reviewers?" + query); r.status != status {
			t.Errorf("%s: %d %s, want %d", query, r.status, r.body, status)
		}
	}
	f(422, "limit=0")
	f(422, "limit=201")
	f(422, "limit=-1")
	f(400, "limit=ten")
	f(400, "limit=07")
	f(400, "limit=")
	f(400, "cursor=")
	f(400, "cursor=abc")
	f(422, "timeZone=EST")
	f(200, "limit=200&timeZone=UTC")
}
