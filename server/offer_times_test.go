package server

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestRecordsKeepWhenItWas: a discussion that is entered later than it took place is
// on record with its own time, and so is an attempt.
func TestRecordsKeepWhenItWas(t *testing.T) {
	t.Parallel()
	x := &texas{world: newWorld(t, texasNow)}
	reviewerID, caseID := x.pair(nil, nil)
	slot := doc{"reviewerId": reviewerID, "start": "2026-11-02T10:00:00-06:00"}
	booked := x.post("/v1/appointments", deckBooking.with("/caseIds", []string{caseID}, "/slot", slot, "/timeZone", "America/Chicago").String()).is(201, "")
	path := "/v1/appointments/" + booked.text("id")
	x.clock.set(t, "2026-11-02T11:30:00-06:00")
	x.post(path+"/attempts", `{"at":"2026-11-02T10:01:00-06:00","direction":"outbound","numberCalled":"+12125550100","result":"no_answer","callbackNumberGiven":false}`).is(201, "")
	x.post(path+"/start", `{"at":"2026-11-02T10:05:00-06:00"}`).is(200, "")
	want := map[string]string{"attempt": "no_answer 2026-11-02T16:01:00Z", "started": "2026-11-02T16:05:00Z"}
	for line := range strings.Lines(string(x.get("/v1/offer-records?caseId="+caseID).is(200, "").body)) {
		var r map[string]any
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		kind, _ := r["kind"].(string)
		if detail, given := want[kind]; given && r["detail"] == detail && r["at"] == "2026-11-02T17:30:00Z" {
			delete(want, kind)
		}
	}
	if len(want) > 0 {
		t.Errorf("not on record: %v", want)
	}
}
