package server

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// TestAbsences: the time is blocked, booked calls stay and are listed with what
// could be booked instead, and the answer stays what it was.
func TestAbsences(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.seed(cole)
	id := w.book()
	body := `{"start":"2020-05-18T18:40:00-04:00","end":"2020-05-18T19:00:00-04:00"}`
	first := w.do("POST", "/v1/reviewers/rev-ames/absences", body, "Idempotency-Key", "k", "If-Match", `"1"`).is(201, "")
	if first.at("reviewer", "version") != 2.0 || first.header.Get("ETag") != `"2"` || first.at("reviewer", "blocks", 0, "start") != "2020-05-18T18:40:00-04:00" ||
		len(first.at("affected").([]any)) != 1 || first.at("affected", 0, "appointmentId") != id || first.at("affected", 0, "version") != 1.0 ||
		list(first.at("affected", 0, "caseIds")) != "1004567" {
		t.Fatalf("absent %s", first.body)
	}
	var instead []string
	for _, v := range first.at("affected", 0, "replacements").([]any) {
		o := v.(map[string]any)
		instead = append(instead, fmt.Sprint(o["reviewerId"], " ", o["label"], " ", o["tier"]))
	}
	if got := strings.Join(instead, ", "); got != "rev-cole 6:30 pm EDT full, rev-ames 6:15 pm EDT full, rev-cole 6:15 pm EDT full" {
		t.Errorf("instead %s", got)
	}
	if got := w.get("/v1/appointments/" + id).at("status"); got != "booked" {
		t.Errorf("the call is %v", got)
	}
	w.post("/v1/appointments/"+id+"/reassign", `{"reviewerId":"rev-cole"}`).is(200, "")
	w.seed(ames.with("/blocks", []doc{}))
	again := w.do("POST", "/v1/reviewers/rev-ames/absences", body, "Idempotency-Key", "k").is(201, "")
	if string(again.body) != string(first.body) || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("repeated %s\nfirst %s", again.body, first.body)
	}
	none := w.post("/v1/reviewers/rev-ames/absences", body).is(201, "")
	if len(none.at("affected").([]any)) != 0 || none.at("reviewer", "version") != 4.0 {
		t.Errorf("nothing is affected: %s", none.body)
	}
	f := w.refusing("POST", "/v1/reviewers/rev-ames/absences", parseDoc(body))
	f(400, "/end", "/end", nil)
	f(400, "/start", "/start", "monday")
	f(422, "/end", "/end", "2020-05-18T18:40:00-04:00")
	f(400, "", "/reason", "ill")
	w.post("/v1/reviewers/rev-ames/absences", body, "If-Match", `"1"`).is(412, "stale_version")
	w.post("/v1/reviewers/rev-none/absences", body).is(404, "not_found")
	w.do("POST", "/v1/reviewers/rev-ames/absences", body).is(400, "idempotency_key_required")
	w.do("POST", "/v1/reviewers/rev-ames/absences", `{"start":"2020-05-18T18:30:00-04:00","end":"2020-05-18T19:00:00-04:00"}`, "Idempotency-Key", "k").is(422, "idempotency_key_reused")
}

// TestTooManyAbsences: a reviewer can be written back as he is read, also where absences come at once.
func TestTooManyAbsences(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	w.seed(ames.with("/blocks", many(maxBlocks, doc{"start": "2020-05-14T18:40:00-04:00", "end": "2020-05-14T19:00:00-04:00"})))
	refused := w.post("/v1/reviewers/rev-ames/absences", `{"start":"2020-05-18T18:40:00-04:00","end":"2020-05-18T19:00:00-04:00"}`).is(422, "invalid_value")
	if refused.at("errors", 0, "pointer") != "" {
		t.Errorf("refused %s", refused.body)
	}
	w.post("/v1/reviewers/rev-ames/absences", `{"start":"2020-05-14T18:40:00-04:00","end":"2020-05-14T19:00:00-04:00"}`).is(201, "")
	w.seed(ames.with("/blocks", many(maxBlocks-1, doc{"start": "2020-05-14T18:40:00-04:00", "end": "2020-05-14T19:00:00-04:00"})))
	var late []engine.Command
	for hour := range slots.Instant(2) {
		start := w.engine.Now() + hour*slots.Hour
		late = append(late, engine.Command{Actor: w.server.localActor(), Payload: engine.AddAbsence{
			ReviewerID: "rev-ames", Span: slots.Interval{Start: start, End: start + slots.Hour},
		}})
	}
	got := w.engine.SubmitAll(context.Background(), late)
	if got[0].Outcome.Status != engine.StatusOK || got[1].Outcome.Status != engine.StatusInvalid || got[1].Outcome.Detail != engine.DetailBlocks {
		t.Errorf("at once: %+v", got)
	}
	if r, _ := w.engine.Snapshot().Reviewer("test", "rev-ames"); len(r.Hours.Blocks) != maxBlocks {
		t.Errorf("%d blocks", len(r.Hours.Blocks))
	}
}

// TestAnswerAfterCrash: a crash between the absence and its remembered answer
// leaves the absence; the repeated request works the rest out, once.
func TestAnswerAfterCrash(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	id := w.book()
	body := `{"start":"2020-05-18T18:00:00-04:00","end":"2020-05-18T19:00:00-04:00"}`
	row, reviewerID, _ := w.server.router.find("POST", "/v1/reviewers/rev-ames/absences")
	var k check
	span := k.interval("", spanIn{
		Start: need[string]{V: "2020-05-18T18:00:00-04:00", Set: true}, End: need[string]{V: "2020-05-18T19:00:00-04:00", Set: true},
	})
	o, err := w.engine.Submit(context.Background(), engine.Command{
		Actor: w.server.localActor(), Key: "k", Fingerprint: fingerprint(row, reviewerID, []byte(body)),
		Payload: engine.AddAbsence{ReviewerID: reviewerID, Span: span},
	})
	if err != nil || o.Status != engine.StatusOK {
		t.Fatalf("absence: %v %v", o.Status, err)
	}
	w.crash(t)
	again := func() reply {
		t.Helper()
		return w.do("POST", "/v1/reviewers/rev-ames/absences", body, "Idempotency-Key", "k").is(201, "")
	}
	first := again()
	if first.header.Get("Idempotent-Replayed") != "true" || first.at("affected", 0, "appointmentId") != id || first.at("reviewer", "version") != 2.0 {
		t.Errorf("after the crash %s", first.body)
	}
	w.post("/v1/appointments/"+id+"/cancel", `{"reason":"x","by":"payer"}`).is(200, "")
	w.crash(t)
	if second := again(); string(second.body) != string(first.body) {
		t.Errorf("again %s\nfirst %s", second.body, first.body)
	}
}
